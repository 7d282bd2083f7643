"""Rows of what payment services are asked for: charges, refunds, mandates. `kiosk.hq.tenders.teller` works on them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kiosk.hq.ledger.accounts import listed
from kiosk.hq.ledger.store import Db, Row

_CHARGE = ("intent_id, tender, purpose, device, epoch, store, member_id, payer, amount_minor, currency, number, reference, code, status,"
           " wish, reason, told, tries, expires_ms, at_ms")
_REFUND = "refund_id, sale_id, tender, amount_minor, currency, reason, who, device, status, note, tries, at_ms"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A charge as HQ knows it.

    purpose: sale | top_up. number: the service's name for it in notifications. status: asked | pending | authorised | captured | declined |
    voided. wish: ask (a shopper waits), take (the sale is there), drop (cancelled). told: what the kiosk was told: "", code, authorised or
    declined. tries: calls since the last answer; written before each call, so a restart knows that one may be under way.
    """

    intent_id: str
    tender: str
    purpose: str
    device: str
    epoch: str
    store: str
    member_id: str
    payer: str
    amount_minor: int
    currency: str
    number: str
    reference: str
    code: str
    status: str
    wish: str
    reason: str
    told: str
    tries: int
    expires_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund as HQ knows it. tender: that which paid the sale. status: asked | done | failed; note: why it failed."""

    refund_id: str
    sale_id: str
    tender: str
    amount_minor: int
    currency: str
    reason: str
    who: str
    device: str
    status: str
    note: str
    tries: int
    at_ms: int


def add(db: Db, row: ChargeRow) -> None:
    """Write a new charge down, due at once."""
    db.execute(f"INSERT INTO charges ({_CHARGE}, due_ms) VALUES ({','.join('?' * 21)})",
               (row.intent_id, row.tender, row.purpose, row.device, row.epoch, row.store, row.member_id, row.payer, row.amount_minor,
                row.currency, row.number, row.reference, row.code, row.status, row.wish, row.reason, row.told, row.tries, row.expires_ms,
                row.at_ms, row.at_ms))


def get(db: Db, intent_id: str) -> ChargeRow | None:
    """Return a charge."""
    row = db.execute(f"SELECT {_CHARGE} FROM charges WHERE intent_id = ?", (intent_id,)).fetchone()
    return ChargeRow(*row) if row else None


def of_intents(db: Db, ids: Collection[str]) -> dict[str, ChargeRow]:
    """Return intent id -> its charge, for those intents that a payment service was asked for."""
    rows = db.execute(f"SELECT {_CHARGE} FROM charges WHERE intent_id IN (SELECT value FROM json_each(?))", (listed(ids),))
    return {row[0]: ChargeRow(*row) for row in rows}


def find(db: Db, tender: str, number: str) -> ChargeRow | None:
    """Return the charge that a service names in a notification."""
    row = db.execute(f"SELECT {_CHARGE} FROM charges WHERE tender = ? AND number = ?", (tender, number)).fetchone()
    return ChargeRow(*row) if row else None


def save(db: Db, row: ChargeRow, due_ms: int | None) -> None:
    """Write down how far a charge is, and when it is worked on next; None: when something happens."""
    db.execute("UPDATE charges SET reference = ?, code = ?, status = ?, wish = ?, reason = ?, told = ?, tries = ?, due_ms = ?"
               " WHERE intent_id = ?",
               (row.reference, row.code, row.status, row.wish, row.reason, row.told, row.tries, due_ms, row.intent_id))


def due(db: Db, now_ms: int, limit: int = 32) -> list[ChargeRow]:
    """Return the charges that are to be worked on now."""
    return [ChargeRow(*r) for r in db.execute(f"SELECT {_CHARGE} FROM charges WHERE due_ms <= ? ORDER BY due_ms LIMIT ?", (now_ms, limit))]


def try_again(db: Db, intent_id: str, due_ms: int) -> None:
    """Note that a call is about to be made; should it never come to its end, the charge is due again then."""
    db.execute("UPDATE charges SET tries = tries + 1, due_ms = ? WHERE intent_id = ?", (due_ms, intent_id))


def recent(db: Db, limit: int = 60) -> list[Row]:
    """Return the newest charges with the sale that each paid."""
    return db.execute("SELECT c.*, s.sale_id, s.receipt FROM charges c LEFT JOIN sales s ON s.intent_id = c.intent_id"
                      " ORDER BY c.rowid DESC LIMIT ?", (limit,)).fetchall()


def tender_states(db: Db) -> dict[str, Row]:
    """Return tender -> charges (all), open (no end yet), failed (service down), last_ms."""
    rows = db.execute("SELECT tender, count(*) charges, sum(due_ms IS NOT NULL) open, sum(reason = 'service_down') failed,"
                      " max(at_ms) last_ms, max(tries) tries FROM charges GROUP BY tender")
    return {r["tender"]: r for r in rows}


def stranded(db: Db, before_ms: int) -> list[Row]:
    """Return charges that were taken before a moment and have become neither a sale nor a top-up, nor were given back."""
    return db.execute("SELECT c.* FROM charges c LEFT JOIN sales s ON s.intent_id = c.intent_id"
                      " WHERE c.status IN ('captured', 'authorised') AND c.purpose = 'sale' AND c.wish = 'ask' AND s.sale_id IS NULL"
                      " AND c.at_ms < ? ORDER BY c.at_ms", (before_ms,)).fetchall()


def add_refund(db: Db, row: RefundRow, due_ms: int | None) -> None:
    """Write a new refund down."""
    db.execute(f"INSERT INTO refunds ({_REFUND}, due_ms) VALUES ({','.join('?' * 13)})",
               (row.refund_id, row.sale_id, row.tender, row.amount_minor, row.currency, row.reason, row.who, row.device, row.status,
                row.note, row.tries, row.at_ms, due_ms))


def add_refund_line(db: Db, refund_id: str, line: tuple[int, str, int, int]) -> None:
    """Write down what came back: (n, GTIN, pieces, minor units)."""
    db.execute("INSERT INTO refund_lines VALUES (?, ?, ?, ?, ?)", (refund_id, *line))


def refund(db: Db, refund_id: str) -> RefundRow | None:
    """Return a refund."""
    row = db.execute(f"SELECT {_REFUND} FROM refunds WHERE refund_id = ?", (refund_id,)).fetchone()
    return RefundRow(*row) if row else None


def save_refund(db: Db, refund_id: str, status: str, note: str, due_ms: int | None) -> None:
    """Write down how far a refund is."""
    db.execute("UPDATE refunds SET status = ?, note = ?, due_ms = ? WHERE refund_id = ?", (status, note, due_ms, refund_id))


def try_refund_again(db: Db, refund_id: str, due_ms: int) -> None:
    """Note that a call is about to be made; should it never come to its end, the refund is due again then."""
    db.execute("UPDATE refunds SET tries = tries + 1, due_ms = ? WHERE refund_id = ?", (due_ms, refund_id))


def refunds_due(db: Db, now_ms: int, limit: int = 32) -> list[RefundRow]:
    """Return the refunds that are to be worked on now."""
    return [RefundRow(*r) for r in db.execute(f"SELECT {_REFUND} FROM refunds WHERE due_ms <= ? ORDER BY due_ms LIMIT ?", (now_ms, limit))]


def refunds_of(db: Db, sale_id: str) -> list[RefundRow]:
    """Return the refunds of a sale."""
    return [RefundRow(*r) for r in db.execute(f"SELECT {_REFUND} FROM refunds WHERE sale_id = ? ORDER BY rowid", (sale_id,))]


def refunded_pieces(db: Db, sale_id: str) -> dict[str, int]:
    """Return GTIN -> pieces of a sale that came back so far."""
    rows = db.execute("SELECT l.gtin, sum(l.quantity) FROM refund_lines l JOIN refunds r ON r.refund_id = l.refund_id WHERE r.sale_id = ?"
                      " GROUP BY l.gtin", (sale_id,))
    return {r[0]: r[1] for r in rows}


def recent_refunds(db: Db, limit: int = 40) -> list[Row]:
    """Return the newest refunds with the receipt of their sale."""
    return db.execute("SELECT r.*, s.receipt, s.member_id FROM refunds r JOIN sales s ON s.sale_id = r.sale_id"
                      " ORDER BY r.rowid DESC LIMIT ?", (limit,)).fetchall()


def set_mandate(db: Db, member_id: str, tender: str, payer: str, at_ms: int) -> None:
    """Keep who is charged when a member pays by face, in the place of the one before."""
    db.execute("INSERT INTO mandates VALUES (?, ?, ?, ?, NULL) ON CONFLICT (member_id, tender) DO UPDATE SET payer = excluded.payer,"
               " at_ms = excluded.at_ms, ended_ms = NULL", (member_id, tender, payer, at_ms))


def end_mandate(db: Db, member_id: str, at_ms: int) -> None:
    """End a member's mandates."""
    db.execute("UPDATE mandates SET ended_ms = ? WHERE member_id = ? AND ended_ms IS NULL", (at_ms, member_id))


def mandate(db: Db, member_id: str) -> tuple[str, str] | None:
    """Return (tender, payer) of a member's mandate, None when there is none; it ends with the member's consent to be known by face."""
    row = db.execute("SELECT c.tender, c.payer FROM mandates c JOIN members m ON m.id = c.member_id WHERE c.member_id = ?"
                     " AND c.ended_ms IS NULL AND m.erased_ms IS NULL ORDER BY c.at_ms DESC LIMIT 1", (member_id,)).fetchone()
    return (row[0], row[1]) if row else None
