"""The part of Stripe's API that HQ needs: PaymentIntents off-session, capture, cancel, refunds; idempotency keys are honoured.

A key that comes again with another endpoint or other parameters is an error, as it is at Stripe. Which card declines is in its name: a
payment method "pm_<reason>" (pm_expired_card, pm_insufficient_funds, pm_authentication_required, pm_generic_decline) is refused for it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from kiosk.sim.payments.bank import Bank, Fault, NoSuchPaymentError, Payment, RefusedError
from kiosk.sim.payments.web import Call, Reply, Request

SERVICE = "stripe"
_DECLINES = ("expired_card", "insufficient_funds", "authentication_required", "generic_decline")
_STATUS = {"authorised": "requires_capture", "captured": "succeeded", "voided": "canceled", "declined": "requires_payment_method",
           "pending": "requires_confirmation"}
_EVENTS = {"authorised": "payment_intent.amount_capturable_updated", "captured": "payment_intent.succeeded",
           "voided": "payment_intent.canceled", "declined": "payment_intent.payment_failed", "pending": "payment_intent.created"}
Answer = Callable[[Fault | None], Reply]


class CardApi:
    """The service under /stripe/v1/."""

    def __init__(self, bank: Bank, secret_key: str) -> None:
        self._bank, self._secret = bank, secret_key
        self._replies: dict[str, tuple[str, Reply]] = {}
        self.keys: list[str] = []
        """The idempotency keys that came, each once, in order."""
        self._ids = itertools.count(1)

    def __call__(self, request: Request) -> Call:
        """Say what a request asks for."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) if request.body else dict(request.query)
        operation, key, answer = self._route(request, form)
        if request.headers.get("authorization", "") != f"Bearer {self._secret}":
            return Call(operation, key, lambda _f: _error(401, "invalid_request_error", "", "Invalid API Key provided"))
        once = request.headers.get("idempotency-key", "")
        return Call(operation, key, lambda fault: self._once(once, f"{request.path} {sorted(form.items())}", answer, fault))

    def notification(self, payment: Payment, secret: str, at_s: int) -> tuple[bytes, dict[str, str]]:
        """Return (body, headers) of the webhook about a payment, signed with an endpoint's secret at a moment (epoch seconds)."""
        intent = _intent(payment)
        intent["latest_charge"] = f"ch_{payment.id}"  # webhooks expand nothing
        body = _dump({"id": f"evt_{next(self._ids):08d}", "object": "event", "type": _EVENTS[payment.status], "created": at_s,
                      "data": {"object": intent}})
        mark = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
        return body, {"content-type": "application/json", "Stripe-Signature": f"t={at_s},v1={mark}"}

    def _once(self, key: str, what: str, answer: Answer, fault: Fault | None) -> Reply:
        with self._bank.lock:
            if key in self._replies:
                before, reply = self._replies[key]
                return reply if before == what else _error(400, "idempotency_error", "", "this key was used for another request")
            made = answer(fault)
            self.keys.append(key)
            if key and made.status < 500:
                self._replies[key] = (what, made)
            return made

    def _route(self, request: Request, form: dict[str, str]) -> tuple[str, str, Answer]:
        parts = request.path.strip("/").split("/")[1:]
        if parts == ["payment_intents"] and request.method == "POST":
            return "authorise", form.get("metadata[charge]", ""), lambda fault: self._create(form, fault)
        if parts == ["payment_intents"]:
            return "query", form.get("customer", ""), lambda _f: self._list(form.get("customer", ""))
        if parts[:1] == ["payment_intents"] and len(parts) == 2:
            return "query", parts[1], lambda _f: self._with(parts[1], lambda p: Reply(200, _dump(_intent(p))))
        if parts[:1] == ["payment_intents"] and parts[2:] == ["capture"]:
            return "capture", parts[1], lambda _f: self._with(parts[1], self._capture)
        if parts[:1] == ["payment_intents"] and parts[2:] == ["cancel"]:
            return "void", parts[1], lambda _f: self._with(parts[1], self._cancel)
        if parts == ["refunds"] and request.method == "POST":
            once = request.headers.get("idempotency-key", "")
            operation = "void" if once.endswith("void-refund") else "refund"
            return operation, form["payment_intent"], lambda _f: self._with(form["payment_intent"], lambda p: self._refund(p, form, once))
        return "query", request.path, lambda _f: _error(404, "invalid_request_error", "", f"unrecognized URL {request.path}")

    def _create(self, form: dict[str, str], fault: Fault | None) -> Reply:
        method = form.get("payment_method", "").removeprefix("pm_")
        reason = fault.reason if fault else method if method in _DECLINES else ""
        key = form.get("metadata[charge]") or f"none-{next(self._ids)}"
        # Without an idempotency key each request is a payment of its own, whatever its metadata say.
        key = f"{key}#{next(self._ids)}"
        held = "authorised" if form.get("capture_method") == "manual" else "captured"
        payment = self._bank.open(Payment(SERVICE, key, f"pi_{next(self._ids):08d}", int(form["amount"]), form["currency"],
                                          "declined" if reason else held, form.get("customer", ""), reason=reason))
        if held == "captured" and not reason:
            payment.captured_minor = payment.amount_minor
        if reason:
            code = "authentication_required" if reason == "authentication_required" else "card_declined"
            return _error(402, "card_error", code, "Your card was declined.", {"decline_code": reason, "payment_intent": _intent(payment)})
        return Reply(200, _dump(_intent(payment)))

    def _list(self, customer: str) -> Reply:
        found = [_intent(p) for p in reversed(self._bank.payments(SERVICE)) if p.payer == customer]
        return Reply(200, _dump({"object": "list", "url": "/v1/payment_intents", "has_more": False, "data": found}))

    def _with(self, intent_id: str, work: Callable[[Payment], Reply]) -> Reply:
        found = next((p for p in self._bank.payments(SERVICE) if p.id == intent_id), None)
        if found is None:
            return _error(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{intent_id}'", {"param": "intent"})
        try:
            return work(found)
        except RefusedError as error:
            if error.reason == "too_large":
                return _error(400, "invalid_request_error", "charge_already_refunded", "more than was taken", {"param": "amount"})
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state", f"it is {found.status}")
        except NoSuchPaymentError:
            return _error(404, "invalid_request_error", "resource_missing", "no such thing", {"param": "intent"})

    def _capture(self, payment: Payment) -> Reply:
        if payment.status != "authorised":
            raise RefusedError(payment.status)
        self._bank.capture(payment)
        return Reply(200, _dump(_intent(payment)))

    def _cancel(self, payment: Payment) -> Reply:
        if payment.status not in ("authorised", "declined", "pending"):
            raise RefusedError(payment.status)
        self._bank.void(payment)
        return Reply(200, _dump(_intent(payment)))

    def _refund(self, payment: Payment, form: dict[str, str], once: str) -> Reply:
        amount = int(form.get("amount") or payment.captured_minor - payment.refunded_minor)
        self._bank.refund(payment, once or f"none-{next(self._ids)}", amount)
        return Reply(200, _dump({"id": f"re_{next(self._ids):08d}", "object": "refund", "amount": amount, "currency": payment.currency,
                                 "payment_intent": payment.id, "status": "succeeded"}))


def _intent(payment: Payment) -> dict[str, Any]:
    charge = {"id": f"ch_{payment.id}", "object": "charge", "amount": payment.amount_minor, "amount_refunded": payment.refunded_minor,
              "captured": payment.status == "captured"}
    failed = {"type": "card_error", "code": "card_declined", "decline_code": payment.reason} if payment.reason else None
    return {"id": payment.id, "object": "payment_intent", "amount": payment.amount_minor, "currency": payment.currency,
            "amount_received": payment.captured_minor, "status": _STATUS[payment.status], "customer": payment.payer,
            "metadata": {"charge": payment.key.partition("#")[0]}, "latest_charge": charge, "last_payment_error": failed}


def _error(status: int, kind: str, code: str, message: str, more: dict[str, Any] | None = None) -> Reply:
    return Reply(status, _dump({"error": {"type": kind, "code": code, "message": message, **(more or {})}}))


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()
