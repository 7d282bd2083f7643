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
from collections.abc import Sequence
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
LONGEST_HOLD_MS = 24 * 3600 * 1000
"""A kiosk that has not said by then what became of a payment never will: its card is gone. Its sale would be booked all the same."""
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


def forgotten(db: Db, now_ms: int) -> list[str]:
    """Return the intents that no kiosk has ended for too long: let go of them, the money is the member's."""
    return accounts.held_since(db, now_ms - LONGEST_HOLD_MS)


def capture(db: Db, intent: Intent, at_ms: int) -> None:
    """Take an intent's money, held before or not, into its clearing account; taken once."""
    transfer_id = _capture_id(intent.intent_id)
    if accounts.transferred(db, transfer_id):
        return
    if intent.state == "held":
        accounts.hold(db, intent.account, intent.currency, -intent.amount_minor)
    accounts.save_intent(db, replace(intent, state="captured"), at_ms)
    tender = CASH_DESK if intent.account.startswith("till:") else WALLET
    exposure = 0 if tender == CASH_DESK else _overdraft((accounts.balance(db, intent.account, intent.currency) or (0, 0))[0],
                                                        intent.amount_minor)
    accounts.transfer(db, Transfer(transfer_id, "capture", intent.account, clearing(tender), intent.amount_minor, intent.currency, "",
                                   intent.intent_id, exposure), at_ms)


def settle(db: Db, sale: SaleCompleted, origin: trade.Origin) -> bool:
    """Book a sale with the money that its tender took, or takes now. Return False when it was booked before.

    Raises HqError when another sale already used the same intent: nothing is booked, somebody has to look.
    """
    return bool(settle_all(db, [(sale, origin)]))


def settle_all(db: Db, sold: Sequence[tuple[SaleCompleted, trade.Origin]]) -> list[SaleCompleted]:
    """Book sales as `settle` does one after the other, with few statements for all of them; return those that were not booked before."""
    work = _Settling(db, sold)
    for sale, origin in sold:
        work.take(sale, origin)
    work.write()
    return [sale for sale, _member, _origin in work.booked]


class _Settling:
    """Sales on their way into the books: what the books say about them, read at once, and what is to be written."""

    def __init__(self, db: Db, sold: Sequence[tuple[SaleCompleted, trade.Origin]]) -> None:
        self._db = db
        ids = [sale.intent_id for sale, _origin in sold if sale.intent_id]
        self._sales, self._paid = trade.standing(db, [sale.sale_id for sale, _origin in sold], ids)
        self._intents, self._charges = accounts.intents(db, ids), charges.of_intents(db, ids)
        self._captured = accounts.made(db, [_capture_id(_key(sale)) for sale, _origin in sold])
        payers = {_payer(_tender(sale), self._member(sale), origin.store) for sale, origin in sold}
        self._balances = accounts.balances(db, payers)
        self._saved: list[tuple[Intent, int]] = []
        self._moves: list[tuple[Transfer, int]] = []
        self.booked: list[tuple[SaleCompleted, str, trade.Origin]] = []

    def take(self, sale: SaleCompleted, origin: trade.Origin) -> None:
        """Work out what a sale changes. Raises HqError for a second sale with the same intent."""
        if sale.sale_id in self._sales:
            return
        if sale.intent_id in self._paid:
            raise HqError(f"intent {sale.intent_id} has paid for another sale already: sale {sale.sale_id} is not booked")
        self._sales.add(sale.sale_id)
        if sale.intent_id:
            self._paid.add(sale.intent_id)
        charge = self._charges.get(sale.intent_id)
        tender = charge.tender if charge is not None else _tender(sale)
        if charge is not None:
            charges.save(self._db, replace(charge, wish="take"), origin.at_ms)
        elif sale.tender not in CODE_TENDERS:
            self._capture(sale, origin)
        self._moves.append((Transfer(f"sale:{sale.sale_id}", "sale", clearing(tender), f"sales:{origin.store}", sale.total_minor,
                                     sale.currency, sale.sale_id, sale.intent_id), origin.at_ms))
        self.booked.append((sale, self._member(sale), origin))

    def write(self) -> None:
        """Write it all down."""
        accounts.save_intents(self._db, self._saved)
        accounts.transfer_all(self._db, self._moves)
        trade.add_sales(self._db, self.booked)

    def _capture(self, sale: SaleCompleted, origin: trade.Origin) -> None:
        """Take the money of the house's own tenders, held before or not."""
        key, tender, member = _key(sale), _tender(sale), self._member(sale)
        known = self._intents.get(sale.intent_id)
        if known is not None and known.state == "held":
            accounts.hold(self._db, known.account, known.currency, -known.amount_minor)
        if _capture_id(key) in self._captured:
            return
        self._captured.add(_capture_id(key))
        payer = _payer(tender, member, origin.store)
        taken = Intent(key, "captured", payer, sale.currency, sale.total_minor, member, "", origin.device)
        self._intents[key] = taken
        self._saved.append((taken, origin.at_ms))
        exposure, place = 0, (payer, sale.currency)
        if tender != CASH_DESK:
            before = self._balances.get(place, 0)
            exposure = _overdraft(before, sale.total_minor)
            self._balances[place] = before - sale.total_minor
        self._moves.append((Transfer(_capture_id(key), "capture", payer, clearing(tender), sale.total_minor, sale.currency, "", key,
                                     exposure), origin.at_ms))

    def _member(self, sale: SaleCompleted) -> str:
        if sale.member_id:
            return sale.member_id
        known, charge = self._intents.get(sale.intent_id), self._charges.get(sale.intent_id)
        return (known.member_id if known else "") or (charge.member_id if charge else "")


def balance_check(db: Db) -> Balance:
    """Return whether the books add up, computed from every posting."""
    return Balance(accounts.sums(db), accounts.unposted_minor(db), accounts.wrong_balances(db), accounts.exposure(db),
                   accounts.uncleared(db))


def _payer(tender: str, member: str, store: str) -> str:
    if tender == CASH_DESK:
        return f"till:{store}"
    return member_account(member) if member else f"unclaimed:{store}"


def _overdraft(before: int, amount: int) -> int:
    return max(0, amount - before) - max(0, -before)


def _tender(sale: SaleCompleted) -> str:
    """Return whose clearing account a sale goes through, unless a payment service was asked under its intent."""
    return sale.tender if sale.tender in (CASH_DESK, *CODE_TENDERS) else WALLET


def _key(sale: SaleCompleted) -> str:
    return sale.intent_id or sale.sale_id


def _capture_id(key: str) -> str:
    return f"capture:{key}"


def _objection(db: Db, intent: Intent, tender: str) -> str:
    if not intent.member_id:
        return {"wallet_qr": "bad_code", "wallet_pin": "pin_refused"}.get(tender, "unknown_member")
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
