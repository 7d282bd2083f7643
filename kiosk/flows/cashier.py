"""Money is taken once: intent before the request, one transaction for the sale, and a rule for every silence.

An intent is committed with its idempotency key before anybody is asked. HQ's answer, the signed offline policy or a cancellation ends it;
the sale, the stock, the journal and the outbox row are one transaction, so after a power cut a shopper has paid once or not at all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from kiosk import wire
from kiosk.domain.basket import pack_paid
from kiosk.domain.catalog import CODE_TENDERS
from kiosk.domain.events import PaymentCancelled, PaymentRequested, SaleCompleted
from kiosk.domain.intent import IntentState
from kiosk.domain.money import Money
from kiosk.domain.offline import Exposure, verdict
from kiosk.domain.pricing import Quote
from kiosk.flows.health import hours_now, silent_for_s
from kiosk.flows.parts import Parts, zone_of
from kiosk.flows.stock import Movement, move
from kiosk.storage.store import Unit
from kiosk.storage.till import PAY

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
"""How long HQ has before the signed offline policy decides."""
RESUMED_WITHIN_S = 20.0
"""How long HQ has to say how a payment stands that a restart left open; the link has to come up first."""
CODE_WITHIN_S = 15.0
"""How long HQ has to send the code that a phone pays, and its last word after the code has run out."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, as far as the kiosk knows. tender: wallet_face (member_id), wallet_qr (code, which HQ resolves), wallet_pin (code: what
    online_pin shows HQ for this intent_id) or a CODE_TENDER. intent_id: of the payment to come, "" for a new one.
    """

    tender: str
    member_id: str = ""
    code: str = ""
    intent_id: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A payment that was asked for and has no end yet.

    draft: the sale that it becomes, without a receipt; asked_at_s: when, monotonic seconds. training: nobody was asked, and nobody pays.
    resumed: a restart came in between and HQ was asked anew; then HQ's word counts and nothing else, for the kiosk has forgotten how long
    it has been waiting.
    """

    draft: SaleCompleted
    asked_at_s: float
    training: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Conclusion:
    """outcome: waiting, paid or declined; sale: what was booked; reason: why it was declined."""

    outcome: str
    reason: str = ""
    sale: SaleCompleted | None = None


