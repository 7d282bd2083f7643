"""What staff sees, as values; see views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain.money import Money
from kiosk.ui.view import LineView, SlotView, View


@dataclass(frozen=True, slots=True)
class StaffLogin(View):
    """The PIN of staff. waits: after too many wrong ones. Targets: key:0..key:9, ok, erase, cancel."""

    screen: ClassVar[str] = "staff.login"
    entered: int
    wrong: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class StaffMenu(View):
    """What this member of staff can do here. acts: words of domain.staff.Right, in order. Targets: each of them, and leave."""

    screen: ClassVar[str] = "staff.menu"
    who: str
    acts: tuple[str, ...]
    out_of_order: bool = False
    training: bool = False


@dataclass(frozen=True, slots=True)
class StaffAge(View):
    """Look at the shopper's age. born_by: the last day on which he may be born, ready to show. Targets: approve, refuse, back."""

    screen: ClassVar[str] = "staff.age"
    age: int
    born_by: str


@dataclass(frozen=True, slots=True)
class StaffNumber(View):
    """A number to be typed. what: a key of `staff.number.*`; shown: ready to show; typed: digits so far; wrong: a key of `staff.wrong.*`.

    Targets: key:0..key:9, erase, ok, back.
    """

    screen: ClassVar[str] = "staff.number"
    what: str
    shown: str
    typed: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class StaffLines(View):
    """Lines of a basket or a sale to choose from. mode: void or refund; chosen: (line, pieces); due: what goes back, None for nothing yet.

    page: the lines that are shown when there are more than fit, counted round. Targets: line:<i> of those shown that are not fixed, more
    (when there are more), back, ok (void) or whole, restock and write_off (refund).
    """

    screen: ClassVar[str] = "staff.lines"
    mode: str
    lines: tuple[LineView, ...]
    chosen: tuple[tuple[int, int], ...] = ()
    due: Money | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class StaffHours(View):
    """Opening hours. days: (name, hours) from Monday on; chosen: 1..7; opens, closes: of that day, ready to show.

    Targets: day:1..day:7, closed, opens_minus, opens_plus, closes_minus, closes_plus (unless closed), ok, back.
    """

    screen: ClassVar[str] = "staff.hours"
    days: tuple[tuple[str, str], ...]
    chosen: int
    opens: str
    closes: str
    closed: bool


@dataclass(frozen=True, slots=True)
class StaffSlots(View):
    """Refill or count, slot by slot. mode: refill or count; chosen: a slot, "" for none. Targets: slot:<slot>, plus, minus, ok, back."""

    screen: ClassVar[str] = "staff.slots"
    mode: str
    slots: tuple[SlotView, ...]
    chosen: str = ""
    value: int = 0


@dataclass(frozen=True, slots=True)
class OrderView:
    """A line of an order that waits for the owner's word. reason: ready to show, its parts apart by " · "."""

    slot: str
    name: str
    pieces: int
    reason: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class StaffOrders(View):
    """The order that the forecast proposes. chosen: a slot, "" for none; page: the lines that are shown when there are more than fit.

    Targets: line:<slot> of those shown, more (when there are more), back, all (when none is chosen), plus, minus, approve and reject
    (of the chosen one).
    """

    screen: ClassVar[str] = "staff.orders"
    lines: tuple[OrderView, ...]
    chosen: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class ReceivedView:
    """A slot of a delivery: pieces on order and pieces scanned."""

    slot: str
    name: str
    expected: int
    received: int
    picture: str = ""


@dataclass(frozen=True, slots=True)
class StaffReceiving(View):
    """Goods come and are scanned. chosen: the slot scanned last; wrong: a code that belongs to no slot, "" for none; digit: the check digit
    that it should end in, "" when it ends right.

    Targets: line:<slot> of those shown, more (when there are more), back, plus and minus (of the chosen one), ok (when anything came).
    """

    screen: ClassVar[str] = "staff.receiving"
    lines: tuple[ReceivedView, ...]
    chosen: str = ""
    wrong: str = ""
    page: int = 0
    digit: str = ""


@dataclass(frozen=True, slots=True)
class WishView:
    """What a shopper at the mirror waits for. what: bring or reserve; since: ready to show; number: of an order, "" for none."""

    number: int
    name: str
    what: str
    since: str
    order: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class StaffWishes(View):
    """What shoppers at the mirror wait for. chosen: a wish's number, 0 for none; page: see StaffOrders.

    Targets: line:<number> of those shown, more (when there are more), back, ok (of the chosen one: it is done).
    """

    screen: ClassVar[str] = "staff.wishes"
    wishes: tuple[WishView, ...]
    chosen: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class StaffReport(View):
    """Lines of (label, value), ready to show. title: a key of `staff.report.*`. Targets: done."""

    screen: ClassVar[str] = "staff.report"
    lines: tuple[tuple[str, str], ...]
    title: str = "close_day"
