"""What HQ tells a device, as values: answers and settings that come down through the inbox."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.catalog import OfflinePolicy, Planogram, PriceList


@dataclass(frozen=True, slots=True)
class PaymentAnswered:
    """HQ's word on a payment intent.

    outcome: authorised or declined; reason: "", insufficient_funds, unknown_member, bad_code or currency.
    """

    intent_id: str
    outcome: str
    reason: str
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class ReplenishmentAnswered:
    """HQ's word on a replenishment request. outcome: approved | rejected; quantity: pieces that are now on order."""

    request_id: str
    outcome: str
    quantity: int


@dataclass(frozen=True, slots=True)
class MemberErasureOrdered:
    """Destroy this member's template and key, then say so with MemberErased."""

    member_id: str


Order = PaymentAnswered | ReplenishmentAnswered | MemberErasureOrdered | Planogram
"""A message for one device, numbered in its downbox."""

Manifest = PriceList | OfflinePolicy
"""A signed, versioned whole for a group of devices, retained at the broker."""
