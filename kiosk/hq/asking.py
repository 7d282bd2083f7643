"""Payment requests that a payment service answers: written down here, inside the transaction of the fact, worked on by tenders.teller."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.catalog import CODE_TENDERS
from kiosk.domain.events import PaymentRequested
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered
from kiosk.errors import HqError
from kiosk.hq import wallet
from kiosk.hq.ledger import accounts, catalogue, charges, fleet, trade
from kiosk.hq.ledger.charges import ChargeRow
from kiosk.hq.ledger.store import Db
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders.protocol import number

MANDATE_MS = 60_000
"""How long a shopper may wait for a stored card; the kiosk's own offline rule decides long before."""


def is_for_a_service(db: Db, asked: PaymentRequested) -> bool:
    """Return whether a payment service is to be asked: for a code, and for a member whose wallet is too empty but has a stored mandate."""
    if asked.tender in CODE_TENDERS or charges.get(db, asked.intent_id) is not None:
        return True
    known = asked.tender in ("wallet_face", "wallet_pin") and charges.mandate(db, asked.member_id) is not None
    if not known or accounts.intent(db, asked.intent_id) is not None:
        return False
    balance = accounts.balance(db, accounts.member_account(asked.member_id), asked.currency)
    return balance is None or balance[0] - balance[1] < asked.amount_minor


def put(db: Db, asked: PaymentRequested, origin: Origin, at_ms: int) -> PaymentAnswered | None:
    """Write a charge down and return None: its answer comes later. What can be refused at once, or is known already, is answered."""
    known = charges.get(db, asked.intent_id)
    if known is not None:
        over = known.wish != "ask" or known.told not in ("authorised", "declined")
        return None if over else PaymentAnswered(asked.intent_id, known.told, known.reason, known.member_id)
    if accounts.intent(db, asked.intent_id) is not None or any(trade.known_sale(db, "", asked.intent_id)):
        return None  # cancelled, or sold, before it was asked
    policy = catalogue.tender_policy(db)
    tender, payer, lasts_ms = asked.tender, "", (policy.code_lasts_s if policy else 0) * 1000
    if tender in CODE_TENDERS:
        if policy is None or tender not in policy.codes:
            return PaymentAnswered(asked.intent_id, "declined", "service_down")
    else:
        tender, payer = charges.mandate(db, asked.member_id) or ("", "")
        lasts_ms = MANDATE_MS
    if asked.amount_minor <= 0:
        return PaymentAnswered(asked.intent_id, "declined", "declined")
    charges.add(db, ChargeRow(
        asked.intent_id, tender, "sale", origin.device, origin.epoch, origin.store, asked.member_id, payer, asked.amount_minor,
        asked.currency, number(asked.intent_id), "", "", "asked", "ask", "", "", 0, at_ms + lasts_ms, at_ms))
    return None


def top_up(db: Db, member_id: str, amount: Money, source: str, now: Stamp, form: str = "") -> str:
    """Put money into a member's wallet from a source and return its id: "funding" (a gift), "till:<store>" (cash), or "stripe".

    form: the id of the form that asks; sent again it changes nothing, and "" is returned.
    What a payment service is asked for stands in the wallet when it was taken. Raises HqError for what cannot be.
    """
    wallet.check_top_up(db, member_id, amount)
    key = f"topup-{form or now.new_id()}"
    if accounts.transferred(db, key) or charges.get(db, key) is not None:
        return ""
    if source == accounts.FUNDING or source in {f"till:{device['store']}" for device in fleet.devices(db)}:
        wallet.top_up(db, key, member_id, amount, now.at_ms, source)
        return key
    mandate = charges.mandate(db, member_id)
    if mandate is None or mandate[0] != source:
        raise HqError(f"member {member_id!r} has no mandate at {source}: set one first")
    charges.add(db, ChargeRow(
        key, source, "top_up", "hq", "", "", member_id, mandate[1], amount.minor, amount.currency, number(key), "", "", "asked", "take",
        "", "", 0, now.at_ms + MANDATE_MS, now.at_ms))
    return key


def set_mandate(db: Db, member_id: str, payer: str, at_ms: int) -> None:
    """Keep the stored card that a member has agreed to be charged with. payer: "<customer>/<payment method>" of Stripe."""
    customer, _, method = payer.partition("/")
    if not customer.startswith("cus_") or not method.startswith("pm_") or not payer.isascii() or len(payer) > 200:
        raise HqError("a mandate is CUSTOMER/PAYMENT_METHOD, as Stripe names them: cus_.../pm_...")
    if not accounts.is_member(db, member_id):
        raise HqError(f"member {member_id!r} is not known: enrol at a pay terminal first")
    charges.set_mandate(db, member_id, "stripe", payer, at_ms)


def drop(db: Db, intent_id: str, at_ms: int) -> bool:
    """Let a charge go that has become no sale: what was taken is given back. False when no service was asked for this intent."""
    charge = charges.get(db, intent_id)
    if charge is not None and charge.wish == "ask":
        charges.save(db, replace(charge, wish="drop"), at_ms)
    return charge is not None
