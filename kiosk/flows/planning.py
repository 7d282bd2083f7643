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
from kiosk.domain.replenishment import Calendar, Need, OrderLine, Rules, Stock, Terms, needs, propose
from kiosk.domain.replenishment_ladder import chance_for
from kiosk.domain.replenishment_replay import Rhythm
from kiosk.errors import KioskError
from kiosk.flows.parts import Parts
from kiosk.flows.planning_days import Days, days_of, keep_terms, prices_on
from kiosk.flows.stock import ask
from kiosk.storage.store import Store, Unit

log = logging.getLogger(__name__)

FROM_HOUR = 20
"""Local hour from which the day's order is made; a device that was off then makes it when it is on again, before that hour."""
LEAST_DAYS = 28
"""With a shorter record the planogram's reorder points go on to count."""
FARTHEST_DAYS = 28
"""Goods that keep longer than a forecast of so many days are not held back for their expiry."""
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
        planogram = unit.planogram.get()
        unit.demand.close_days()
        if planogram is not None:
            keep_terms(unit, planogram, day)
    made = None
    with store.snapshot() as unit:
        kept = unit.settings.get(_CHANCE) or ""
        evening = _evening(settings, day)
        days = days_of(unit, planogram, day, max(evening.horizon, FARTHEST_DAYS), settings) if planogram is not None else None
        if days is not None and days.sales.shape[1] >= LEAST_DAYS:
            terms = [_terms(cell, prices_on(unit, day)) for cell in days.cells]
            shelf = _Shelf(days, terms, _stock(unit, days.cells, terms, day))
    if days is not None and days.sales.shape[1] >= LEAST_DAYS:
        made = _plan(shelf, settings, kept, evening)
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


@dataclass(frozen=True, slots=True)
class _Evening:
    """day: that closes; last: the evening of orders for which targets are made, `day` or the next one."""

    calendar: Calendar
    day: date
    last: date

    @property
    def horizon(self) -> int:
        """Days from tomorrow that a forecast has to reach."""
        return max(14, (self.last - self.day).days + self.calendar.protected_days(self.last))


@dataclass(frozen=True, slots=True)
class _Shelf:
    days: Days
    terms: list[Terms]
    stock: list[Stock]


def _evening(settings: ReplenishmentSettings, day: date) -> _Evening:
    holidays = frozenset(d for n in range(settings.lead_days + 60) if settings.is_holiday(d := day + timedelta(days=n)))
    calendar = Calendar(frozenset(WEEKDAYS.index(name) for name in settings.order_days), settings.lead_days, holidays)
    last = day
    while not calendar.orders(last):  # targets always last from an evening of orders to the delivery after next
        last += timedelta(days=1)
    return _Evening(calendar, day, last)


def _terms(cell: Cell, prices: PriceList | None) -> Terms:
    product = prices.listed(cell.gtin) if prices else None
    if product is None:
        return Terms(cell.gtin, cell.case_pack, cell.capacity)
    return Terms(cell.gtin, cell.case_pack, cell.capacity, product.price.minor, product.keeps_days or None)


def _stock(unit: Unit, cells: tuple[Cell, ...], terms: list[Terms], day: date) -> list[Stock]:
    states, arrivals = {state.slot: state for state in unit.stock.all()}, unit.demand.arrivals()
    found = []
    for cell, term in zip(cells, terms, strict=True):
        state = states.get(cell.slot)
        came = [(max((day - when).days, 0), pieces) for when, pieces in arrivals.get((cell.slot, cell.gtin), [])]
        found.append(Stock.by_arrival(state.on_hand, state.on_order, came, term.keeps_days) if state else Stock(()))
    return found


def _plan(shelf: _Shelf, settings: ReplenishmentSettings, kept: str, evening: _Evening) -> Plan:
    days, terms, day = shelf.days, shelf.terms, evening.day
    packs = np.array([term.case_pack for term in terms], dtype=np.intp)
    if _fresh(kept, settings, day):
        chance = float(kept.split()[2])
    else:
        review = max(1, round(7 / len(settings.order_days)))
        chance = chance_for(days.sales, Rhythm(review, settings.lead_days), packs, settings.service, days.factors)
    horizon = _horizon(evening, terms)
    ahead = forecast(days.sales, horizon, days.groups, days.factors[:, :days.sales.shape[1] + horizon])
    rules = Rules(chance, least_value=settings.minimum_minor)
    order: tuple[tuple[Cell, OrderLine], ...] = ()
    asked = needs(ahead, terms, shelf.stock, rules, (evening.calendar, evening.last))
    if evening.last == day:
        # By row and not by GTIN: one product may stand in two slots, and each is ordered for itself.
        lines = propose([replace(term, gtin=str(row)) for row, term in enumerate(terms)], shelf.stock, asked, rules)
        order = tuple((days.cells[int(line.gtin)], line) for line in lines)
    point = _points(ahead, settings.lead_days + 1, chance, packs)
    plans = [_slot_plan(cell, day, need, low) for cell, need, low in zip(days.cells, asked, point.tolist(), strict=True)]
    return Plan(plans, order, chance)


def _horizon(evening: _Evening, terms: list[Terms]) -> int:
    """Days ahead that the calendar needs, or that the goods keep which expire soonest after their delivery."""
    waits = (evening.calendar.arrival(evening.last) - evening.last).days - 1
    keeps = [waits + term.keeps_days for term in terms if term.keeps_days is not None and waits + term.keeps_days <= FARTHEST_DAYS]
    return max([evening.horizon, *keeps])


def _slot_plan(cell: Cell, day: date, need: Need, low: int) -> SlotPlan:
    most = cell.capacity if need.sellable is None else min(cell.capacity, need.sellable)
    return SlotPlan(cell.slot, cell.gtin, day.isoformat(), max(min(low, cell.capacity - cell.case_pack), 0), min(need.target, most),
                    round(need.expected, 2), need.days, -1 if need.sellable is None else need.sellable)


def _points(ahead: Forecast, days: int, chance: float, packs: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Pieces under which a slot would not last until goods ordered at once are there."""
    return np.asarray((ahead.stock(0, days).needed(packs) > 1.0 - chance + 1e-12).sum(axis=1))


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
