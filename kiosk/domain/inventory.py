"""The field's textbook policies, exact where an exact answer is known: what a stockroom is planned with.

Costs are in any one currency; rates and costs share one unit of time. holding: per piece and unit of time. shortage: per piece short (and
per unit of time in `best_lot_poisson`). Sources: Harris 1913 (lot size); Arrow, Harris and Marschak 1951 (newsvendor); Zheng and Federgruen
1991 ((s, S)); Ehrhardt and Mosier 1984 (power approximation); Federgruen and Zheng 1992 and Hadley and Whitin 1963 ((r, Q)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Costs:
    """What stock costs: holding and shortage per piece, fixed per order."""

    holding: float
    shortage: float
    fixed: float = 0.0

    def __post_init__(self) -> None:
        if self.holding <= 0 or self.shortage <= 0 or self.fixed < 0:
            raise InvalidValueError(f"{self}: holding and shortage must be above 0, fixed must not be below")


@dataclass(frozen=True, slots=True)
class Lot:
    """Order `quantity` when the stock position falls to `reorder_point`; `cost` per unit of time."""

    reorder_point: float
    quantity: float
    cost: float


@dataclass(frozen=True, slots=True)
class Band:
    """At or under `low` order up to `high`; `cost` per period, NaN where the method does not tell."""

    low: float
    high: float
    cost: float


def economic_lot(rate: float, holding: float, fixed: float) -> tuple[float, float]:
    """Return the lot size that balances holding and ordering under a steady rate, and its cost per unit of time."""
    return math.sqrt(2 * fixed * rate / holding), math.sqrt(2 * fixed * rate * holding)


def newsvendor_normal(costs: Costs, mean: float, deviation: float) -> tuple[float, float]:
    """Return the best stock for one period of normal demand, and its expected cost."""
    z = _NORMAL.inv_cdf(costs.shortage / (costs.shortage + costs.holding))
    return mean + z * deviation, (costs.holding + costs.shortage) * _NORMAL.pdf(z) * deviation


def newsvendor(costs: Costs, chances: Array) -> tuple[int, float]:
    """Return the best stock for one period whose demand is d with chance `chances[d]`, and its expected cost."""
    level = int(np.searchsorted(chances.cumsum(), costs.shortage / (costs.shortage + costs.holding)))
    return level, float(period_costs(costs, chances)(level))


def poisson(mean: float) -> Array:
    """Return the chances of 0, 1, 2, ... for a Poisson demand, to where the rest is below 1e-15."""
    top = int(mean + 12 * math.sqrt(mean + 1) + 20)
    steps = np.concatenate([[-mean], np.log(mean / np.arange(1, top + 1))]) if mean > 0 else np.array([0.0])
    return np.asarray(np.exp(steps.cumsum()))


def period_costs(costs: Costs, chances: Array) -> Callable[[float], float]:
    """Return the function stock -> expected holding and shortage cost of one period; negative stock is what is owed."""
    demand = np.arange(len(chances))

    def cost(stock: float) -> float:
        left = stock - demand
        return float((chances * np.where(left > 0, costs.holding * left, -costs.shortage * left)).sum())

    return cost


def best_band(costs: Costs, chances: Array) -> Band:
    """Return the best (s, S) for demand per period with these chances, reviewed every period, what is short is owed.

    The search raises S from the newsvendor's stock for as long as one period at S alone costs less than the best found.
    """
    one = period_costs(costs, chances)
    start, _ = newsvendor(costs, chances)
    low = start - 1
    while _band_cost(costs, chances, low, start) > one(low):
        low -= 1
    best = Band(low, start, _band_cost(costs, chances, low, start))
    high = start + 1
    while one(high) <= best.cost:
        if _band_cost(costs, chances, low, high) < best.cost:
            best = Band(low, high, _band_cost(costs, chances, low, high))
            while one(low + 1) >= best.cost:
                low += 1
                best = Band(low, high, _band_cost(costs, chances, low, high))
        high += 1
    return best


def _band_cost(costs: Costs, chances: Array, low: int, high: int) -> float:
    """Cost per period of (low, high) by renewal: how often the stock stands j under `high` before the next order."""
    width = high - low
    padded = np.zeros(width + 1)
    padded[:min(len(chances), width + 1)] = chances[:width + 1]
    visits = np.zeros(width)
    for j in range(width):
        arrivals = float(padded[1:j + 1] @ visits[:j][::-1]) if j else 1.0
        visits[j] = arrivals / (1 - padded[0])
    one = period_costs(costs, chances)
    running = sum(visits[j] * one(high - j) for j in range(width))
    return float((costs.fixed + running) / visits.sum())


def power_band(costs: Costs, mean: float, deviation: float) -> Band:
    """Approximate the best (s, S) from mean and deviation of the demand over one period."""
    lot = 1.30 * mean ** 0.494 * (costs.fixed / costs.holding) ** 0.506 * (1 + (deviation / mean) ** 2) ** 0.116
    z = math.sqrt(lot * costs.holding / (deviation * costs.shortage))
    low = 0.973 * mean + deviation * (0.183 / z + 1.063 - 2.192 * z)
    return Band(low, low + lot, math.nan)


def best_lot_poisson(costs: Costs, rate: float, lead: float) -> Lot:
    """Return the best (r, Q) under Poisson demand: the window of stock positions grows on its cheaper side while that helps."""
    chances = poisson(rate * lead)
    one = period_costs(costs, chances)
    top, total = newsvendor(costs, chances)
    low = top - 1
    total += costs.fixed * rate
    while True:
        quantity = top - low
        below, above = one(low), one(top + 1)
        if min(below, above) >= total / quantity:
            return Lot(low, quantity, total / quantity)
        total += min(below, above)
        low, top = (low - 1, top) if below <= above else (low, top + 1)


def lot_normal(costs: Costs, mean: float, deviation: float, lead: float) -> Lot:
    """Approximate (r, Q) under normal demand by the expected inventory level; mean and deviation are per unit of time."""
    ahead, spread = mean * lead, deviation * math.sqrt(lead)
    quantity, point, before = economic_lot(mean, costs.holding, costs.fixed)[0], math.inf, math.nan
    while not abs(quantity - before) < 1e-9:
        before = quantity
        point = ahead + _NORMAL.inv_cdf(1 - quantity * costs.holding / (costs.shortage * mean)) * spread
        quantity = math.sqrt(2 * mean * (costs.fixed + costs.shortage * _short(point, ahead, spread)) / costs.holding)
    cost = costs.holding * (point - ahead + quantity / 2) + costs.fixed * mean / quantity
    return Lot(point, quantity, cost + costs.shortage * mean * _short(point, ahead, spread) / quantity)


def _short(point: float, mean: float, deviation: float) -> float:
    z = (point - mean) / deviation
    return deviation * (_NORMAL.pdf(z) - z * (1 - _NORMAL.cdf(z)))
