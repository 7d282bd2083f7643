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
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Effects:
    """Logarithmic effects, (drivers,), and their standard errors, widened for pieces bought together."""

    size: Array
    error: Array

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
