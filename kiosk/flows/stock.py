"""Pieces that move, and what follows: on-hand, the fact for HQ and, at the reorder point, one request for more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from kiosk.domain.catalog import Cell
from kiosk.domain.events import OrderReason, ReplenishmentRequested, StockChanged
from kiosk.domain.reorder import SlotPlan, order_quantity
from kiosk.storage.shelf import APPROVAL
from kiosk.storage.store import Unit

BIZ_STEPS = {"pick": "retail_selling", "sale": "retail_selling", "put_back": "stocking", "refill": "stocking", "count": "stock_taking",
             "recount": "stock_taking", "waste": "destroying", "return": "stocking"}
"""Why pieces moved -> the word of GS1's Core Business Vocabulary."""
_DEMAND = frozenset({"pick", "sale", "put_back"})
"""What shoppers do; a return months later is no demand taken back."""
PLAN_DAYS = 7
"""A plan is followed for so many days; an older one means that nobody plans any more."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Pieces that moved in a slot; delta < 0 went away. confidence: 0..1."""

    slot: str
    gtin: str
    delta: int
    reason: str
    confidence: float = 1.0


def move(unit: Unit, movement: Movement, new_id: Callable[[], str]) -> int:
    """Book a movement in this unit of work and return what is on hand."""
    on_hand = unit.stock.move(movement.slot, movement.gtin, movement.delta)
    if movement.reason == "refill" and movement.delta > 0:
        unit.demand.arrived(movement.slot, movement.gtin, movement.delta)
    unit.demand.note(movement.slot, movement.gtin, -movement.delta if movement.reason in _DEMAND else 0, on_hand)
    _tell(unit, movement, on_hand)
    request_more(unit, movement.slot, new_id)
    return on_hand


def count(unit: Unit, movement: Movement, counted: int, new_id: Callable[[], str]) -> int:
    """Set a slot to what staff, or its weight at night, counted; the difference is the movement's delta. Return that difference."""
    before = unit.stock.on_hand(movement.slot) or 0
    unit.stock.set(movement.slot, movement.gtin, counted)
    unit.demand.note(movement.slot, movement.gtin, 0, counted)
    delta = counted - before
    _tell(unit, Movement(movement.slot, movement.gtin, delta, movement.reason, movement.confidence), counted)
    request_more(unit, movement.slot, new_id)
    return delta


def request_more(unit: Unit, slot: str, new_id: Callable[[], str], seen: int | None = None) -> None:
    """Ask for more when the slot is at its reorder point and nothing was asked for yet: the forecast's, else the planogram's.

    seen: pieces that a camera sees there, where the books are in doubt.
    """
    planogram = unit.planogram.get()
    cell = planogram.cell(slot) if planogram else None
    if cell is None or unit.requests.open_for(slot) is not None:
        return
    state = next((s for s in unit.stock.all() if s.slot == slot), None)
    on_hand, on_order = (state.on_hand, state.on_order) if state else (0, 0)
    on_hand = on_hand if seen is None else min(on_hand, seen)
    plan = plan_of(unit, cell)
    quantity = order_quantity(cell, on_hand, on_order, plan)
    if quantity <= 0:
        return
    packs = quantity // cell.case_pack
    reason = OrderReason(on_hand=on_hand, on_order=on_order, packs=packs, case_pack=cell.case_pack, wanted_packs=packs)
    if plan is not None:
        reason = replace(reason, expected=plan.expected, days=plan.days, target=plan.target)
    ask(unit, ReplenishmentRequested(new_id(), slot, cell.gtin, quantity, on_hand, plan.point if plan else cell.reorder_point, reason))


def plan_of(unit: Unit, cell: Cell) -> SlotPlan | None:
    """Return the plan that a slot follows, None where there is none for its product or it is too old."""
    plan = unit.demand.plan(cell.slot)
    fresh = plan is not None and plan.gtin == cell.gtin and (unit.demand.today() - date.fromisoformat(plan.day)).days <= PLAN_DAYS
    return plan if fresh else None


def ask(unit: Unit, request: ReplenishmentRequested) -> None:
    """Put a request into the queue of whoever approves: HQ's, or the one in staff mode."""
    unit.requests.open(request)
    unit.tallies.add("requests")
    if unit.settings.get(APPROVAL) != "local":
        unit.facts.record(request)


def _tell(unit: Unit, movement: Movement, on_hand: int) -> None:
    unit.facts.record(StockChanged(movement.slot, movement.gtin, movement.delta, on_hand, BIZ_STEPS[movement.reason], movement.reason,
                                   round(movement.confidence, 3)))
