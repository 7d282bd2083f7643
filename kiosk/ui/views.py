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
from kiosk.ui.view import LineView, SlotView, Status, View
from kiosk.ui.views_mirror import (
    GarmentCard,
    Held,
    ItemTile,
    MirrorAttract,
    MirrorBack,
    MirrorBasket,
    MirrorCard,
    MirrorCompare,
    MirrorLikes,
    MirrorOrdered,
    MirrorPhone,
    MirrorTryOn,
    ProductCard,
    SizeTile,
)
from kiosk.ui.views_staff import (
    OrderView,
    ReceivedView,
    StaffAge,
    StaffHours,
    StaffLines,
    StaffLogin,
    StaffMenu,
    StaffNumber,
    StaffOrders,
    StaffReceiving,
    StaffReport,
    StaffSlots,
    StaffWishes,
    WishView,
)

__all__ = [
    "EnrolConsent", "EnrolDigits", "EnrolDone", "EnrolFace", "FaceBox", "GarmentCard", "Held", "ItemTile", "LineView",
    "MirrorAttract", "MirrorBack", "MirrorBasket", "MirrorCard", "MirrorCompare", "MirrorLikes", "MirrorOrdered", "MirrorPhone",
    "MirrorTryOn", "OrderView", "OutOfOrder", "PayAge", "PayAttract", "PayBasket", "PayCash", "PayCode", "PayConfirm", "PayDigits",
    "PayFace", "PayPaid", "PayPin", "PayQr", "PayRefused", "PayStillThere", "PayTender", "PayWaiting", "ProductCard", "ReceivedView",
    "SetupCard", "ShelfBoard", "SizeTile", "SlotView", "StaffAge", "StaffHours", "StaffLines", "StaffLogin", "StaffMenu",
    "StaffNumber", "StaffOrders", "StaffReceiving", "StaffReport", "StaffSlots", "StaffWishes", "Status", "View", "WishView",
]

FaceBox = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the preview, unturned."""


@dataclass(frozen=True, slots=True)
class PayAttract(View):
    """Nobody is paying. Targets: start, language, enrol, staff."""

    screen: ClassVar[str] = "pay.attract"
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PayBasket(View):
    """The basket. hint: a key of `hint.*`, after a colon its {value}, "" for none.

    Targets: pay (when there are lines), language, staff, cancel, remove:<index>.
    """

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
    """The member's PIN, where a face alone is not enough. wrong: the last one was. Targets: key:0..key:9, erase, other_way, cancel.

    pays: what the last digit pays at once, where no face is asked for; None where a confirmation follows.
    """

    screen: ClassVar[str] = "pay.pin"
    entered: int
    wanted: int = 4
    wrong: bool = False
    pays: Money | None = None


@dataclass(frozen=True, slots=True)
class PayConfirm(View):
    """Somebody was recognised. who: masked, e.g. "•• 42"; lines: pieces in the basket. Targets: confirm, not_me, other_way, cancel."""

    screen: ClassVar[str] = "pay.confirm"
    total: Money
    who: str
    lines: int


@dataclass(frozen=True, slots=True)
class PayQr(View):
    """Hold the phone's code to the camera. card: the member's card, after which the face is looked for. Targets: back, cancel.

    total: None when nothing is paid.
    """

    screen: ClassVar[str] = "pay.qr"
    total: Money | None
    preview: Picture | None = field(default=None, compare=False)
    time_s: float = 0.0
    card: bool = False


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
    """Paid. receipt_qr: text of the code to take along, signature: excerpt of the journal's, "" for none. Targets: done."""

    screen: ClassVar[str] = "pay.paid"
    total: Money
    receipt: str
    receipt_qr: str = ""
    offline: bool = False
    seconds_left: int = 0
    time_s: float = 0.0
    signature: str = ""


