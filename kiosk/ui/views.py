"""What a screen shows, as values. Flows build them, screens draw them and decide nothing.

A picture is (H, W, 3) uint8 RGB, origin top-left, as the camera sees it: screens turn it left to right, as a mirror does, so a box in a
picture is given in the pixels of the unturned picture. `time_s` drives animation only: any clock in seconds that goes forward.
The touch targets that each screen presents stand in its docstring.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kiosk.domain.frame import Picture
from kiosk.domain.money import Money

FaceBox = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the preview, unturned."""


@dataclass(frozen=True, slots=True)
class Status:
    """What every screen says about the device. banner: a key of `banner.*`, "" for none. clock and store: ready to show."""

    language: str
    offline: bool = False
    camera_lost: bool = False
    stale_price: bool = False
    clock: str = ""
    store: str = ""
    banner: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What every view-model has."""

    screen: ClassVar[str] = ""
    status: Status


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a basket; amount is what the whole line costs, None for a coupon. fixed: it cannot be removed by itself."""

    name: str
    quantity: int
    amount: Money | None
    note: str = ""
    picture: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class PayAttract(View):
    """Nobody is paying. Targets: start, language, enrol, staff."""

    screen: ClassVar[str] = "pay.attract"
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayBasket(View):
    """The basket. hint: a key of `hint.*`, "" for none. Targets: pay (when there are lines), language, staff, cancel, remove:<index>."""

    screen: ClassVar[str] = "pay.basket"
    lines: tuple[LineView, ...]
    total: Money
    saved: Money | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PayAge(View):
    """Goods for grown-ups only: staff is asked to come and look. age: years. Targets: staff, back, cancel."""

    screen: ClassVar[str] = "pay.age"
    age: int
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayStillThere(View):
    """Is anybody still there? Else the basket is given up when the seconds are over. Targets: stay; any other touch counts as it."""

    screen: ClassVar[str] = "pay.still_there"
    seconds_left: int


@dataclass(frozen=True, slots=True)
class PayTender(View):
    """How to pay; what is not offered is drawn as such and has no target. codes: some of catalog.CODE_TENDERS.

    Targets: face, qr, cash, back, code:<tender>.
    """

    screen: ClassVar[str] = "pay.tender"
    total: Money
    face: bool = True
    qr: bool = True
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PayDigits(View):
    """The last digits of the phone number. wanted: 4, 6 or 8; more: more are needed. Targets: key:0..key:9, erase, cancel, other_way."""

    screen: ClassVar[str] = "pay.digits"
    entered: int
    wanted: int = 4
    more: bool = False


@dataclass(frozen=True, slots=True)
class PayFace(View):
    """Looking for a face. progress: 0..1. hint: look_here, closer, more_light, hold_still, one_person, "" when good.

    asked: what to do now, left, right, closer or blink, "" for nothing but looking. ring: where the ring is that leads: -1..1, 1 fully to
    the shopper's left, and how near, 0..1.

    Targets: other_way, cancel.
    """

    screen: ClassVar[str] = "pay.face"
    preview: Picture | None = field(default=None, compare=False)
    face_box: FaceBox | None = None
    progress: float = 0.0
    hint: str = "look_here"
    time_s: float = 0.0
    asked: str = ""
    ring: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PayPin(View):
    """The member's PIN, where a face alone is not enough. wrong: the last one was. Targets: key:0..key:9, erase, other_way, cancel."""

    screen: ClassVar[str] = "pay.pin"
    entered: int
    wanted: int = 4
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class PayConfirm(View):
    """Somebody was recognised. who: masked, e.g. "•• 42"; lines: pieces in the basket. Targets: confirm, not_me, other_way, cancel."""

    screen: ClassVar[str] = "pay.confirm"
    total: Money
    who: str
    lines: int


@dataclass(frozen=True, slots=True)
class PayQr(View):
    """Hold the phone's code to the camera. Targets: back, cancel."""

    screen: ClassVar[str] = "pay.qr"
    total: Money
    preview: Picture | None = field(default=None, compare=False)
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayCode(View):
    """Pay with a phone that reads this code. tender: one of catalog.CODE_TENDERS; code: "" before HQ has sent it. Targets: back, cancel."""

    screen: ClassVar[str] = "pay.code"
    total: Money
    tender: str
    code: str = ""
    seconds_left: int = 0
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayWaiting(View):
    """Something takes a moment. what: a key of `waiting.*`. No targets."""

    screen: ClassVar[str] = "pay.waiting"
    what: str
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayPaid(View):
    """Paid. receipt_qr: text of the code to take along, "" for none. Targets: done."""

    screen: ClassVar[str] = "pay.paid"
    total: Money
    receipt: str
    receipt_qr: str = ""
    offline: bool = False
    seconds_left: int = 0
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayRefused(View):
    """Not paid, and what to do next. reason: a key of `refused.*`, else told in general words. Targets: retry, qr, cash, cancel."""

    screen: ClassVar[str] = "pay.refused"
    reason: str


