"""SQLite by way of apsw, which carries a SQLite of its own and lets Python stand between it and the disk: for power cuts that are tried.

It speaks as the standard library's connection does, as far as this room uses that, and passes the same contract suite.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from kiosk.errors import StorageError

BUSY_MS = 10_000
_KINDS: dict[int, type[sqlite3.Error]] = {
    sqlite3.SQLITE_CONSTRAINT: sqlite3.IntegrityError, sqlite3.SQLITE_MISMATCH: sqlite3.IntegrityError,
    sqlite3.SQLITE_CORRUPT: sqlite3.DatabaseError, sqlite3.SQLITE_NOTADB: sqlite3.DatabaseError,
    sqlite3.SQLITE_TOOBIG: sqlite3.DataError, sqlite3.SQLITE_RANGE: sqlite3.InterfaceError,
}


class Rows:
    """What a statement gave: all its rows, read at once."""

    def __init__(self, rows: list[tuple[Any, ...]], changed: int) -> None:
        self._rows = iter(rows)
        self.rowcount = changed

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None after the last."""
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        return list(self._rows)


class ApswConnection:
    """An open file. Errors are the standard library's, with SQLite's own code."""

    isolation_level: str | None = None

    def __init__(self, path: Path, vfs: str | None) -> None:
        """Open or make a file on the disk that `vfs` names. Raises StorageError where apsw is not installed."""
        self._apsw = library()
        with _translated(self._apsw):
            self._db = self._apsw.Connection(str(path), vfs=vfs)
            self._db.set_busy_timeout(BUSY_MS)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._db.in_transaction)

    def execute(self, statement: str, values: Sequence[object] = ()) -> Rows:
        """Run one statement to its end."""
        with _translated(self._apsw):
            rows = list(self._db.execute(statement, tuple(values)))
            return Rows(rows, self._db.changes())

    def executemany(self, statement: str, many: Iterable[Sequence[object]]) -> Rows:
        """Run one statement for each row of values."""
        with _translated(self._apsw):
            before = self._db.total_changes()
            self._db.executemany(statement, (tuple(values) for values in many))
            return Rows([], self._db.total_changes() - before)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def library() -> Any:
    """Return apsw, or raise StorageError where it is not installed."""
    try:
        return importlib.import_module("apsw")
    except ImportError as error:
        raise StorageError("apsw is not installed, and power cuts are tried through it: `pip install apsw`") from error


def connect_apsw(path: Path, vfs: str | None = None) -> sqlite3.Connection:
    """Open a file as `Store.open` wants it."""
    return cast("sqlite3.Connection", ApswConnection(path, vfs))


class _translated:  # noqa: N801 - a block, as contextlib's are; a generator would be slower
    """Turns apsw's errors into the standard library's."""

    def __init__(self, apsw: Any) -> None:
        self._apsw = apsw

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, self._apsw.Error):
            code = getattr(error, "extendedresult", 0) or getattr(error, "result", 0)
            told = _KINDS.get(code & 0xFF, sqlite3.OperationalError)(str(error))
            told.sqlite_errorcode = code
            raise told from error
