"""What will be asked for: pieces a day of every item of one shop, and how sure that is.

Half of a forecast is the mean of four classic smoothers (`demand_smoothing`), half a sum of slow and fast smoothings whose weights
the whole shop learns from its own past, drawn towards equal ones. A weekday profile, pooled over the items, spreads the level.
Sales are (items, days) float64 pieces, oldest day first, the last column is today; NaN is a day on which the item could not be bought:
recorded sales are not demand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.domain.demand_counts import ITEM_WINDOWS, STOCK_WINDOWS, Counts, Past, calibrated
from kiosk.domain.demand_smoothing import adida, first_day, imapa, ses, tsb
from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]
Days = npt.NDArray[np.intp]

ALPHAS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.0])
"""Smoothing constants of the learned half; 0 stands for the plain mean."""
LEARN_DAYS = 728
"""So far back the shop looks to learn weights, scatter and weekdays."""
RIDGE = 0.3
"""How hard the learned weights are drawn towards equal ones."""
FILL_ALPHA = 0.05
WEEKDAY_PRIOR = 200.0
"""The profile is drawn to a flat week as if so many pieces had been sold evenly."""
NEW_ITEM_DAYS = 14.0
"""A new item's own record weighs as much as its group's mean after so many days."""
_WARM_UP = 28


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean pieces by item and day ahead, (items, horizon), and the past that tells how they scatter.

    origins: days in the past on which the learned half was asked too, (origins,); levels: what it said, (origins, items) pieces a day.
    usual: what an ordinary day of the past was multiplied by for its weekday and its conditions, (1 or items, days).
    """

    daily: Array
    sales: Array
    usual: Array
    origins: Days
    levels: Array

    def window(self, first: int, days: int, item_windows: float = ITEM_WINDOWS) -> Counts:
        """Return the distributions of the pieces asked for on `days` days from `first` (0 is tomorrow); see `calibrated`."""
        mean = self.daily[:, first:first + days].sum(axis=1)
        shifts = range(0, max(7 - days, 0) + 1, days)
        parts = [self._past(first + shift, days) for shift in shifts]
        return calibrated(mean, Past(np.concatenate([p.mean for p in parts]), np.concatenate([p.sold for p in parts]),
                                     np.concatenate([p.item for p in parts]), np.concatenate([p.age for p in parts])), item_windows)

    def stock(self, first: int, days: int) -> Counts:
        """Return the same distributions as stock is decided by: an item's own scatter counts for less."""
        return self.window(first, days, STOCK_WINDOWS)

    def _past(self, first: int, days: int) -> Past:
        """Past windows of this shape, one an origin; short ones are taken all through the week that follows an origin."""
        today = self.sales.shape[1]
        fits = self.origins + first + days <= today
        origins, levels = self.origins[fits], self.levels[fits]
        empty = np.zeros((len(self.sales), 1))
        running = np.concatenate([empty, np.nan_to_num(self.sales).cumsum(axis=1)], axis=1)
        gaps = np.concatenate([empty, np.isnan(self.sales).cumsum(axis=1)], axis=1)
        sold = (running[:, origins + first + days] - running[:, origins + first]).T
        whole = (gaps[:, origins + first + days] == gaps[:, origins + first]).T & (levels > 0)
        spread = np.concatenate([np.zeros((len(self.usual), 1)), self.usual.cumsum(axis=1)], axis=1)
        mean = levels * (spread[:, origins + first + days] - spread[:, origins + first]).T
        item = np.broadcast_to(np.arange(len(self.sales)), whole.shape)
        age = np.broadcast_to((today - origins).astype(np.float64)[:, None], whole.shape)
        return Past(mean[whole], sold[whole], item[whole], age[whole])


def forecast(sales: Array, horizon: int, groups: Days | None = None, factors: Array | None = None) -> Forecast:
    """Forecast `horizon` days from tomorrow.

    groups: (items,) category numbers, from which new items learn. factors: (items, days + horizon), by what promotions, prices and
    holidays multiply each day's demand (`demand_effects`); past days are read without them, days ahead are forecast with them.
    """
    if sales.ndim != 2 or horizon < 1:
        raise InvalidValueError(f"sales of shape {sales.shape} and a horizon of {horizon}: (items, days) and at least 1 are expected")
    if factors is None:
        factors = np.ones((1, sales.shape[1] + horizon))
    elif factors.shape != (len(sales), sales.shape[1] + horizon):
        raise InvalidValueError(f"factors of shape {factors.shape} do not fit sales of shape {sales.shape} and {horizon} days ahead")
    full = filled(sales / factors[:, :sales.shape[1]])[:, -2 * LEARN_DAYS:]
    factors, ahead = factors[:, :sales.shape[1]][:, -2 * LEARN_DAYS:], factors[:, sales.shape[1]:]
    sales = sales[:, -2 * LEARN_DAYS:]
    today = full.shape[1]
    origins = np.arange(today - horizon, max(today - LEARN_DAYS, _WARM_UP), -7)
    bank = smoothings(full, np.concatenate([origins, [today]]).astype(np.intp))
    weights = _learn(full, bank[:-1], origins, horizon)
    learned = np.maximum(bank @ weights, 0.0)
    recent = full[:, -LEARN_DAYS:]
    classic = (ses(recent) + tsb(recent) + adida(recent) + imapa(recent)) / 4
    level = (classic + learned[-1]) / 2
    if groups is not None:
        level = _with_group(level, _known_days(sales, full), groups)
    week = weekdays(full)
    past = week[(np.arange(today) - today) % 7]
    return Forecast(level[:, None] * week[np.arange(horizon) % 7] * ahead, sales, past * factors, origins.astype(np.intp), learned[:-1])


