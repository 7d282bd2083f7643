"""Staff mode: what shoppers at the mirror wait for, and that it was done."""

from __future__ import annotations

from kiosk.flows import wishes
from kiosk.flows.staff_desk import Desk, Page
from kiosk.flows.staff_list import SlotList
from kiosk.storage.store import Unit
from kiosk.ui import views


def shoppers_wait(unit: Unit) -> bool:
    """Whether anybody waits for something."""
    return bool(wishes.waiting(unit))


class Wishes:
    """The list of wishes."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._list = desk, SlotList(desk)

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target == "ok" and self._list.chosen:
            with self._desk.parts.store.unit() as unit:
                wish = wishes.done(unit, int(self._list.chosen))
                if wish is not None:
                    self._desk.record(unit, "wish_done", {"what": wish.what, "goods": " ".join(wish.gtins), "order": wish.order})
            self._list.chosen = ""
            return self
        self._list.touch(target)
        return self

    def view(self) -> views.View:
        """Return what to show."""
        with self._desk.parts.store.snapshot() as unit:
            waiting = wishes.waiting(unit)
        shown = tuple(views.WishView(wish.number, self._names(wish), wish.what, wish.since, wish.order, self._list.picture(wish.gtins[0]))
                      for wish in waiting)
        return views.StaffWishes(self._desk.status(), shown, int(self._list.chosen or 0), self._list.page)

    def _names(self, wish: wishes.Wish) -> str:
        pieces = {gtin: wish.gtins.count(gtin) for gtin in wish.gtins}
        return " + ".join(f"{count}\u00a0× {self._name(gtin)}" if count > 1 else self._name(gtin) for gtin, count in pieces.items())

    def _name(self, gtin: str) -> str:
        product = self._desk.shop.listed(gtin)
        return self._list.name(gtin) + (f", {product.size}" if product is not None and product.size else "")
