"""A damaged database: set aside, never deleted; what can be read of it is carried into a new file.

Facts that HQ has not acknowledged keep the key and the bytes they had (device, former epoch, lane, number): HQ may already hold some of
them, and knows them again by that key, so nothing is lost and nothing doubled. Numbers of the former epoch that cannot be read any more are
covered by Skipped facts with reason `damaged`, under numbers of the former epoch that were never given out.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from kiosk import wire
from kiosk.domain import journal
from kiosk.domain.events import Lane, Skipped
from kiosk.runtime import Clock
from kiosk.storage.book import Book
from kiosk.storage.outbox import acknowledged, holes, is_whole, keep, recount
from kiosk.storage.places import EPOCH_STEP, FIRST_EPOCH, LANES, parts, run
from kiosk.storage.schema import CARRIED

log = logging.getLogger(__name__)

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


def carry_over(db: sqlite3.Connection, aside: Path, device: str, clock: Clock, new_id: Callable[[], str]) -> dict[str, int]:
    """Copy what can be read of a damaged file into the new one; return rows carried over by table."""
    db.execute("BEGIN IMMEDIATE")
    carried = _copied(db, aside)
    for number in _nameless(db):  # the tree of epochs is gone: HQ books these once all the same, for it knows sales by their ids too
        db.execute("INSERT INTO epochs VALUES (?, ?)", (number, new_id()))
    epoch, epoch_no = new_id(), first_epoch(db)
    db.execute("INSERT INTO epochs VALUES (?, ?)", (epoch_no, epoch))
    db.execute("INSERT INTO meta VALUES ('device', ?), ('epoch', ?), ('rebuilt_from', ?)", (device, epoch, aside.name))
    book = Book(db, device, epoch, epoch_no, clock, new_id)
    for (former,) in db.execute("SELECT no FROM epochs WHERE no < ?", (epoch_no,)).fetchall():
        for lane in LANES:
            _cover(book, former, lane)
    recount(book)
    body = wire.encode_value({"file": aside.name, "carried": carried})
    db.execute("INSERT INTO journal VALUES (1, 'rebuilt', ?, ?)", (body, journal.link(journal.START, 1, "rebuilt", body)))
    db.execute("COMMIT")
    log.error("%s: carried over from %s: %s", device, aside.name, {table: n for table, n in carried.items() if n})
    return carried


def _copied(db: sqlite3.Connection, aside: Path) -> dict[str, int]:
    try:
        with closing(sqlite3.connect(aside, isolation_level=None)) as old:
            old.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return {table: _copy(old, db, table) for table in CARRIED}
    except sqlite3.Error as error:
        log.error("%s cannot be read at all: %s", aside, error)
        return {}


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows from its start up to the damage and from its end down to it."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    keys = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
    count = 0
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        try:
            for row in old.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}"):
                count += _put(db, table, row)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            log.warning("table %s of the damaged file ends early: %s", table, error)
        else:
            break
    return count


def _put(db: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> int:
    if table == "outbox" and not is_whole(row):
        return 0
    try:
        return db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row).rowcount
    except (sqlite3.IntegrityError, OverflowError):  # a value of the wrong type: what was read is not what was written
        return 0


def _nameless(db: sqlite3.Connection) -> list[int]:
    """Return the numbers of epochs whose facts could be read and whose names could not."""
    numbers = {parts(n)[1] for (n,) in db.execute("SELECT n FROM outbox")}
    return sorted(numbers - {no for (no,) in db.execute("SELECT no FROM epochs")})


def first_epoch(db: sqlite3.Connection) -> int:
    """Return the number of the epoch that begins now: higher than all that the file knows."""
    highest = db.execute("SELECT max(no) FROM epochs").fetchone()[0]
    return FIRST_EPOCH if highest is None else (highest // EPOCH_STEP + 1) * EPOCH_STEP


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
