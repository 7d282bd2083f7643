"""A damaged database: set aside, never deleted; what can be read of it is carried into a new file.

Facts that HQ has not acknowledged keep the key and the bytes they had (device, former epoch, lane, number): HQ may already hold some of
them, and knows them again by that key, so nothing is lost and nothing doubled. Numbers of the former epoch that cannot be read any more are
covered by Skipped facts with reason `damaged`, under numbers of the former epoch that were never given out.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kiosk import wire
from kiosk.domain import journal
from kiosk.domain.events import Lane, Skipped
from kiosk.errors import WireError
from kiosk.runtime import Clock
from kiosk.storage.book import Book
from kiosk.storage.outbox import holes, insert, recount
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
    epoch = new_id()
    db.execute("INSERT INTO meta VALUES ('device', ?), ('epoch', ?), ('rebuilt_from', ?)", (device, epoch, aside.name))
    book = Book(db, device, epoch, clock, new_id)
    for former, lane in db.execute("SELECT DISTINCT epoch, lane FROM outbox").fetchall():
        _cover(book, former, Lane(lane))
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


def _put(db: sqlite3.Connection, table: str, row: tuple[object, ...]) -> int:
    if table == "outbox" and not _is_fact(row):
        return 0
    try:
        return db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row).rowcount
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
