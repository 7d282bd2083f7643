"""What every way to pay can do: authorise, capture, query, void, refund. tests/hq/test_tenders.py asks the same of each of them.

A charge is known by one key, made before anything is sent; whatever a tender sends for it is made of that key, another one for each act, so
asking the same thing twice is one charge. No answer is not a "no": UNKNOWN means that the service may have done it, so it is queried before
anything is asked again (see `ask`). Amounts are minor units of the charge's currency; a tender turns them into what its service counts in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.domain.money import Money


class Status(StrEnum):
    """How far a charge is, as a tender's service tells it.

    absent: the service does not know it. pending: the shopper has not paid yet. authorised: held, not taken. captured: taken.
    declined: refused, nothing is held. voided: let go, or wholly given back. refunded: a refund is done. unknown: no answer came.
    """

    ABSENT = "absent"
    PENDING = "pending"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


REASONS = ("insufficient_funds", "card_expired", "ask_bank", "declined", "currency", "code_expired", "service_down", "unknown_member",
           "bad_code", "refund_too_large", "not_captured")
"""Why something was declined; all but the last two are told to shoppers (`refused.*` in the design's strings)."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money to be taken once. key: unique, made before the first call. text: what the shopper's statement says.

    payer: who is charged without being asked (a stored mandate, a member), "" where a phone reads a code. reference: the service's own
    number of it, code: the text of its QR code, both "" until known. lasts_s: how long a code may be paid.
    """

    key: str
    amount: Money
    text: str
    payer: str = ""
    reference: str = ""
    code: str = ""
    lasts_s: int = 120


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to be given back once. key: unique, made before the first call."""

    key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said. reason: one of REASONS when declined. taken_minor, refunded_minor: as far as the service tells them."""

    status: Status
    reason: str = ""
    reference: str = ""
    code: str = ""
    taken_minor: int = 0
    refunded_minor: int = 0


UNKNOWN = Answer(Status.UNKNOWN)
Notice = tuple[str, Money, Answer]
"""What a notification says: number of the charge, amount, how it stands."""
NOTHING: Notice = ("", Money(0, "XXX"), UNKNOWN)
"""What a service signed and what says nothing of a charge."""
ABSENT = Answer(Status.ABSENT)


def declined(reason: str, reference: str = "") -> Answer:
    """Return a refusal."""
    return Answer(Status.DECLINED, reason, reference)


def number(key: str) -> str:
    """Return the number under which every service knows the charge, or refund, of a key: 24 letters and digits, which all of them take."""
    return hashlib.sha256(key.encode()).hexdigest()[:24].upper()


def untold(answer: Answer) -> Answer:
    """Return what a query may conclude from an answer that does not speak of the charge: a refusal to tell is no refusal to pay."""
    return UNKNOWN if answer.status is Status.DECLINED else answer


class Tender(Protocol):
    """One way to pay. Nothing here raises for what a service does: that is an answer. Calls block for some seconds at most."""

    @property
    def name(self) -> str:
        """The tender's word in the ledger: wallet, cash_desk, stripe, alipay, wechat, emv_qr."""

    def takes(self, currency: str) -> bool:
        """Return whether it takes a currency."""

    def authorise(self, charge: Charge) -> Answer:
        """Hold the money, or make the code that the shopper pays; asked again with the same key it changes nothing."""

    def capture(self, charge: Charge) -> Answer:
        """Take what is held; what is taken already stays taken once."""

    def query(self, charge: Charge) -> Answer:
        """Ask how far a charge is; changes nothing. A service that refuses to tell has given no answer: UNKNOWN."""

    def void(self, charge: Charge) -> Answer:
        """Let go of what is held or asked for, and give back all that was taken in the meantime."""

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Give back some of what was taken; asked again with the same refund key it tells how that refund stands."""


def ask(tender: Tender, charge: Charge, *, asked_before: bool) -> Answer:
    """Authorise a charge that may have been asked for already: then the service is queried first, and asked again only if need be."""
    if asked_before:
        found = tender.query(charge)
        lacks_code = found.status is Status.PENDING and not charge.code
        if found.status is not Status.ABSENT and not lacks_code:
            return found
    return tender.authorise(charge)
