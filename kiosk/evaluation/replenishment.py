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

from kiosk.domain.demand_smoothing import tsb
from kiosk.domain.replenishment_ladder import CHANCES, Ladder, place_for
from kiosk.domain.replenishment_replay import Levels, Replay, Rhythm, replay
from kiosk.errors import InvalidValueError
from kiosk.evaluation.forecast import read_wide

Array = npt.NDArray[np.float64]

DAYS = 364
WARM_UP = 182
"""Days replayed before the scored ones, from which the first quantile is read."""
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


def evaluate_stock(path: Path, rhythm: Rhythm, case: int, fill: float) -> StockReport:
    """Score the last 364 days of a file in the wide layout."""
    sales = read_wide(path)[1]
    if sales.shape[1] < DAYS + WARM_UP + 28:
        raise InvalidValueError(f"{path}: {sales.shape[1]} days; {DAYS + WARM_UP + 28} are needed")
    if not 0.5 <= fill <= 0.999:
        raise InvalidValueError(f"a fill of {fill} cannot be asked for; between 0.5 and 0.999")
    return evaluate(sales, rhythm, case, fill)


def evaluate(sales: Array, rhythm: Rhythm, case: int, fill: float) -> StockReport:
    """Score the last 364 days of sales (items, days)."""
    start = sales.shape[1] - DAYS
    if case < 1:
        raise InvalidValueError(f"a case of {case} pieces cannot be")
    ladder = Ladder(sales, rhythm, np.full(len(sales), case))
    steps = replay(sales, start - WARM_UP, rhythm, ladder.levels)
    asked = replay(sales, start, rhythm, lambda day: ladder.at(day, place_for(steps, day + 1 - start + WARM_UP, fill)))
    curves = {
        "quantile": _curve(CHANCES, replay(sales, start, rhythm, ladder.levels), fill),
        "par": _curve(MULTIPLES, replay(sales, start, rhythm, lambda day: _par(sales, (rhythm, case), day)), fill),
        "normal": _curve(DEVIATIONS, replay(sales, start, rhythm, lambda day: _normal(sales, (rhythm, case), day)), fill),
    }
    return StockReport(len(sales), rhythm.review, rhythm.lead, case, fill, float(asked.fill()[0]), float(asked.cover()[0]), curves,
                       _saved(curves["quantile"], curves["par"]), _saved(curves["quantile"], curves["normal"]))


def _par(sales: Array, terms: tuple[Rhythm, int], day: int) -> Levels:
    rhythm, case = terms
    weeks = sales[:, day - 27:day + 1].reshape(len(sales), 4, 7).sum(axis=2)
    return Levels(np.ceil(MULTIPLES[:, None] * weeks.max(axis=1) * rhythm.protected / 7), case=case)


def _normal(sales: Array, terms: tuple[Rhythm, int], day: int) -> Levels:
    rhythm, case = terms
    year = sales[:, max(0, day - DAYS + 1):day + 1]
    deviation = year.std(axis=1) * np.sqrt(rhythm.protected)
    return Levels(np.ceil(tsb(year) * rhythm.protected + DEVIATIONS[:, None] * deviation), case=case)


def _curve(settings: Array, done: Replay, fill: float) -> Curve:
    reached, cover = np.maximum.accumulate(done.fill()), done.cover()
    at = float(np.interp(fill, reached, cover)) if reached[0] <= fill <= reached[-1] else None
    return Curve(tuple(settings.tolist()), tuple(done.fill().tolist()), tuple(cover.tolist()), at)


def _saved(ours: Curve, theirs: Curve) -> float | None:
    return None if ours.cover_at_fill is None or theirs.cover_at_fill is None else 1 - ours.cover_at_fill / theirs.cover_at_fill
