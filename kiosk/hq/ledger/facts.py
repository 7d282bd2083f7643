"""Facts by their key (device, epoch, lane, seq): what is held, up to where without a hole, and what was set aside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kiosk.hq.ledger.store import Db, Row, insert_all

QUARANTINE_ROWS = 500
"""As many are kept of each device; older ones give way."""

FactRow = tuple[int, int, str, str, int, int, bytes]
"""(stream, seq, id, kind, time_ms, received_ms, body)"""


@dataclass(slots=True)
class Stream:
    """One lane of one epoch: every number up to `mark` is received or covered; `ahead` and `skips` lie beyond a hole."""

    id: int
    mark: int = 0
    top: int = 0
    ahead: set[int] = field(default_factory=set)
    skips: list[tuple[int, int]] = field(default_factory=list)

    def take(self, seq: int) -> None:
        """Note a number as received."""
        if seq == self.mark + 1:
            self.mark = seq
        elif seq > self.mark:
            self.ahead.add(seq)
        if seq > self.top:
            self.top = seq

    def skip(self, first: int, last: int) -> None:
        """Note numbers that will never come."""
        if last > self.mark:
            self.skips.append((first, last))

    def advance(self) -> None:
        """Move the mark over everything that is received or covered without a hole."""
        moving = bool(self.ahead or self.skips)
        while moving:
            moving = False
            while self.mark + 1 in self.ahead:
                self.ahead.remove(self.mark + 1)
                self.mark += 1
            for _first, last in (s for s in self.skips if s[0] <= self.mark + 1 <= s[1]):
                self.mark, moving = max(self.mark, last), True
            self.ahead = {n for n in self.ahead if n > self.mark}
            self.skips = [s for s in self.skips if s[1] > self.mark]
        self.top = max(self.top, self.mark)

    def gaps(self) -> int:
        """Return how many numbers below `top` are neither received nor covered."""
        missing, reached = 0, self.mark
        for first, last in sorted([*self.skips, *((n, n) for n in self.ahead)]):
            missing += max(0, first - reached - 1)
            reached = max(reached, last)
        return missing


def stream(db: Db, device: str, epoch: str, lane: str) -> Stream:
    """Return the state of a lane, made when it is new."""
    row = db.execute("SELECT id, mark, top FROM streams WHERE device = ? AND epoch = ? AND lane = ?", (device, epoch, lane)).fetchone()
    if row is None:
        cursor = db.execute("INSERT INTO streams (device, epoch, lane) VALUES (?, ?, ?)", (device, epoch, lane))
        return Stream(int(cursor.lastrowid or 0))
    return _loaded(db, *row)


def _loaded(db: Db, key: int, mark: int, top: int) -> Stream:
    ahead = {r[0] for r in db.execute("SELECT seq FROM facts WHERE stream = ? AND seq > ?", (key, mark))}
    skips = [(r[0], r[1]) for r in db.execute("SELECT first, last FROM skips WHERE stream = ? AND last > ?", (key, mark))]
    return Stream(key, mark, top, ahead, skips)


def held(db: Db, stream_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """Return seq -> event id of those of `numbers` that are held already."""
    if not numbers:
        return {}
    rows = db.execute("SELECT seq, id FROM facts WHERE stream = ? AND seq IN (SELECT value FROM json_each(?))",
                      (stream_id, json.dumps(numbers)))
    return {r[0]: r[1] for r in rows}


def insert(db: Db, rows: Sequence[FactRow]) -> None:
    """Insert facts that are known to be new."""
    insert_all(db, "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def of_kind(db: Db, kind: str, since_ms: int) -> list[Row]:
    """Return facts of one kind that were made since a moment, oldest first: device, epoch, lane, seq, id, time_ms, body."""
    return db.execute("SELECT s.device, s.epoch, s.lane, f.seq, f.id, f.time_ms, f.body FROM facts f JOIN streams s ON s.id = f.stream"
                      " WHERE f.kind = ? AND f.time_ms >= ? ORDER BY f.time_ms, s.id, f.seq", (kind, since_ms)).fetchall()


def save_marks(db: Db, streams: Iterable[Stream]) -> None:
    """Write down how far each lane is."""
    db.executemany("UPDATE streams SET mark = ?, top = ? WHERE id = ?", [(s.mark, s.top, s.id) for s in streams])


def cover(db: Db, stream_id: int, first: int, last: int, reason: str) -> None:
    """Write down numbers that will never come."""
    db.execute("INSERT OR IGNORE INTO skips VALUES (?, ?, ?, ?)", (stream_id, first, last, reason))


def gaps(db: Db) -> dict[str, int]:
    """Return device -> numbers that are neither received nor covered, for the devices that have any."""
    found: dict[str, int] = {}
    for row in db.execute("SELECT device, id, mark, top FROM streams WHERE top > mark").fetchall():
        missing = _loaded(db, row["id"], row["mark"], row["top"]).gaps()
        if missing:
            found[row["device"]] = found.get(row["device"], 0) + missing
    return found


def marks(db: Db, device: str, epoch: str) -> dict[str, int]:
    """Return lane -> mark of one epoch of a device."""
    return {r[0]: r[1] for r in db.execute("SELECT lane, mark FROM streams WHERE device = ? AND epoch = ?", (device, epoch))}


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is set aside. kind: unreadable | conflict | refused."""

    device: str
    lane: str
    epoch: str
    seq: int
    kind: str
    reason: str
    payload: bytes


