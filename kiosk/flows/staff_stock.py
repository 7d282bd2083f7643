"""Staff mode at the shelf: refill, count and waste, slot by slot."""

from __future__ import annotations

from kiosk.domain.money import Money
from kiosk.flows.facings import noted
from kiosk.flows.parts import Shop
from kiosk.flows.staff_desk import Desk, Page
from kiosk.flows.stock import Movement, count, move
from kiosk.storage.store import Unit
from kiosk.ui import views

_MOST = 999


class Slots:
    """Choose a slot and a number of pieces. mode: refill, count or waste."""

    def __init__(self, desk: Desk, mode: str) -> None:
        self._desk, self._mode = desk, mode
        self._slot = ""
        self._value = 0

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target.startswith("slot:"):
            self._slot, self._value = target.removeprefix("slot:"), 0
            if self._mode == "count":
                with self._desk.parts.store.snapshot() as unit:
                    self._value = unit.stock.on_hand(self._slot) or 0
        elif target == "plus":
            self._value = min(self._value + 1, _MOST)
        elif target == "minus":
            self._value = max(self._value - 1, 0)
        elif target == "ok" and self._slot:
            self._book()
        return self

    def view(self) -> views.View:
        """Return what to show."""
        with self._desk.parts.store.snapshot() as unit:
            slots = slot_views(unit, self._desk.shop, self._desk.language)
        return views.StaffSlots(self._desk.status(), self._mode, slots, self._slot, self._value)

    def _book(self) -> None:
        new_id = self._desk.parts.new_id
        with self._desk.parts.store.unit() as unit:
            planogram = unit.planogram.get()
            cell = planogram.cell(self._slot) if planogram else None
            if cell is None or (not self._value and self._mode != "count"):
                return
            details = {"slot": self._slot, "gtin": cell.gtin, "value": str(self._value)}
            if self._mode == "refill":
                unit.requests.fulfil(self._slot, self._value)
                move(unit, Movement(self._slot, cell.gtin, self._value, "refill"), new_id)
            elif self._mode == "waste":
                move(unit, Movement(self._slot, cell.gtin, -self._value, "waste"), new_id)
            else:
                details["difference"] = str(count(unit, Movement(self._slot, cell.gtin, 0, "count"), self._value, new_id))
            self._desk.record(unit, self._mode, details)
        self._slot, self._value = "", 0


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
        seen = noted(unit, cell.slot)
        level = "empty" if on_hand <= 0 else "low" if on_hand <= cell.reorder_point else "ok"
        price = product.price if product else Money(0, shop.currency)
        found.append(views.SlotView(cell.slot, product.name(language) if product else cell.gtin, on_hand, cell.capacity, cell.reorder_point,
                                    state.on_order if state else 0, price, product.picture if product else "", level,
                                    cell.shelf, cell.x_mm, cell.width_mm, seen.state if seen else "", seen.fill or 0.0 if seen else 0.0))
    return tuple(found)
