"""Which flow has the screen: shoppers, somebody who joins, staff, or nobody because the device is out of order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk.domain.checkout import State
from kiosk.flows.enrol import EnrolFlow
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.pay import PayFlow
from kiosk.flows.shelf import ShelfFlow
from kiosk.flows.sight import Sight
from kiosk.flows.staff import StaffDoor, StaffFlow
from kiosk.flows.tryon import TryOnFlow
from kiosk.ui import views


class Visit(Protocol):
    """Something that has the screen until it returns None."""

    def tick(self, touched: list[str]) -> views.View | None:
        """Return what to show, None when it is over."""


class Terminal:
    """A device's screen. `shopper` is what it shows when nobody else has it."""

    def __init__(self, parts: Parts, shop: Shop, shopper: Callable[[list[str]], views.View]) -> None:
        self._parts, self._shop, self._shopper = parts, shop, shopper
        self._door = StaffDoor(parts)
        self._visit: Visit | None = None

    @property
    def staff_owns_shelf(self) -> bool:
        """Whether staff moves goods at present."""
        return isinstance(self._visit, StaffFlow) and self._visit.owns_shelf

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched since the last tick; return what to show."""
        self._shop.refresh()
        if self._visit is not None:
            view = self._visit.tick(touched)
            if view is not None:
                return view
            self._visit, touched = None, []
        if "staff" in touched:
            self._visit = StaffFlow(self._parts, self._shop, self._door, self._parts.settings.device.language)
            return self.tick([])
        reason = self._out_of_order()
        if reason:
            return views.OutOfOrder(status(self._parts, self._shop, self._parts.settings.device.language), reason)
        return self._shopper(touched)

    def open(self, visit: Visit) -> None:
        """Give the screen to a visit."""
        self._visit = visit

    def badge(self, code: str) -> None:
        """Open staff mode when this code is on somebody's badge."""
        who = self._door.who(code, "badge")
        if who:
            self._visit = StaffFlow(self._parts, self._shop, self._door, self._parts.settings.device.language, who)

    def _out_of_order(self) -> str:
        with self._parts.store.snapshot() as unit:
            return unit.settings.get("out_of_order") or ""


def pay_terminal(parts: Sight, shop: Shop) -> Terminal:
    """Return the screen of a pay terminal."""
    pay = PayFlow(parts, shop, parts.settings.device.language)

    def shopper(touched: list[str]) -> views.View:
        if "enrol" in touched and pay.state is State.IDLE:
            terminal.open(EnrolFlow(parts, shop, pay.language))
            return terminal.tick([])
        return pay.tick(touched)

    terminal = Terminal(parts, shop, shopper)
    pay.on_badge = terminal.badge
    return terminal


def mirror_terminal(parts: Sight, shop: Shop, tryon: TryOnFlow) -> Terminal:
    """Return the screen of a mirror: paying is the very same flow as at the terminal."""
    pay = PayFlow(parts, shop, parts.settings.device.language)

    def shopper(touched: list[str]) -> views.View:
        if pay.state is State.IDLE:
            if "pay" in touched and tryon.basket:
                pay.begin(tryon.basket)
                tryon.clear()
            else:
                return tryon.tick(touched)
            touched = []
        return pay.tick(touched)

    return Terminal(parts, shop, shopper)


def shelf_terminal(parts: Parts, shop: Shop, shelf: ShelfFlow) -> Terminal:
    """Return the screen of a shelf; its weights are followed whoever has the screen (see services.stock)."""
    return Terminal(parts, shop, lambda _touched: shelf.board())