def quarantine(db: Db, item: Refused, at_ms: int) -> None:
    """Set something aside; the same bytes again only count up."""
    text = f"{item.device}\0{item.lane}\0{item.epoch}\0{item.seq}\0{item.kind}\0".encode(errors="replace")
    digest = hashlib.sha256(text + item.payload).hexdigest()
    db.execute(
        "INSERT INTO quarantine (digest, device, lane, epoch, seq, kind, reason, payload, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET times = times + 1, at_ms = excluded.at_ms",
        (digest, item.device, item.lane, item.epoch, item.seq, item.kind, item.reason[:500], item.payload, at_ms))
    db.execute("DELETE FROM quarantine WHERE device = ? AND id <="
               " (SELECT id FROM quarantine WHERE device = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
               (item.device, item.device, QUARANTINE_ROWS))
    count(db, "quarantined", 1)


def quarantined(db: Db, limit: int = 100) -> list[Row]:
    """Return the newest things that were set aside."""
    return db.execute("SELECT * FROM quarantine ORDER BY at_ms DESC, id DESC LIMIT ?", (limit,)).fetchall()


def alarm(db: Db, kind: str, device: str, detail: str, at_ms: int) -> None:
    """Raise an alarm; the same one again only counts up. kind is a word that the console knows."""
    db.execute("INSERT INTO alarms (kind, device, detail, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (kind, device, detail)"
               " DO UPDATE SET times = times + 1, at_ms = excluded.at_ms, seen_ms = NULL", (kind, device, detail[:300], at_ms))


def alarms(db: Db) -> list[Row]:
    """Return the alarms that nobody has seen yet, newest first."""
    return db.execute("SELECT * FROM alarms WHERE seen_ms IS NULL ORDER BY at_ms DESC, id DESC LIMIT 200").fetchall()


def see_alarm(db: Db, alarm_id: int, at_ms: int) -> None:
    """Note that somebody has seen an alarm."""
    db.execute("UPDATE alarms SET seen_ms = ? WHERE id = ?", (at_ms, alarm_id))


def count(db: Db, name: str, more: int) -> None:
    """Add to a counter."""
    db.execute("INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value", (name, more))


def counter(db: Db, name: str) -> int:
    """Return a counter, 0 when nothing was ever counted."""
    row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def duplicates(db: Db) -> int:
    """Return how many sales and intents have more than one transfer in the wallet, or sales that stand twice: 0 unless HQ is broken."""
    rows = db.execute(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM transfers WHERE kind = 'sale' GROUP BY sale_id HAVING count(*) > 1))"
        " + (SELECT count(*) FROM (SELECT 1 FROM transfers WHERE kind = 'sale' AND intent_id != '' GROUP BY intent_id HAVING count(*) > 1))"
        " + (SELECT count(*) FROM (SELECT 1 FROM sales WHERE intent_id != '' GROUP BY intent_id HAVING count(*) > 1))").fetchone()
    return int(rows[0])
