"""A device's planogram and price list as the plan that its shelf is followed by."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.domain.catalog import Cell, Planogram, Product
from kiosk.domain.shelf import SPREAD
from kiosk.domain.shelf_match import Facing, LoadCell, ShelfPlan, Sku

_ALONE_MM = 100.0


def shelf_plan(planogram: Planogram, product: Callable[[str], Product | None]) -> ShelfPlan:
    """Return the plan of the slots whose product is known and has a weight; products are named by GTIN."""
    weighed = {c.gtin: p for c in planogram.cells if (p := product(c.gtin)) is not None and p.unit_weight_g > 0}
    slots = [c for c in planogram.cells if c.gtin in weighed]
    plates = {p.cell: LoadCell(p.cell, p.shelf, p.x_mm, p.width_mm) for p in planogram.plates}
    own = {cell: LoadCell(cell, f"{planogram.device}/{cell}", 0.0, _ALONE_MM) for c in slots for cell in c.weighed_on if cell not in plates}
    used = {cell for c in slots for cell in c.weighed_on}
    skus = tuple(Sku(gtin, p.unit_weight_g, SPREAD * p.unit_weight_g) for gtin, p in weighed.items())
    return ShelfPlan(skus, tuple(c for c in (plates | own).values() if c.cell in used), tuple(Facing(c.gtin, c.weighed_on) for c in slots))


def slot_of(planogram: Planogram, gtin: str, touched: tuple[str, ...]) -> tuple[Cell | None, bool]:
    """Return the slot in which a product moved on these load cells, and whether that is its place.

    Goods that were put down elsewhere belong to their own slot: the one nearest in the planogram's order.
    """
    homes = [c for c in planogram.cells if c.gtin == gtin]
    here = [c for c in homes if set(touched) & set(c.weighed_on)]
    return next(iter(here or homes), None), bool(here)
