"""HQ's SQLite file: one connection an instance, transactions that begin by taking the write lock, and errors in HQ's own words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from kiosk.errors import HqError, InvalidValueError, StorageDamagedError, StorageError, StorageFullError
from kiosk.hq.ledger.schema import migrations

Db = sqlite3.Connection
Row = sqlite3.Row

LEDGER_FILE = "hq.db"
BUSY_MS = 10_000
CACHE_KIB = 32 * 1024
ROWS_AT_ONCE = 16


class Ledger:
    """A connection to HQ's database. Make one for each part that runs by itself; a lock keeps the threads of that part apart."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; raise StorageError when that cannot be done."""
        self.path = path
        self._lock = threading.RLock()
        with _translated(path):
            self._db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=256)
            self._db.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", f"cache_size=-{CACHE_KIB}", "wal_autocheckpoint=4000"):
                self._db.execute(f"PRAGMA {pragma}")
            self._migrate()

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Give the connection for reading one consistent state."""
        with self._lock, _translated(self.path):
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[Db]:
        """Give the connection inside a transaction that holds the write lock; commits at the end, undoes everything on an error."""
        with self._lock, _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def version(self) -> int:
        """Return a number that changes when another connection has committed."""
        with self._lock, _translated(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    def _migrate(self) -> None:
        database = Database(self._db)
        if migrations.pending(database):
            migrations.apply(database)


def open_ledger(folder: Path, new: bool = True) -> Ledger:
    """Return the ledger in HQ's folder; both are made when missing. new: False raises HqError instead, for whoever only looks."""
    if not new and not (folder / LEDGER_FILE).exists():
        raise HqError(f"{folder} holds no HQ, there is no {LEDGER_FILE}: look at --folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Ledger(folder / LEDGER_FILE)


def insert_all(db: Db, statement: str, rows: Sequence[tuple[Any, ...]], otherwise: str = "") -> None:
    """Insert rows by `INSERT INTO table VALUES (?, ...)`, many to a statement: that takes two thirds of the time.

    otherwise: what to do with a row that is there, ` ON CONFLICT ...`.
    """
    more = ", " + statement[statement.index("VALUES") + 7:]
    whole = len(rows) // ROWS_AT_ONCE * ROWS_AT_ONCE
    if whole:
        db.executemany(statement + more * (ROWS_AT_ONCE - 1) + otherwise,
                       [list(chain.from_iterable(rows[n:n + ROWS_AT_ONCE])) for n in range(0, whole, ROWS_AT_ONCE)])
    db.executemany(statement + otherwise, rows[whole:])


@contextmanager
def savepoint(db: Db) -> Iterator[None]:
    """Undo what happens inside, and that alone, when it raises; a value that the tables refuse raises InvalidValueError."""
    db.execute("SAVEPOINT part")
    done = False
    try:
        with _translated(Path("ledger")):
            yield
        done = True
    finally:
        if not done and db.in_transaction:
            db.execute("ROLLBACK TO part")
        if done or db.in_transaction:
            db.execute("RELEASE part")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
            raise StorageFullError(f"{path}: no room left, nothing was written: make room on the disk") from error
        raise StorageError(f"{path}: {error}") from error
    except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError, UnicodeEncodeError) as error:
        raise InvalidValueError(f"the ledger refuses it: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StorageDamagedError(f"{path}: {error}: put back a copy of the file, then start again") from error
