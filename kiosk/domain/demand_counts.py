"""How demand scatters around its forecast: distributions of pieces over a window of days, calibrated on the shop's own past.

A window's pieces follow a negative binomial law of variance m + a m + b m^2: `a` for pieces bought together, `b` for a level that is not
known well. Both are pooled over the items; an item's own scatter pulls its variance as far as its evidence goes, and more than half of
the variance does not follow the forecast at all: an item that is quiet now may wake up. The mean itself is set right by what windows of
the past brought beside their forecast (a line, pooled over the items: the quietest wake up, a growing shop is followed). What is left of
the error is read from the past chances of what was sold (probability integral transform). The first correction goes as far as the number
of windows allows, the second as far as the number of weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

KNOTS = np.array([0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.965, 0.98, 0.99, 0.995, 1.0])
"""Chances at which the correction is read; linear between them."""
HALF_LIFE_DAYS = 365.0
"""An old window counts half as much after so many days."""
ITEM_WINDOWS = 4.0
"""The pooled scatter weighs as much as so many windows of an item's own: a long record speaks for itself, a short one hardly."""
STOCK_WINDOWS = 26.0
"""The same where stock is decided, half a year of weeks: what seems to scatter most is stocked most, and partly seems so by chance.

Of 4, 13, 26, 52, 104 and 208 the one that saved most stock in two years of a hobbies shop before the year that is scored.
"""
STEADY_SHARE = 0.6
"""The part of the variance which is the item's own past mean, whatever its forecast is today."""
LINE_WINDOWS = 5000.0
"""So many windows of the past, over all items, are needed for half of the mean's correction: a hundred items in a year have them."""
CORRECTION_WEEKS = 52.0
"""So many weeks of past windows are needed for half of the correction that they show."""
PRIOR_EXCESS = (1.0, 0.3)
"""(a, b) where there is no past to read them from."""
_PIT_ROWS = 4000
_LEAST_MEAN = 1e-3


@dataclass(frozen=True, slots=True)
class Past:
    """Windows that have been: forecast mean and pieces sold, the item, how many days ago it was forecast; all (windows,)."""

    mean: Array
    sold: Array
    item: npt.NDArray[np.intp]
    age: Array


@dataclass(frozen=True, slots=True)
class Counts:
    """Distributions of whole pieces, one an item. mean, variance: (items,); knots: the corrected chance at each of KNOTS."""

    mean: Array
    variance: Array
    knots: Array

    def table(self, top: int | None = None) -> Array:
        """Return P(demand <= k) as (items, top + 1); top is where the widest has its end, unless given."""
        if top is None:
            top = int((self.mean + 12 * np.sqrt(self.variance)).max(initial=0)) + 12
        return np.interp(_cumulated(self.mean, self.variance, top), KNOTS, self.knots)

    def quantile(self, chance: float) -> npt.NDArray[np.intp]:
        """Return the least number of pieces that is enough with this chance, (items,)."""
        return np.asarray((self.table() < chance - 1e-12).sum(axis=1))

    def needed(self, pack: npt.NDArray[np.intp]) -> Array:
        """Return the mean chance that the pieces of one more pack of `pack`, (items,), are asked for, where k are there: (items, k).

        It falls with k. Ordering packs for as long as it is above 1 - chance is `quantile` where a pack is one piece.
        """
        over = 1.0 - self.table()
        running = np.concatenate([np.zeros((len(over), 1)), over.cumsum(axis=1)], axis=1)
        after = np.minimum(np.arange(over.shape[1]) + pack[:, None], over.shape[1])
        return np.asarray((np.take_along_axis(running, after, axis=1) - running[:, :-1]) / pack[:, None])

    def missed(self) -> Array:
        """Return the pieces asked for in vain, on average, where k are there: (items, k from 0 to where nothing is missed)."""
        over = 1.0 - self.table()
        return np.asarray(over[:, ::-1].cumsum(axis=1)[:, ::-1])

    def reached(self, sold: Array) -> tuple[Array, Array]:
        """Return (P(demand < sold), P(demand <= sold)), both (items,)."""
        return _around(self.table(max(int(sold.max(initial=0)), 1)), sold)


