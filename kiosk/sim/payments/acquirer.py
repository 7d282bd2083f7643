"""An acquirer of a national scheme, speaking the small interface that kiosk.hq.tenders.emv_code describes."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any

from kiosk.hq.tenders.emv_code import signature
from kiosk.sim.payments.bank import Bank, Fault, NoSuchPaymentError, Payment, RefusedError
from kiosk.sim.payments.web import Call, Reply, Request

SERVICE = "acquirer"


class AcquirerApi:
    """The service under /acquirer/."""

    def __init__(self, bank: Bank, secret: str) -> None:
        self._bank, self._secret = bank, secret

    def __call__(self, request: Request) -> Call:
        """Say what a request asks for."""
        parts = request.path.strip("/").split("/")
        content: dict[str, Any] = json.loads(request.body) if request.body else {}
        operation = {"cancel": "void", "refunds": "refund"}.get(parts[-1], "authorise" if request.method == "POST" else "query")
        key = str(content.get("reference") or (parts[1] if len(parts) > 1 else ""))
        what = f"{request.method} /{SERVICE}{request.path}"
        expected = signature(self._secret, request.headers.get("x-timestamp", ""), what, request.body)
        if not hmac.compare_digest(expected.encode(), request.headers.get("x-signature", "").encode()):
            return Call(operation, key, lambda _f: Reply(401, b"{}"))
        return Call(operation, key, lambda fault: self._answer(operation, key, content, fault))

    def _answer(self, operation: str, key: str, content: dict[str, Any], fault: Fault | None) -> Reply:
        if fault is not None and not self._bank.gave_back(SERVICE, key, content.get("refund", "")):
            return self._reply(402, {"reason": "insufficient_funds" if fault.reason == "insufficient_funds" else "declined"})
        try:
            if operation == "authorise":
                payment = self._bank.open(Payment(SERVICE, key, f"A{key}", content["amount_minor"], content["currency"], "pending",
                                                  notify_url=content.get("notify_url", "")))
            else:
                payment = self._bank.get(SERVICE, key)
            if operation == "void":
                self._bank.void(payment)
            elif operation == "refund":
                self._bank.refund(payment, content["refund"], content["amount_minor"])
            return self._reply(200, _told(payment))
        except NoSuchPaymentError:
            return self._reply(404, {})
        except RefusedError as error:
            return self._reply(409, {"reason": "refund_too_large" if error.reason == "too_large" else "not_captured"})

    def _reply(self, status: int, value: object) -> Reply:
        body = json.dumps(value).encode()
        now = str(int(time.time()))
        return Reply(status, body, {"X-Timestamp": now, "X-Signature": signature(self._secret, now, str(status), body)})

    def notification(self, payment: Payment) -> tuple[bytes, dict[str, str]]:
        """Return (body, headers) of what the acquirer posts when a payment was made."""
        body = json.dumps(_told(payment)).encode()
        now = str(int(time.time()))
        return body, {"content-type": "application/json", "X-Timestamp": now, "X-Signature": signature(self._secret, now, "NOTICE", body)}


def _told(payment: Payment) -> dict[str, Any]:
    return {"reference": payment.key, "amount_minor": payment.amount_minor, "currency": payment.currency, "status": payment.status,
            "captured_minor": payment.captured_minor, "refunded_minor": payment.refunded_minor}
