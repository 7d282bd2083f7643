"""Which flow has the screen: shoppers, somebody who joins, staff, or nobody because the device is out of order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from kiosk.domain.checkout import State
from kiosk.domain.promotion import occasion
from kiosk.errors import StorageFullError
from kiosk.flows.enrol import EnrolFlow
from kiosk.flows.health import set_state
from kiosk.flows.mirror import MirrorFlow
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.pay import PayFlow
from kiosk.flows.printing import Press
from kiosk.flows.shelf import ShelfFlow
from kiosk.flows.sight import Sight
from kiosk.flows.staff import Site, StaffFlow
from kiosk.flows.staff_day import closed_now
from kiosk.flows.staff_desk import StaffDoor
from kiosk.ui import views

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seeing:
    """How a screen is set for whoever stands before it."""

    large: bool = False
    contrast: bool = False


_AFTER = {Seeing(): Seeing(large=True), Seeing(large=True): Seeing(large=True, contrast=True),
          Seeing(large=True, contrast=True): Seeing(contrast=True), Seeing(contrast=True): Seeing()}
"""What the button Aa turns to."""


_MONEY_MOVES = (State.CODE, State.AUTHORISING, State.CHECKING, State.PAID)
"""Here a shopper may have paid: no lock takes away the screen that says so, nor leaves the money held until somebody unlocks."""


class Visit(Protocol):
    """Something that has the screen until it returns None."""

    def tick(self, touched: list[str]) -> views.View | None:
        """Return what to show, None when it is over."""


class Terminal:
    """A device's screen. `shopper` is what it shows when nobody else has it."""

    def __init__(self, parts: Parts, shop: Shop, shopper: Callable[[list[str]], views.View], press: Press | None = None,
                 pay: PayFlow | None = None, codes: Callable[[], list[str]] | None = None) -> None:
        """pay: the checkout of this device, None where nobody pays; codes: of a hand-held scanner, see Desk."""
        self._parts, self._shop, self._shopper, self._pay, self._codes = parts, shop, shopper, pay, codes
        self._press = press or Press(parts, shop)
        self._door = StaffDoor(parts)
        self._visit: Visit | None = None
        self._disk_full = False
        self._sight = self._usual = Seeing(parts.settings.display.large, parts.settings.display.contrast)
        self._was_idle = True
        self._printer_lost = False

    @property
    def staff_owns_shelf(self) -> bool:
        """Whether staff moves goods at present."""
        return isinstance(self._visit, StaffFlow) and self._visit.owns_shelf

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched since the last tick; return what to show. A full disk is a screen, and goes when there is room again."""
        if "seeing" in touched:
            self._sight = _AFTER[self._sight]
        view = self._guarded([target for target in touched if target != "seeing"])
        self._forget_sight()
        self._tell_printer()
        return replace(view, status=replace(
            view.status, large=self._sight.large, contrast=self._sight.contrast, training=self._shop.training,
            printer_lost=self._press.lost))

    def _tell_printer(self) -> None:
        """Note for HQ when the printer is lost or back."""
        if self._press.lost != self._printer_lost and not self._disk_full:
            self._printer_lost = self._press.lost
            with self._parts.store.unit() as unit:
                set_state(unit, "printer", "lost" if self._printer_lost else "ok")

    def _forget_sight(self) -> None:
        """The next shopper begins with the type of kiosk.toml."""
        idle = self._idle and self._visit is None
        if idle and not self._was_idle:
            self._sight = self._usual
        self._was_idle = idle

    @property
    def _idle(self) -> bool:
        return self._pay is None or self._pay.state is State.IDLE

    def _guarded(self, touched: list[str]) -> views.View:
        try:
            if self._disk_full:
                with self._parts.store.unit():
                    pass
                self._disk_full = False
                log.info("there is room on the disk again: sales go on")
            return self._tick(touched)
        except StorageFullError as error:
            if not self._disk_full:
                log.error("sales stop: %s", error)
            self._disk_full = True
            return views.OutOfOrder(status(self._parts, self._shop, self._parts.settings.device.language), "disk_full")

    def _tick(self, touched: list[str]) -> views.View:
        self._shop.refresh()
        if self._visit is not None:
            view = self._visit.tick(touched)
            if view is not None:
                return view
            self._visit, touched = None, []
            if self._pay is not None:
                self._pay.stay()
        if "staff" in touched:
            self._visit = StaffFlow(self._site, self._door)
            return self._tick([])
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
            self._visit = StaffFlow(self._site, self._door, who)

    @property
    def _site(self) -> Site:
        return Site(self._parts, self._shop, self._parts.settings.device.language, self._press, self._pay, self._codes)

    def _out_of_order(self) -> str:
        if self._pay is not None and self._pay.state in _MONEY_MOVES:
            return ""
        now = occasion(self._parts.clock.now(), self._shop.zone)
        with self._parts.store.snapshot() as unit:
            reason = unit.settings.get("out_of_order") or ""
            # Whoever is in the middle of something may finish it after closing time.
            closed = self._idle and closed_now(unit, (now.weekday, now.minute))
        return reason or ("closed" if closed else "")


def pay_terminal(parts: Sight, shop: Shop, press: Press | None = None) -> Terminal:
    """Return the screen of a pay terminal."""
    press = press or Press(parts, shop)
    pay = PayFlow(parts, shop, parts.settings.device.language)
    pay.on_paid = press.first

    def shopper(touched: list[str]) -> views.View:
        if "enrol" in touched and pay.state is State.IDLE:
            terminal.open(EnrolFlow(parts, shop, pay.language))
            return terminal.tick([])
        return pay.tick(touched)

    terminal = Terminal(parts, shop, shopper, press, pay)
    pay.on_badge = terminal.badge
    return terminal


def mirror_terminal(parts: Sight, shop: Shop, mirror: MirrorFlow, press: Press | None = None) -> Terminal:
    """Return the screen of a mirror: paying is the very same flow as at the terminal."""
    press = press or Press(parts, shop)
    pay = mirror.pay
    pay.on_paid = press.first

    def shopper(touched: list[str]) -> views.View:
        view = mirror.tick(touched)
        if pay.state is State.IDLE:
            return replace(view, status=replace(view.status, banner=pay.lost or view.status.banner))
        return view

    terminal = Terminal(parts, shop, shopper, press, pay)
    pay.on_badge = terminal.badge
    return terminal


def shelf_terminal(parts: Parts, shop: Shop, shelf: ShelfFlow, codes: Callable[[], list[str]] | None = None) -> Terminal:
    """Return the screen of a shelf; its weights are followed whoever has the screen (see services.stock)."""
    return Terminal(parts, shop, lambda _touched: shelf.board(), codes=codes)
