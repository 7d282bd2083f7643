"""What went back to shoppers, by line of the sale, and how often a receipt was printed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kiosk import wire
from kiosk.domain.events import SaleCompleted, SaleRefunded
from kiosk.domain.orders import RefundGiven
from kiosk.domain.refund import allot
from kiosk.errors import StorageError
from kiosk.storage.book import Book

_ADD = "INSERT OR IGNORE INTO refunds (refund_id, sale_id, amount_minor, body, by_hq) VALUES (?, ?, ?, ?,"


class Refunds:
    """Refunds that this device gave, and what HQ gave back of its sales: the latter only lessens what is left."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, refund: SaleRefunded, pieces: Iterable[tuple[int, int]]) -> None:
        """Keep a refund with (line of the sale, pieces); one with the same id is refused with StorageError."""
        changed = self._book.db.execute(f"{_ADD} 0)", (
            refund.refund_id, refund.sale_id, refund.amount_minor, wire.encode_value(refund))).rowcount
        if not changed:
            raise StorageError(f"refund {refund.refund_id} of {self._book.device} is already written")
        self._keep(refund.refund_id, pieces)

    def hear(self, refund: RefundGiven, sale: SaleCompleted) -> bool:
        """Keep what HQ gave back of a sale of this device; False when it is kept already."""
        pieces = allot(sale, self.before(sale.sale_id), refund.lines)
        changed = self._book.db.execute(f"{_ADD} 1)", (
            refund.refund_id, refund.sale_id, refund.amount_minor, wire.encode_value(refund))).rowcount
        if changed:
            self._keep(refund.refund_id, pieces.items())
        return bool(changed)

    def before(self, sale_id: str, by_hq: bool = False) -> dict[int, int]:
        """Return line of a sale -> pieces that came back already. by_hq: only those that HQ took back."""
        return dict(self._book.db.execute("SELECT l.line, sum(l.pieces) FROM refund_lines l JOIN refunds r USING (refund_id)"
                                          " WHERE r.sale_id = ? AND r.by_hq >= ? GROUP BY l.line", (sale_id, by_hq)).fetchall())

    def all(self) -> list[SaleRefunded]:
        """Return every refund that this device gave, the oldest first."""
        rows = self._book.db.execute("SELECT body FROM refunds WHERE by_hq = 0 ORDER BY rowid")
        return [wire.decode_value(row[0], SaleRefunded) for row in rows]

    def _keep(self, refund_id: str, pieces: Iterable[tuple[int, int]]) -> None:
        self._book.db.executemany("INSERT INTO refund_lines VALUES (?, ?, ?)", [(refund_id, line, n) for line, n in pieces])


class Prints:
    """Receipts on paper: the first is the receipt, every other one a duplicate."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def find(self, receipt: str) -> SaleCompleted | None:
        """Return the sale with this receipt number, None when this device did not make it."""
        query = "SELECT body FROM sales WHERE json_extract(CAST(body AS TEXT), '$.receipt') = ? ORDER BY n DESC LIMIT 1"
        row = self._book.db.execute(query, (receipt,)).fetchone()
        sale: SaleCompleted | None = wire.decode_value(row[0], SaleCompleted) if row else None
        return sale

    def recorded(self, sale_id: str) -> datetime | None:
        """Return when the journal recorded a sale, None for a sale of another journal."""
        row = self._book.db.execute(
            "SELECT json_extract(CAST(body AS TEXT), '$.time') FROM journal"
            " WHERE kind = 'sale' AND json_extract(CAST(body AS TEXT), '$.data.sale_id') = ?"
            " ORDER BY n DESC LIMIT 1", (sale_id,)).fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def printed(self, sale_id: str) -> int:
        """Return how often the receipt of a sale was printed."""
        return self._book.number("SELECT n FROM prints WHERE sale_id = ?", sale_id)

    def count(self, sale_id: str) -> int:
        """Count one more print; return how many there are now."""
        query = "INSERT INTO prints VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n"
        return self._book.number(query, sale_id)
