"""What our stock rule costs beside two others on a person's own sales: days of stock for the share of demand that is served.

Recorded sales are taken as demand. Ours orders up to the quantile of the demand that must be lasted; which quantile serves the asked share
is read, every evening, from a replay of the days before. Beside it, in the same run: a par level (a multiple of the best of the last four
weeks) and TSB's mean plus a multiple of the normal deviation. All are compared at the asked fill, between their two nearest settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kiosk.domain.demand import forecast
from kiosk.domain.demand_smoothing import tsb
from kiosk.domain.replenishment_replay import Levels, Replay, Rhythm, between, replay, setting_for
from kiosk.errors import InvalidValueError
from kiosk.evaluation.forecast import read_wide

Array = npt.NDArray[np.float64]

DAYS = 364
WARM_UP = 182
"""Days replayed before the scored ones, from which the first quantile is read."""
MEMORY = 392
"""Days of sales that our forecast sees: what a kiosk keeps."""
SETTLE = 28
"""First days of the replay, whose stock is still that of the start."""
CHANCES = 1.0 - np.geomspace(0.35, 0.003, 60)
DEVIATIONS = np.linspace(-0.5, 4.0, 28)
MULTIPLES = np.linspace(0.1, 4.0, 40)


@dataclass(frozen=True, slots=True)
class Curve:
    """Fill and days of cover by rising setting, and the cover at the asked fill, None where the curve does not reach it."""

    setting: tuple[float, ...]
    fill: tuple[float, ...]
    cover: tuple[float, ...]
    cover_at_fill: float | None


@dataclass(frozen=True, slots=True)
class StockReport:
    """asked: the fill; reached, cover: what our rule did when asked for it; curves: quantile, par, normal (TSB).

    less_than_par, less_than_normal: share of their stock that our curve saves at the asked fill.
    """

    items: int
    review: int
    lead: int
    case: int
    asked: float
    reached: float
    cover: float
    curves: dict[str, Curve]
    less_than_par: float | None
    less_than_normal: float | None


def evaluate_stock(path: Path, rhythm: Rhythm, fill: float) -> StockReport:
    """Score the last 364 days of a file in the wide layout."""
    sales = read_wide(path)[1]
    if sales.shape[1] < DAYS + WARM_UP + 28:
        raise InvalidValueError(f"{path}: {sales.shape[1]} days; {DAYS + WARM_UP + 28} are needed")
    if not 0.5 <= fill <= 0.999:
        raise InvalidValueError(f"a fill of {fill} cannot be asked for; between 0.5 and 0.999")
    return evaluate(sales, rhythm, fill)


def evaluate(sales: Array, rhythm: Rhythm, fill: float) -> StockReport:
    """Score the last 364 days of sales (items, days)."""
    start = sales.shape[1] - DAYS
    ladder = Ladder(sales, rhythm)
    steps = replay(sales, start - WARM_UP, rhythm, ladder.levels)
    asked = replay(sales, start, rhythm, lambda day: ladder.at(day, _place(steps, day + 1 - start + WARM_UP, fill)))
    curves = {
        "quantile": _curve(CHANCES, replay(sales, start, rhythm, ladder.levels), fill),
        "par": _curve(MULTIPLES, replay(sales, start, rhythm, lambda day: _par(sales, rhythm, day)), fill),
        "normal": _curve(DEVIATIONS, replay(sales, start, rhythm, lambda day: _normal(sales, rhythm, day)), fill),
    }
    return StockReport(len(sales), rhythm.review, rhythm.lead, rhythm.case, fill, float(asked.fill()[0]), float(asked.cover()[0]), curves,
                       _saved(curves["quantile"], curves["par"]), _saved(curves["quantile"], curves["normal"]))


class Ladder:
    """Our levels at every chance, forecast once an evening."""

    def __init__(self, sales: Array, rhythm: Rhythm) -> None:
        self._sales = sales
        self._rhythm = rhythm
        self._known: dict[int, Levels] = {}

    def levels(self, day: int) -> Levels:
        """Return the levels of an evening, (chances, items), from the sales up to it."""
        if day not in self._known:
            ahead = forecast(self._sales[:, max(0, day + 1 - MEMORY):day + 1], max(self._rhythm.protected, 14))
            needed = ahead.window(0, self._rhythm.protected).needed(np.full(len(self._sales), self._rhythm.case))
            target = np.array([(needed > 1.0 - chance + 1e-12).sum(axis=1) for chance in CHANCES], dtype=np.float64)
            self._known[day] = Levels(target, ahead.window(0, self._rhythm.lead).missed() if self._rhythm.lead else None)
        return self._known[day]

    def at(self, day: int, place: float) -> Levels:
        """Return the levels of an evening at a place between two chances, (1, items)."""
        levels = self.levels(day)
        return Levels(between(levels.target, place)[None], levels.missed)


def _place(steps: Replay, days: int, fill: float) -> float:
    """The rung that served `fill` of the demand in the last year before this evening."""
    return setting_for(fill, steps.part(max(SETTLE, days - DAYS), days).fill())


def _par(sales: Array, rhythm: Rhythm, day: int) -> Levels:
    weeks = sales[:, day - 27:day + 1].reshape(len(sales), 4, 7).sum(axis=2)
    return Levels(np.ceil(MULTIPLES[:, None] * weeks.max(axis=1) * rhythm.protected / 7))


def _normal(sales: Array, rhythm: Rhythm, day: int) -> Levels:
    year = sales[:, max(0, day - DAYS + 1):day + 1]
    deviation = year.std(axis=1) * np.sqrt(rhythm.protected)
    return Levels(np.ceil(tsb(year) * rhythm.protected + DEVIATIONS[:, None] * deviation))


def _curve(settings: Array, done: Replay, fill: float) -> Curve:
    reached, cover = np.maximum.accumulate(done.fill()), done.cover()
    at = float(np.interp(fill, reached, cover)) if reached[0] <= fill <= reached[-1] else None
    return Curve(tuple(settings.tolist()), tuple(done.fill().tolist()), tuple(cover.tolist()), at)


def _saved(ours: Curve, theirs: Curve) -> float | None:
    return None if ours.cover_at_fill is None or theirs.cover_at_fill is None else 1 - ours.cover_at_fill / theirs.cover_at_fill