@dataclass(frozen=True, slots=True)
class PayCash(View):
    """Pay this ticket at the cash desk. Targets: done."""

    screen: ClassVar[str] = "pay.cash"
    total: Money
    ticket: str


@dataclass(frozen=True, slots=True)
class EnrolConsent(View):
    """What paying by face means, before anything is kept. Targets: accept, decline, language."""

    screen: ClassVar[str] = "enrol.consent"
    text_version: str


@dataclass(frozen=True, slots=True)
class EnrolDigits(View):
    """The last digits of the phone number, for enrolment. entered: masked text as it is shown. Targets: key:0..key:9, erase, ok, cancel."""

    screen: ClassVar[str] = "enrol.digits"
    entered: str
    wanted: int = 8


@dataclass(frozen=True, slots=True)
class EnrolFace(View):
    """Taking pictures of the face. hint: as for PayFace. Targets: cancel."""

    screen: ClassVar[str] = "enrol.face"
    preview: Picture | None = field(default=None, compare=False)
    face_box: FaceBox | None = None
    taken: int = 0
    wanted: int = 3
    hint: str = "look_here"
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EnrolDone(View):
    """Enrolled, or why not. reason: a key of `enrol.failed.*`. Targets: done."""

    screen: ClassVar[str] = "enrol.done"
    ok: bool
    reason: str = ""
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StaffLogin(View):
    """The PIN of staff. Targets: key:0..key:9, ok, erase, cancel."""

    screen: ClassVar[str] = "staff.login"
    entered: int
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class StaffMenu(View):
    """What staff can do. Targets: refill and count (with a shelf), out_of_order, close_day, leave."""

    screen: ClassVar[str] = "staff.menu"
    who: str
    out_of_order: bool = False
    has_shelf: bool = False


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of the shelf. state: ok, low, empty or unsure. Counts in pieces."""

    slot: str
    name: str
    on_hand: int
    capacity: int
    reorder_point: int
    on_order: int
    price: Money
    picture: str = ""
    state: str = "ok"


@dataclass(frozen=True, slots=True)
class StaffSlots(View):
    """Refill or count, slot by slot. mode: refill or count; chosen: a slot, "" for none. Targets: slot:<slot>, plus, minus, ok, back."""

    screen: ClassVar[str] = "staff.slots"
    mode: str
    slots: tuple[SlotView, ...]
    chosen: str = ""
    value: int = 0


@dataclass(frozen=True, slots=True)
class StaffReport(View):
    """Lines of (label, value), ready to show. title: a key of `staff.report.*`. Targets: done."""

    screen: ClassVar[str] = "staff.report"
    lines: tuple[tuple[str, str], ...]
    title: str = "close_day"


@dataclass(frozen=True, slots=True)
class OutOfOrder(View):
    """The device serves nobody. reason: a key of `out_of_order.*`: staff, disk_full, camera_lost, damaged, update. Targets: staff."""

    screen: ClassVar[str] = "out_of_order"
    reason: str = "staff"


@dataclass(frozen=True, slots=True)
class ShelfBoard(View):
    """The shelf as it stands. alerts: keys of `alert.*`. Targets: staff."""

    screen: ClassVar[str] = "shelf.board"
    slots: tuple[SlotView, ...]
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GarmentCard:
    """What the mirror says about a garment. was: the price before a promotion; sizes: ready to show."""

    name: str
    price: Money
    was: Money | None = None
    stock: int = 0
    sizes: str = ""


@dataclass(frozen=True, slots=True)
class MirrorAttract(View):
    """Nobody stands at the mirror. Targets: language, staff."""

    screen: ClassVar[str] = "mirror.attract"
    preview: Picture | None = field(default=None, compare=False)
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class MirrorTryOn(View):
    """The dressed shopper. picture: any size, fills the screen; guide: show how to stand. Targets: next, previous, add, pay, language."""

    screen: ClassVar[str] = "mirror.tryon"
    picture: Picture | None = field(default=None, compare=False)
    guide: bool = False
    card: GarmentCard | None = None
    index: int = 0
    count: int = 0
    basket_count: int = 0
    time_s: float = 0.0
