"""The one SQLite file of a device: units of work that are on the disk, wholly or not at all, when they end.

Processes of one device share the file. It is in WAL mode with synchronous=FULL: a commit survives a power cut. A damaged file is set aside
and what can be read of it is carried into a new one (see `damage`).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

from kiosk.domain.journal import TRAINING
from kiosk.errors import StorageDamagedError, StorageError, StorageFullError
from kiosk.runtime import Clock
from kiosk.storage import damage, inbox, outbox, refunds, settings, shelf, till
from kiosk.storage.book import Book
from kiosk.storage.closures import Closures
from kiosk.storage.demand import DemandLog
from kiosk.storage.journal import Journal
from kiosk.storage.offline import OfflineSales
from kiosk.storage.schema import is_current, migrate
from kiosk.storage.seal import JournalKey

BUSY_MS = 10_000
CACHE_BYTES = 2 << 20
LOG_PAGES = 3000
LOG_BYTES = 16 << 20
"""So large SQLite's write-ahead log may stay: 3000 pages of 4 KiB and what a slow reader makes it grow by."""
TIDY_COMMITS = 90
"""After so many commits (a sale is six pages) the log is emptied in an idle moment, so that no sale has to wait for it."""
ROOM_BYTES = 4 << 20
"""So large the log is made beforehand: where a file does not grow, a sync costs half or less."""
Connect = Callable[[Path], sqlite3.Connection]


class Unit:
    """The repositories of one transaction."""

    def __init__(self, book: Book) -> None:
        self.facts = outbox.Facts(book)
        self.outbox = outbox.Outbox(book)
        self.journal = Journal(book)
        self.inbox = inbox.Inbox(book, self.facts, self.journal)
        self.erasures = inbox.Erasures(book)
        self.vault_orders = inbox.VaultOrders(book)
        self.device_orders = inbox.DeviceOrders(book)
        self.quarantine = inbox.Quarantine(book)
        self.training = Journal(book, TRAINING)
        self.closures = Closures(book, self.journal, self.facts)
        self.sales = till.Sales(book)
        self.refunds = refunds.Refunds(book)
        self.prints = refunds.Prints(book)
        self.offline = OfflineSales(book)
        self.intents = till.Intents(book)
        self.basket = till.Basket(book)
        self.stock = shelf.Stock(book)
        self.requests = shelf.Requests(book)
        self.demand = DemandLog(book)
        self.prices = settings.Prices(book)
        self.planogram = settings.Planograms(book)
        self.policy = settings.Policies(book)
        self.tenders = settings.Tenders(book)
        self.garments = settings.Garments(book)
        self.elsewhere = settings.Elsewhere(book)
        self.tallies = settings.Tallies(book)
        self.settings = settings.Settings(book)


def connect_file(path: Path) -> sqlite3.Connection:
    """Open the SQLite file itself; `apsw_file` opens it on a disk that loses power."""
    return sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)


