"""A damaged database: set aside, never deleted; what can be read of it is carried into a new file.

Facts that HQ has not acknowledged keep the key and the bytes they had (device, former epoch, lane, number): HQ may already hold some of
them, and knows them again by that key, so nothing is lost and nothing doubled. Numbers of the former epoch that cannot be read any more are
covered by Skipped facts with reason `damaged`, under numbers of the former epoch that were never given out.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk import wire
from kiosk.domain.events import Lane, SaleCompleted, SaleRefunded, Skipped
from kiosk.domain.journal import Predecessor
from kiosk.errors import WireError
from kiosk.storage.book import Book
from kiosk.storage.closures import Closures
from kiosk.storage.journal import Journal
from kiosk.storage.outbox import Facts, acknowledged, holes, is_whole, keep, recount
from kiosk.storage.places import EPOCH_STEP, FIRST_EPOCH, LANES, parts, run
from kiosk.storage.schema import CARRIED
from kiosk.storage.till import MIRROR, PAY

log = logging.getLogger(__name__)

LOST_BASKET = b"?"
"""No basket reads like this (domain.basket.pack)."""
_DIGITS = 16
"""A number of more digits is no receipt's."""
BEYOND = 1_000_000
"""Numbers of a former epoch are taken up again so far beyond the last known one: the newest may have been among the unreadable."""


def set_aside(path: Path) -> Path:
    """Move a database with its log to <name>.damaged-<n> and return that path."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    parts = [part for suffix in ("", "-wal") if (part := path.with_name(path.name + suffix)).exists()]
    for part in parts:  # first all names, then away with the old ones: a power cut in between leaves one place that is whole
        aside.with_name(part.name.replace(path.name, aside.name, 1)).hardlink_to(part)
    for part in [*parts, path.with_name(path.name + "-shm")]:
        part.unlink(missing_ok=True)
    log.error("%s is damaged and was set aside as %s", path, aside.name)
    return aside


def latest(path: Path) -> Path | None:
    """Return the file that was set aside last, None when there is none."""
    numbered = [(int(n), part) for part in path.parent.glob(f"{path.name}.damaged-*") if (n := part.name.rpartition("-")[2]).isdigit()]
    return max(numbered)[1] if numbered else None


def carry_over(book: Book, aside: Path) -> dict[str, int]:
    """Copy what can be read of a damaged file into the new one, give that its epoch, and return rows carried over by table."""
    db = book.db
    db.execute("BEGIN IMMEDIATE")
    carried = _copied(db, aside)
    _count_receipts(db)
    for number in reversed(_nameless(db)):  # HQ books these once all the same, for it knows sales by their ids too
        name = book.new_id()
        db.execute("INSERT INTO epochs VALUES (?, ?)", (number, name))
        db.execute("DELETE FROM lanes WHERE epoch_no = ?", (number,))  # under that name HQ holds nothing yet
        db.execute("UPDATE offline_sales SET epoch = ? WHERE epoch NOT IN (SELECT epoch FROM epochs)", (name,))
    begin_epoch(book)
    db.execute("INSERT INTO meta VALUES ('rebuilt_from', ?)", (aside.name,))
    for (former,) in db.execute("SELECT no FROM epochs WHERE no < ?", (book.epoch_no,)).fetchall():
        for lane in LANES:
            _cover(book, former, lane)
    recount(book)
    Journal(book).begin(_predecessor(book, aside, carried))
    db.execute("COMMIT")
    log.error("%s: carried over from %s: %s", book.device, aside.name, {table: n for table, n in carried.items() if n})
    return carried


def _predecessor(book: Book, aside: Path, carried: dict[str, int]) -> Predecessor:
    """Return what the journal of the damaged file was, as far as it can be read. It stays there: a chain with a hole proves nothing."""
    nothing = Predecessor(aside.name, "", 0, "", {}, {}, carried)
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as db:
            old = Book(db, book.device, "", book.clock, book.new_id, book.key)
            journal = Journal(old)
            opening, head = journal.opening(), journal.head()
            if opening is None or head is None:
                return nothing
            closures = Closures(old, journal, Facts(old))
            return replace(nothing, journal=opening.journal, last=head.number, head=head.hash.hex(), perpetual=closures.perpetual(),
                           unclosed=closures.unclosed())
    except (sqlite3.Error, UnicodeDecodeError, WireError) as error:
        log.error("the journal of %s cannot be read: %s", aside, error)
        return nothing


def _copied(db: sqlite3.Connection, aside: Path) -> dict[str, int]:
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as old:
            old.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return {table: _copy(old, db, table) for table in CARRIED}
    except sqlite3.Error as error:
        log.error("%s cannot be read at all: %s", aside, error)
        _lose_baskets(db)
        return {}


def _lose_baskets(db: sqlite3.Connection) -> None:
    """Leave what no screen that sells can read as its basket: it says then that the basket was lost."""
    db.executemany("INSERT OR IGNORE INTO basket VALUES (?, ?)", [(role, LOST_BASKET) for role in (PAY, MIRROR)])


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows from its start up to the damage and from its end down to it."""
    had = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] in had]
    keys = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
    count, whole = 0, True
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        try:
            for row in old.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}"):
                count += _put(db, table, names, row)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            log.warning("table %s of the damaged file ends early: %s", table, error)
            whole = False
        else:
            break
    if table == "basket" and not whole:  # after both directions: a basket that can still be read stays
        _lose_baskets(db)
    return count


