"""Staff mode: opened by PIN or badge; what a role may do is on its menu, and every act is journalled with who did it.

While staff is at the shelf, weight there is staff's: the shelf flow asks `owns_shelf`, nothing counts as put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.domain.staff import Right
from kiosk.flows.cashier import in_training
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.pay import BADGE_PREFIX
from kiosk.flows.printing import Press
from kiosk.flows.remote import LOCKED
from kiosk.flows.staff_day import CashCount, Hours, toggle_order, toggle_training
from kiosk.flows.staff_desk import Desk, Page, StaffDoor, Till
from kiosk.flows.staff_orders import Orders, orders_wait
from kiosk.flows.staff_receipt import FindReceipt
from kiosk.flows.staff_receiving import Receiving, goods_come
from kiosk.flows.staff_stock import Slots
from kiosk.flows.staff_till import Age, TakeCash, Void
from kiosk.flows.staff_wishes import Wishes, shoppers_wait
from kiosk.ui import views

_GIVE_UP_S = 60.0
_PIN_DIGITS = 12


class Login:
    """The pad for the PIN, where a badge may be shown as well."""

    def __init__(self, desk: Desk, door: StaffDoor) -> None:
        self._desk, self._door = desk, door
        self._codes = desk.codes or (desk.till.seen_codes if desk.till else list)
        self._code = self._badge = ""
        self._wrong = False

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target.startswith("key:") and len(self._code) < _PIN_DIGITS:
            self._code += target.removeprefix("key:")
            self._wrong = False
        elif target == "erase":
            self._code = self._code[:-1]
        elif target == "ok":
            return self._enter(self._door.who(self._code), "pin")
        return None if target == "cancel" else self

    def look(self) -> Page | None:
        """Look for a badge; one that stays in view is one try. Return the page that it leads to, None when there is none."""
        for code in self._codes():
            if code.startswith(BADGE_PREFIX) and code != self._badge:
                self._badge = code
                return self._enter(self._door.who(code, "badge"), "badge")
        return None

    def _enter(self, who: str, by: str) -> Page:
        self._code, self._wrong = "", not who
        self._desk.who = who
        self._desk.act("opened" if who else "refused", {"by": by})
        return first_page(self._desk) if who else self

    def view(self) -> views.View:
        """Return what to show."""
        return views.StaffLogin(self._desk.status(), len(self._code), self._wrong, self._door.waits)


class Menu:
    """What this member of staff may do here and now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def touch(self, target: str) -> Page | None:
        """Take a touch; what is not on the menu does nothing."""
        if target == "leave":
            return None
        if target not in self._acts():
            return self
        return self._open(target)

    def _open(self, target: str) -> Page | None:
        desk, till = self._desk, self._desk.till
        if target in ("refill", "count", "waste"):
            return Slots(desk, target)
        if target in ("refund", "reprint"):
            return FindReceipt(desk, target)
        if target == "void_line" and till is not None:
            return Void(desk, till)
        if target == "close_day":
            return CashCount(desk)
        if target == "order":
            return Orders(desk)
        if target == "bring":
            return Wishes(desk)
        if target == "receive":
            return Receiving(desk)
        if target == "hours":
            return Hours(desk)
        if target == "training":
            toggle_training(desk)
        elif target == "out_of_order":
            toggle_order(desk)
        return self

    def _acts(self) -> tuple[str, ...]:
        desk, till = self._desk, self._desk.till
        with desk.parts.store.snapshot() as unit:
            shelf, training = unit.planogram.get() is not None, in_training(unit)
            locked = unit.settings.get("out_of_order") == LOCKED
            coming, asked, wished = goods_come(unit), orders_wait(unit), shoppers_wait(unit)
        here = {
            Right.REFILL: shelf, Right.COUNT: shelf, Right.WASTE: shelf, Right.RECEIVE: shelf and coming, Right.ORDER: asked,
            Right.BRING: wished,
            Right.VOID_LINE: till is not None and bool(till.open_lines()),
            Right.REFUND: till is not None and not training, Right.REPRINT: till is not None and desk.press.ready,
            Right.OUT_OF_ORDER: not locked, Right.HOURS: True, Right.TRAINING: till is not None, Right.CLOSE_DAY: not training}
        return tuple(right.value for right, possible in here.items() if possible and desk.may(right))

    def view(self) -> views.View:
        """Return what to show."""
        with self._desk.parts.store.snapshot() as unit:
            closed, training = unit.settings.get("out_of_order") == "staff", in_training(unit)
        return views.StaffMenu(self._desk.status(), self._desk.who, self._acts(), closed, training)


def first_page(desk: Desk) -> Page:
    """Return where staff begins: at a shopper's age or cash when that is what they came for, else at the menu."""
    if desk.till is not None and desk.till.age_asked and desk.may(Right.APPROVE_AGE):
        return Age(desk, desk.till)
    if desk.till is not None and desk.till.cash_due is not None and desk.may(Right.TAKE_CASH):
        return TakeCash(desk, desk.till)
    return Menu(desk)


@dataclass(frozen=True, slots=True)
class Site:
    """Where staff mode is opened. till: None on a device without a checkout; codes: see Desk."""

    parts: Parts
    shop: Shop
    language: str
    press: Press
    till: Till | None = None
    codes: Callable[[], list[str]] | None = None


class StaffFlow:
    """One visit of staff; `tick` returns None when it is over."""

    def __init__(self, site: Site, door: StaffDoor, who: str = "") -> None:
        desk = Desk(site.parts, site.shop, site.language, site.press, Menu, site.till, who, site.codes)
        self._clock = site.parts.clock
        if who:
            desk.act("opened", {"by": "badge"})
        self._page: Page = first_page(desk) if who else Login(desk, door)
        self._entered_s = self._clock.monotonic()

    @property
    def owns_shelf(self) -> bool:
        """Whether goods on the shelf are moved by staff at present."""
        return isinstance(self._page, Slots | Receiving)

    def tick(self, touched: list[str]) -> views.View | None:
        """Take what was touched since the last tick; return what to show, None when staff has left."""
        now = self._clock.monotonic()
        for target in touched:
            self._entered_s = now
            page = self._page.touch(target)
            if page is None:
                return None
            self._page = page
        if isinstance(self._page, Login | FindReceipt | Receiving):
            page = self._page.look()
            if page is not None:
                self._page, self._entered_s = page, now
        if now - self._entered_s > _GIVE_UP_S:
            return None
        return self._page.view()