class Store:
    """An open database of one device. Use it from the thread that opened it."""

    def __init__(self, path: Path, book: Book, reserve_mb: int, rebuilt: bool) -> None:
        """Use `Store.open`."""
        self._path, self._book = path, book
        self._name, self._folder = str(path), str(path.parent)
        self._reserve = reserve_mb * 1024 * 1024
        self._rebuilt = rebuilt
        self._unit = Unit(book)
        self._busy = False
        self._units = self._tidied = 0
        self._inode = path.stat().st_ino
        self._gate = _gate(path)

    @classmethod
    def open(cls, path: Path, device: str, clock: Clock, new_id: Callable[[], str], reserve_mb: int = 32,
             connect: Connect = connect_file) -> Store:
        """Open the file of `device`, or make it; a damaged one is set aside first and `rebuilt` is then true.

        reserve_mb: below so much free disk, `unit` refuses with StorageFullError. Raises StorageError when the file belongs to another
        device or cannot be opened.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        key = JournalKey.open(path.parent)

        def book(db: sqlite3.Connection, epoch: str, epoch_no: int) -> Book:
            return Book(db, device, epoch, clock, new_id, key, epoch_no)

        gate = _gate(path)
        try:
            with _named(path):
                fcntl.flock(gate, fcntl.LOCK_SH)
                db = _sound(path, connect)
                if db is None:
                    fcntl.flock(gate, fcntl.LOCK_EX)  # alone: one process makes, migrates or rebuilds, and nobody writes meanwhile
                    db = _sound(path, connect) or _made(path, book, connect)
                meta = dict(db.execute("SELECT key, value FROM meta"))
                numbers = dict(db.execute("SELECT epoch, no FROM epochs"))
        finally:
            os.close(gate)
        if meta["device"] != device:
            db.close()
            raise StorageError(f"{path} belongs to device {meta['device']!r}, not to {device!r}: give each device a folder of its own")
        return cls(path, book(db, meta["epoch"], numbers[meta["epoch"]]), reserve_mb, "rebuilt_from" in meta)

    @property
    def device(self) -> str:
        """Whose database it is."""
        return self._book.device

    @property
    def epoch(self) -> str:
        """The random id that this file got when it was made."""
        return self._book.epoch

    @property
    def rebuilt(self) -> bool:
        """Whether this file was made in place of a damaged one."""
        return self._rebuilt

    def unit(self, use_reserve: bool = False) -> AbstractContextManager[Unit]:
        """One transaction: on the disk when the block ends, undone when it raises.

        use_reserve: may write below the reserve of free disk; for what frees rows (acknowledgements) or answers a shopper who has paid.
        Raises StorageFullError when there is no room, StorageDamagedError when the file is damaged or was replaced (open it anew).
        """
        return _Transaction(partial(self._enter, True, use_reserve), partial(self._exit, True))

    def snapshot(self) -> AbstractContextManager[Unit]:
        """One view of the whole database that does not change while the block lasts; writing in it fails."""
        return _Transaction(partial(self._enter, False, True), partial(self._exit, False))

    def data_version(self) -> int:
        """Return a number that changes when anybody wrote, this store or another process; costs microseconds."""
        with _named(self._path):
            self._check_place()
            # SQLite's own number leaves out what this connection wrote; both parts only grow.
            return int(self._book.db.execute("PRAGMA data_version").fetchone()[0]) + self._units

    def make_room(self) -> None:
        """Make the write-ahead log as large as it becomes on a normal day, for a moment when nobody waits: each start, once."""
        db, log = self._book.db, Path(f"{self._name}-wal")
        if (log.exists() and log.stat().st_size >= ROOM_BYTES) or self._free() < self._reserve + LOG_BYTES:
            return
        with _named(self._path):
            db.execute("BEGIN IMMEDIATE")
            try:  # what does not fit into the cache goes into the log, and counts for nothing when it is undone
                db.execute("CREATE TABLE room (filling BLOB)")
                db.execute("INSERT INTO room VALUES (zeroblob(?))", (ROOM_BYTES + CACHE_BYTES,))
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        grown = os.open(log, os.O_RDONLY)
        os.fsync(grown)
        os.close(grown)

    def tidy(self) -> bool:
        """Empty the write-ahead log into the file when it may be long, for an idle moment; nobody has to wait. Return whether it was.

        Goes by the commits that were seen. Its index would tell its length, but whoever closes that file drops SQLite's locks on it.
        """
        version = self.data_version()
        if version - self._tidied < TIDY_COMMITS:
            return False
        self._tidied = version
        with _named(self._path):
            self._book.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return True

    def close(self) -> None:
        """Close the file; closing it twice does nothing."""
        self._book.db.close()
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1

    def _enter(self, writes: bool, use_reserve: bool) -> Unit:
        if self._busy:
            raise StorageError(f"{self._path}: a unit is already open; units do not nest")
        self._busy, begun = True, False
        fcntl.flock(self._gate, fcntl.LOCK_SH)  # nobody sets the file aside while we write in it
        try:
            self._check_place()
            self._begin(writes, use_reserve)
            begun = True
        finally:
            if not begun:
                self._leave(writes)
        return self._unit

    def _begin(self, writes: bool, use_reserve: bool) -> None:
        db = self._book.db
        try:
            if not writes:
                db.execute("PRAGMA query_only = 1")
            db.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            if not use_reserve:
                self._check_room()
        except sqlite3.Error as error:
            raise _told(self._path, error) from error

    def _exit(self, writes: bool, error: BaseException | None) -> None:
        committed = False
        try:
            if error is None:
                self._book.db.execute("COMMIT")
                committed = True
                self._units += writes
        except sqlite3.Error as refused:
            raise _told(self._path, refused) from refused
        finally:
            if not committed:
                self._unit = Unit(self._book)  # what it had read may never have been
            self._leave(writes)
        if isinstance(error, sqlite3.Error):
            raise _told(self._path, error) from error

    def _leave(self, writes: bool) -> None:
        try:
            if self._book.db.in_transaction:
                self._book.db.execute("ROLLBACK")
            if not writes:
                self._book.db.execute("PRAGMA query_only = 0")
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
            self._busy = False

    def _check_place(self) -> None:
        try:
            inode = os.stat(self._name).st_ino  # noqa: PTH116 - at every sale; a path object takes six times as long
        except FileNotFoundError:
            inode = -1
        if inode != self._inode:
            raise StorageDamagedError(f"{self._path} was set aside or replaced while it was open: start this service again")

    def _free(self) -> int:
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    def _check_room(self) -> None:
        free = self._free()
        if free >= self._reserve:
            return
        pages, size = (self._book.number(f"PRAGMA {name}") for name in ("freelist_count", "page_size"))
        if free + pages * size < self._reserve:
            raise StorageFullError(f"{self._path.parent} has {free >> 20} MB left, {self._reserve >> 20} MB are kept back: free some room")


def fault(path: Path) -> str:
    """Return what is wrong with a database file, "" when it is whole; changes nothing, and takes seconds for a large one."""
    db = sqlite3.connect(f"file:{path}?mode=ro", timeout=BUSY_MS / 1000, isolation_level=None, uri=True)
    try:
        found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    finally:
        db.close()
    return "" if found == "ok" else found


class _Transaction:
    """A block: `enter` before it, `leave` with the error that ended it, or with None."""

    __slots__ = ("_enter", "_leave")

    def __init__(self, enter: Callable[[], Unit], leave: Callable[[BaseException | None], None]) -> None:
        self._enter, self._leave = enter, leave

    def __enter__(self) -> Unit:
        return self._enter()

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        self._leave(error)


def _gate(path: Path) -> int:
    return os.open(path.with_name(path.name + ".lock"), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _sound(path: Path, connect: Connect) -> sqlite3.Connection | None:
    """Open a file that is there, whole and up to date; None when it has to be made, migrated or rebuilt first."""
    if not path.exists():
        return None
    db = connect(path)
    try:
        _set_up(db)
        whole = db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        if whole and is_current(db) and db.execute("SELECT count(*) FROM meta").fetchone()[0]:
            return db
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            db.close()
            raise
    db.close()
    return None


def _made(path: Path, book: Callable[[sqlite3.Connection, str, int], Book], connect: Connect) -> sqlite3.Connection:
    """Make, migrate or rebuild the file. One without an epoch is not claimed yet: a rebuild that a power cut broke off goes on."""
    if path.exists() and not _is_whole(path, connect):
        damage.set_aside(path)
    path.touch(mode=0o660)  # services of a device share it by their group; SQLite itself would make it the owner's to write alone
    db = connect(path)
    try:
        _set_up(db)
        migrate(db)
        if not db.execute("SELECT count(*) FROM meta").fetchone()[0]:
            aside = damage.latest(path)
            if aside is None:
                db.execute("BEGIN IMMEDIATE")
                damage.begin_epoch(book(db, "", 0))
                db.execute("COMMIT")
            else:
                damage.carry_over(book(db, "", 0), aside)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _is_whole(path: Path, connect: Connect) -> bool:
    db = connect(path)
    try:
        return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return False
    finally:
        db.close()


def _set_up(db: sqlite3.Connection) -> None:
    db.isolation_level = None
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA cache_size = -{CACHE_BYTES >> 10}")
    # The log is written over from its start at each turn; a sale empties it itself only where nobody else did (see `Store.tidy`).
    db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    db.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(path, error) from error


def _told(path: Path, error: sqlite3.Error) -> StorageError:
    """Return SQLite's error as ours, which names the file."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:  # the latter: of the log's index
        return StorageFullError(f"{path}: the disk is full; nothing was written")
    if _is_damage(error):
        return StorageDamagedError(f"{path} is damaged ({error}): start this service again, it sets the file aside")
    return StorageError(f"{path}: {error}")
