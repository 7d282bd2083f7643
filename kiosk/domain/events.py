"""The facts of a store, as values. `wire` turns them into CloudEvents; `storage` keeps them until HQ has them.

A field name here is a field name on the wire: tests/wire/golden pins them. A new meaning is a new type, never an old field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.domain.online import OrderPlaced
from kiosk.domain.online_pin import PinLodged
from kiosk.domain.standing import CertificateRequested, ClockSet, CommandDone, DownlinkRefused


class Lane(StrEnum):
    """The three lanes to HQ: money is never dropped and goes first; stock may be compacted; health is a ring."""

    MONEY = "money"
    STOCK = "stock"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a sale. amount_minor = quantity * unit_minor - discount_minor, VAT included.

    kind: goods | deposit (of the bottle of that GTIN). grams and kilo_minor: of a weighed pack and its price a kilogram, else 0.
    offers: id of each promotion -> what it took off; they add up to the discount. promotion: the one of them that took most.
    """

    gtin: str
    quantity: int
    unit_minor: int
    discount_minor: int
    amount_minor: int
    vat_permille: int
    promotion: str = ""
    kind: str = "goods"
    grams: int = 0
    kilo_minor: int = 0
    offers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    """Asks HQ to hold money. intent_id is the idempotency key of everything that follows.

    tender: "wallet_face" (member known by face), "wallet_qr" (member_code is the code that the shopper's phone shows),
    "wallet_pin" (member_code: see online_pin), or one of catalog.CODE_TENDERS (HQ sends a PaymentCode that the phone reads off the screen).
    """

    intent_id: str
    amount_minor: int
    currency: str
    tender: str
    member_id: str = ""
    member_code: str = ""


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """Releases whatever HQ holds, or will hold, for this intent."""

    intent_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a fact stands in the device's journal, and who signed it there.

    number: of its record; before: hash of the record before it, hexadecimal; key, signature: the device's Ed25519 key and its signature
    over the record, base64. The record holds the fact without its seal.
    """

    number: int
    before: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class SaleCompleted:
    """A sale that took place: goods are the shopper's. HQ turns the hold into a posting, or posts it when `offline`.

    tender: wallet_face | wallet_qr | wallet_pin | cash_desk | one of catalog.CODE_TENDERS.
    vat: permille as text -> VAT in minor units contained in the total. seal: None in the journal's own record of the sale.
    """

    sale_id: str
    receipt: str
    intent_id: str
    lines: tuple[SaleLine, ...]
    total_minor: int
    currency: str
    vat: dict[str, int]
    tender: str
    member_id: str
    offline: bool
    pricelist_version: int
    policy_version: int = 0
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class SaleRefunded:
    """Money given back for goods of a sale, to the tender that paid it. refund_id: HQ books it once.

    lines: the goods, as pieces of the sale's own lines, quantities and amounts positive; amount_minor: their sum; vat as in SaleCompleted.
    receipt: of the refund; staff: who gave it back. A sale before its payment is undone by PaymentCancelled, afterwards only by this.
    """

    refund_id: str
    sale_id: str
    receipt: str
    lines: tuple[SaleLine, ...]
    amount_minor: int
    currency: str
    vat: dict[str, int]
    tender: str
    member_id: str
    reason: str
    staff: str


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """What was taken and given back in one currency. turnover, vat: permille as text -> gross and VAT of sales less those of refunds."""

    sales: int = 0
    sales_minor: int = 0
    refunds: int = 0
    refunds_minor: int = 0
    turnover: dict[str, int] = field(default_factory=dict)
    vat: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeriodClosed:
    """A period of the journal was closed. period: day | month | year; name: "2026-11-22", "2026-11" or "2026", in the store's own time.

    journal: id of the journal's start. first..last: numbers of the records that it covers; head: hash of record `last`, hexadecimal.
    totals: of the period; perpetual: since the device's first journal, whose amounts never go back. key, signature: the device's Ed25519
    key and its signature over the closure's record, base64 (in the record itself they are empty).
    """

    period: str
    name: str
    journal: str
    currency: str
    first: int
    last: int
    head: str
    totals: PeriodTotals
    perpetual: PeriodTotals
    key: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class JournalHead:
    """How long the journal is: a journal that is later found shorter, or with another hash at this number, was cut or rewritten.

    chain: sales | training; journal: id of the journal's start (a rebuilt database begins another); hash: of record `number`, hexadecimal;
    key, signature: the device's Ed25519 key and its signature over that hash, base64.
    """

    chain: str
    journal: str
    number: int
    hash: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class StockChanged:
    """Pieces moved in a slot. biz_step is a word of GS1's Core Business Vocabulary.

    biz_step: retail_selling (picked), stocking (refilled, put back or brought back), stock_taking (counted by staff, or by weight at
    night), destroying (waste). confidence: 0..1; reason: pick | put_back | refill | count | recount | sale | waste | return.
    """

    slot: str
    gtin: str
    delta: int
    on_hand: int
    biz_step: str
    reason: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FacingSeen:
    """What the shelf camera believes of a slot, when that changes. state: ok, empty, or unseen (nobody could look at it for a while).

    fill: 0..1 of its capacity, the last that was believed; on_hand: pieces in the books at that moment.
    """

    slot: str
    gtin: str
    fill: float
    state: str
    on_hand: int


@dataclass(frozen=True, slots=True)
class OrderReason:
    """Why so many pieces are asked for, in numbers.

    expected: mean demand, pieces, of the `days` until the delivery after next; target: pieces that are enough for them; expiring: of those
    on hand, how many expire unsold; missed: asked for in vain before the delivery. packs: of `case_pack` pieces that are ordered;
    wanted_packs: that would be needed; limit: "", room (of the shelf) or expiry; room: pieces that it leaves. filled_up: to the supplier's
    minimum order. days 0: no forecast yet, the planogram's reorder point speaks.
    """

    expected: float = 0.0
    days: int = 0
    target: int = 0
    on_hand: int = 0
    on_order: int = 0
    expiring: int = 0
    missed: float = 0.0
    packs: int = 0
    case_pack: int = 1
    wanted_packs: int = 0
    limit: str = ""
    room: int = 0
    filled_up: bool = False


@dataclass(frozen=True, slots=True)
class ReplenishmentRequested:
    """A slot fell to its reorder point. Asked once per slot until it is answered."""

    request_id: str
    slot: str
    gtin: str
    quantity: int
    on_hand: int
    reorder_point: int
    reason: OrderReason = field(default_factory=OrderReason)


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """One slot of a delivery: pieces that were on order and pieces that came."""

    slot: str
    gtin: str
    expected: int
    received: int


@dataclass(frozen=True, slots=True)
class GoodsReceived:
    """A delivery that staff scanned. What did not come is no longer on order; a StockChanged tells of each refill. bizStep: receiving."""

    receipt_id: str
    who: str
    lines: tuple[ReceivedLine, ...]


@dataclass(frozen=True, slots=True)
class MemberEnrolled:
    """Somebody agreed to pay by face. No face, no phone number: only who, which text, when and in which language."""

    member_id: str
    consent_version: str
    consent_language: str
    templates: int


@dataclass(frozen=True, slots=True)
class MemberErased:
    """This device destroyed the member's template and key."""

    member_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class MemberLocked:
    """Five wrong PINs locked this member (not the device), or the member has five tries again. HQ tells the other devices."""

    member_id: str
    locked: bool


