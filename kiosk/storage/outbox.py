"""Facts on their way to HQ. A row is freed by HQ's own acknowledgement and by nothing else; money is never dropped.

Key of a fact: (device, epoch, lane, seq), kept as one integer (see `places`). Rows of a former epoch, salvaged from a damaged file or
moved here from a broken kiosk, keep their key, id and body. A row holds an event's body alone; what surrounds it on the wire is added
when it goes.

How many facts wait is not counted but known: the numbers given out, less the acknowledged, less those that were dropped on purpose
(`missing`). So recording a fact touches no counter.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, count, groupby, pairwise
from operator import attrgetter
from typing import Any

from kiosk import wire
from kiosk.domain.events import LANE_OF, Event, InboxCommitted, Lane, ReplenishmentRequested, Skipped, StockChanged
from kiosk.domain.standing import ClockSet
from kiosk.errors import StorageError
from kiosk.runtime import FlooredClock
from kiosk.storage.book import Book
from kiosk.storage.identifiers import packed, series, unpacked
from kiosk.storage.places import LANES, LAST_SEQ, parts, place, run, whole

RING_ROWS = 400
"""The health lane keeps at most this many facts; the older half goes when it is full."""
COMPACT_ROWS = 2000
"""When more stock facts than this wait, only the latest of each slot stays."""
_ROOM = {Lane.MONEY: LAST_SEQ, Lane.STOCK: COMPACT_ROWS, Lane.HEALTH: RING_ROWS - 1}
_SKIPPED = Skipped.__name__
_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SLOT = {StockChanged.__name__: "slot", ReplenishmentRequested.__name__: "slot", InboxCommitted.__name__: "downbox"}
"""What compaction goes by: of each kind, the newest fact of a slot stays."""
_LARGEST = wire.BATCH_BYTES - 600
"""Of a body: what the wire adds to it is shorter than the rest."""
_SELECT = "SELECT n, kind, id, boot, at, data FROM outbox"
_INTO = "INTO outbox (n, kind, slot, id, boot, at, crc, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT = f"INSERT {_INTO}"
_AT_ONCE = 100
_MANY = f"INSERT {_INTO.partition('(?')[0]}" + ", ".join(
    f"(?4 + {n}, ?3, ?{4 * n + 5}, ?{4 * n + 6}, ?1, ?2, ?{4 * n + 7}, ?{4 * n + 8})" for n in range(_AT_ONCE))
"""A statement for so many rows in a row of one kind. Its values: boot, at, kind, the first one's n; then slot, id, crc, data of each."""

_SUMMED = b"%d %d %b %b %b%b"
"""What the checksum of a row is taken of: n, at, kind, id, boot, data."""

Row = tuple[int, str, str, bytes | str, bytes | str, int, int, bytes]
"""(n, kind, slot, id, boot, at, crc, data): at in microseconds since 1970 UTC; id and boot as `packed` keeps them."""


