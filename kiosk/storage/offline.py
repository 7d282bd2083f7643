"""What was sold by the offline policy and HQ has not acknowledged yet: what a kiosk is exposed to, however long its queue is."""

from __future__ import annotations

from kiosk.domain.events import Lane
from kiosk.storage.book import Book
from kiosk.wire import Envelope

_WAITING = ("FROM offline_sales o LEFT JOIN epochs e ON e.epoch = o.epoch LEFT JOIN lanes l ON l.epoch_no = e.no AND l.lane = ?"
            " WHERE o.seq > coalesce(l.acked, 0)")


class OfflineSales:
    """Sales that nobody but the policy has approved. One counts until HQ's own word covers its fact."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, fact: Envelope, member_id: str, total_minor: int) -> None:
        """Count a sale whose fact was just recorded; those that HQ holds by now are forgotten."""
        db = self._book.db
        db.execute(f"DELETE FROM offline_sales WHERE (epoch, seq) NOT IN (SELECT o.epoch, o.seq {_WAITING})", (Lane.MONEY,))
        db.execute("INSERT INTO offline_sales VALUES (?, ?, ?, ?)", (fact.epoch, fact.seq, member_id, total_minor))

    def waiting_minor(self, member_id: str | None = None) -> int:
        """Return what was sold and HQ does not hold, minor units: to one member, or with None in all."""
        mine = "" if member_id is None else " AND o.member_id = ?"
        return self._book.number(f"SELECT sum(o.total_minor) {_WAITING}{mine}", Lane.MONEY, *(() if member_id is None else (member_id,)))