def calibrated(mean: Array, past: Past, item_windows: float = ITEM_WINDOWS) -> Counts:
    """Return the distributions around `mean`, (items,) pieces, with the scatter that past windows of the same shape show.

    item_windows: how many windows of an item's own the pooled scatter outweighs.
    """
    mean = np.maximum(mean, _LEAST_MEAN)
    if not len(past.mean):
        return Counts(mean, _variance(mean, PRIOR_EXCESS), KNOTS)
    weight = 0.5 ** (past.age / HALF_LIFE_DAYS)
    weeks = len(np.unique(past.age))
    rest, slope = _line(np.maximum(past.mean, _LEAST_MEAN), past.sold, weight)
    mean, expected = rest + slope * mean, rest + slope * np.maximum(past.mean, _LEAST_MEAN)
    excess = _excess(expected, past.sold, weight)
    pooled = _variance(expected, excess)
    seen = np.bincount(past.item, weight * (past.sold - expected) ** 2, len(mean))
    due = np.bincount(past.item, weight * pooled, len(mean))
    prior = item_windows * due.sum() / weight.sum()
    ratio = (seen + prior) / (due + prior)
    windows = np.bincount(past.item, weight, len(mean))
    steady = np.where(windows > 0, due / np.maximum(windows, 1e-12), _variance(mean, excess))
    mixed = (STEADY_SHARE * steady[past.item] + (1 - STEADY_SHARE) * pooled) * ratio[past.item]
    variance = (STEADY_SHARE * steady + (1 - STEADY_SHARE) * _variance(mean, excess)) * ratio
    return Counts(mean, np.maximum(variance, mean * 1.0001), _correction((expected, mixed), past, weight, weeks))


def _variance(mean: Array, excess: tuple[float, float]) -> Array:
    return mean * (1.0001 + excess[0]) + excess[1] * mean ** 2


def _excess(mean: Array, sold: Array, weight: Array) -> tuple[float, float]:
    """Fit (a, b), neither below 0, to the squared errors beyond Poisson's; small means weigh more, for their errors are small."""
    scale = np.sqrt(weight / (mean + 0.5))
    terms = np.stack([mean, mean ** 2], axis=1) * scale[:, None]
    beyond = ((sold - mean) ** 2 - mean) * scale
    both = np.linalg.lstsq(terms, beyond, rcond=None)[0]
    if (both >= 0).all():
        return float(both[0]), float(both[1])
    alone = [max(float(terms[:, k] @ beyond / max(float(terms[:, k] @ terms[:, k]), 1e-12)), 0.0) for k in (0, 1)]
    left = [float(((beyond - alone[k] * terms[:, k]) ** 2).sum()) for k in (0, 1)]
    return (alone[0], 0.0) if left[0] <= left[1] else (0.0, alone[1])


def _line(mean: Array, sold: Array, weight: Array) -> tuple[float, float]:
    """Fit (rest, slope) of what was sold on what was forecast, rest not below 0, drawn towards (0, 1) where the past is short."""
    scale = np.sqrt(weight / (mean + 0.1 * mean.mean()))
    terms = np.stack([np.ones_like(mean), mean], axis=1) * scale[:, None]
    rest, slope = np.linalg.lstsq(terms, sold * scale, rcond=None)[0]
    if rest < 0 or slope <= 0:
        rest, slope = 0.0, float((weight * sold).sum() / (weight * mean).sum())
    share = len(mean) / (len(mean) + LINE_WINDOWS)
    return share * float(rest), 1.0 + share * (float(slope) - 1.0)


def _correction(law: tuple[Array, Array], past: Past, weight: Array, weeks: int) -> Array:
    """Return the chance that was really met at each of KNOTS, drawn towards KNOTS where the past is short. law: mean and variance."""
    mean, variance = law
    rows = slice(None, None, -(-len(mean) // _PIT_ROWS))
    variance = np.maximum(variance, mean * 1.0001)
    top = max(int(past.sold[rows].max(initial=0)), 1)
    below, upto = _around(_cumulated(mean[rows], variance[rows], top), past.sold[rows])
    met = np.clip((KNOTS[:, None] - below) / np.maximum(upto - below, 1e-12), 0.0, 1.0) @ weight[rows] / weight[rows].sum()
    share = weeks / (weeks + CORRECTION_WEEKS)
    corrected = share * np.maximum.accumulate(met) + (1 - share) * KNOTS
    corrected[0], corrected[-1] = 0.0, 1.0
    return np.asarray(corrected)


def _around(table: Array, sold: Array) -> tuple[Array, Array]:
    rows, pieces = np.arange(len(sold)), np.maximum(sold, 0).astype(np.intp)
    return np.where(pieces > 0, table[rows, np.maximum(pieces - 1, 0)], 0.0), table[rows, pieces]


def _cumulated(mean: Array, variance: Array, top: int) -> Array:
    """Negative binomial P(X <= k) for k = 0..top by its recursion, in logarithms."""
    share = mean / variance
    size = (mean * share / (1 - share))[:, None]
    step = np.arange(top)
    logs = np.empty((len(mean), top + 1))
    logs[:, :1] = size * np.log(share)[:, None]
    logs[:, 1:] = np.log((step + size) / (step + 1)) + np.log1p(-share)[:, None]
    return np.asarray(np.minimum(np.exp(logs.cumsum(axis=1)).cumsum(axis=1), 1.0))
