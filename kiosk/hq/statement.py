"""A member's statement as rows of text, for CSV: what moved, when, and the balance after it."""

from __future__ import annotations

from kiosk.domain.money import Money
from kiosk.errors import HqError
from kiosk.hq.imports import plain
from kiosk.hq.ledger import accounts
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

COLUMNS = ("time_utc", "kind", "receipt", "sale_id", "currency", "amount", "balance", "id")


def rows(db: Db, member_id: str) -> list[tuple[str, ...]]:
    """Return a member's statement, oldest first, amounts as decimals of the currency. Raises HqError for an unknown member."""
    if not accounts.is_member(db, member_id):
        raise HqError(f"member {member_id!r} is not known")
    return [(Stamp(r["at_ms"], str).moment.isoformat(timespec="seconds"), r["kind"], r["receipt"], r["sale_id"], r["currency"],
             plain(Money(r["amount_minor"], r["currency"])), plain(Money(r["balance_minor"], r["currency"])), r["id"])
            for r in accounts.statement(db, member_id)]
