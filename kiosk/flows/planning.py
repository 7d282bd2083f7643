"""Once a day, beside the drawing thread: what each slot will be asked for, how low it may fall, and this evening's order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from kiosk.domain.catalog import Cell, PriceList
from kiosk.domain.demand import Forecast, forecast
from kiosk.domain.events import ReplenishmentRequested
from kiosk.domain.reorder import WEEKDAYS, ReplenishmentSettings, SlotPlan
from kiosk.domain.replenishment import Calendar, OrderLine, Rules, Stock, Terms, needs, propose
from kiosk.domain.replenishment_ladder import chance_for
from kiosk.domain.replenishment_replay import Rhythm
from kiosk.errors import KioskError
from kiosk.flows.health import time_now
from kiosk.flows.parts import Parts
from kiosk.flows.stock import ask
from kiosk.storage.demand import DayOfSlot
from kiosk.storage.store import Store, Unit

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

FROM_HOUR = 20
"""Local hour from which the day's order is made; a device that was off then makes it when it is on again, before that hour."""
LEAST_DAYS = 28
"""With a shorter record the planogram's reorder points go on to count."""
EMPTY_SHARE = 0.5
"""A slot that stood empty for more of a day than this could not be bought from: the day tells nothing about demand."""
CALIBRATE_DAYS = 7
_PLANNED, _CHANCE = "planned", "service_chance"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a day's planning came to."""

    plans: list[SlotPlan]
    order: tuple[tuple[Cell, OrderLine], ...]
    chance: float


class Planner:
    """Call `tick` as often as you like; once a day it plans in a thread of its own, with a connection of its own."""

    def __init__(self, parts: Parts, open_store: Callable[[], Store]) -> None:
        self._parts, self._open_store = parts, open_store
        self._thread: threading.Thread | None = None
        self._done: date | None = None

    def tick(self) -> None:
        """Begin to plan when it is time; never waits."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._parts.store.snapshot() as unit:
            due = due_day(unit)
        if due is None or due == self._done:
            return
        self._done = due
        self._thread = threading.Thread(target=self._run, args=(due,), name="planner", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for a plan that is being made."""
        if self._thread is not None:
            self._thread.join(timeout=30.0)

    def _run(self, day: date) -> None:
        store = None
        try:
            store = self._open_store()
            plan_day(replace(self._parts, store=store), day)
        except KioskError as error:
            log.error("no plan for %s: %s; reorder points go on as they are", day, error)
        finally:
            if store is not None:
                store.close()


def due_day(unit: Unit) -> date | None:
    """Return the day whose planning is due: today's from FROM_HOUR on, until then yesterday's where it was missed; None when done."""
    now = unit.demand.now()
    today = now.date()
    wanted = today if now.hour >= FROM_HOUR else today - timedelta(days=1)
    known = unit.settings.get(_PLANNED)
    return wanted if known is None or date.fromisoformat(known) < wanted else None


def plan_day(parts: Parts, day: date) -> Plan | None:
    """Plan as of the close of `day`: keep each slot's plan, and ask for what that evening's order holds; None while the record is short."""
    store, settings = parts.store, parts.settings.replenishment
    with store.unit() as unit:
        unit.demand.close_days()
    with store.snapshot() as unit:
        planogram, prices = unit.planogram.get(), unit.prices.current(time_now(unit, parts.clock))
        past = unit.demand.days()
        stock = {state.slot: Stock(((state.on_hand, None),), state.on_order) for state in unit.stock.all()}
        kept = unit.settings.get(_CHANCE) or ""
    cells = list(planogram.cells) if planogram else []
    sales, first = history(past, cells, day)
    cells = [cell for cell, begun in zip(cells, first, strict=True) if begun is not None]
    made = None
    if cells and sales.shape[1] >= LEAST_DAYS:
        made = _plan(_Shelf(cells, sales, [stock.get(c.slot, Stock(())) for c in cells], prices), settings, kept, day)
    with store.unit() as unit:
        unit.settings.put(_PLANNED, day.isoformat())
        if made is not None:
            unit.settings.put(_CHANCE, f"{day.isoformat()} {settings.service} {made.chance}" if not _fresh(kept, settings, day) else kept)
            unit.demand.keep_plans(made.plans)
            for cell, line in made.order:
                _ask(unit, cell, line, parts.new_id)
            unit.tallies.add("plans")
            log.info("planned %d slots for %s, %d lines to order, chance %.3f for %.1f %% served", len(made.plans), day, len(made.order),
                     made.chance, settings.service * 100)
    return made