def filled(sales: Array) -> Array:
    """Return sales without gaps: a day on which the item could not be bought carries the level known until then."""
    if not np.isnan(sales).any():
        return sales
    out = sales.copy()
    level, seen = np.zeros(len(sales)), np.zeros(len(sales))
    for day in range(sales.shape[1]):
        gap = np.isnan(out[:, day])
        out[gap, day] = level[gap]
        seen += ~gap
        level += np.where(gap, 0.0, np.maximum(FILL_ALPHA, 1.0 / np.maximum(seen, 1.0)) * (out[:, day] - level))
    return out


def weekdays(sales: Array) -> Array:
    """Return the pooled weekday profile, (7,) with mean 1; index 0 is tomorrow's weekday."""
    weeks = min(sales.shape[1], LEARN_DAYS) // 7
    if weeks == 0:
        return np.ones(7)
    sums = sales[:, sales.shape[1] - weeks * 7:].reshape(len(sales), weeks, 7).sum(axis=(0, 1))
    return np.asarray((sums + WEEKDAY_PRIOR / 7) / (sums.sum() + WEEKDAY_PRIOR) * 7)


def smoothings(sales: Array, origins: Days) -> Array:
    """Return what each of ALPHAS says on the evening before each origin, (origins, items, alphas); 0 before an item's record."""
    begin = first_day(sales)
    weighted, weight = np.zeros((len(sales), len(ALPHAS))), np.zeros((len(sales), len(ALPHAS)))
    out = np.zeros((len(origins), len(sales), len(ALPHAS)))
    at = {int(day): place for place, day in enumerate(origins)}
    for day in range(sales.shape[1] + 1):
        if day in at:
            out[at[day]] = weighted / np.maximum(weight, 1e-12)
        if day == sales.shape[1]:
            break
        live = begin <= day
        alpha = np.where(ALPHAS > 0, ALPHAS, 1.0 / np.maximum(day - begin + 1.0, 1.0)[:, None])
        step = np.where(live[:, None], alpha, 0.0)
        weighted += step * (sales[:, day, None] - weighted)
        weight += step * (1.0 - weight)
    return out


def squared_steps(sales: Array) -> Array:
    """Return each item's mean squared one-day difference since its first sale, (items,); NaN where that is nothing."""
    since = np.arange(1, sales.shape[1]) >= first_day(sales)[:, None]
    steps = np.where(since, np.diff(sales, axis=1) ** 2, 0.0).sum(axis=1) / np.maximum(since.sum(axis=1), 1)
    return np.asarray(np.where(steps > 0, steps, np.nan))


def _learn(sales: Array, bank: Array, origins: Days, horizon: int) -> Array:
    """Ridge regression, pooled over items and origins, of the next days' mean on the smoothings; equal weights where nothing is known."""
    equal = np.full(len(ALPHAS), 1.0 / len(ALPHAS))
    if not len(origins):
        return equal
    running = np.concatenate([np.zeros((len(sales), 1)), sales.cumsum(axis=1)], axis=1)
    target = ((running[:, origins + horizon] - running[:, origins]) / horizon).T
    scale = squared_steps(sales)
    use = np.isfinite(scale) & (bank.sum(axis=2) > 0)
    if not use.any():
        return equal
    root = np.sqrt(1.0 / np.broadcast_to(scale, use.shape)[use])
    seen = bank[use] * root[:, None]
    gram = seen.T @ seen
    pull = seen.T @ (target[use] * root - seen @ equal)
    return np.asarray(equal + np.linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), pull))


def _known_days(sales: Array, full: Array) -> Days:
    """Return for how many days each item speaks for itself: since its first sale, or on offer where it never sold."""
    since = full.shape[1] - first_day(full)
    return np.asarray(np.where(since > 0, since, (~np.isnan(sales)).sum(axis=1)))


def _with_group(level: Array, days: Days, groups: Days) -> Array:
    known = days >= _WARM_UP
    out = level.copy()
    for group in np.unique(groups[~known]):
        peers = (groups == group) & known
        if peers.any():
            new = (groups == group) & ~known
            own = days[new] / (days[new] + NEW_ITEM_DAYS)
            out[new] = own * level[new] + (1 - own) * level[peers].mean()
    return out