@dataclass(frozen=True, slots=True)
class TemplateRequested:
    """This device wants the template of a member who enrolled elsewhere. public_key: the X25519 key to seal it to, base64."""

    member_id: str
    public_key: str


@dataclass(frozen=True, slots=True)
class TemplateSealed:
    """A template, sealed by a device that holds it to the device that asked; HQ forwards it and cannot open it.

    sealed: base64, "" when the member is not here (any more). key_known: that the receiver's key is the one it was first met with.
    """

    member_id: str
    receiver: str
    receiver_epoch: str
    sealed: str
    key_known: bool = True


@dataclass(frozen=True, slots=True)
class TemplateHeld:
    """A template came, opened and is kept: this device knows the member from now on."""

    member_id: str


@dataclass(frozen=True, slots=True)
class StaffActed:
    """Something that staff did on the device, and who.

    act: opened | refused | refill | count | waste | age_proven | age_refused | take_cash | void_line | refund | reprint | out_of_order
    | in_order | hours | close_of_day | training_on | training_off.
    """

    act: str
    who: str
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class IdentityDecided:
    """How a face was judged, without the face. outcome: accepted | refused | other_way; rule: the rule that decided."""

    outcome: str
    rule: str
    frames: int
    distance: float
    bucket: int


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How the device is. states: e.g. {"camera": "ok", "disk": "ok"}; "ready": "213 s" says how long its start took.

    free_mb: room left on the data partition. offline_minor: what it has sold by the offline policy and HQ has not acknowledged yet.
    """

    version: str
    free_mb: int
    queue: dict[str, int]
    oldest_s: int
    states: dict[str, str]
    dropped_frames: int = 0
    quarantined: int = 0
    offline_minor: int = 0


@dataclass(frozen=True, slots=True)
class InboxCommitted:
    """Every message from HQ's downbox up to `down_seq` is committed on this device. downbox: the box's own epoch."""

    downbox: str
    down_seq: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Numbers `first`..`last` of this lane will never come, and why: compacted | ring | damaged."""

    lane: str
    first: int
    last: int
    reason: str


Event = (
    SaleCompleted | SaleRefunded | PeriodClosed | JournalHead | PaymentRequested | PaymentCancelled | StockChanged | FacingSeen
    | ReplenishmentRequested | GoodsReceived | MemberEnrolled | MemberErased | MemberLocked | TemplateRequested | TemplateSealed
    | TemplateHeld | StaffActed | IdentityDecided | DeviceHealth | InboxCommitted | Skipped
    | CertificateRequested | CommandDone | DownlinkRefused | ClockSet | OrderPlaced | PinLodged
)

LANE_OF: dict[type, Lane] = {
    SaleCompleted: Lane.MONEY, SaleRefunded: Lane.MONEY, PeriodClosed: Lane.MONEY, PaymentRequested: Lane.MONEY,
    PaymentCancelled: Lane.MONEY, StaffActed: Lane.MONEY, OrderPlaced: Lane.MONEY,
    MemberEnrolled: Lane.MONEY, MemberErased: Lane.MONEY, MemberLocked: Lane.MONEY, PinLodged: Lane.MONEY,
    StockChanged: Lane.STOCK, ReplenishmentRequested: Lane.STOCK, GoodsReceived: Lane.STOCK, InboxCommitted: Lane.STOCK,
    # Templates travel in the lane that lets payments pass; it is compacted for stock alone.
    TemplateRequested: Lane.STOCK, TemplateSealed: Lane.STOCK, TemplateHeld: Lane.STOCK,
    # What concerns trust must not get lost in the ring.
    CertificateRequested: Lane.STOCK, CommandDone: Lane.STOCK, DownlinkRefused: Lane.STOCK, ClockSet: Lane.STOCK,
    FacingSeen: Lane.HEALTH,
    IdentityDecided: Lane.HEALTH, DeviceHealth: Lane.HEALTH, JournalHead: Lane.HEALTH,
}
"""The lane of each fact. Skipped travels in the lane whose numbers it covers."""
