"""When to ask for more of a product, and for how many pieces."""

from __future__ import annotations

from kiosk.domain.catalog import Cell


def order_quantity(cell: Cell, on_hand: int, on_order: int) -> int:
    """Return the pieces to ask for, 0 when none are needed.

    (s, S) by position: at or under the reorder point `s`, order up to the slot's capacity `S`, in whole case packs, never more than fits;
    what is already on order counts as if it lay there.
    """
    position = on_hand + on_order
    if position > cell.reorder_point:
        return 0
    return (cell.capacity - position) // cell.case_pack * cell.case_pack
