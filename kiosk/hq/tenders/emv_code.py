"""National schemes by EMVCo's merchant-presented code. The code is made here; whether it was paid is the acquirer's to say.

Acquirers' interfaces differ by country, so this tender speaks a small one of its own over HTTPS, and an acquirer is joined by a bridge that
speaks it: POST /payments, GET /payments/{reference}, POST /payments/{reference}/cancel, POST /payments/{reference}/refunds, JSON both ways.
Request and answer carry X-Timestamp and X-Signature: hexadecimal HMAC-SHA256 over "<timestamp>\n<what>\n<body>", where `what` is the method
and path of a request, the status of an answer, and "NOTICE" for a notification. See deploy/hq.tenders.example.toml.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kiosk.domain import emv
from kiosk.domain.emv import Merchant
from kiosk.domain.money import Money
from kiosk.hq.tenders.protocol import ABSENT, UNKNOWN, Answer, Charge, Refund, Status, declined, number, untold

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
LONGEST_BYTES = 64 * 1024
FRESH_S = 300.0
"""A notification whose time is further from ours is not believed: somebody may have kept it."""
_STATUS = {"pending": Status.PENDING, "captured": Status.CAPTURED, "voided": Status.VOIDED, "declined": Status.DECLINED}


@dataclass(frozen=True, slots=True)
class Acquirer:
    """Where payments are confirmed. address: https, or http on this machine. secret: shared, for the signatures."""

    address: str
    secret: str = field(repr=False)
    notify_url: str = ""
    timeout_s: float = TIMEOUT_S


def signature(secret: str, timestamp: str, what: str, body: bytes) -> str:
    """Return the signature of a message."""
    return hmac.new(secret.encode(), f"{timestamp}\n{what}\n".encode() + body, hashlib.sha256).hexdigest()


class EmvCodes:
    """The tender."""

    name = "emv_qr"

    def __init__(self, merchant: Merchant, acquirer: Acquirer) -> None:
        self._merchant, self._acquirer = merchant, acquirer

    def takes(self, currency: str) -> bool:
        """Whatever the code can name."""
        return emv.takes(currency)

    def authorise(self, charge: Charge) -> Answer:
        """Tell the acquirer what to expect, then make the code."""
        if not self.takes(charge.amount.currency):
            return declined("currency")
        known_as = number(charge.key)
        answer = self._call("POST", "/payments", {"reference": known_as, "amount_minor": charge.amount.minor,
                                                  "currency": charge.amount.currency, "text": charge.text, "lasts_s": charge.lasts_s,
                                                  "notify_url": self._acquirer.notify_url})
        if answer.status is not Status.PENDING:
            return answer
        return Answer(Status.PENDING, reference=known_as, code=emv.code(self._merchant, charge.amount, known_as))

    def capture(self, charge: Charge) -> Answer:
        """The scheme takes the money when the shopper pays: there is nothing to do but to look."""
        return self.query(charge)

    def query(self, charge: Charge) -> Answer:
        """Ask the acquirer."""
        answer = self._call("GET", f"/payments/{number(charge.key)}", None)
        return answer if answer.reference else untold(answer)

    def void(self, charge: Charge) -> Answer:
        """Close the payment; what was paid is given back."""
        answer = self._call("POST", f"/payments/{number(charge.key)}/cancel", {})
        return Answer(Status.VOIDED) if answer.status is Status.ABSENT else answer

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Give some back once."""
        answer = self._call("POST", f"/payments/{number(charge.key)}/refunds",
                            {"refund": number(refund.key), "amount_minor": refund.amount.minor})
        if answer.status is Status.ABSENT:
            return declined("not_captured")
        done = answer.status in (Status.CAPTURED, Status.VOIDED)
        return Answer(Status.REFUNDED, reference=answer.reference, refunded_minor=refund.amount.minor) if done else answer

    def notice(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Money, Answer] | None:
        """Return (number, amount, answer) of a notification that the acquirer signed, None for any other."""
        sent = headers.get("x-timestamp", "")
        if not sent.isascii() or not sent.isdigit() or abs(time.time() - int(sent)) > FRESH_S:
            return None
        if not self._holds(headers.get("x-signature", ""), sent, "NOTICE", body):
            return None
        told = json.loads(body)
        return told["reference"], Money(told["amount_minor"], told["currency"]), _read(told)

    def _holds(self, given: str, timestamp: str, what: str, body: bytes) -> bool:
        return hmac.compare_digest(signature(self._acquirer.secret, timestamp, what, body).encode(), given.encode())

    def _call(self, method: str, path: str, value: dict[str, Any] | None) -> Answer:
        body = b"" if value is None else json.dumps(value).encode()
        url, now = self._acquirer.address.rstrip("/") + path, str(int(time.time()))
        signed = signature(self._acquirer.secret, now, f"{method} {urlsplit(url).path}", body)
        headers = {"content-type": "application/json", "x-timestamp": now, "x-signature": signed}
        request = urllib.request.Request(url, data=body or None, method=method, headers=headers)  # noqa: S310 - checked when configured
        try:
            with urllib.request.urlopen(request, timeout=self._acquirer.timeout_s) as reply:  # noqa: S310
                return self._verified(reply.status, dict(reply.headers.items()), reply.read(LONGEST_BYTES))
        except urllib.error.HTTPError as error:
            return self._verified(error.code, dict(error.headers.items()), error.read(LONGEST_BYTES))
        except (OSError, ValueError, KeyError) as error:
            log.warning("the acquirer gave no answer: %s", type(error).__name__)
            return UNKNOWN

    def _verified(self, status: int, named: Mapping[str, str], body: bytes) -> Answer:
        headers = {name.lower(): value for name, value in named.items()}
        if not self._holds(headers.get("x-signature", ""), headers.get("x-timestamp", ""), str(status), body):
            log.warning("an answer of the acquirer is not signed by it")
            return UNKNOWN
        if status == 404:
            return ABSENT
        if status >= 500:
            return UNKNOWN
        told = json.loads(body)
        return _read(told) if status == 200 else declined(str(told.get("reason", "declined")))


def _read(told: Mapping[str, Any]) -> Answer:
    status = _STATUS.get(told["status"], Status.UNKNOWN)
    reason = {Status.DECLINED: "declined", Status.VOIDED: "code_expired"}.get(status, "")
    return Answer(status, told.get("reason") or reason, told["reference"], taken_minor=told.get("captured_minor", 0),
                  refunded_minor=told.get("refunded_minor", 0))
