"""Stored cards at Stripe: a member's mandate is charged off-session, held first (`capture_method=manual`) and taken when the sale is there.

Pointed elsewhere by the library's own option `base_addresses`. Every call carries an idempotency key of its own: `<key>:<act>`.

Webhooks (docs.stripe.com/webhooks) come with the header Stripe-Signature: a time and an HMAC over time and body, which is refused when it
is older than TOLERANCE_S. They come late, twice and in any order: what they say moves a charge on and never back (see `steps.after`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from kiosk.domain.money import Money, exponent
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq.tenders.protocol import ABSENT, NOTHING, UNKNOWN, Answer, Charge, Notice, Refund, Status, declined, number, untold

try:
    import stripe
except ImportError:  # an installation without card payments
    stripe = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
TOLERANCE_S = 300
"""A webhook that was signed longer ago is a replay."""
_TOLD = ("payment_intent.amount_capturable_updated", "payment_intent.succeeded", "payment_intent.payment_failed",
         "payment_intent.canceled")
"""The events that say how a charge stands; in all others a PaymentIntent may still be on its way."""
_LISTED = 100
_AS_IF_HUNDREDTHS = ("ISK", "UGX")
"""Currencies without decimals that Stripe counts in hundredths all the same (docs: "Zero-decimal currencies", special cases)."""
_REASONS = {"insufficient_funds": "insufficient_funds", "expired_card": "card_expired", "authentication_required": "ask_bank",
            "card_velocity_exceeded": "insufficient_funds", "withdrawal_count_limit_exceeded": "insufficient_funds"}


def minor(amount: Money) -> int:
    """Return an amount as Stripe counts it; raise InvalidValueError for one that it cannot take to the last unit.

    Currencies of three decimals are taken in steps of ten units there, so a total that ends in another digit is refused, not rounded.
    """
    if amount.currency in _AS_IF_HUNDREDTHS:
        return amount.minor * 100
    if exponent(amount.currency) > 3 or (exponent(amount.currency) == 3 and amount.minor % 10):
        raise InvalidValueError(f"{amount.minor} {amount.currency} cannot be charged to a card to the last unit")
    return amount.minor


class CardMandates:
    """The tender. A payer is "<customer>/<payment method>", both ids of Stripe."""

    name = "stripe"

    def __init__(self, secret_key: str, base: str = "", timeout_s: float = TIMEOUT_S, webhook_secret: str = "") -> None:
        """webhook_secret: of the endpoint, "" where no webhooks are taken. Raise HqError when the library is not installed."""
        if stripe is None:
            raise HqError("card payments need the Python library 'stripe': install kiosk[hq]")
        addresses: Any = {"api": base} if base else None
        client = stripe.StripeClient(secret_key, base_addresses=addresses, max_network_retries=0,
                                     http_client=stripe.RequestsClient(timeout=timeout_s))
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds
        self._webhook_secret = webhook_secret

    def takes(self, currency: str) -> bool:
        """Currencies with four decimals are not taken."""
        return exponent(currency) <= 3

    def authorise(self, charge: Charge) -> Answer:
        """Create and confirm a PaymentIntent without the shopper (off_session)."""
        customer, _, method = charge.payer.partition("/")
        try:
            amount = minor(charge.amount)
        except InvalidValueError:
            return declined("currency")
        params: Any = {"amount": amount, "currency": charge.amount.currency.lower(), "customer": customer, "payment_method": method,
                       "off_session": True, "confirm": True, "capture_method": "manual",
                       "metadata": {"charge": charge.key, "text": charge.text}}
        return self._call(lambda: _read(self._intents.create(params, _once(charge.key, "authorise"))))

    def capture(self, charge: Charge) -> Answer:
        """Take what is held."""
        found = self.query(charge)
        if found.status is not Status.AUTHORISED:
            return found
        return self._call(lambda: _read(self._intents.capture(found.reference, {}, _once(charge.key, "capture"))))

    def query(self, charge: Charge) -> Answer:
        """Read the PaymentIntent, found by its id or among the customer's by the key in its metadata."""
        if charge.reference:
            answer = self._call(lambda: _read(self._intents.retrieve(charge.reference, {"expand": ["latest_charge"]})))
        else:
            answer = self._call(lambda: self._search(charge.key, charge.payer.partition("/")[0]))
        return answer if answer.reference else untold(answer)

    def void(self, charge: Charge) -> Answer:
        """Cancel the PaymentIntent, or refund all that was taken."""
        found = self.query(charge)
        if found.status is Status.AUTHORISED or found.status is Status.PENDING:
            return self._call(lambda: _read(self._intents.cancel(found.reference, {}, _once(charge.key, "void"))))
        if found.status is Status.CAPTURED:
            params: Any = {"payment_intent": found.reference}
            given = self._call(lambda: _refunded(self._refunds.create(params, _once(charge.key, "void-refund")), found.reference))
            return Answer(Status.VOIDED, reference=found.reference) if given.status is Status.REFUNDED else given
        return Answer(Status.VOIDED) if found.status in (Status.ABSENT, Status.DECLINED) else found

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Refund against the PaymentIntent."""
        found = self.query(charge)
        if not found.taken_minor:
            return found if found.status is Status.UNKNOWN else declined("not_captured")
        params: Any = {"payment_intent": found.reference, "amount": minor(refund.amount)}
        return self._call(lambda: _refunded(self._refunds.create(params, _once(refund.key, "refund")), found.reference))

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """Return (number, amount, answer) of a webhook that Stripe has just signed, NOTHING for one of no charge, None for any other."""
        if not self._webhook_secret:
            return None
        try:
            stripe.WebhookSignature.verify_header(body.decode(), headers.get("stripe-signature", ""), self._webhook_secret, TOLERANCE_S)
        except stripe.SignatureVerificationError:
            return None
        event = json.loads(body)
        intent = event["data"]["object"]
        key = intent.get("metadata", {}).get("charge", "") if event["type"] in _TOLD else ""
        if not key:
            return NOTHING
        currency = intent["currency"].upper()
        return number(key), Money(intent["amount"] // _scale(currency), currency), _told(intent)

    def _search(self, key: str, customer: str) -> Answer:
        for intent in self._intents.list({"customer": customer, "limit": _LISTED, "expand": ["data.latest_charge"]}).data:
            if (intent.to_dict().get("metadata") or {}).get("charge") == key:
                return _read(intent)
        return ABSENT

    def _call(self, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except stripe.CardError as error:
            body: Any = error.json_body or {}
            told = body.get("error", {})
            return declined(_reason(told), str((told.get("payment_intent") or {}).get("id", "")))
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.IdempotencyError) as error:
            log.warning("stripe gave no answer: %s", type(error).__name__)
            return UNKNOWN
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            log.error("stripe refuses this shop's key: %s", error.user_message or type(error).__name__)
            return declined("service_down")
        except stripe.InvalidRequestError as error:
            return self._invalid(error)
        except stripe.APIError as error:
            log.warning("stripe failed: %s", error.http_status)
            return UNKNOWN

    @staticmethod
    def _invalid(error: Any) -> Answer:
        if error.http_status == 404:
            return ABSENT
        if error.code in ("charge_already_refunded", "amount_too_large") or error.param == "amount":
            return declined("refund_too_large")
        if error.code == "payment_intent_unexpected_state":
            return UNKNOWN  # it moved on between two calls: ask again
        log.error("stripe refuses a request: %s", error.user_message or error.code)
        return declined("service_down")


def _once(key: str, act: str) -> Any:
    return {"idempotency_key": f"{key}:{act}"}


def _reason(error: Any) -> str:
    return _REASONS.get(error.get("decline_code") or "", _REASONS.get(error.get("code") or "", "declined"))


def _scale(currency: str) -> int:
    return 100 if currency in _AS_IF_HUNDREDTHS else 1


def _read(made: Any) -> Answer:
    return _told(made.to_dict())


def _told(intent: Mapping[str, Any]) -> Answer:
    scale = _scale(intent["currency"].upper())
    charged: Any = intent.get("latest_charge") or {}  # an id where it was not asked for whole
    refunded = 0 if isinstance(charged, str) else charged.get("amount_refunded") or 0
    taken = intent.get("amount_received") or (intent["amount"] if intent["status"] == "succeeded" else 0)
    status = {"requires_capture": Status.AUTHORISED, "succeeded": Status.CAPTURED, "canceled": Status.VOIDED, "processing": Status.PENDING,
              "requires_action": Status.DECLINED}.get(intent["status"], Status.DECLINED)
    if status is Status.CAPTURED and taken and refunded >= taken:
        status = Status.VOIDED
    reason = ""
    if status is Status.DECLINED:
        reason = "ask_bank" if intent["status"] == "requires_action" else _reason(intent.get("last_payment_error") or {})
    return Answer(status, reason, intent["id"], taken_minor=taken // scale, refunded_minor=refunded // scale)


def _refunded(refund: Any, reference: str) -> Answer:
    if refund["status"] in ("failed", "canceled"):
        return declined("declined", reference)
    return Answer(Status.REFUNDED, reference=reference, refunded_minor=refund["amount"])
