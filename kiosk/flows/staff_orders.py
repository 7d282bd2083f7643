"""Staff mode for the owner of one shop: the order that the forecast proposes, line by line, approved without any HQ."""

from __future__ import annotations

from kiosk.design.reasons import order_reason
from kiosk.domain.catalog import Cell
from kiosk.domain.events import ReplenishmentRequested
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.flows.staff_desk import Desk, Page
from kiosk.flows.staff_list import SlotList
from kiosk.storage.shelf import APPROVAL
from kiosk.storage.store import Unit
from kiosk.ui import views


class Orders:
    """Approve, change or reject what slots ask for; an approved line is on order from then on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._list = SlotList(desk)
        self._pieces: dict[str, int] = {}

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        step, chosen = self._list.touch(target), self._list.chosen
        if target == "all":
            self._answer(dict.fromkeys(self._waiting(), "approved"))
            return self._desk.menu(self._desk)
        elif step:
            self._step(chosen, step)
        elif target in ("approve", "reject") and chosen:
            self._answer({chosen: "approved" if target == "approve" else "rejected"})
            self._list.chosen = ""
            if not self._waiting():
                return self._desk.menu(self._desk)
        return self

    def view(self) -> views.View:
        """Return what to show."""
        return views.StaffOrders(self._desk.status(), tuple(self._line(r) for r in self._waiting().values()), self._list.chosen,
                                 self._list.page)

    def _waiting(self) -> dict[str, ReplenishmentRequested]:
        with self._desk.parts.store.snapshot() as unit:
            return {request.slot: request for request in unit.requests.waiting()}

    def _wanted(self, request: ReplenishmentRequested) -> int:
        return self._pieces.get(request.request_id, request.quantity)

    def _step(self, slot: str, packs: int) -> None:
        """One case pack more or less, for as long as it fits on the shelf."""
        request = self._waiting().get(slot)
        with self._desk.parts.store.snapshot() as unit:
            cell = _cell(unit, slot)
            stock = next((s for s in unit.stock.all() if s.slot == slot), None)
        if request is None or cell is None:
            return
        room = cell.capacity - (stock.on_hand + stock.on_order if stock else 0)
        pieces = self._wanted(request) + packs * cell.case_pack
        if 0 < pieces <= max(room, request.quantity):
            self._pieces[request.request_id] = pieces

    def _answer(self, outcomes: dict[str, str]) -> None:
        waiting = self._waiting()
        with self._desk.parts.store.unit() as unit:
            for slot, outcome in outcomes.items():
                request = waiting.get(slot)
                if request is None:
                    continue
                pieces = self._wanted(request) if outcome == "approved" else 0
                unit.requests.answer(ReplenishmentAnswered(request.request_id, outcome, pieces))
                self._desk.record(unit, "order", {"slot": slot, "gtin": request.gtin, "outcome": outcome, "pieces": str(pieces),
                                                  "asked": str(request.quantity)})

    def _line(self, request: ReplenishmentRequested) -> views.OrderView:
        return views.OrderView(request.slot, self._list.name(request.gtin), self._wanted(request),
                               order_reason(request.reason, self._desk.language), self._list.picture(request.gtin))


def _cell(unit: Unit, slot: str) -> Cell | None:
    planogram = unit.planogram.get()
    return planogram.cell(slot) if planogram else None


def orders_wait(unit: Unit) -> bool:
    """Return whether orders are approved here, and some are."""
    return unit.settings.get(APPROVAL) == "local" and bool(unit.requests.waiting())
