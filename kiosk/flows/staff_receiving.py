"""Staff mode when goods come: each piece or case is scanned, what differs from the order is shown, and the shelf knows."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.design.words import say
from kiosk.domain.catalog import Cell
from kiosk.domain.events import GoodsReceived, ReceivedLine
from kiosk.domain.gtin import gtin, is_case_of, misread
from kiosk.errors import InvalidValueError
from kiosk.flows.staff_desk import Desk, Page, Told
from kiosk.flows.staff_list import SlotList
from kiosk.flows.stock import Movement, move
from kiosk.storage.store import Unit
from kiosk.ui import views

_AGAIN_S = 1.2
"""A camera sees the same code in every frame: it counts again when it was gone, or after so long."""
_MOST = 999


class Held:
    """Codes before a camera as events: a code counts when it comes into view, and again when it stays."""

    def __init__(self, look: Callable[[], list[str]], now_s: Callable[[], float]) -> None:
        self._look, self._now_s = look, now_s
        self._seen: dict[str, float] = {}

    def __call__(self) -> list[str]:
        """Return the codes that count now."""
        now = self._now_s()
        new = [code for code in self._look() if now - self._seen.get(code, float("-inf")) >= _AGAIN_S]
        self._seen |= dict.fromkeys(new, now)
        return new


class Receiving:
    """One delivery. What was scanned is booked with `ok`; a slot of which nothing came stays on order."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._codes = desk.codes or (Held(desk.till.seen_codes, desk.parts.clock.monotonic) if desk.till else list)
        self._list = SlotList(desk)
        self._came: dict[str, int] = {}
        self._wrong = ""

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        step, chosen = self._list.touch(target), self._list.chosen
        if step:
            self._came[chosen] = min(max(self._came.get(chosen, 0) + step, 0), _MOST)
        elif target == "ok" and any(self._came.values()):
            return self._book()
        return self

    def look(self) -> Page | None:
        """Take what was scanned since the last look; return this page when it counted, None when there was nothing."""
        before = dict(self._came)
        for code in self._codes():
            self._take(code)
        return self if self._came != before else None

    def view(self) -> views.View:
        """Return what to show."""
        shown = self._list
        lines = tuple(views.ReceivedView(cell.slot, shown.name(cell.gtin), expected, self._came.get(cell.slot, 0), shown.picture(cell.gtin))
                      for cell, expected in self._expected())
        return views.StaffReceiving(self._desk.status(), lines, shown.chosen, self._wrong, shown.page, misread(self._wrong))

    def _expected(self) -> list[tuple[Cell, int]]:
        """Slots with goods on their way, and those of which something came all the same."""
        with self._desk.parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
            coming = {state.slot: state.on_order for state in unit.stock.all()}
        cells = planogram.cells if planogram else ()
        return [(cell, coming.get(cell.slot, 0)) for cell in cells if coming.get(cell.slot, 0) > 0 or self._came.get(cell.slot)]

    def _take(self, code: str) -> None:
        """Count a piece, or the pieces of a case, to the slot that waits for it most."""
        with self._desk.parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
            coming = {state.slot: state.on_order for state in unit.stock.all()}
        fits = [(cell, pieces) for cell in (planogram.cells if planogram else ()) if (pieces := _pieces(code, cell))]
        if not fits:
            self._wrong = code[:20]
            return
        cell, pieces = max(fits, key=lambda fit: coming.get(fit[0].slot, 0) - self._came.get(fit[0].slot, 0))
        self._came[cell.slot] = min(self._came.get(cell.slot, 0) + pieces, _MOST)
        self._list.chosen, self._wrong = cell.slot, ""

    def _book(self) -> Page:
        desk = self._desk
        lines = tuple(ReceivedLine(cell.slot, cell.gtin, expected, self._came[cell.slot])
                      for cell, expected in self._expected() if self._came.get(cell.slot))
        with desk.parts.store.unit() as unit:
            for line in lines:
                unit.requests.receive(line.slot)
                move(unit, Movement(line.slot, line.gtin, line.received, "refill"), desk.parts.new_id)
            receipt = GoodsReceived(desk.parts.new_id(), desk.who, lines)
            unit.facts.record(receipt)
            unit.tallies.add("deliveries_received")
            short = sum(line.received != line.expected for line in lines)
            unit.tallies.add("deliveries_differing", min(short, 1))
            desk.record(unit, "receive", {"receipt": receipt.receipt_id} | {
                line.slot: f"{line.received}/{line.expected}" for line in lines})
        return Told(desk, "receive", tuple(self._told(line) for line in lines))

    def _told(self, line: ReceivedLine) -> tuple[str, str]:
        key = "equal" if line.received == line.expected else "differs"
        words = say(f"staff.receiving.{key}", self._desk.language, received=line.received, expected=line.expected,
                    difference=f"{line.received - line.expected:+d}".replace("-", "−"))
        return f"{line.slot} · {self._list.name(line.gtin)}", words


def _pieces(code: str, cell: Cell) -> int:
    """Return how many pieces of a slot a scanned code stands for, 0 when it is not its product."""
    try:
        code = gtin(code)
    except InvalidValueError:
        return 0
    if code.zfill(14) == cell.gtin.zfill(14):
        return 1
    return cell.case_pack if is_case_of(code, cell.gtin) else 0


def goods_come(unit: Unit) -> bool:
    """Return whether anything is on order."""
    return any(state.on_order > 0 for state in unit.stock.all())
