"""Giving back: whole or by line, to the tender that paid, once, and never more than was taken.

A refund given on a kiosk comes as a fact and stands in that kiosk's journal; one given here, by HQ, stands in HQ's append-only ledger and
its audit, and the kiosk that made the sale is told: its journal notes it, its totals do not count it, its staff cannot give it again. Both
are booked by `give_back`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kiosk.domain.events import SaleRefunded
from kiosk.domain.money import share
from kiosk.domain.orders import GivenLine, RefundGiven
from kiosk.errors import HqError
from kiosk.hq import downbox
from kiosk.hq.ledger import accounts, charges, fleet, trade
from kiosk.hq.ledger.accounts import Transfer, clearing, member_account
from kiosk.hq.ledger.charges import RefundRow
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp
from kiosk.hq.wallet import CASH_DESK, WALLET

HQ_DEVICE = "hq"


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Goods that came back: pieces, and what is given back for them all. line: of the sale, counted from 0, -1 where it is not told."""

    gtin: str
    quantity: int
    amount_minor: int
    line: int = -1


@dataclass(frozen=True, slots=True)
class Giving:
    """A refund to be booked. id: makes it once. who: the person; device: where, "hq" when here."""

    id: str
    sale_id: str
    lines: tuple[RefundLine, ...]
    amount_minor: int
    currency: str
    reason: str
    who: str
    device: str


def told_by(event: SaleRefunded, device: str) -> Giving:
    """Return the refund that a kiosk tells of."""
    lines = tuple(RefundLine(line.gtin, line.quantity, line.amount_minor) for line in event.lines)
    return Giving(event.refund_id, event.sale_id, lines, event.amount_minor, event.currency, event.reason, event.staff, device)


def of_lines(db: Db, sale_id: str, chosen: Sequence[tuple[int, int]]) -> tuple[RefundLine, ...]:
    """Return what comes back for (line number, pieces) of a sale, its discount shared out. Raises HqError for pieces that were not sold.

    As the till reckons: what is due for all pieces up to now less what was due before, so that odd cents do not come twice.
    """
    sold = {row["n"]: (row, gone) for row, gone in _gone(db, sale_id)}
    found = []
    for number, pieces in chosen:
        row, gone = sold.get(number, (None, 0))
        if row is None or not 0 < pieces <= row["quantity"]:
            raise HqError(f"line {number + 1} of sale {sale_id} has no {pieces} pieces")
        first = min(gone, row["quantity"] - pieces)
        due, before = (share(row["amount_minor"], n, row["quantity"]) for n in (first + pieces, first))
        found.append(RefundLine(row["gtin"], pieces, due - before, number))
    return tuple(found)


def rest_of(db: Db, sale: Row) -> tuple[tuple[RefundLine, ...], int]:
    """Return (lines, minor units) of all of a sale that was not given back yet."""
    given = sum(r.amount_minor for r in charges.refunds_of(db, sale["sale_id"]))
    lines = []
    for row, gone in _gone(db, sale["sale_id"]):
        left = row["quantity"] - gone
        if left:
            due = row["amount_minor"] - share(row["amount_minor"], gone, row["quantity"])
            lines.append(RefundLine(row["gtin"], left, due, row["n"]))
    left_minor = sale["total_minor"] - given
    if lines:  # what earlier refunds rounded comes back with the last line
        rounded = left_minor - sum(line.amount_minor for line in lines)
        lines[-1] = replace(lines[-1], amount_minor=lines[-1].amount_minor + rounded)
    return tuple(lines), left_minor


def _gone(db: Db, sale_id: str) -> list[tuple[Row, int]]:
    """Return a sale's lines, each with how many of its pieces came back; those of the same goods are taken to come from the first line."""
    back, found = charges.refunded_pieces(db, sale_id), []
    for row in trade.lines(db, [sale_id])[sale_id]:
        gone = min(row["quantity"], back.get(row["gtin"], 0))
        back[row["gtin"]] = back.get(row["gtin"], 0) - gone
        found.append((row, gone))
    return found


