"""Which chance serves the asked share of the demand: our levels at many chances, replayed over the shop's own past.

A chance that the stock lasts is not a share of demand served: how far the two lie apart depends on the shop, its packs and its
supplier's rhythm. So the rule is replayed side by side at a ladder of chances, and the rung is read off between them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kiosk.domain.demand import forecast
from kiosk.domain.replenishment_replay import Levels, Replay, Rhythm, between, replay, setting_for
from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]

MEMORY = 392
"""Days of sales that a forecast sees: what a kiosk keeps."""
SETTLE = 28
"""First days of a replay, whose stock is still that of the start."""
CHANCES = 1.0 - np.geomspace(0.35, 0.003, 60)
LEAST_DAYS = 112
"""With less of a past than this there is nothing to replay."""
YEAR = 364


class Ladder:
    """Our levels at every chance on the evenings of a past. every: forecast anew after so many days."""

    def __init__(self, sales: Array, rhythm: Rhythm, packs: npt.NDArray[np.intp], every: int = 1, factors: Array | None = None) -> None:
        """sales, factors: as `demand.forecast` takes them, factors for 14 days or the rhythm's more; packs: pieces in each, (items,)."""
        self._sales, self._rhythm, self._packs, self._every, self._factors = sales, rhythm, packs, every, factors
        self._known: dict[int, Levels] = {}

    def levels(self, day: int) -> Levels:
        """Return the levels of an evening, (chances, items), from the sales up to it."""
        day -= day % self._every
        if day not in self._known:
            begin, horizon = max(0, day + 1 - MEMORY), max(self._rhythm.protected, 14)
            factors = None if self._factors is None else self._factors[:, begin:day + 1 + horizon]
            ahead = forecast(self._sales[:, begin:day + 1], horizon, factors=factors)
            needed = ahead.stock(0, self._rhythm.protected).needed(self._packs)
            target = np.array([(needed > 1.0 - chance + 1e-12).sum(axis=1) for chance in CHANCES], dtype=np.float64)
            missed = ahead.stock(0, self._rhythm.lead).missed() if self._rhythm.lead else None
            self._known[day] = Levels(target, missed, self._packs.astype(np.float64))
        return self._known[day]

    def at(self, day: int, place: float) -> Levels:
        """Return the levels of an evening at a place between two chances, (1, items)."""
        levels = self.levels(day)
        return Levels(between(levels.target, place)[None], levels.missed, levels.case)


def place_for(steps: Replay, days: int, fill: float) -> float:
    """Return the rung that served `fill` of the demand in the last year before day `days` of a replay."""
    return setting_for(fill, steps.part(max(SETTLE, days - YEAR), days).fill())


def service_curve(sales: Array, rhythm: Rhythm, packs: npt.NDArray[np.intp], days: int = 182, factors: Array | None = None) -> Replay:
    """Replay the last `days` at every chance, with a forecast a week: what each share served would have cost in stock.

    factors: as `demand.forecast` takes them, at least 14 and the rhythm's days beyond sales.
    """
    start = sales.shape[1] - days
    if start < SETTLE:
        raise InvalidValueError(f"{sales.shape[1]} days are too few to replay {days} of them: {days + SETTLE} are needed")
    demand = np.nan_to_num(sales)
    return replay(demand, start, rhythm, Ladder(sales, rhythm, packs, 7, factors).levels)


def one_of(levels: Callable[[int], Levels], item: int) -> Callable[[int], Levels]:
    """Return the levels of one item alone, with which its own past can be replayed."""
    def own(day: int) -> Levels:
        every = levels(day)
        case = every.case[[item]] if isinstance(every.case, np.ndarray) else every.case
        return Levels(every.target[:, [item]], None if every.missed is None else every.missed[[item]], case)

    return own


def chance_for(sales: Array, rhythm: Rhythm, packs: npt.NDArray[np.intp], fill: float, factors: Array | None = None) -> float:
    """Return the chance that would have served `fill` of the last half year's demand; `fill` itself where the past is too short."""
    days = min(182, sales.shape[1] - 2 * SETTLE)
    if sales.shape[1] < LEAST_DAYS or not np.nansum(sales[:, -days:]):
        return fill
    steps = service_curve(sales, rhythm, packs, days, factors)
    return float(np.interp(place_for(steps, days, fill), np.arange(len(CHANCES)), CHANCES))
