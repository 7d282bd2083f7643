"""What the fake payment services know: payments by the merchant's key, each taken once, and the faults that were ordered.

It keeps keys as the real services do (a key twice is one payment), so that a tender that forgets its key is found out by `taken_minor`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.domain import emv
from kiosk.domain.money import exponent
from kiosk.errors import InvalidValueError, WorldError

FAULTS = ("lost", "dropped", "hang", "slow", "error", "decline")
"""lost: done, but the answer never comes. dropped: not done, no answer. hang: done, the answer comes after everybody has given up.
slow: the answer takes a moment. error: the service fails before it does anything. decline: refused, for the fault's `reason`."""


class NoSuchPaymentError(WorldError):
    """A payment that the bank does not know."""


class RefusedError(WorldError):
    """What the bank does not do; `reason` is one of its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at the next call of an operation (authorise, capture, query, void, refund)."""

    operation: str
    kind: str
    reason: str = "insufficient_funds"


@dataclass(slots=True)
class Payment:
    """One payment. status: pending | authorised | captured | voided | declined. refunds: the merchant's refund key -> minor units."""

    service: str
    key: str
    id: str
    amount_minor: int
    currency: str
    status: str
    payer: str = ""
    code: str = ""
    notify_url: str = ""
    reason: str = ""
    captured_minor: int = 0
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def refunded_minor(self) -> int:
        """What was given back so far."""
        return sum(self.refunds.values())


class Bank:
    """All payments of all services. told: is called with each payment that a phone has just paid."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.log: list[tuple[str, str, str]] = []
        self.told: Callable[[Payment], None] = lambda _payment: None
        self._payments: dict[tuple[str, str], Payment] = {}
        self._faults: deque[Fault] = deque()

    def order(self, operation: str, kind: str, reason: str = "insufficient_funds") -> None:
        """Let something go wrong at the next call of an operation; ordered twice, at the next two."""
        if kind not in FAULTS:
            raise WorldError(f"the fault {kind!r} is not known; known are {', '.join(FAULTS)}")
        with self.lock:
            self._faults.append(Fault(operation, kind, reason))

    def fault(self, operation: str) -> Fault | None:
        """Take the fault that was ordered for this call, None when it goes well."""
        with self.lock:
            found = next((f for f in self._faults if f.operation == operation), None)
            if found is not None:
                self._faults.remove(found)
            return found

    def drop_faults(self) -> None:
        """Forget what was ordered and has not happened."""
        with self.lock:
            self._faults.clear()

    def note(self, service: str, operation: str, key: str) -> None:
        """Write a call down as it comes in."""
        with self.lock:
            self.log.append((service, operation, key))

    def calls(self, service: str) -> list[str]:
        """Return the operations that a service was asked for, in order."""
        with self.lock:
            return [operation for name, operation, _ in self.log if name == service]

    def taken_minor(self, service: str) -> int:
        """Return what a service has taken from shoppers and not given back."""
        with self.lock:
            return sum(p.captured_minor - p.refunded_minor for p in self._payments.values() if p.service == service)

    def held_minor(self, service: str) -> int:
        """Return what a service holds of shoppers' money without having taken it."""
        with self.lock:
            return sum(p.amount_minor for p in self._payments.values() if p.service == service and p.status == "authorised")

    def payments(self, service: str) -> list[Payment]:
        """Return the payments of a service."""
        with self.lock:
            return [p for p in self._payments.values() if p.service == service]

    def open(self, payment: Payment) -> Payment:
        """Keep a payment; the same key again is the same payment."""
        with self.lock:
            return self._payments.setdefault((payment.service, payment.key), payment)

    def get(self, service: str, key: str) -> Payment:
        """Return a payment, or raise NoSuchPaymentError."""
        with self.lock:
            found = self._payments.get((service, key))
        if found is None:
            raise NoSuchPaymentError(f"{service} has no payment {key}")
        return found

    def capture(self, payment: Payment) -> None:
        """Take what is held or asked for."""
        with self.lock:
            if payment.status in ("pending", "authorised"):
                payment.status, payment.captured_minor = "captured", payment.amount_minor
            elif payment.status != "captured":
                raise RefusedError(payment.status)

    def void(self, payment: Payment) -> None:
        """Let go, or give back all."""
        with self.lock:
            if payment.status == "captured" and payment.captured_minor > payment.refunded_minor:
                payment.refunds["void"] = payment.captured_minor - payment.refunded_minor
            payment.status = "voided"

    def refund(self, payment: Payment, key: str, amount_minor: int) -> None:
        """Give some back; the same key again changes nothing. Raises RefusedError for more than was taken."""
        with self.lock:
            if key in payment.refunds:
                return
            if payment.status != "captured":
                raise RefusedError("not_captured")
            if amount_minor <= 0 or payment.refunded_minor + amount_minor > payment.captured_minor:
                raise RefusedError("too_large")
            payment.refunds[key] = amount_minor

    def gave_back(self, service: str, key: str, refund_key: str) -> bool:
        """Return whether a refund is done already: asked again, no service refuses it then."""
        with self.lock:
            found = self._payments.get((service, key))
            return found is not None and refund_key in found.refunds

    def pay(self, code: str) -> Payment:
        """Let a phone read a code and pay what it says; raise WorldError when that cannot be done."""
        with self.lock:
            payment = next((p for p in self._payments.values() if p.code and p.code == code), None) or self._by_emv(code)
            if payment.status != "pending":
                raise RefusedError(payment.status)
            self.capture(payment)
        self.told(payment)
        return payment

    def _by_emv(self, code: str) -> Payment:
        try:
            reference = emv.fields(emv.read(code).get("62", ""))["05"]
        except (InvalidValueError, KeyError) as error:
            raise NoSuchPaymentError(f"nobody pays with the code {code!r}") from error
        payment = self.get("acquirer", reference)
        said, digits = emv.read(code)["54"], exponent(payment.currency)
        if int(said.replace(".", "")) != payment.amount_minor or ("." in said) != bool(digits):
            raise NoSuchPaymentError(f"the code asks for {said}, the acquirer expects {payment.amount_minor} minor units")
        return payment
