"""When a slot asks for more, and for how many pieces: its own rule between two evenings, followed with every piece that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.domain.catalog import Cell

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class ReplenishmentSettings:
    """[replenishment] approval: hq, or local: the shop's owner approves in staff mode. service: share of the demand to serve.

    lead_days: whole days between order and delivery; order_days: mon..sun, evenings on which the supplier takes orders;
    minimum_minor: least value of an order, at shelf prices. scanner: serial port of a hand-held scanner for goods that come, "" for none.
    holidays: "12-25" every year or "2026-04-06" once; demand is another one on them, and no goods come.
    """

    approval: str = "hq"
    service: float = 0.95
    lead_days: int = 1
    order_days: tuple[str, ...] = WEEKDAYS
    minimum_minor: int = 0
    scanner: str = ""
    holidays: tuple[str, ...] = ()

    def is_holiday(self, day: date) -> bool:
        """Return whether a day is one of the holidays."""
        iso = day.isoformat()
        return iso in self.holidays or iso[5:] in self.holidays


def is_holiday_name(text: str) -> bool:
    """Return whether a text is a day as `holidays` has them."""
    try:
        return date.fromisoformat(text if len(text) > 5 else f"2024-{text}").isoformat().endswith(text)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What last night's forecast says of a slot. point: pieces at which more is asked for at once; target: pieces to order up to.

    expected: mean demand of the `days` that the target lasts; day: of the plan, ISO; gtin: for which product it was made. most: pieces
    there and coming that are sold before they expire, -1 where nothing expires.
    """

    slot: str
    gtin: str
    day: str
    point: int
    target: int
    expected: float
    days: int
    most: int = -1


def order_quantity(cell: Cell, on_hand: int, on_order: int, plan: SlotPlan | None = None) -> int:
    """Return the pieces to ask for, 0 when none are needed.

    (s, S) by position: at or under the reorder point `s`, order up to `S`, in whole case packs, never more than fits or is sold before it
    expires; what is already on order counts as if it lay there. s and S are those of the plan, else the planogram's reorder point and the
    slot's capacity.
    """
    position = on_hand + on_order
    point, target = (cell.reorder_point, cell.capacity) if plan is None else (plan.point, plan.target)
    if position > point:
        return 0
    most = cell.capacity if plan is None or plan.most < 0 else min(cell.capacity, plan.most)
    room = max(most - position, 0) // cell.case_pack
    wanted = room if plan is None else max(-((position - target) // cell.case_pack), 1)
    return min(wanted, room) * cell.case_pack
