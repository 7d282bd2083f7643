"""Receipts that their holders can see again, and closures of the kiosks' journals as they came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kiosk.domain.events import Lane, PeriodClosed, SaleCompleted
from kiosk.domain.receipt import TOKEN_LENGTH, token
from kiosk.hq.ledger.store import Db, Row, insert_all
from kiosk.hq.ledger.trade import Origin
from kiosk.wire import Envelope, decode_value, encode_value

ReceiptRow = tuple[str, int, int, str, str, bool]
"""(word, stream, seq, boot id, the device's time as ISO 8601, whether it knew the time)"""
_FACT = ("SELECT r.n, s.device, s.epoch, s.lane, f.seq, f.id, r.boot_id, r.time, r.clock_set, f.body FROM receipts r"
         " JOIN facts f ON f.stream = r.stream AND f.seq = r.seq JOIN streams s ON s.id = f.stream")
_CHECKED = "seals_checked"


def row_of(fact: Envelope, sale: SaleCompleted, stream: int) -> ReceiptRow:
    """Return what is kept so that a sale's receipt can be shown, and its signature checked, from the fact itself."""
    return token(sale), stream, fact.seq, fact.boot_id, fact.time.isoformat(), fact.clock_set


def keep(db: Db, rows: Sequence[ReceiptRow]) -> None:
    """Keep where receipts are found."""
    insert_all(db, "INSERT OR IGNORE INTO receipts (token, stream, seq, boot_id, time, clock_set) VALUES (?, ?, ?, ?, ?, ?)", rows)


def find(db: Db, word: str) -> Envelope | SaleCompleted | None:
    """Return what the receipt shows that this word opens, None for any other word: the fact as the device sent it, unchecked.

    A receipt from before facts were kept for it is a sale whose signature was checked when it came.
    """
    if len(word) != TOKEN_LENGTH:
        return None
    row = db.execute(f"{_FACT} WHERE r.token = ?", (word,)).fetchone()
    if row is not None:
        return _fact(row)
    row = db.execute("SELECT body FROM receipts WHERE token = ? AND body IS NOT NULL", (word,)).fetchone()
    return decode_value(row[0], SaleCompleted) if row else None


def unchecked(db: Db, limit: int) -> list[tuple[int, Envelope]]:
    """Return (number, fact) of the sales that nobody has checked yet, the oldest first."""
    return [(row[0], _fact(row)) for row in db.execute(f"{_FACT} WHERE r.n > ? ORDER BY r.n LIMIT ?", (_checked(db), limit))]


def count_unchecked(db: Db) -> int:
    """Return how many sales nobody has checked yet."""
    return int(db.execute("SELECT count(*) FROM receipts WHERE n > ?", (_checked(db),)).fetchone()[0])


def set_checked(db: Db, number: int) -> None:
    """Note that every sale up to this number was checked."""
    db.execute("INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)", (_CHECKED, number))


def _checked(db: Db) -> int:
    row = db.execute("SELECT value FROM counters WHERE name = ?", (_CHECKED,)).fetchone()
    return int(row[0]) if row else 0


def _fact(row: Row) -> Envelope:
    sale: SaleCompleted = decode_value(row["body"], SaleCompleted)
    return Envelope(row["id"], row["device"], row["epoch"], Lane(row["lane"]), row["seq"], row["boot_id"],
                    datetime.fromisoformat(row["time"]), sale, bool(row["clock_set"]))


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
