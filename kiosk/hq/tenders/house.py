"""The house's own money as tenders: the member's wallet and the cash desk. They live in HQ's ledger, so they always answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.events import PaymentRequested
from kiosk.hq import wallet
from kiosk.hq.ledger import accounts
from kiosk.hq.ledger.accounts import Intent, Transfer, clearing
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders.protocol import ABSENT, Answer, Charge, Refund, Status, declined

_STATUS = {"held": Status.AUTHORISED, "captured": Status.CAPTURED, "released": Status.VOIDED, "declined": Status.DECLINED}


class HouseTender:
    """The wallet of a member (payer: the member's id), or with `till` the cash desk of a store, which always has money."""

    def __init__(self, ledger: Ledger, now: Callable[[], Stamp], till: str = "") -> None:
        self._ledger, self._now, self._till = ledger, now, till
        self.name = wallet.CASH_DESK if till else wallet.WALLET

    def takes(self, currency: str) -> bool:
        """The wallet takes what its accounts are in, the cash desk anything."""
        return bool(currency)

    def authorise(self, charge: Charge) -> Answer:
        """Hold money on the member's account, or open a ticket at the cash desk."""
        with self._ledger.write() as db:
            known = accounts.intent(db, charge.key)
            if known is not None:
                return self._told(db, known)
            if not self._till:
                asked = PaymentRequested(charge.key, charge.amount.minor, charge.amount.currency, "wallet_face", charge.payer)
                wallet.hold(db, asked, "hq", self._now().at_ms)
            else:
                intent = Intent(charge.key, "held", f"till:{self._till}", charge.amount.currency, charge.amount.minor, "", "", "hq")
                accounts.open_account(db, intent.account, intent.currency, self._now().at_ms)
                accounts.hold(db, intent.account, intent.currency, intent.amount_minor)
                accounts.save_intent(db, intent, self._now().at_ms)
            made = accounts.intent(db, charge.key)
            return ABSENT if made is None else self._told(db, made)

    def capture(self, charge: Charge) -> Answer:
        """Take what is held into the clearing account."""
        with self._ledger.write() as db:
            known = accounts.intent(db, charge.key)
            if known is not None and known.state == "held":
                wallet.capture(db, known, self._now().at_ms)
            return self._query(db, charge.key)

    def query(self, charge: Charge) -> Answer:
        """Read the intent."""
        with self._ledger.read() as db:
            return self._query(db, charge.key)

    def void(self, charge: Charge) -> Answer:
        """Let go of what is held; what was taken goes back."""
        with self._ledger.write() as db:
            known, at_ms = accounts.intent(db, charge.key), self._now().at_ms
            if known is not None and known.state == "captured":
                back = known.amount_minor - _given_back(db, charge.key)
                if back and not accounts.transferred(db, f"void:{charge.key}"):
                    accounts.transfer(db, Transfer(f"void:{charge.key}", "void", clearing(self.name), known.account, back,
                                                   known.currency, "", charge.key), at_ms)
                accounts.save_intent(db, replace(known, state="released"), at_ms)
            else:
                wallet.release(db, charge.key, "hq", at_ms)
            return Answer(Status.VOIDED, reference=charge.key)

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Give back some of what was taken."""
        with self._ledger.write() as db:
            known = accounts.intent(db, charge.key)
            if known is None or known.state != "captured":
                return declined("not_captured")
            if refund.amount.currency != known.currency:
                return declined("currency")
            transfer_id = f"payout:{refund.key}"
            if not accounts.transferred(db, transfer_id):
                if refund.amount.minor <= 0 or _given_back(db, charge.key) + refund.amount.minor > known.amount_minor:
                    return declined("refund_too_large")
                accounts.transfer(db, Transfer(transfer_id, "payout", clearing(self.name), known.account, refund.amount.minor,
                                               known.currency, "", charge.key), self._now().at_ms)
            return Answer(Status.REFUNDED, reference=charge.key, refunded_minor=refund.amount.minor)

    def _query(self, db: Db, key: str) -> Answer:
        known = accounts.intent(db, key)
        return ABSENT if known is None else self._told(db, known)

    @staticmethod
    def _told(db: Db, known: Intent) -> Answer:
        taken = known.amount_minor if known.state == "captured" else 0
        return Answer(_STATUS[known.state], known.reason, known.intent_id, taken_minor=taken,
                      refunded_minor=_given_back(db, known.intent_id) if taken else 0)


def _given_back(db: Db, key: str) -> int:
    return accounts.moved(db, "payout", key)
