"""The house wallet: double entry in integer minor units, one currency an account, nothing is ever changed or removed.

An intent is one shopper's wish to pay; its facts may come late, twice and in any order. What decides is one table:

    state     | request        cancel     sale
    (none)    | held/declined  released   captured, posted
    held      | same answer    released   captured, posted
    declined  | same answer    released   captured, posted
    released  | -              -          captured, posted
    captured  | -              -          -

A completed sale always wins, for the goods are the shopper's; so any order of the same facts ends in exactly one posting, or none.
A sale that nobody held money for may overdraw an account: that is reported as exposure, not hidden.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from kiosk.domain.events import PaymentRequested, SaleCompleted
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered
from kiosk.errors import HqError
from kiosk.hq.ledger import accounts, trade
from kiosk.hq.ledger.accounts import FUNDING, Intent, Transfer, member_account
from kiosk.hq.ledger.store import Db

CODE_PREFIX = "KM1."
CASH_DESK = "cash_desk"


@dataclass(frozen=True, slots=True)
class Balance:
    """The books at one moment. All is well when `sums` and `unposted` are zero for each currency and `wrong` is empty.

    sums: currency -> sum of all postings. unposted: currency -> sales less postings for sales. wrong: accounts that do not add up.
    exposure: currency -> what members owe in minor units.
    """

    sums: dict[str, int]
    unposted: dict[str, int]
    wrong: list[str]
    exposure: dict[str, int]

    @property
    def even(self) -> bool:
        """Whether everything adds up."""
        return not any(self.sums.values()) and not any(self.unposted.values()) and not self.wrong


def open_member(db: Db, member_id: str, credit: Money, at_ms: int) -> None:
    """Open a member's account once, with a welcome credit (0 for none); asking again changes nothing."""
    account = member_account(member_id)
    accounts.open_account(db, account, credit.currency, at_ms)
    if credit.minor > 0 and not accounts.transferred(db, f"welcome:{member_id}"):
        accounts.transfer(db, Transfer(f"welcome:{member_id}", "welcome", FUNDING, account, credit.minor, credit.currency), at_ms)


def top_up(db: Db, transfer_id: str, member_id: str, amount: Money, at_ms: int) -> None:
    """Put money into a member's account; the same transfer id again changes nothing. Raises HqError for an unknown member or currency."""
    if amount.minor <= 0:
        raise HqError("a top-up is more than nothing")
    if accounts.balance(db, member_account(member_id), amount.currency) is None:
        raise HqError(f"member {member_id!r} has no account in {amount.currency}: enrol at a pay terminal first")
    if not accounts.transferred(db, transfer_id):
        accounts.transfer(db, Transfer(transfer_id, "top_up", FUNDING, member_account(member_id), amount.minor, amount.currency), at_ms)


def issue_code(db: Db, member_id: str, secret: str, at_ms: int) -> str:
    """Return a code that pays once for a member, made of `secret` (random, 128 bits or more); only its hash is kept."""
    if not accounts.is_member(db, member_id):
        raise HqError(f"member {member_id!r} is not known: enrol at a pay terminal first")
    code = CODE_PREFIX + secret
    accounts.add_code(db, _digest(code), member_id, at_ms)
    return code


def hold(db: Db, asked: PaymentRequested, device: str, at_ms: int) -> PaymentAnswered | None:
    """Hold money for an intent and return the answer; the same answer when asked again; None when the intent is over already."""
    known = accounts.intent(db, asked.intent_id)
    if known is not None:
        return _answer(known) if known.state in ("held", "declined") else None
    member = asked.member_id
    if asked.tender == "wallet_qr":
        member = accounts.use_code(db, _digest(asked.member_code), asked.intent_id)
    intent = Intent(asked.intent_id, "held", member_account(member), asked.currency, asked.amount_minor, member, "", device)
    reason = _objection(db, intent, asked.tender)
    if reason:
        intent = replace(intent, state="declined", reason=reason)
    else:
        accounts.hold(db, intent.account, intent.currency, intent.amount_minor)
    accounts.save_intent(db, intent, at_ms)
    return _answer(intent)


def release(db: Db, intent_id: str, device: str, at_ms: int) -> None:
    """Let go of what is held, or will be, for an intent; a sale that took place stays."""
    known = accounts.intent(db, intent_id)
    if known is None:
        accounts.save_intent(db, Intent(intent_id, "released", "", "", 0, "", "", device), at_ms)
    elif known.state in ("held", "declined"):
        if known.state == "held":
            accounts.hold(db, known.account, known.currency, -known.amount_minor)
        accounts.save_intent(db, replace(known, state="released"), at_ms)


def settle(db: Db, sale: SaleCompleted, origin: trade.Origin) -> bool:
    """Book a sale: turn its hold into a posting, or post it without one. Return False when it was booked before.

    Raises HqError when another sale already used the same intent: nothing is booked, somebody has to look.
    """
    same, other = trade.known_sale(db, sale.sale_id, sale.intent_id)
    if same:
        return False
    if other:
        raise HqError(f"intent {sale.intent_id} has paid for another sale already: sale {sale.sale_id} is not booked")
    known = accounts.intent(db, sale.intent_id) if sale.intent_id else None
    member = sale.member_id or (known.member_id if known else "")
    source = _payer(sale.tender, member, origin.store)
    if known is not None and known.state == "held":
        accounts.hold(db, known.account, known.currency, -known.amount_minor)
    if sale.intent_id:
        fresh = known or Intent(sale.intent_id, "held", source, sale.currency, sale.total_minor, member, "", origin.device)
        accounts.save_intent(db, replace(fresh, state="captured"), origin.at_ms)
    exposure = 0 if sale.tender == CASH_DESK else _overdraft(db, source, sale)
    accounts.transfer(db, Transfer(f"sale:{sale.sale_id}", "sale", source, f"sales:{origin.store}", sale.total_minor, sale.currency,
                                   sale.sale_id, sale.intent_id, exposure), origin.at_ms)
    trade.add_sale(db, sale, member, origin)
    return True


def balance_check(db: Db) -> Balance:
    """Return whether the books add up, computed from every posting."""
    return Balance(accounts.sums(db), accounts.unposted_minor(db), accounts.wrong_balances(db), accounts.exposure(db))


def _payer(tender: str, member: str, store: str) -> str:
    if tender == CASH_DESK:
        return f"till:{store}"
    return member_account(member) if member else f"unclaimed:{store}"


def _overdraft(db: Db, source: str, sale: SaleCompleted) -> int:
    balance = accounts.balance(db, source, sale.currency)
    before = balance[0] if balance else 0
    return max(0, sale.total_minor - before) - max(0, -before)


def _objection(db: Db, intent: Intent, tender: str) -> str:
    if not intent.member_id:
        return "bad_code" if tender == "wallet_qr" else "unknown_member"
    if not accounts.is_member(db, intent.member_id):
        return "unknown_member"
    balance = accounts.balance(db, intent.account, intent.currency)
    if balance is None:
        return "currency"
    return "" if balance[0] - balance[1] >= intent.amount_minor else "insufficient_funds"


def _answer(intent: Intent) -> PaymentAnswered:
    outcome = "authorised" if intent.state == "held" else "declined"
    return PaymentAnswered(intent.intent_id, outcome, intent.reason, intent.member_id)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
