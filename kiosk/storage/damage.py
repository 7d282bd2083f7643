"""A damaged database: set aside, never deleted; what can be read of it is carried into a new file.

Facts that HQ has not acknowledged keep the key and the bytes they had (device, former epoch, lane, number): HQ may already hold some of
them, and knows them again by that key, so nothing is lost and nothing doubled. Numbers of the former epoch that cannot be read any more are
covered by Skipped facts with reason `damaged`, under numbers of the former epoch that were never given out.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from kiosk import wire
from kiosk.domain.events import Lane, Skipped
from kiosk.domain.journal import Predecessor
from kiosk.errors import WireError
from kiosk.storage.book import Book
from kiosk.storage.closures import Closures
from kiosk.storage.journal import Journal
from kiosk.storage.outbox import Facts, holes, insert, recount
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


def carry_over(book: Book, aside: Path) -> dict[str, int]:
    """Copy what can be read of a damaged file into the new one, give that its epoch, and return rows carried over by table."""
    db = book.db
    db.execute("BEGIN IMMEDIATE")
    carried = _copied(db, aside)
    book.epoch = book.new_id()
    db.execute("INSERT INTO meta VALUES ('device', ?), ('epoch', ?), ('rebuilt_from', ?)", (book.device, book.epoch, aside.name))
    for former, lane in db.execute("SELECT DISTINCT epoch, lane FROM outbox").fetchall():
        _cover(book, former, Lane(lane))
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
        return {}


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows from its start up to the damage and from its end down to it."""
    had = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] in had]
    keys = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
    count = 0
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        try:
            for row in old.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}"):
                count += _put(db, table, names, row)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            log.warning("table %s of the damaged file ends early: %s", table, error)
        else:
            break
    return count


def _put(db: sqlite3.Connection, table: str, names: list[str], row: tuple[object, ...]) -> int:
    if table == "outbox" and not _is_fact(row):
        return 0
    try:
        return db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(row))})", row).rowcount
    except sqlite3.IntegrityError:  # a value of the wrong type: what was read is not what was written
        return 0


def _is_fact(row: tuple[object, ...]) -> bool:
    """Whether a row of the outbox still says what its columns say."""
    _n, epoch, lane, seq, _kind, _slot, _at, crc, payload = row
    if not isinstance(payload, bytes) or lane not in set(Lane) or crc != zlib.crc32(payload):
        return False
    try:
        header = wire.decode_value(payload, dict)
    except WireError:
        return False
    return bool(header.get("epoch") == epoch and header.get("lane") == lane and header.get("seq") == seq)


def _cover(book: Book, epoch: str, lane: Lane) -> None:
    """Cover what is missing of a former epoch's lane, so that HQ's mark can move over it."""
    kept = [row[0] for row in book.db.execute("SELECT seq FROM outbox WHERE epoch = ? AND lane = ? ORDER BY seq", (epoch, lane))]
    known = book.db.execute("SELECT next_seq, acked FROM lanes WHERE epoch = ? AND lane = ?", (epoch, lane)).fetchone() or (1, 0)
    seq = max(known[0], kept[-1] + 1) + BEYOND
    runs = holes(known[1], kept, seq)
    for first, last in runs:
        event = Skipped(lane, first, last, "damaged")
        insert(book, wire.Envelope(book.new_id(), book.device, epoch, lane, seq, book.clock.boot_id, book.clock.now(), event))
        seq += 1
    book.db.execute("INSERT OR REPLACE INTO lanes (epoch, lane, next_seq, acked) VALUES (?, ?, ?, ?)", (epoch, lane, seq, known[1]))