def _put(db: sqlite3.Connection, table: str, names: list[str], row: tuple[Any, ...]) -> int:
    if table == "outbox" and not is_whole(row):
        return 0
    try:
        return db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(row))})", row).rowcount
    except (sqlite3.IntegrityError, OverflowError):  # a value of the wrong type: what was read is not what was written
        return 0


def _count_receipts(db: sqlite3.Connection) -> None:
    """Have receipts go on after the highest number that a sale or refund bears, where their own count could not be read."""
    highest: dict[str, int] = {}
    for table, cls in (("sales", SaleCompleted), ("refunds WHERE by_hq = 0", SaleRefunded)):
        for (body,) in db.execute(f"SELECT body FROM {table}"):
            try:
                prefix, _, number = wire.decode_value(body, cls).receipt.rpartition("-")
            except WireError:
                continue
            if prefix and number.isascii() and number.isdigit() and len(number) < _DIGITS:
                highest[prefix] = max(highest.get(prefix, 0), int(number))
    db.executemany("INSERT INTO receipts VALUES (?, ?) ON CONFLICT (prefix) DO UPDATE SET number = max(number, excluded.number)",
                   highest.items())


def _nameless(db: sqlite3.Connection) -> list[int]:
    """Return the numbers of epochs whose facts could be read and whose names could not."""
    numbers = {parts(n)[1] for (n,) in db.execute("SELECT n FROM outbox")}
    return sorted(numbers - {no for (no,) in db.execute("SELECT no FROM epochs")})


def begin_epoch(book: Book) -> None:
    """Begin a new history: a new epoch with a number higher than all that the file knows."""
    highest = book.db.execute("SELECT max(no) FROM epochs").fetchone()[0]
    book.epoch, book.epoch_no = book.new_id(), FIRST_EPOCH if highest is None else (highest // EPOCH_STEP + 1) * EPOCH_STEP
    book.db.execute("INSERT INTO epochs VALUES (?, ?)", (book.epoch_no, book.epoch))
    book.db.execute("INSERT OR REPLACE INTO meta VALUES ('device', ?), ('epoch', ?)", (book.device, book.epoch))


def _cover(book: Book, epoch_no: int, lane: Lane) -> None:
    """Cover what is missing of a former epoch's lane, so that HQ's mark can move over it."""
    low, high = run(lane, epoch_no)
    kept = [n - low for (n,) in book.db.execute("SELECT n FROM outbox WHERE n BETWEEN ? AND ? ORDER BY n", (low, high))]
    if not kept:
        return
    acked = acknowledged(book, epoch_no, lane)
    seq = max(acked, kept[-1]) + 1 + BEYOND
    for first, end in holes(acked, kept, seq):
        event = Skipped(lane, first, end, "damaged")
        keep(book.db, epoch_no, wire.Envelope(book.new_id(), book.device, "", lane, seq, book.clock.boot_id, book.clock.now(), event))
        seq += 1
