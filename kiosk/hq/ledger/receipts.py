"""Receipts that their holders can see again, and closures of the kiosks' journals as they came."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.domain.events import PeriodClosed, SaleCompleted
from kiosk.domain.receipt import TOKEN_LENGTH, token
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.ledger.trade import Origin
from kiosk.wire import decode_value, encode_value


def keep(db: Db, sales: Iterable[SaleCompleted]) -> None:
    """Keep what receipts show."""
    db.executemany("INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)", [(token(sale), sale.sale_id, encode_value(sale)) for sale in sales])


def find(db: Db, word: str) -> SaleCompleted | None:
    """Return the sale whose receipt this word opens, None for any other word."""
    if len(word) != TOKEN_LENGTH:
        return None
    row = db.execute("SELECT body FROM receipts WHERE token = ?", (word,)).fetchone()
    return decode_value(row[0], SaleCompleted) if row else None


def add_closure(db: Db, closed: PeriodClosed, origin: Origin) -> bool:
    """Keep a closure; False for one that is kept already."""
    return db.execute("INSERT OR IGNORE INTO closures VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (
        origin.device, closed.journal, closed.period, closed.last, closed.currency, closed.name, encode_value(closed),
        origin.time_ms)).rowcount > 0


def closures(db: Db, limit: int = 100) -> list[tuple[str, int, PeriodClosed]]:
    """Return (device, when by its clock in milliseconds, closure), the newest first."""
    rows = db.execute("SELECT device, at_ms, body FROM closures ORDER BY at_ms DESC, device, last DESC LIMIT ?", (limit,))
    return [(r[0], r[1], decode_value(r[2], PeriodClosed)) for r in rows]


def names(db: Db, gtins: list[str]) -> dict[str, Row]:
    """Return GTIN -> its product row, for those that HQ knows."""
    marks = ",".join("?" * len(gtins))
    return {row["gtin"]: row for row in db.execute(f"SELECT * FROM products WHERE gtin IN ({marks})", gtins)}


def books_of(db: Db, device: str, currency: str) -> tuple[int, int]:
    """Return (sales, refunds) of a device by HQ's own books, minor units since its first fact."""
    row = db.execute(
        "SELECT (SELECT coalesce(sum(total_minor), 0) FROM sales WHERE device = ? AND currency = ?),"
        " (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE device = ? AND currency = ?)",
        (device, currency, device, currency)).fetchone()
    return row[0], row[1]