def give_back(db: Db, giving: Giving, stamp: Stamp) -> bool:
    """Book a refund and see to its payment; False when it was booked before. Raises HqError for one that cannot be.

    Of one that HQ gives, the device that made the sale is told.
    """
    if charges.refund(db, giving.id) is not None:
        return False
    sale = trade.sale(db, giving.sale_id)
    if sale is None:
        raise HqError(f"refund {giving.id}: sale {giving.sale_id} is not in the books")
    _check(db, giving, sale)
    tender, target = _way_back(db, sale)
    at_ms = stamp.at_ms
    row = RefundRow(giving.id, giving.sale_id, tender, giving.amount_minor, giving.currency, giving.reason, giving.who, giving.device,
                    "asked" if target is None else "done", "", 0, at_ms)
    charges.add_refund(db, row, at_ms if target is None else None)
    for n, line in enumerate(giving.lines):
        charges.add_refund_line(db, giving.id, (n, line.gtin, line.quantity, line.amount_minor))
    accounts.transfer(db, Transfer(f"refund:{giving.id}", "refund", f"sales:{sale['store']}", clearing(tender), giving.amount_minor,
                                   giving.currency, giving.sale_id), at_ms)
    if target is not None:
        pay_out(db, row, target, at_ms)
    if giving.device == HQ_DEVICE:
        _tell(db, giving, sale["device"], stamp)
    return True


def _tell(db: Db, giving: Giving, device: str, stamp: Stamp) -> None:
    """Tell the device that made a sale what was given back for it; one that was never born has no card that could know the sale."""
    epoch = fleet.epoch_of(db, device)
    if epoch:
        lines = tuple(GivenLine(line.line, line.gtin, line.quantity, line.amount_minor) for line in giving.lines)
        downbox.put(db, device, epoch, RefundGiven(giving.id, giving.sale_id, lines, giving.amount_minor, giving.reason), stamp)


def pay_out(db: Db, row: RefundRow, target: str, at_ms: int) -> None:
    """Post that a refund has reached the payer."""
    if not accounts.transferred(db, f"payout:{row.refund_id}"):
        accounts.transfer(db, Transfer(f"payout:{row.refund_id}", "payout", clearing(row.tender), target, row.amount_minor, row.currency,
                                       row.sale_id), at_ms)


def pay_in_cash(db: Db, refund_id: str, at_ms: int) -> None:
    """Close a refund that its tender did not take by paying it at the cash desk. Raises HqError for any other."""
    row = charges.refund(db, refund_id)
    sale = trade.sale(db, row.sale_id) if row else None
    if row is None or sale is None or row.status != "failed":
        raise HqError(f"refund {refund_id} is not one that its tender refused")
    pay_out(db, row, f"till:{sale['store']}", at_ms)
    charges.save_refund(db, refund_id, "done", "cash_desk", None)


def _check(db: Db, giving: Giving, sale: Row) -> None:
    given = sum(r.amount_minor for r in charges.refunds_of(db, giving.sale_id))
    if giving.currency != sale["currency"]:
        raise HqError(f"refund {giving.id}: sale {giving.sale_id} was paid in {sale['currency']}, not in {giving.currency}")
    if giving.amount_minor <= 0 or sum(line.amount_minor for line in giving.lines) != giving.amount_minor:
        raise HqError(f"refund {giving.id}: {giving.amount_minor} is not what its lines come to")
    if given + giving.amount_minor > sale["total_minor"]:
        raise HqError(f"refund {giving.id}: {given} of {sale['total_minor']} were given back already, {giving.amount_minor} more is too"
                      " much")
    sold: dict[str, int] = {}
    for row in trade.lines(db, [giving.sale_id])[giving.sale_id]:
        sold[row["gtin"]] = sold.get(row["gtin"], 0) + row["quantity"]
    back = charges.refunded_pieces(db, giving.sale_id)
    for line in giving.lines:
        back[line.gtin] = back.get(line.gtin, 0) + line.quantity
        if line.quantity <= 0 or back[line.gtin] > sold.get(line.gtin, 0):
            raise HqError(f"refund {giving.id}: {back[line.gtin]} pieces of {line.gtin} came back, {sold.get(line.gtin, 0)} were sold")


def _way_back(db: Db, sale: Row) -> tuple[str, str | None]:
    """Return (tender, account that is paid), the account None where a payment service pays."""
    charge = charges.get(db, sale["intent_id"]) if sale["intent_id"] else None
    if charge is not None and not accounts.transferred(db, f"debt:{charge.intent_id}"):
        return charge.tender, None
    if sale["tender"] == CASH_DESK:
        return CASH_DESK, f"till:{sale['store']}"
    return WALLET, member_account(sale["member_id"]) if sale["member_id"] else f"unclaimed:{sale['store']}"
