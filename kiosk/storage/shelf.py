"""What lies in the slots, and what was asked for to fill them."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk import wire
from kiosk.domain.events import ReplenishmentRequested
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.errors import StorageError
from kiosk.storage.book import Book

APPROVAL = "approval"
"""Setting: who approves orders, "hq" or "local" (the shop's owner, in staff mode)."""


@dataclass(frozen=True, slots=True)
class SlotStock:
    """Pieces in a slot and pieces that are on their way to it."""

    slot: str
    gtin: str
    on_hand: int
    on_order: int


class Stock:
    """Pieces on hand and on order, by slot."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def on_hand(self, slot: str) -> int | None:
        """Return the pieces in a slot, None when it was never counted."""
        row = self._book.db.execute("SELECT on_hand FROM stock WHERE slot = ?", (slot,)).fetchone()
        return None if row is None else row[0]

    def move(self, slot: str, gtin: str, delta: int) -> int:
        """Add `delta` pieces and return what is then on hand, never below 0: a shelf cannot owe. A new product in a slot starts from 0."""
        return self._book.number(
            "INSERT INTO stock (slot, gtin, on_hand) VALUES (?, ?, max(0, ?)) ON CONFLICT (slot) DO UPDATE SET gtin = excluded.gtin,"
            " on_hand = max(0, CASE WHEN gtin = excluded.gtin THEN on_hand ELSE 0 END + ?) RETURNING on_hand", slot, gtin, delta, delta)

    def set(self, slot: str, gtin: str, count: int) -> None:
        """Write down what was counted."""
        if count < 0:
            raise StorageError(f"slot {slot}: {count} pieces cannot lie there")
        self._book.db.execute("INSERT INTO stock (slot, gtin, on_hand) VALUES (?, ?, ?)"
                              " ON CONFLICT (slot) DO UPDATE SET gtin = excluded.gtin, on_hand = excluded.on_hand", (slot, gtin, count))

    def all(self) -> list[SlotStock]:
        """Return every slot that was ever counted or moved, in order of its name."""
        return [SlotStock(*row) for row in self._book.db.execute("SELECT slot, gtin, on_hand, on_order FROM stock ORDER BY slot")]

    def add_on_order(self, slot: str, n: int) -> None:
        """Add pieces that are on their way (negative: that came), never below 0."""
        self._book.db.execute("UPDATE stock SET on_order = max(0, on_order + ?) WHERE slot = ?", (n, slot))


class Requests:
    """Replenishment requests: asked -> approved | rejected -> fulfilled; at most one is unanswered per slot."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._stock = Stock(book)

    def open(self, request: ReplenishmentRequested) -> None:
        """Keep a request; StorageError when one of its slot is still unanswered. Record the fact itself in the same unit."""
        changed = self._book.db.execute("INSERT OR IGNORE INTO requests (request_id, slot, body) VALUES (?, ?, ?)",
                                        (request.request_id, request.slot, wire.encode_value(request))).rowcount
        if not changed:
            raise StorageError(f"slot {request.slot} of {self._book.device} already waits for an answer")
        self._book.db.execute("INSERT OR IGNORE INTO stock (slot, gtin, on_hand) VALUES (?, ?, ?)",
                              (request.slot, request.gtin, request.on_hand))

    def open_for(self, slot: str) -> ReplenishmentRequested | None:
        """Return the request of this slot that HQ has not answered, None when there is none."""
        row = self._book.db.execute("SELECT body FROM requests WHERE slot = ? AND state = 'asked'", (slot,)).fetchone()
        return None if row is None else wire.decode_value(row[0], ReplenishmentRequested)

    def answer(self, answer: ReplenishmentAnswered) -> bool:
        """Write HQ's word down; approved pieces are on order from now on. False (and counted) when no such request waits."""
        row = self._book.db.execute("SELECT slot FROM requests WHERE request_id = ? AND state = 'asked'", (answer.request_id,)).fetchone()
        if row is None or answer.outcome not in ("approved", "rejected"):
            self._book.tally("answers_unknown")
            return False
        approved = answer.outcome == "approved"
        self._book.db.execute("UPDATE requests SET state = ?, quantity = ? WHERE request_id = ?",
                              (answer.outcome, answer.quantity if approved else 0, answer.request_id))
        if approved:
            self._stock.add_on_order(row[0], answer.quantity)
            self._book.tally("requests_approved")
        self._book.tally("requests_answered")
        return True

    def fulfil(self, slot: str, pieces: int) -> None:
        """A refill of `pieces` closes the slot's requests and takes them off the order."""
        self._book.db.execute("UPDATE requests SET state = 'fulfilled' WHERE slot = ? AND state IN ('asked', 'approved')", (slot,))
        self._stock.add_on_order(slot, -pieces)

    def receive(self, slot: str) -> None:
        """A delivery came: what was approved for this slot is closed and nothing is on order any more, whether all of it came or not."""
        self._book.db.execute("UPDATE requests SET state = 'fulfilled' WHERE slot = ? AND state = 'approved'", (slot,))
        self._book.db.execute("UPDATE stock SET on_order = 0 WHERE slot = ?", (slot,))

    def waiting(self) -> list[ReplenishmentRequested]:
        """Return every request that nobody has answered, by slot."""
        rows = self._book.db.execute("SELECT body FROM requests WHERE state = 'asked' ORDER BY slot")
        return [wire.decode_value(row[0], ReplenishmentRequested) for row in rows]

    def answered_count(self) -> int:
        """Return how many requests HQ has answered."""
        return self._book.number("SELECT n FROM tallies WHERE name = 'requests_answered'")
