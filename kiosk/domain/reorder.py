"""When a slot asks for more, and for how many pieces: its own rule between two evenings, followed with every piece that leaves."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.catalog import Cell


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What last night's forecast says of a slot. point: pieces at which more is asked for at once; target: pieces to order up to.

    expected: mean demand of the `days` that the target lasts; day: of the plan, ISO; gtin: for which product it was made.
    """

    slot: str
    gtin: str
    day: str
    point: int
    target: int
    expected: float
    days: int


def order_quantity(cell: Cell, on_hand: int, on_order: int, plan: SlotPlan | None = None) -> int:
    """Return the pieces to ask for, 0 when none are needed.

    (s, S) by position: at or under the reorder point `s`, order up to `S`, in whole case packs, never more than fits; what is already on
    order counts as if it lay there. s and S are those of the plan, else the planogram's reorder point and the slot's capacity.
    """
    position = on_hand + on_order
    point, target = (cell.reorder_point, cell.capacity) if plan is None else (plan.point, plan.target)
    if position > point:
        return 0
    room = max(cell.capacity - position, 0) // cell.case_pack
    wanted = room if plan is None else max(-((position - target) // cell.case_pack), 1)
    return min(wanted, room) * cell.case_pack