class Cashier:
    """Asks HQ for money and books sales."""

    def __init__(self, parts: Parts, role: str = PAY) -> None:
        """role: whose basket and open payments these are."""
        self._parts, self._role = parts, role

    def request(self, quote: Quote, payer: Payer) -> Pending:
        """Commit the intent and its request; both are on disk when this returns."""
        parts = self._parts
        with parts.store.unit() as unit:
            draft = _draft(quote, payer, payer.intent_id or parts.new_id(), parts.new_id())
            pending = Pending(draft, parts.clock.monotonic(), in_training(unit))
            if not pending.training:
                request = PaymentRequested(draft.intent_id, draft.total_minor, draft.currency, payer.tender, payer.member_id, payer.code)
                unit.intents.open(request, draft.sale_id, draft, self._role)
                unit.facts.record(request)
        return pending

    def code(self, pending: Pending) -> tuple[str, float]:
        """Return the text of the code that pays, "" before it came, and the seconds that are left to pay it."""
        with self._parts.store.snapshot() as unit:
            code = unit.intents.code(pending.draft.intent_id)
        since_s = self._parts.clock.monotonic() - pending.asked_at_s
        return (code.text, max(0.0, code.lasts_s - since_s)) if code else ("", 0.0)

    def give_up(self, pending: Pending) -> Conclusion:
        """End an intent because the shopper leaves its code, or book its sale when HQ said already that it is paid."""
        with self._parts.store.unit(use_reserve=True) as unit:
            intent = unit.intents.get(pending.draft.intent_id)
            if intent is not None and intent.state is IntentState.AUTHORISED:
                return Conclusion("paid", sale=self._book(unit, pending, offline=False))
            _cancel(unit, pending.draft.intent_id, "shopper_left")
            return Conclusion("declined", "shopper_left")

    def conclude(self, pending: Pending) -> Conclusion:
        """Book the sale or end the intent as soon as HQ answered, or ANSWER_WITHIN_S passed and the offline policy answers.

        A code waits for as long as it lasts, and is never paid offline.
        """
        if pending.training:
            return self._train(pending)
        with self._parts.store.snapshot() as unit:
            if self._judge(unit, pending) == ("waiting", ""):
                return Conclusion("waiting")
        # Judged again inside the transaction: an answer may have come since, and HQ's word counts more than the policy's. Somebody waits
        # who may have paid: the disk's reserve is for this.
        with self._parts.store.unit(use_reserve=True) as unit:
            outcome, reason = self._judge(unit, pending)
            if outcome == "waiting":
                return Conclusion("waiting")
            if outcome == "declined":
                _cancel(unit, pending.draft.intent_id, reason)
                return Conclusion("declined", reason)
            return Conclusion("paid", sale=self._book(unit, pending, offline=outcome == "offline"))

    def _judge(self, unit: Unit, pending: Pending) -> tuple[str, str]:
        intent = unit.intents.get(pending.draft.intent_id)
        if intent is not None and intent.state is IntentState.AUTHORISED:
            return "authorised", ""
        if intent is not None and intent.state is IntentState.DECLINED:
            return "declined", intent.reason
        waited_s = self._parts.clock.monotonic() - pending.asked_at_s
        if pending.resumed:
            return ("waiting", "") if waited_s < RESUMED_WITHIN_S else ("declined", "restart")
        if pending.draft.tender in CODE_TENDERS:
            code = unit.intents.code(pending.draft.intent_id)
            waits = waited_s < CODE_WITHIN_S + (code.lasts_s if code else 0)
            return ("waiting", "") if waits else ("declined", "code_expired" if code else "hq_silent")
        if waited_s < ANSWER_WITHIN_S:
            return "waiting", ""
        rule = self._offline_rule(unit, pending)
        return ("declined", f"offline_{rule}") if rule else ("offline", "")

    def _book(self, unit: Unit, pending: Pending, offline: bool) -> SaleCompleted:
        intent = unit.intents.get(pending.draft.intent_id)
        member_id = pending.draft.member_id or (intent.member_id if intent else "")
        sale = replace(pending.draft, receipt=unit.sales.next_receipt(self._parts.settings.device.id), member_id=member_id, offline=offline,
                       policy_version=_policy_version(unit) if offline else 0)
        sale = self._record(unit, sale)
        unit.intents.settle(pending.draft.intent_id, IntentState.OFFLINE_CAPTURED if offline else IntentState.CAPTURED)
        return sale

    def take_cash(self, quote: Quote) -> SaleCompleted:
        """Book a sale whose money lies in the drawer: staff took it, so nobody is asked."""
        new_id = self._parts.new_id
        with self._parts.store.unit() as unit:
            draft = _draft(quote, Payer("cash_desk"), "", new_id())
            if in_training(unit):
                return self._record_training(unit, draft)
            return self._record(unit, replace(draft, receipt=unit.sales.next_receipt(self._parts.settings.device.id)))

    def _record(self, unit: Unit, sale: SaleCompleted) -> SaleCompleted:
        """Write a sale down wherever it belongs, and return it with its seal."""
        sealed = sale

        def seal(fact: wire.Envelope) -> SaleCompleted:
            nonlocal sealed
            sealed = replace(sale, seal=unit.journal.sealed("sale", wire.encode_event(fact)))
            return sealed

        fact = unit.facts.record_sealed(sale, seal)
        unit.sales.add(sealed)
        if sale.offline:
            unit.offline.add(fact, sale.member_id, sale.total_minor)
        unit.basket.save(pack_paid(sale.sale_id).encode(), self._role)
        self._take_stock(unit, sale)
        return sealed

    def _train(self, pending: Pending) -> Conclusion:
        """Book a sale of training: in a chain and with numbers of its own; no money, no stock, nothing for HQ, in no total."""
        with self._parts.store.unit() as unit:
            return Conclusion("paid", sale=self._record_training(unit, pending.draft))

    def _record_training(self, unit: Unit, draft: SaleCompleted) -> SaleCompleted:
        sale = replace(draft, receipt=unit.sales.next_receipt(f"T-{self._parts.settings.device.id}"))
        seal = unit.training.sealed("training_sale", wire.encode_value(sale))
        unit.basket.save(None, self._role)
        return replace(sale, seal=seal)

    def resume(self) -> Pending | None:
        """Ask HQ anew for the status of the payment that a restart left open, and return it; None when there is none.

        HQ answers the same intent with the same word, however often it is asked. More than one open intent, or one of which the sale is not
        known any more, cannot be shown to a shopper: those are cancelled, and HQ releases whatever it holds for them.
        """
        with self._parts.store.snapshot() as unit:
            if not unit.intents.unsettled(self._role):
                return None
        with self._parts.store.unit(use_reserve=True) as unit:
            open_intents = unit.intents.unsettled(self._role)
            drafts = [unit.intents.draft(intent.intent_id) for intent in open_intents]
            for intent, draft in zip(open_intents, drafts, strict=True):
                if draft is None or intent is not open_intents[-1]:
                    _cancel(unit, intent.intent_id, "restart")
            if not drafts or drafts[-1] is None:
                return None
            newest = open_intents[-1]
            if newest.state is not IntentState.AUTHORISED:
                unit.facts.record(PaymentRequested(newest.intent_id, newest.amount_minor, newest.currency, newest.tender, newest.member_id))
            log.info("payment intent %s was left open by a restart: asking HQ how it stands", newest.intent_id)
            return Pending(drafts[-1], self._parts.clock.monotonic(), resumed=True)

    def _take_stock(self, unit: Unit, sale: SaleCompleted) -> None:
        planogram = unit.planogram.get()
        slots = {cell.gtin: cell.slot for cell in planogram.cells} if planogram else {}
        for line in sale.lines:
            slot = slots.get(line.gtin)
            if slot and line.kind == "goods":
                move(unit, Movement(slot, line.gtin, -line.quantity, "sale"), self._parts.new_id)

    def _offline_rule(self, unit: Unit, pending: Pending) -> str:
        known = unit.policy.get()
        policy = known[0] if known else None
        member_id = pending.draft.member_id
        clock = self._parts.clock
        exposure = Exposure(unit.offline.waiting_minor(member_id), unit.offline.waiting_minor(),
                            silent_for_s(unit, clock.boot_id, clock.monotonic()), hours_now(unit, clock, zone_of(self._parts.settings)))
        return verdict(policy, Money(pending.draft.total_minor, pending.draft.currency), member_id, exposure)


def in_training(unit: Unit) -> bool:
    """Whether staff has switched the device to training: what is sold then is not sold."""
    return unit.settings.get("training") == "on"


def _cancel(unit: Unit, intent_id: str, reason: str) -> None:
    unit.intents.settle(intent_id, IntentState.CANCELLED, reason)
    unit.journal.append("void", wire.encode_event(unit.facts.record(PaymentCancelled(intent_id, reason))))


def _draft(quote: Quote, payer: Payer, intent_id: str, sale_id: str) -> SaleCompleted:
    return SaleCompleted(
        sale_id=sale_id, receipt="", intent_id=intent_id, lines=quote.sale_lines(), total_minor=quote.total.minor,
        currency=quote.total.currency, vat={str(rate): amount for rate, amount in quote.vat.items()}, tender=payer.tender,
        member_id=payer.member_id, offline=False, pricelist_version=quote.pricelist_version)


def _policy_version(unit: Unit) -> int:
    known = unit.policy.get()
    return known[0].version if known else 0
