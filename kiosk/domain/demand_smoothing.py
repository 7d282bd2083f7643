"""Simple smoothing for slow movers: a flat level per item and day, many items at once.

Sales are (items, days) float64, oldest day first, every value known and >= 0. A result is (items,) float64 pieces a day. An item's record
begins on the day after its first sale: the first sale itself was chosen for being one, and would bias a short record upwards. Sources:
Teunter, Syntetos and Babai 2011 (TSB); Nikolopoulos et al. 2011 (ADIDA); Petropoulos and Kourentzes 2015 (IMAPA).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ALPHAS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.3])
"""The smoothing constants among which `ses` chooses for each item."""
BLOCK_ALPHAS = np.array([0.1, 0.15, 0.2, 0.25, 0.3])
"""The same for sums of several days (`adida`, `imapa`)."""
TSB_ALPHA = 0.1


def first_day(sales: Array) -> npt.NDArray[np.intp]:
    """Return the (items,) day on which each item's record begins: after its first sale, or the number of days where it never sold."""
    sold = sales > 0
    return np.asarray(np.where(sold.any(axis=1), sold.argmax(axis=1) + 1, sales.shape[1]))


def levels(values: Array, begin: npt.NDArray[np.intp], alphas: Array) -> tuple[Array, Array]:
    """Smooth from each item's begin; return the last level and the mean squared one-step error, both (items, alphas).

    The weights of a short record are scaled to sum to 1 instead of trusting a first value. Items without a record are 0.
    """
    items = len(values)
    weighted, weight, errors = (np.zeros((items, len(alphas))) for _ in range(3))
    for day in range(int(begin.min()) if items else 0, values.shape[1]):
        live = (begin <= day)[:, None]
        value = values[:, day, None]
        errors += np.where(live & (weight > 0), value - weighted / np.maximum(weight, 1e-12), 0.0) ** 2
        step = np.where(live, alphas, 0.0)
        weighted += step * (value - weighted)
        weight += step * (1.0 - weight)
    return weighted / np.maximum(weight, 1e-12), errors / np.maximum(values.shape[1] - begin - 1, 1)[:, None]


def ses(sales: Array) -> Array:
    """Simple exponential smoothing, its constant chosen for each item by one-step error."""
    return _best(*levels(sales, first_day(sales), ALPHAS))


def tsb(sales: Array, alpha: float = TSB_ALPHA) -> Array:
    """Return the smoothed chance of a sale (every day) times the smoothed size of one (days with a sale)."""
    begin = first_day(sales)
    items = np.arange(len(sales))
    chance = levels((sales > 0).astype(np.float64), begin, np.array([alpha]))[0][:, 0]
    size = sales[items, np.minimum(begin - 1, sales.shape[1] - 1)].copy()
    for day in range(sales.shape[1]):
        value = sales[:, day]
        size += np.where((value > 0) & (begin <= day), alpha * (value - size), 0.0)
    return np.asarray(chance * size)


def mean_gap(sales: Array) -> npt.NDArray[np.intp]:
    """Return the (items,) rounded mean number of days between sales, at least 1."""
    begin = first_day(sales)
    days = sales.shape[1] - begin
    later = (sales > 0).sum(axis=1) - 1
    return np.asarray(np.maximum(np.rint(days / np.maximum(later, 1)), 1).astype(np.intp))


def adida(sales: Array) -> Array:
    """Smooth sums over the item's own mean gap between sales, and spread the level over the days again."""
    gap = np.minimum(mean_gap(sales), max(sales.shape[1], 1))
    out = np.zeros(len(sales))
    for level in np.unique(gap):
        mine = gap == level
        out[mine] = _block_level(sales[mine], int(level))
    return out


def imapa(sales: Array) -> Array:
    """Average the levels of sums over 1, 2, ... days up to the mean gap between sales."""
    gap = np.minimum(mean_gap(sales), max(sales.shape[1], 1))
    total = np.zeros(len(sales))
    for level in range(1, int(gap.max(initial=1)) + 1):
        mine = gap >= level
        total[mine] += _block_level(sales[mine], level)
    return np.asarray(total / gap)


def _block_level(sales: Array, level: int) -> Array:
    """Smooth sums of `level` days, the last block ending today."""
    blocks = sales.shape[1] // level
    whole = sales[:, sales.shape[1] - blocks * level:].reshape(len(sales), blocks, level).sum(axis=2)
    begin = -(-(first_day(sales) - (sales.shape[1] - blocks * level)) // level)
    return _best(*levels(whole, np.clip(begin, 0, max(blocks - 1, 0)), BLOCK_ALPHAS)) / level


def _best(level: Array, error: Array) -> Array:
    return np.asarray(level[np.arange(len(level)), error.argmin(axis=1)])
