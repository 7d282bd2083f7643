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

Money of every tender takes the same way: from the payer (a member, a till, a payment service) into the tender's clearing account when it is
taken, and from there to the shop's sales when the sale is booked; a refund goes back by the same way. A clearing account that is not zero
says which money was taken without a sale, or sold without money, or given back on paper alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from kiosk.domain.catalog import CODE_TENDERS
from kiosk.domain.events import PaymentRequested, SaleCompleted
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered
from kiosk.errors import HqError
from kiosk.hq.ledger import accounts, charges, trade
from kiosk.hq.ledger.accounts import FUNDING, Intent, Transfer, clearing, member_account
from kiosk.hq.ledger.store import Db

CODE_PREFIX = "KM1."
WALLET, CASH_DESK = "wallet", "cash_desk"


@dataclass(frozen=True, slots=True)
class Balance:
    """The books at one moment. All is well when `sums` and `unposted` are zero for each currency and `wrong` is empty.

    sums: currency -> sum of all postings. unposted: currency -> sales less refunds less postings for sales. wrong: accounts that do not
    add up. exposure: currency -> what members owe in minor units. uncleared: (tender, currency) -> money that is neither the payer's nor a
    sale's; during the day that is money on its way, at its end it is zero.
    """

    sums: dict[str, int]
    unposted: dict[str, int]
    wrong: list[str]
    exposure: dict[str, int]
    uncleared: dict[tuple[str, str], int]

    @property
    def even(self) -> bool:
        """Whether everything adds up."""
        return not any(self.sums.values()) and not any(self.unposted.values()) and not self.wrong

    @property
    def zero(self) -> bool:
        """Whether everything adds up and nothing is on its way: how a day ends."""
        return self.even and not self.uncleared


def open_member(db: Db, member_id: str, credit: Money, at_ms: int) -> None:
    """Open a member's account once, with a welcome credit (0 for none); asking again changes nothing."""
    account = member_account(member_id)
    accounts.open_account(db, account, credit.currency, at_ms)
    if credit.minor > 0 and not accounts.transferred(db, f"welcome:{member_id}"):
        accounts.transfer(db, Transfer(f"welcome:{member_id}", "welcome", FUNDING, account, credit.minor, credit.currency), at_ms)


def top_up(db: Db, transfer_id: str, member_id: str, amount: Money, at_ms: int, source: str = FUNDING) -> None:
    """Put money into a member's account; the same transfer id again changes nothing. Raises HqError for an unknown member or currency.

    source: the account that it comes from: a shop's till for cash, a clearing account for what a payment service took.
    """
    check_top_up(db, member_id, amount)
    if not accounts.transferred(db, transfer_id):
        accounts.transfer(db, Transfer(transfer_id, "top_up", source, member_account(member_id), amount.minor, amount.currency), at_ms)


def check_top_up(db: Db, member_id: str, amount: Money) -> None:
    """Raise HqError for a top-up that cannot be."""
    if amount.minor <= 0:
        raise HqError("a top-up is more than nothing")
    if accounts.balance(db, member_account(member_id), amount.currency) is None:
        raise HqError(f"member {member_id!r} has no account in {amount.currency}: enrol at a pay terminal first")


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


def capture(db: Db, intent: Intent, at_ms: int) -> None:
    """Take an intent's money, held before or not, into its clearing account; taken once."""
    transfer_id = f"capture:{intent.intent_id}"
    if accounts.transferred(db, transfer_id):
        return
    if intent.state == "held":
        accounts.hold(db, intent.account, intent.currency, -intent.amount_minor)
    accounts.save_intent(db, replace(intent, state="captured"), at_ms)
    tender = CASH_DESK if intent.account.startswith("till:") else WALLET
    exposure = 0 if tender == CASH_DESK else _overdraft(db, intent)
    accounts.transfer(db, Transfer(transfer_id, "capture", intent.account, clearing(tender), intent.amount_minor, intent.currency, "",
                                   intent.intent_id, exposure), at_ms)


def settle(db: Db, sale: SaleCompleted, origin: trade.Origin) -> bool:
    """Book a sale with the money that its tender took, or takes now. Return False when it was booked before.

    Raises HqError when another sale already used the same intent: nothing is booked, somebody has to look.
    """
    same, other = trade.known_sale(db, sale.sale_id, sale.intent_id)
    if same:
        return False
    if other:
        raise HqError(f"intent {sale.intent_id} has paid for another sale already: sale {sale.sale_id} is not booked")
    charge = charges.get(db, sale.intent_id) if sale.intent_id else None
    known = accounts.intent(db, sale.intent_id) if sale.intent_id else None
    member = sale.member_id or (known.member_id if known else "") or (charge.member_id if charge else "")
    if charge is not None:
        tender = charge.tender
        charges.save(db, replace(charge, wish="take"), origin.at_ms)
    elif sale.tender in CODE_TENDERS:
        tender = sale.tender
    else:
        tender = CASH_DESK if sale.tender == CASH_DESK else WALLET
        if known is not None and known.state == "held":
            accounts.hold(db, known.account, known.currency, -known.amount_minor)
        payer = _payer(tender, member, origin.store)
        capture(db, Intent(sale.intent_id or sale.sale_id, "released", payer, sale.currency, sale.total_minor, member, "", origin.device),
                origin.at_ms)
    accounts.transfer(db, Transfer(f"sale:{sale.sale_id}", "sale", clearing(tender), f"sales:{origin.store}", sale.total_minor,
                                   sale.currency, sale.sale_id, sale.intent_id), origin.at_ms)
    trade.add_sale(db, sale, member, origin)
    return True


def balance_check(db: Db) -> Balance:
    """Return whether the books add up, computed from every posting."""
    return Balance(accounts.sums(db), accounts.unposted_minor(db), accounts.wrong_balances(db), accounts.exposure(db),
                   accounts.uncleared(db))


def _payer(tender: str, member: str, store: str) -> str:
    if tender == CASH_DESK:
        return f"till:{store}"
    return member_account(member) if member else f"unclaimed:{store}"


def _overdraft(db: Db, intent: Intent) -> int:
    balance = accounts.balance(db, intent.account, intent.currency)
    before = balance[0] if balance else 0
    return max(0, intent.amount_minor - before) - max(0, -before)


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
