"""Facts on their way to HQ. A row is freed by HQ's own acknowledgement and by nothing else; money is never dropped.

Key of a fact: (device, epoch, lane, seq). Rows of a former epoch, salvaged from a damaged file, keep their key and their bytes.
"""

from __future__ import annotations

import zlib
from datetime import datetime

from kiosk import wire
from kiosk.domain.events import LANE_OF, Event, InboxCommitted, Lane, ReplenishmentRequested, SaleCompleted, Skipped, StockChanged
from kiosk.errors import StorageError
from kiosk.storage.book import Book

RING_ROWS = 400
"""The health lane keeps at most this many facts; the older half goes when it is full."""
COMPACT_ROWS = 2000
"""When more stock facts than this wait, only the latest of each slot stays."""
_SKIPPED = Skipped.__name__


class Facts:
    """Where facts are recorded: in the same transaction as what they tell."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def record(self, event: Event) -> wire.Envelope:
        """Give `event` the next number of its lane and put it into the outbox; the health ring and the stock lane make room for it."""
        lane = Lane(event.lane) if isinstance(event, Skipped) else LANE_OF[type(event)]
        if lane is Lane.HEALTH and self._waiting(lane) >= RING_ROWS:
            self._drop_older_half()
        elif lane is Lane.STOCK and self._waiting(lane) > COMPACT_ROWS:
            self._compact()
        return self._append(lane, event)

    def _append(self, lane: Lane, event: Event) -> wire.Envelope:
        book = self._book
        seq = book.number("INSERT INTO lanes (epoch, lane, next_seq, waiting) VALUES (?, ?, 2, 1) ON CONFLICT DO UPDATE"
                          " SET next_seq = next_seq + 1, waiting = waiting + 1 RETURNING next_seq - 1", book.epoch, lane)
        envelope = wire.Envelope(book.new_id(), book.device, book.epoch, lane, seq, book.clock.boot_id, book.clock.now(), event)
        insert(book, envelope)
        return envelope

    def _waiting(self, lane: Lane) -> int:
        return self._book.number("SELECT waiting FROM lanes WHERE epoch = ? AND lane = ?", self._book.epoch, lane)

    def _drop_older_half(self) -> None:
        book = self._book
        edge = book.number("SELECT n FROM outbox WHERE lane = ? AND epoch = ? ORDER BY n LIMIT 1 OFFSET ?",
                           Lane.HEALTH, book.epoch, RING_ROWS // 2)
        book.db.execute("DELETE FROM outbox WHERE lane = ? AND epoch = ? AND (n < ? OR kind = ?)",
                        (Lane.HEALTH, book.epoch, edge, _SKIPPED))
        self._cover(Lane.HEALTH, "ring")

    def _compact(self) -> None:
        book = self._book
        book.db.execute(
            "DELETE FROM outbox WHERE lane = ? AND epoch = ? AND kind IN (?, ?, ?) AND n NOT IN"
            " (SELECT max(n) FROM outbox WHERE lane = ? AND epoch = ? GROUP BY kind, slot)",
            (Lane.STOCK, book.epoch, StockChanged.__name__, InboxCommitted.__name__, _SKIPPED, Lane.STOCK, book.epoch))
        book.db.execute("DELETE FROM outbox WHERE lane = ? AND epoch = ? AND kind = ?", (Lane.STOCK, book.epoch, _SKIPPED))
        self._cover(Lane.STOCK, "compacted")

    def _cover(self, lane: Lane, reason: str) -> None:
        """Write one Skipped for every run of numbers that HQ has not acknowledged and that no longer wait."""
        book = self._book
        recount(book)
        acked, following = book.db.execute("SELECT acked, next_seq FROM lanes WHERE epoch = ? AND lane = ?", (book.epoch, lane)).fetchone()
        kept = [row[0] for row in book.db.execute("SELECT seq FROM outbox WHERE epoch = ? AND lane = ? ORDER BY seq", (book.epoch, lane))]
        for first, last in holes(acked, kept, following):
            self._append(lane, Skipped(lane, first, last, reason))


def holes(acked: int, kept: list[int], following: int) -> list[tuple[int, int]]:
    """Return the runs (first, last) of numbers after `acked` and before `following` that are not among `kept` (ascending)."""
    runs, expected = [], acked + 1
    for seq in [*(k for k in kept if k > acked), following]:
        if seq > expected:
            runs.append((expected, seq - 1))
        expected = seq + 1
    return runs


def recount(book: Book) -> None:
    """Count anew what waits in each lane, after rows went otherwise than by an acknowledgement."""
    book.db.execute("UPDATE lanes SET waiting = (SELECT count(*) FROM outbox o WHERE o.epoch = lanes.epoch AND o.lane = lanes.lane)")


def insert(book: Book, envelope: wire.Envelope) -> None:
    """Put an envelope into the outbox as it stands."""
    event = envelope.event
    slot = event.slot if isinstance(event, StockChanged | ReplenishmentRequested) else ""
    if isinstance(event, InboxCommitted):
        slot = event.downbox
    payload = wire.encode_event(envelope)
    if len(payload) > wire.BATCH_BYTES:
        raise StorageError(f"a {type(event).__name__} of {len(payload)} bytes does not fit into a message of {wire.BATCH_BYTES} bytes")
    book.db.execute("INSERT INTO outbox (epoch, lane, seq, kind, slot, at, crc, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (envelope.epoch, envelope.lane, envelope.seq, type(event).__name__, slot,
                     envelope.time.timestamp(), zlib.crc32(payload), payload))


class Outbox:
    """What waits for HQ. A place is the row's position in the outbox: it only grows, over all epochs."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def waiting(self) -> dict[Lane, int]:
        """Return how many facts wait in each lane."""
        counted = dict(self._book.db.execute("SELECT lane, sum(waiting) FROM lanes GROUP BY lane"))
        return {lane: counted.get(lane, 0) for lane in Lane}

    def waiting_sales(self) -> list[SaleCompleted]:
        """Return the sales that HQ has not acknowledged yet, oldest first: what a kiosk that sells offline is exposed to."""
        rows = self._book.db.execute("SELECT payload FROM outbox WHERE kind = ? ORDER BY n", (SaleCompleted.__name__,))
        topic = wire.up_topic(self._book.device, Lane.MONEY)
        read = (item for (payload,) in rows for item in wire.decode_batch(topic, payload))
        return [item.event for item in read if isinstance(item, wire.Envelope) and isinstance(item.event, SaleCompleted)]

    def oldest(self, now: datetime) -> float:
        """Return for how many seconds the oldest fact has been waiting by the wall clock, 0.0 when none waits; for reports only."""
        row = self._book.db.execute("SELECT at FROM outbox ORDER BY n LIMIT 1").fetchone()
        return 0.0 if row is None else max(0.0, now.timestamp() - row[0])

    def batch(self, lane: Lane, after: int, events: int, size: int) -> list[tuple[int, bytes]]:
        """Return the next (place, encoded fact) of a lane after a place: at most `events`, and at most `size` bytes but at least one."""
        taken: list[tuple[int, bytes]] = []
        room = size
        query = "SELECT n, payload FROM outbox WHERE lane = ? AND n > ? ORDER BY n LIMIT ?"
        for n, payload in self._book.db.execute(query, (lane, after, events)):
            room -= len(payload) + 1
            if taken and room < 0:
                break
            taken.append((n, payload))
        return taken

    def covers(self, lane: Lane) -> list[tuple[int, bytes]]:
        """Return the waiting Skipped facts of a lane: sent ahead of the others, they let HQ's mark move over the holes at once."""
        query = f"SELECT n, payload FROM outbox WHERE lane = ? AND kind = '{_SKIPPED}' ORDER BY n LIMIT 100"  # as the index says it
        return self._book.db.execute(query, (lane,)).fetchall()

    def first(self, lane: Lane) -> int:
        """Return the place of the oldest waiting fact of a lane, 0 when none waits."""
        return self._book.number("SELECT min(n) FROM outbox WHERE lane = ?", lane)

    def acknowledge(self, epoch: str, lane: Lane, seq: int) -> int:
        """Free what HQ holds: every fact of this epoch and lane up to `seq`. Return how many rows went.

        An epoch that is not ours, or a number that was never given out, frees nothing and is counted (tallies acks_foreign and
        acks_impossible).
        """
        book = self._book
        row = book.db.execute("SELECT next_seq, acked FROM lanes WHERE epoch = ? AND lane = ?", (epoch, lane)).fetchone()
        if row is None or seq >= row[0] or seq < 0:
            book.tally("acks_foreign" if row is None else "acks_impossible")
            return 0
        if seq <= row[1]:
            return 0
        freed = book.db.execute("DELETE FROM outbox WHERE epoch = ? AND lane = ? AND seq <= ?", (epoch, lane, seq)).rowcount
        book.db.execute("UPDATE lanes SET acked = ?, waiting = waiting - ? WHERE epoch = ? AND lane = ?", (seq, freed, epoch, lane))
        return freed
