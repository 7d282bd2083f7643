"""Staff mode: opened by PIN or badge; refill, count, out of order, close of day. Every act is journalled with who did it.

While staff is in `refill` or `count`, weight on the shelf is staff's: the shelf flow asks `owns_shelf`, nothing counts as put back.
"""

from __future__ import annotations

import hmac

from kiosk import wire
from kiosk.design.amounts import money
from kiosk.design.words import say
from kiosk.domain.events import StaffActed
from kiosk.domain.money import Money
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.stock import Movement, count, move
from kiosk.storage.store import Unit
from kiosk.ui import views

_GIVE_UP_S = 60.0
_TRIES = 5
_LOCKED_S = 60.0
"""After five wrong PINs the pad waits a minute: the kiosk is locked for staff, never for shoppers."""


class StaffDoor:
    """Checks PINs and badges, and slows down whoever guesses."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wrong = 0
        self._locked_until_s = 0.0

    def who(self, code: str, kind: str = "pin") -> str:
        """Return the name behind a PIN or badge, "" when there is none or the pad waits."""
        now = self._parts.clock.monotonic()
        if now < self._locked_until_s:
            return ""
        known = self._parts.settings.staff.pins if kind == "pin" else self._parts.settings.staff.badges
        found = ""
        for name, secret in known.items():
            # Every secret is compared, in constant time: how long it takes tells nothing.
            if hmac.compare_digest(secret.reveal().encode(), code.encode()):
                found = name
        self._wrong = 0 if found else self._wrong + 1
        if self._wrong >= _TRIES:
            self._wrong, self._locked_until_s = 0, now + _LOCKED_S
        return found


class StaffFlow:
    """One visit of staff; `tick` returns None when it is over."""

    def __init__(self, parts: Parts, shop: Shop, door: StaffDoor, language: str, who: str = "") -> None:
        self._parts, self._shop, self._door, self._language = parts, shop, door, language
        self._who = who
        self._screen = "menu" if who else "login"
        self._code = ""
        self._wrong = False
        self._mode = self._slot = ""
        self._value = 0
        self._lines: tuple[tuple[str, str], ...] = ()
        self._entered_s = parts.clock.monotonic()
        if who:
            self._act("opened", {"by": "badge"})

    @property
    def owns_shelf(self) -> bool:
        """Whether goods on the shelf are moved by staff at present."""
        return self._screen == "slots"

    def tick(self, touched: list[str]) -> views.View | None:
        """Take what was touched since the last tick; return what to show, None when staff has left."""
        now = self._parts.clock.monotonic()
        for target in touched:
            self._entered_s = now
            if not getattr(self, f"_on_{self._screen}")(target):
                return None
        if now - self._entered_s > _GIVE_UP_S:
            return None
        return self._view()

    def _on_login(self, target: str) -> bool:
        if target.startswith("key:") and len(self._code) < 12:
            self._code += target.removeprefix("key:")
            self._wrong = False
        elif target == "erase":
            self._code = self._code[:-1]
        elif target == "ok":
            self._who = self._door.who(self._code)
            self._code, self._wrong = "", not self._who
            self._act("opened" if self._who else "refused", {"by": "pin"})
            if self._who:
                self._screen = "menu"
        return target != "cancel"

    def _on_menu(self, target: str) -> bool:
        if target in ("refill", "count"):
            self._mode, self._slot, self._value, self._screen = target, "", 0, "slots"
        elif target == "out_of_order":
            self._toggle_order()
        elif target == "close_day":
            self._close_day()
        return target != "leave"

    def _on_slots(self, target: str) -> bool:
        if target == "back":
            self._screen = "menu"
        elif target.startswith("slot:"):
            self._slot, self._value = target.removeprefix("slot:"), 0
            if self._mode == "count":
                with self._parts.store.snapshot() as unit:
                    self._value = unit.stock.on_hand(self._slot) or 0
        elif target == "plus":
            self._value = min(self._value + 1, 999)
        elif target == "minus":
            self._value = max(self._value - 1, 0)
        elif target == "ok" and self._slot:
            self._book()
        return True

    def _on_report(self, target: str) -> bool:
        if target == "done":
            self._screen = "menu"
        return True

    def _book(self) -> None:
        parts = self._parts
        with parts.store.unit() as unit:
            planogram = unit.planogram.get()
            cell = planogram.cell(self._slot) if planogram else None
            if cell is None:
                return
            details = {"slot": self._slot, "gtin": cell.gtin, "value": str(self._value)}
            if self._mode == "refill":
                if not self._value:
                    return
                unit.requests.fulfil(self._slot, self._value)
                move(unit, Movement(self._slot, cell.gtin, self._value, "refill"), parts.new_id)
            else:
                difference = count(unit, Movement(self._slot, cell.gtin, 0, "count"), self._value, parts.new_id)
                details["difference"] = str(difference)
            self._record(unit, self._mode, details)
        self._slot, self._value = "", 0

    def _toggle_order(self) -> None:
        with self._parts.store.unit() as unit:
            closed = unit.settings.get("out_of_order") == "staff"
            unit.settings.put("out_of_order", "" if closed else "staff")
            self._record(unit, "in_order" if closed else "out_of_order", {})

    def _close_day(self) -> None:
        with self._parts.store.unit() as unit:
            sales, total_minor = unit.sales.totals()
            waiting = sum(unit.outbox.waiting().values())
            self._record(unit, "close_of_day", {"sales": str(sales), "total_minor": str(total_minor), "waiting": str(waiting)})
        takings = money(Money(total_minor, self._shop.currency), self._language)
        told = (("sales", str(sales)), ("total", takings), ("queued", str(waiting)))
        self._lines = tuple((say(f"staff.report.{key}", self._language), value) for key, value in told)
        self._screen = "report"

    def _act(self, act: str, details: dict[str, str]) -> None:
        with self._parts.store.unit() as unit:
            self._record(unit, act, details)

    def _record(self, unit: Unit, act: str, details: dict[str, str]) -> None:
        unit.journal.append("staff", wire.encode_event(unit.facts.record(StaffActed(act, self._who, details))))

    def _view(self) -> views.View:
        seen = status(self._parts, self._shop, self._language)
        if self._screen == "login":
            return views.StaffLogin(seen, len(self._code), self._wrong)
        if self._screen == "slots":
            with self._parts.store.snapshot() as unit:
                return views.StaffSlots(seen, self._mode, slot_views(unit, self._shop, self._language), self._slot, self._value)
        if self._screen == "report":
            return views.StaffReport(seen, self._lines)
        with self._parts.store.snapshot() as unit:
            closed = unit.settings.get("out_of_order") == "staff"
            has_shelf = unit.planogram.get() is not None
        return views.StaffMenu(seen, self._who, closed, has_shelf)


def slot_views(unit: Unit, shop: Shop, language: str) -> tuple[views.SlotView, ...]:
    """Return the device's slots as they stand, in the planogram's order."""
    planogram = unit.planogram.get()
    if planogram is None:
        return ()
    stock = {state.slot: state for state in unit.stock.all()}
    found = []
    for cell in planogram.cells:
        state, product = stock.get(cell.slot), shop.product(cell.gtin)
        on_hand = state.on_hand if state else 0
        level = "empty" if on_hand <= 0 else "low" if on_hand <= cell.reorder_point else "ok"
        price = product.price if product else Money(0, shop.currency)
        found.append(views.SlotView(cell.slot, product.name(language) if product else cell.gtin, on_hand, cell.capacity, cell.reorder_point,
                                    state.on_order if state else 0, price, product.picture if product else "", level))
    return tuple(found)
