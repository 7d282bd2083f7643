"""A device's days as the forecast takes them: what slots sold, at which price and under which offers, and what is known of days ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from kiosk.domain.catalog import Cell, Planogram, PriceList
from kiosk.domain.demand_effects import factors, price_driver
from kiosk.domain.reorder import ReplenishmentSettings
from kiosk.storage.demand import DayOfSlot, TermsOfDay
from kiosk.storage.store import Unit

Array = npt.NDArray[np.float64]

EMPTY_SHARE = 0.5
"""A slot that stood empty for more of a day than this could not be bought from: the day tells nothing about demand."""


@dataclass(frozen=True, slots=True)
class Days:
    """Slots with a past, or with a category whose others have one. sales: pieces, (slots, days), NaN where nothing could be bought.

    factors: by what promotions, prices and holidays multiply demand, (slots, days + days ahead); groups: a category number by slot.
    """

    cells: tuple[Cell, ...]
    sales: Array
    factors: Array
    groups: npt.NDArray[np.intp]


def keep_terms(unit: Unit, planogram: Planogram, day: date) -> None:
    """Write down under which terms each slot sold on a day."""
    prices = prices_on(unit, day)
    if prices is not None:
        unit.demand.keep_terms([terms for cell in planogram.cells if (terms := _terms(cell, prices, day)) is not None])


def prices_on(unit: Unit, day: date) -> PriceList | None:
    """Return the price list in force at noon of a local day."""
    return unit.prices.current(datetime.combine(day, time(12), unit.demand.now().tzinfo))


def days_of(unit: Unit, planogram: Planogram, day: date, ahead: int, settings: ReplenishmentSettings) -> Days | None:
    """Return the days up to `day` with what is known of the `ahead` days after it; None where nothing was ever sold."""
    past, terms = unit.demand.days(), unit.demand.terms()
    groups = _groups(planogram.cells, prices_on(unit, day))
    first = first_days(past, terms, planogram.cells)
    sold = {(one.slot, one.gtin) for one in past if one.sold > 0}
    selling = {groups[cell.slot] for cell in planogram.cells if (cell.slot, cell.gtin) in sold}
    cells = tuple(cell for cell in planogram.cells
                  if cell.slot in first and ((cell.slot, cell.gtin) in sold or groups[cell.slot] in selling - {0}))
    if not cells:
        return None
    start = min(first[cell.slot] for cell in cells)
    sales = history(past, cells, [first[cell.slot] for cell in cells], day)
    shown = terms + [found for n in range(1, ahead + 1) for found in _announced(unit, cells, day + timedelta(days=n))]
    drivers = _drivers(cells, shown, (start, (day - start).days + 1 + ahead), settings)
    return Days(cells, sales, factors(sales, drivers), np.array([groups[cell.slot] for cell in cells], dtype=np.intp))


def first_days(past: Sequence[DayOfSlot], terms: Sequence[TermsOfDay], cells: Sequence[Cell]) -> dict[str, date]:
    """Return slot -> the day since which its product is known to have been in it."""
    first: dict[tuple[str, str], date] = {}
    for slot, gtin, known in [(p.slot, p.gtin, p.day) for p in past] + [(t.slot, t.gtin, t.day) for t in terms]:
        first[slot, gtin] = min(known, first.get((slot, gtin), known))
    return {cell.slot: first[cell.slot, cell.gtin] for cell in cells if (cell.slot, cell.gtin) in first}


def history(past: Sequence[DayOfSlot], cells: Sequence[Cell], first: Sequence[date], day: date) -> Array:
    """Return sales, (cells, days from the first of all up to `day`), NaN where a slot stood empty or its product was not there yet."""
    start = min(first, default=day)
    row = {(cell.slot, cell.gtin): place for place, cell in enumerate(cells)}
    sales = np.zeros((len(cells), max((day - start).days + 1, 0)))
    for place, since in enumerate(first):
        sales[place, :(since - start).days] = np.nan
    for one in past:
        if (one.slot, one.gtin) in row and start <= one.day <= day:
            sales[row[one.slot, one.gtin], (one.day - start).days] = np.nan if one.empty > EMPTY_SHARE else one.sold
    return sales


def _terms(cell: Cell, prices: PriceList, day: date) -> TermsOfDay | None:
    product = prices.listed(cell.gtin)
    if product is None:
        return None
    return TermsOfDay(cell.slot, cell.gtin, day, product.price.minor, prices.offered(cell.gtin, day.isoweekday()))


def _announced(unit: Unit, cells: Sequence[Cell], day: date) -> list[TermsOfDay]:
    prices = prices_on(unit, day)
    return [terms for cell in cells if (terms := _terms(cell, prices, day)) is not None] if prices else []


def _drivers(cells: Sequence[Cell], terms: Sequence[TermsOfDay], span: tuple[date, int], settings: ReplenishmentSettings) -> Array:
    """Return (promotion, holiday, price), (3, cells, days), of `span`: the first day and how many there are."""
    start, days = span
    offered, price = np.zeros((len(cells), days)), np.full((len(cells), days), np.nan)
    row = {(cell.slot, cell.gtin): place for place, cell in enumerate(cells)}
    for one in terms:
        place, at = row.get((one.slot, one.gtin)), (one.day - start).days
        if place is not None and 0 <= at < days:
            offered[place, at], price[place, at] = one.offered, one.price_minor
    holidays = np.array([float(settings.is_holiday(start + timedelta(days=n))) for n in range(days)])
    return np.stack([offered, np.broadcast_to(holidays, offered.shape), price_driver(price)])


def _groups(cells: Sequence[Cell], prices: PriceList | None) -> dict[str, int]:
    """Return slot -> number of its product's category, 0 without one."""
    products = {cell.slot: prices.listed(cell.gtin) if prices else None for cell in cells}
    names = sorted({product.category for product in products.values() if product and product.category})
    return {slot: names.index(product.category) + 1 if product and product.category else 0 for slot, product in products.items()}
