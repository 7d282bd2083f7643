"""What promotions, prices and holidays do to demand: one factor each for the whole shop, read from its own past.

A driver is a (items, days) number: 1.0 on days of a promotion or a holiday and 0.0 elsewhere, or the logarithm of price over usual price.
Demand is Poisson around an item's own level times exp(sum of effect x driver). A level may move: it is taken anew for each block of days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]

BLOCK_DAYS = 91
PRIOR_DEVIATION = 1.0
"""An effect without evidence is 0; e^1 times the usual demand would be a strong one."""
MOST_FACTOR = 6.0
"""No promotion, price or holiday is believed to multiply demand by more."""
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Effects:
    """Logarithmic effects, (drivers,), and their standard errors, widened for pieces bought together."""

    size: Array
    error: Array

    def cautious(self) -> Effects:
        """Return the effects as far as they stand above their own error: one that may be chance is none (James and Stein 1961)."""
        share = np.maximum(1.0 - (self.error / np.maximum(np.abs(self.size), 1e-12)) ** 2, 0.0)
        return Effects(self.size * share, self.error)

    def factor(self, drivers: Array) -> Array:
        """Return by what demand is multiplied where the drivers, (drivers, items, days), are as given: (items, days)."""
        return np.asarray(np.exp(np.tensordot(self.size, drivers, axes=1)))


def effects(sales: Array, drivers: Array) -> Effects:
    """Read the drivers' effects, (drivers, items, days), from sales (items, days); NaN days are left out.

    Divide sales by `factor` before a forecast and multiply the forecast by the factor of the days ahead.
    """
    if drivers.ndim != 3 or drivers.shape[1:] != sales.shape:
        raise InvalidValueError(f"drivers of shape {drivers.shape} do not fit sales of shape {sales.shape}: (drivers, items, days)")
    known = ~np.isnan(sales)
    demand = np.where(known, sales, 0.0)
    block = np.arange(sales.shape[1]) // BLOCK_DAYS
    size = np.zeros(len(drivers))
    for _ in range(_ROUNDS):
        mean = _means(demand, known, np.exp(np.tensordot(size, drivers, axes=1)), block)
        slope, bend = _slope(demand, mean, drivers, block)
        bend += np.eye(len(size)) / PRIOR_DEVIATION ** 2
        step = np.clip(np.linalg.solve(bend, slope - size / PRIOR_DEVIATION ** 2), -1.0, 1.0)
        size = size + step
        if np.abs(step).max(initial=0.0) < 1e-8:
            break
    seen = mean > 0
    spread = max(float((((demand - mean) ** 2)[seen] / mean[seen]).mean()), 1.0) if seen.any() else 1.0
    return Effects(size, np.sqrt(np.diag(np.linalg.inv(bend)) * spread))


def price_driver(price: Array) -> Array:
    """Return the logarithm of price over usual price, (items, days), from prices (items, days) of which NaN are not known.

    A price that is not known is the one before, or the first known; the usual one is the item's median over all days.
    """
    days = np.arange(price.shape[1])
    out = np.zeros(price.shape)
    for row, values in enumerate(price):
        known = np.flatnonzero(np.isfinite(values) & (values > 0))
        if len(known):
            kept = values[known[np.maximum(np.searchsorted(known, days, side="right") - 1, 0)]]
            out[row] = np.log(kept / np.median(kept))
    return out


def factors(sales: Array, drivers: Array) -> Array:
    """Return by what each day's demand is multiplied, (items, days + days ahead), from sales (items, days) and drivers that reach ahead.

    Effects are read from the past as far as they are sure; a driver that never moved has none.
    """
    past = drivers[:, :, :sales.shape[1]]
    moved = np.ptp(past, axis=2).max(axis=1, initial=0.0) > 1e-9
    if not moved.any():
        return np.ones(drivers.shape[1:])
    return np.clip(effects(sales, past[moved]).cautious().factor(drivers[moved]), 1 / MOST_FACTOR, MOST_FACTOR)


def _means(demand: Array, known: npt.NDArray[np.bool_], factor: Array, block: npt.NDArray[np.intp]) -> Array:
    """Expected pieces where each item's level in each block is such that its total is the one sold."""
    weight = np.where(known, factor, 0.0)
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    level = np.add.reduceat(demand, starts, axis=1) / np.maximum(np.add.reduceat(weight, starts, axis=1), 1e-12)
    return np.asarray(level[:, block] * weight)


def _slope(demand: Array, mean: Array, drivers: Array, block: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """Gradient and negative Hessian of the likelihood in the effects, the levels being free."""
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    total = np.maximum(np.add.reduceat(mean, starts, axis=1), 1e-12)
    centred = drivers - (np.add.reduceat(mean * drivers, starts, axis=2) / total)[:, :, block]
    slope = ((demand - mean) * centred).sum(axis=(1, 2))
    return slope, np.einsum("kid,lid,id->kl", centred, centred, mean)