class Facts:
    """Where facts are recorded: in the same transaction as what they tell."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._boot = packed(book.clock.boot_id)
        self._looked: dict[Lane, int] = {}
        self._knew = False

    def record(self, event: Event) -> wire.Envelope:
        """Give `event` the next number of its lane and put it into the outbox; the health ring and the stock lane make room for it."""
        lane = Lane(event.lane) if isinstance(event, Skipped) else LANE_OF[type(event)]
        self._note_clock()
        seq = self._next(lane)
        if seq >= self._looked.get(lane, 0) and lane is not Lane.MONEY:
            seq = self._make_room(lane, seq)
        return self._put(lane, seq, event)

    def record_sealed(self, event: Event, seal: Callable[[wire.Envelope], Event]) -> wire.Envelope:
        """Record a fact of the money lane that says where it stands in the journal: what `seal` makes of its envelope; return that."""
        self._note_clock()
        fact = self._envelope(Lane.MONEY, self._next(Lane.MONEY), event)
        fact = replace(fact, event=seal(fact))
        self._add(fact)
        return fact

    def record_all(self, events: Sequence[Event]) -> None:
        """Record many facts at once; as one call of `record` for each, and several times as fast where many of one kind come together."""
        book, boot = self._book, self._boot
        at = _microseconds(book.clock.now())
        self._note_clock()
        ids, bodies = series(book.new_id, len(events)), wire.encode_values(events)
        following: dict[Lane, int] = {}
        done = 0
        for cls, run_of in groupby(events, type):
            lane, end = LANE_OF[cls], done + len(list(run_of))
            while done < end:
                seq = following.get(lane) or self._next(lane)
                if seq >= self._looked.get(lane, 0) and lane is not Lane.MONEY:
                    seq = self._make_room(lane, seq)
                after = end if lane is Lane.MONEY else min(end, done + self._looked[lane] - seq)
                some = slice(done, after)
                _insert_run(book.db, place(lane, book.epoch_no, seq), events[some], (boot, at), ids[some], bodies[some])
                following[lane] = seq + after - done
                done = after

    def _next(self, lane: Lane) -> int:
        return last(self._book, self._book.epoch_no, lane) + 1

    def _put(self, lane: Lane, seq: int, event: Event) -> wire.Envelope:
        envelope = self._envelope(lane, seq, event)
        self._add(envelope)
        return envelope

    def _envelope(self, lane: Lane, seq: int, event: Event) -> wire.Envelope:
        book = self._book
        return wire.Envelope(book.new_id(), book.device, book.epoch, lane, seq, book.clock.boot_id, book.clock.now(), event,
                             book.clock.known)

    def _note_clock(self) -> None:
        """Where the time is not known, note this boot: its facts say so when they go. Records a fact itself, so it comes before all."""
        clock = self._book.clock
        if not clock.known:
            self._book.db.execute("INSERT OR IGNORE INTO unset_clocks VALUES (?, NULL)", (clock.boot_id,))
        elif not self._knew and isinstance(clock, FlooredClock):
            self._knew = True
            self._tell_clock(clock)

    def _tell_clock(self, clock: FlooredClock) -> None:
        """The time is known: whoever notes it first tells HQ how late this boot's facts are."""
        late = clock.now() - clock.earliest
        # Other processes note it within a second; until then they go on from the floor.
        until = _microseconds(clock.earliest + min(late / 2, timedelta(seconds=2)))
        if self._book.db.execute("UPDATE unset_clocks SET until = ? WHERE boot_id = ? AND until IS NULL", (until, clock.boot_id)).rowcount:
            self.record(ClockSet(clock.boot_id, late // timedelta(milliseconds=1)))

    def _add(self, fact: wire.Envelope) -> None:
        self._book.db.execute(_INSERT, _row(place(fact.lane, self._book.epoch_no, fact.seq), fact.event, packed(fact.id), self._boot,
                                            _microseconds(fact.time), wire.encode_value(fact.event)))

    def _make_room(self, lane: Lane, seq: int) -> int:
        """Drop what may be dropped when too much waits, and return the number that then follows.

        Facts only come by numbers: as long as fewer than the room's were given out since we looked, there is no need to look again.
        """
        room = _ROOM[lane]
        if self._waiting(lane) > room:
            if lane is Lane.HEALTH:
                self._drop_older_half()
            else:
                self._compact()
            seq = self._next(lane)
        self._looked[lane] = seq + max(1, room - self._waiting(lane))
        return seq

    def _waiting(self, lane: Lane) -> int:
        return self._book.number("SELECT count(*) FROM outbox WHERE n BETWEEN ? AND ?", *run(lane, self._book.epoch_no))

    def _drop_older_half(self) -> None:
        book = self._book
        low, high = run(Lane.HEALTH, book.epoch_no)
        edge = book.number("SELECT n FROM outbox WHERE n BETWEEN ? AND ? ORDER BY n LIMIT 1 OFFSET ?", low, high, RING_ROWS // 2)
        book.db.execute("DELETE FROM outbox WHERE n BETWEEN ? AND ? AND (n < ? OR kind = ?)", (low, high, edge, _SKIPPED))
        self._cover(Lane.HEALTH, "ring")

    def _compact(self) -> None:
        book = self._book
        low, high = run(Lane.STOCK, book.epoch_no)
        kept = book.db.execute(
            "SELECT max(n) FROM outbox WHERE n BETWEEN ? AND ? AND kind <> ? GROUP BY iif(kind IN (?, ?), slot || kind, n)",
            (low, high, _SKIPPED, StockChanged.__name__, InboxCommitted.__name__)).fetchall()
        edges = [low - 1, *sorted(n for (n,) in kept), high + 1]
        # Runs of keys go in two thirds of the time that it takes to ask of each row whether it is one that stays.
        book.db.executemany("DELETE FROM outbox WHERE n BETWEEN ? AND ?",
                            [(n + 1, after - 1) for n, after in pairwise(edges) if after > n + 1])
        self._cover(Lane.STOCK, "compacted")

    def _cover(self, lane: Lane, reason: str) -> None:
        """Write one Skipped for every run of numbers that HQ has not acknowledged and that no longer wait."""
        book = self._book
        low, high = run(lane, book.epoch_no)
        acked = acknowledged(book, book.epoch_no, lane)
        # The newest fact of the lane was kept: it tells how far numbers were given out.
        kept = [n - low for (n,) in book.db.execute("SELECT n FROM outbox WHERE n BETWEEN ? AND ? ORDER BY n", (low, high))]
        runs = holes(acked, kept, kept[-1] + 1)
        for seq, (first, end) in enumerate(runs, kept[-1] + 1):
            self._put(lane, seq, Skipped(lane, first, end, reason))
        set_lane(book, book.epoch_no, lane, acked, sum(end - first + 1 for first, end in runs))


def holes(acked: int, kept: list[int], following: int) -> list[tuple[int, int]]:
    """Return the runs (first, last) of numbers after `acked` and before `following` that are not among `kept` (ascending)."""
    runs, expected = [], acked + 1
    for seq in [*(k for k in kept if k > acked), following]:
        if seq > expected:
            runs.append((expected, seq - 1))
        expected = seq + 1
    return runs


def acknowledged(book: Book, epoch_no: int, lane: Lane) -> int:
    """Return up to which number HQ holds a lane of an epoch."""
    return book.number("SELECT acked FROM lanes WHERE epoch_no = ? AND lane = ?", epoch_no, lane)


def last(book: Book, epoch_no: int, lane: Lane) -> int:
    """Return the highest number that was given out in a lane of an epoch, 0 before the first."""
    low, high = run(lane, epoch_no)
    row = book.db.execute("SELECT max(n) FROM outbox WHERE n BETWEEN ? AND ?", (low, high)).fetchone()
    return row[0] - low if row[0] is not None else acknowledged(book, epoch_no, lane)


def set_lane(book: Book, epoch_no: int, lane: Lane, acked: int, missing: int) -> None:
    """Write down how far HQ holds a lane, and how many numbers beyond that were dropped and no longer wait."""
    book.db.execute("INSERT OR REPLACE INTO lanes (epoch_no, lane, acked, missing) VALUES (?, ?, ?, ?)", (epoch_no, lane, acked, missing))


def recount(book: Book) -> None:
    """Count anew what is missing in each lane, after rows came or went otherwise than one by one."""
    for (epoch_no,) in book.db.execute("SELECT no FROM epochs").fetchall():
        for lane in LANES:
            acked, top = acknowledged(book, epoch_no, lane), last(book, epoch_no, lane)
            there = book.number("SELECT count(*) FROM outbox WHERE n BETWEEN ? AND ?", *run(lane, epoch_no))
            if top:
                set_lane(book, epoch_no, lane, acked, top - acked - there)


def keep(db: sqlite3.Connection, epoch_no: int, fact: wire.Envelope) -> int:
    """Put a fact into the outbox under its own number, id and time; return 1, or 0 when its place is taken."""
    row = _row(place(fact.lane, epoch_no, fact.seq), fact.event, packed(fact.id), packed(fact.boot_id), _microseconds(fact.time),
               wire.encode_value(fact.event))
    return db.execute(f"INSERT OR IGNORE {_INTO}", row).rowcount


def note_unset(book: Book, fact: wire.Envelope) -> None:
    """Note of a fact from another card that it was made before the time was known."""
    book.db.execute("INSERT INTO unset_clocks VALUES (?, ?) ON CONFLICT (boot_id) DO UPDATE SET until = max(until, excluded.until)",
                    (fact.boot_id, _microseconds(fact.time) + 1))


def is_whole(row: tuple[Any, ...]) -> bool:
    """Whether a row of the outbox still says what was written."""
    n, kind, slot, event_id, boot, at, crc, data = row
    if not (isinstance(data, bytes) and isinstance(n, int) and isinstance(at, int) and isinstance(kind, str) and isinstance(slot, str)):
        return False
    return isinstance(event_id, bytes | str) and isinstance(boot, bytes | str) and crc == _crc(n, kind, event_id, boot, at, data)


def _row(n: int, event: Event, kept: bytes | str, boot: bytes | str, at: int, data: bytes) -> Row:
    kind = type(event).__name__
    _check_size(kind, len(data))
    where = _SLOT.get(kind)
    return n, kind, getattr(event, where) if where else "", kept, boot, at, _crc(n, kind, kept, boot, at, data), data


def _insert_run(db: sqlite3.Connection, first: int, events: Sequence[Event], made: tuple[bytes | str, int], ids: Sequence[bytes | str],
                bodies: Sequence[bytes]) -> None:
    """Insert facts of one kind that follow one another, as `_row` makes one of each. made: boot and time."""
    kind, (boot, at) = type(events[0]).__name__, made
    _check_size(kind, max(map(len, bodies)))
    where, told, booted = _SLOT.get(kind), kind.encode(), _raw(boot)
    slots = list(map(attrgetter(where), events)) if where else [""] * len(events)
    sums = [zlib.crc32(_SUMMED % (n, at, told, ident if type(ident) is bytes else _raw(ident), booted, data))
            for n, ident, data in zip(count(first), ids, bodies, strict=False)]
    cells = list(chain.from_iterable(zip(slots, ids, sums, bodies, strict=True)))
    whole = len(events) // _AT_ONCE * _AT_ONCE
    db.executemany(_MANY, [[boot, at, kind, first + n, *cells[4 * n:4 * (n + _AT_ONCE)]] for n in range(0, whole, _AT_ONCE)])
    db.executemany(_INSERT, [(first + n, kind, slots[n], ids[n], boot, at, sums[n], bodies[n]) for n in range(whole, len(events))])


def _check_size(kind: str, size: int) -> None:
    if size > _LARGEST:
        raise StorageError(f"a {kind} of {size} bytes does not fit into a message of {wire.BATCH_BYTES} bytes")


def _is_unset(boots: dict[str, int | None], boot_id: str, at: int) -> bool:
    """Whether a fact of this boot and time was made before the time was known."""
    if boot_id not in boots:
        return False
    until = boots[boot_id]
    return until is None or at < until


def _crc(n: int, kind: str, event_id: bytes | str, boot: bytes | str, at: int, data: bytes) -> int:
    return zlib.crc32(_SUMMED % (n, at, kind.encode(), _raw(event_id), _raw(boot), data))


def _raw(kept: bytes | str) -> bytes:
    return kept if type(kept) is bytes else str(kept).encode()


def _microseconds(moment: datetime) -> int:
    return (moment - _START) // _MICROSECOND


@lru_cache(8)
def _boot_text(kept: bytes | str) -> str:
    return unpacked(kept)


class Outbox:
    """What waits for HQ. A place is the row's position in its lane: it grows within an epoch, and the present epoch comes last."""

    def __init__(self, book: Book) -> None:
        self.book = self._book = book

    def waiting(self) -> dict[Lane, int]:
        """Return how many facts wait in each lane; costs the same however many there are."""
        book = self._book
        counted = dict.fromkeys(Lane, 0)
        missing = {(no, lane): n for no, lane, n in book.db.execute("SELECT epoch_no, lane, missing FROM lanes")}
        for (no,) in book.db.execute("SELECT no FROM epochs").fetchall():
            for lane in LANES:
                counted[lane] += last(book, no, lane) - acknowledged(book, no, lane) - missing.get((no, lane), 0)
        return counted

    def oldest(self, now: datetime) -> float:
        """Return for how many seconds the oldest fact has been waiting by the wall clock, 0.0 when none waits; for reports only."""
        found = [row[0] for lane in LANES for row in self._book.db.execute(
            "SELECT at FROM outbox WHERE n BETWEEN ? AND ? ORDER BY n LIMIT 1", whole(lane))]
        return max(0.0, now.timestamp() - min(found) / 1e6) if found else 0.0

    def batch(self, lane: Lane, after: int, events: int, size: int) -> list[tuple[int, bytes]]:
        """Return the next (place, encoded fact) of a lane after a place: at most `events`, and at most `size` bytes but at least one."""
        low, high = whole(lane)
        return list(self._encoded(f"{_SELECT} WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?", (max(low, after + 1), high, events), size))

    def covers(self, lane: Lane) -> list[tuple[int, bytes]]:
        """Return the waiting Skipped facts of a lane: sent ahead of the others, they let HQ's mark move over the holes at once."""
        query = f"{_SELECT} WHERE kind = '{_SKIPPED}' AND n BETWEEN ? AND ? ORDER BY n LIMIT 100"  # as the index says it
        return list(self._encoded(query, whole(lane), wire.BATCH_BYTES))

    def first(self, lane: Lane) -> int:
        """Return the place of the oldest waiting fact of a lane, 0 when none waits."""
        return self._book.number("SELECT min(n) FROM outbox WHERE n BETWEEN ? AND ?", *whole(lane))

    def acknowledge(self, epoch: str, lane: Lane, seq: int) -> int:
        """Free what HQ holds: every fact of this epoch and lane up to `seq`. Return how many rows went.

        An epoch that is not ours, or a number that was never given out, frees nothing and is counted (tallies acks_foreign and
        acks_impossible).
        """
        book = self._book
        row = book.db.execute("SELECT no FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
        top = last(book, row[0], lane) if row else 0
        if row is None or top == 0 or not 0 <= seq <= top:
            book.tally("acks_foreign" if row is None or top == 0 else "acks_impossible")
            return 0
        acked, missing = book.db.execute("SELECT acked, missing FROM lanes WHERE epoch_no = ? AND lane = ?",
                                         (row[0], lane)).fetchone() or (0, 0)
        if seq <= acked:
            return 0
        freed = book.db.execute("DELETE FROM outbox WHERE n BETWEEN ? AND ?", (place(lane, row[0], 0), place(lane, row[0], seq))).rowcount
        set_lane(book, row[0], lane, seq, missing - (seq - acked - freed))
        return freed

    def _encoded(self, query: str, values: tuple[int, ...], size: int) -> Iterator[tuple[int, bytes]]:
        """Give encoded facts as long as there is room, one at least."""
        book, room, first = self._book, size, True
        unset = dict(book.db.execute("SELECT boot_id, until FROM unset_clocks"))
        for n, kind, event_id, boot, at, data in book.db.execute(query, values):
            lane, epoch_no, seq = parts(n)
            payload = wire.encode_fact((unpacked(event_id), book.device, self._epoch(epoch_no), lane, seq, _boot_text(boot),
                                        _START + timedelta(microseconds=at)), kind, data, not _is_unset(unset, _boot_text(boot), at))
            room -= len(payload) + 1
            if room < 0 and not first:
                return
            first = False
            yield n, payload

    def _epoch(self, epoch_no: int) -> str:
        if epoch_no == self._book.epoch_no:
            return self._book.epoch
        return str(self._book.db.execute("SELECT epoch FROM epochs WHERE no = ?", (epoch_no,)).fetchone()[0])
