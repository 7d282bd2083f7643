"""What HQ tells a device, as values: answers and settings that come down through the inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.domain.catalog import OfflinePolicy, Planogram, PriceList, TenderPolicy
from kiosk.domain.online import StockElsewhere
from kiosk.domain.wardrobe import GarmentList


@dataclass(frozen=True, slots=True)
class PaymentAnswered:
    """HQ's word on a payment intent.

    outcome: authorised or declined; reason: "", insufficient_funds, unknown_member, bad_code, currency, card_expired, ask_bank,
    declined, code_expired or service_down.
    """

    intent_id: str
    outcome: str
    reason: str
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """The code that pays an intent. text: what the QR code on the screen says; lasts_s: seconds from receipt until it is worthless."""

    intent_id: str
    text: str
    lasts_s: int


@dataclass(frozen=True, slots=True)
class ReplenishmentAnswered:
    """HQ's word on a replenishment request. outcome: approved | rejected; quantity: pieces that are now on order."""

    request_id: str
    outcome: str
    quantity: int


@dataclass(frozen=True, slots=True)
class GivenLine:
    """Pieces of a sale that HQ took back. line: index of the sale's line, -1 where only the goods are known; amount_minor: for them all."""

    line: int
    gtin: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundGiven:
    """HQ gave money back for a sale of this device, in the sale's currency: the till has so much less to give, and no part in it."""

    refund_id: str
    sale_id: str
    lines: tuple[GivenLine, ...]
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class MemberErasureOrdered:
    """Destroy this member's template and key, then say so with MemberErased."""

    member_id: str


@dataclass(frozen=True, slots=True)
class MemberLockOrdered:
    """Lock a member whose PIN was wrong five times elsewhere, or let one have five tries again."""

    member_id: str
    locked: bool


@dataclass(frozen=True, slots=True)
class MembersAnnounced:
    """Members who enrolled elsewhere in the group: a device that recognises faces asks for their templates.

    lost: every device that held them has lost them; nobody can hand them over, and these members have to enrol again.
    """

    member_ids: tuple[str, ...]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class TemplateWanted:
    """Seal a member's template to this device's X25519 key (base64) and say TemplateSealed."""

    member_id: str
    receiver: str
    receiver_epoch: str
    public_key: str


@dataclass(frozen=True, slots=True)
class TemplateDelivered:
    """A template that another device sealed to this one (base64): open it, keep it, say TemplateHeld."""

    member_id: str
    sealed: str


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The certificate that this device asked for, with what lies below a root (PEM)."""

    chain: str


@dataclass(frozen=True, slots=True)
class TrustAnnounced:
    """The roots (PEM) that are to be believed from now on; version only grows. renew: ask for a new certificate at once."""

    version: int
    roots: str
    renew: bool = False


@dataclass(frozen=True, slots=True)
class CommandOrdered:
    """Do one thing of a closed list (domain.commands). role, who: of the person at HQ who wants it; expires_at: nobody does it later."""

    command_id: str
    command: str
    role: str
    who: str
    expires_at: datetime
    argument: str = ""


Order = (PaymentAnswered | PaymentCode | RefundGiven | ReplenishmentAnswered | MemberErasureOrdered | MemberLockOrdered
         | MembersAnnounced | TemplateWanted | TemplateDelivered | Planogram | CertificateIssued | TrustAnnounced | CommandOrdered)
"""A message for one device, numbered in its downbox."""

Manifest = PriceList | OfflinePolicy | TenderPolicy | GarmentList | StockElsewhere
"""A signed, versioned whole for a group of devices, retained at the broker."""