@dataclass(frozen=True, slots=True)
class PayRefused(View):
    """Not paid, and what to do next. reason: a key of `refused.*`, else told in general words. Targets: retry, pin, qr, cash, cancel.

    qr: whether a code on the shopper's phone can be tried: it takes a camera, and HQ to know the code. pin: whether number and PIN can.
    """

    screen: ClassVar[str] = "pay.refused"
    reason: str
    qr: bool = True
    pin: bool = False

    @property
    def instead(self) -> str:
        """The key of what whoever was not recognised can do instead; "" where the reason's own words say it."""
        if self.reason != "not_recognised":
            return ""
        return "pay.refused.by_pin" if self.pin else "" if self.qr else "pay.refused.alone"


@dataclass(frozen=True, slots=True)
class PayCash(View):
    """Pay this ticket at the cash desk, or to staff who come here. Targets: staff, done."""

    screen: ClassVar[str] = "pay.cash"
    total: Money
    ticket: str


@dataclass(frozen=True, slots=True)
class EnrolConsent(View):
    """What paying by face means, before anything is kept. Targets: accept, decline, language, my_data (of who is a member already)."""

    screen: ClassVar[str] = "enrol.consent"
    text_version: str


@dataclass(frozen=True, slots=True)
class EnrolAge(View):
    """Only adults may pay by face. age: in years, from which somebody is one. Targets: adult, minor."""

    screen: ClassVar[str] = "enrol.age"
    age: int = 18


@dataclass(frozen=True, slots=True)
class EnrolSign(View):
    """The signature under the consent. strokes: what was drawn, in thousandths of the pad. Targets: pad, clear, ok (if signed), cancel."""

    screen: ClassVar[str] = "enrol.sign"
    strokes: tuple[tuple[tuple[int, int], ...], ...] = ()
    signed: bool = False


@dataclass(frozen=True, slots=True)
class EnrolPin(View):
    """Choosing a PIN, and typing it again. objection: a key of `enrol.pin.*`, "" for none. Targets: key:0..key:9, erase, cancel."""

    screen: ClassVar[str] = "enrol.pin"
    entered: int
    wanted: int = 4
    again: bool = False
    objection: str = ""


@dataclass(frozen=True, slots=True)
class EnrolReview(View):
    """What will be kept, before it is. twin: a member looks alike; card: the key goes on the member's code. Targets: keep, cancel."""

    screen: ClassVar[str] = "enrol.review"
    twin: bool = False
    card: bool = False
    days: int = 365


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
    """Enrolled, or why not. reason: a key of `enrol.failed.*`; card: text of the member's code, shown this once. Targets: done."""

    screen: ClassVar[str] = "enrol.done"
    ok: bool
    reason: str = ""
    time_s: float = 0.0
    card: str = ""


@dataclass(frozen=True, slots=True)
class MyData(View):
    """A member's own data. qr: text of the code for the phone, "" when it was used or pages are off; minutes: how long it is good.

    refused: a key of `refused.*` when nobody was recognised, "" else. Targets: erase (of the face; not when refused), done.
    """

    screen: ClassVar[str] = "my.data"
    qr: str = ""
    minutes: int = 10
    refused: str = ""


@dataclass(frozen=True, slots=True)
class MyErase(View):
    """Erase the face? Or, done, that it is. Targets: yes and no, or done."""

    screen: ClassVar[str] = "my.erase"
    done: bool = False


@dataclass(frozen=True, slots=True)
class OutOfOrder(View):
    """The device serves nobody. reason: a key of `out_of_order.*`: staff, disk_full, camera_lost, damaged, update, crashed. Targets: staff,
    but for crashed: nothing answers there.
    """

    screen: ClassVar[str] = "out_of_order"
    reason: str = "staff"


@dataclass(frozen=True, slots=True)
class SetupCard(View):
    """A new device whose SD card says something that cannot be: every mistake, for the technician. mistakes: none while it starts.

    No targets: the device waits for a corrected card or a USB stick.
    """

    screen: ClassVar[str] = "setup.card"
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShelfBoard(View):
    """The shelf as it stands. alerts: keys of `alert.*`. Targets: staff."""

    screen: ClassVar[str] = "shelf.board"
    slots: tuple[SlotView, ...]
    alerts: tuple[str, ...] = ()