def history(past: list[DayOfSlot], cells: list[Cell], day: date) -> tuple[Array, list[date | None]]:
    """Return sales (slots with a record, days up to `day`), NaN where a slot stood empty, and each cell's first day, None without one.

    Days before a slot's first line are days without sales; its own record begins with its first sale (see `demand_smoothing`).
    """
    lines: dict[tuple[str, str], list[DayOfSlot]] = {}
    for line in past:
        if line.day <= day:
            lines.setdefault((line.slot, line.gtin), []).append(line)
    first = [min((one.day for one in lines.get((cell.slot, cell.gtin), ())), default=None) for cell in cells]
    begun = [cell for cell, since in zip(cells, first, strict=True) if since is not None]
    start = min((since for since in first if since is not None), default=day)
    sales = np.zeros((len(begun), (day - start).days + 1))
    for row, cell in enumerate(begun):
        for one in lines[cell.slot, cell.gtin]:
            sales[row, (one.day - start).days] = np.nan if one.empty > EMPTY_SHARE else one.sold
    return sales, first


@dataclass(frozen=True, slots=True)
class _Shelf:
    cells: list[Cell]
    sales: Array
    stock: list[Stock]
    prices: PriceList | None


def _plan(shelf: _Shelf, settings: ReplenishmentSettings, kept: str, day: date) -> Plan:
    calendar = Calendar(frozenset(WEEKDAYS.index(name) for name in settings.order_days), settings.lead_days)
    terms = [Terms(cell.gtin, cell.case_pack, cell.capacity, _value(cell, shelf.prices)) for cell in shelf.cells]
    packs = np.array([term.case_pack for term in terms], dtype=np.intp)
    last = day
    while not calendar.orders(last):  # targets always last from an evening of orders to the delivery after next
        last += timedelta(days=1)
    days = calendar.protected_days(last)
    if _fresh(kept, settings, day):
        chance = float(kept.split()[2])
    else:
        review = max(1, round(7 / len(settings.order_days)))
        chance = chance_for(shelf.sales, Rhythm(review, settings.lead_days), packs, settings.service)
    ahead = forecast(shelf.sales, max(14, (last - day).days + days))
    rules = Rules(chance, least_value=settings.minimum_minor)
    order: tuple[tuple[Cell, OrderLine], ...] = ()
    asked = needs(ahead, terms, shelf.stock, rules, (calendar, last))
    if calendar.orders(day):
        # By row and not by GTIN: one product may stand in two slots, and each is ordered for itself.
        lines = propose([replace(term, gtin=str(row)) for row, term in enumerate(terms)], shelf.stock, asked, rules)
        order = tuple((shelf.cells[int(line.gtin)], line) for line in lines)
    point = _points(ahead, settings.lead_days + 1, chance, packs)
    plans = [SlotPlan(cell.slot, cell.gtin, day.isoformat(), max(min(low, cell.capacity - cell.case_pack), 0),
                      min(need.target, cell.capacity), round(need.expected, 2), need.days)
             for cell, need, low in zip(shelf.cells, asked, point.tolist(), strict=True)]
    return Plan(plans, order, chance)


def _points(ahead: Forecast, days: int, chance: float, packs: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Pieces under which a slot would not last until goods ordered at once are there."""
    return np.asarray((ahead.window(0, days).needed(packs) > 1.0 - chance + 1e-12).sum(axis=1))


def _value(cell: Cell, prices: PriceList | None) -> int:
    product = prices.listed(cell.gtin) if prices else None
    return product.price.minor if product else 0


def _ask(unit: Unit, cell: Cell, line: OrderLine, new_id: Callable[[], str]) -> None:
    if unit.requests.open_for(cell.slot) is not None:
        return
    plan = unit.demand.plan(cell.slot)
    on_hand = unit.stock.on_hand(cell.slot) or 0
    point = plan.point if plan else cell.reorder_point
    ask(unit, ReplenishmentRequested(new_id(), cell.slot, cell.gtin, line.pieces, on_hand, point, line.reason))


def _fresh(kept: str, settings: ReplenishmentSettings, day: date) -> bool:
    """Whether a calibrated chance is for the asked service and not older than CALIBRATE_DAYS."""
    parts = kept.split()
    return len(parts) == 3 and float(parts[1]) == settings.service and (day - date.fromisoformat(parts[0])).days < CALIBRATE_DAYS
