"""Which size somebody wears, from height and shoulders; said as a range, with how sure it is, or asked.

The chart is ours, made for this product's demo and in the manner of EN 13402: steps of height and of the distance between the shoulder
joints. A shop's own goods may be cut otherwise; a size is advice, the fitting decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt
from statistics import median
from typing import Final

SIZES: Final = ("XXS", "XS", "S", "M", "L", "XL", "XXL")
"""Sizes in order."""
_FIRST_HEIGHT, _HEIGHT_STEP = 1_520.0, 80.0
_FIRST_SHOULDERS, _SHOULDERS_STEP = 284.0, 17.0
_BY_HEIGHT: Final = 0.5
"""How much height counts in a size, the rest is the shoulders'."""
ENOUGH, MOST = 8, 60
"""So many looks make a measure; so many are kept, the newest."""
HEIGHT_ERROR, SHOULDERS_ERROR = 0.012, 0.03
"""Standard errors of one person's measure that more looks do not remove, as parts of it; found on rendered bodies."""
SURE: Final = 0.9
"""A range holds the size with this chance."""
_WIDEST: Final = 2
"""A range of more sizes is no advice: then the shopper is asked."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A body measured once or often. height: of the whole body; shoulders: between the shoulders' joints; both in millimetres."""

    height_mm: float
    shoulders_mm: float


@dataclass(frozen=True, slots=True)
class Advice:
    """The sizes that somebody may wear, in order. likely: the one in the middle; sure: chance that the range holds, 0..1.

    sizes empty: it cannot be said, and the shopper is asked.
    """

    sizes: tuple[str, ...] = ()
    likely: str = ""
    sure: float = 0.0
    height_mm: float = 0.0


ASK: Final = Advice()


def place(measure: Measure) -> float:
    """Return where a body stands on the chart: 0.0 .. 1.0 is the first of SIZES, 1.0 .. 2.0 the second, and so on; beyond for others."""
    tall = (measure.height_mm - _FIRST_HEIGHT) / _HEIGHT_STEP
    broad = (measure.shoulders_mm - _FIRST_SHOULDERS) / _SHOULDERS_STEP
    return _BY_HEIGHT * tall + (1 - _BY_HEIGHT) * broad + 1.0


def size_of(measure: Measure) -> str:
    """Return the size of a body that is known exactly; the first or last for one beyond the chart."""
    return SIZES[min(max(int(place(measure) // 1), 0), len(SIZES) - 1)]


class Sizer:
    """Gathers measures of one person."""

    def __init__(self) -> None:
        self._seen: list[Measure] = []

    def reset(self) -> None:
        """Somebody else stands there."""
        self._seen.clear()

    def feed(self, seen: Measure | None) -> None:
        """Take a measure; None when a look gave none."""
        if seen is not None:
            self._seen = [*self._seen[-(MOST - 1):], seen]

    def advice(self) -> Advice:
        """Return what can be said."""
        if len(self._seen) < ENOUGH:
            return ASK
        middle = Measure(median(m.height_mm for m in self._seen), median(m.shoulders_mm for m in self._seen))
        return advise(middle, _scatter([place(m) for m in self._seen]))


def advise(measure: Measure, scatter: float = 0.0) -> Advice:
    """Return the shortest range of sizes that holds with the chance SURE. scatter: standard error of the place on the chart by itself."""
    at = place(measure)
    doubt = sqrt(scatter**2 + (_BY_HEIGHT * HEIGHT_ERROR * measure.height_mm / _HEIGHT_STEP) ** 2
                 + ((1 - _BY_HEIGHT) * SHOULDERS_ERROR * measure.shoulders_mm / _SHOULDERS_STEP) ** 2)
    if not -0.5 <= at <= len(SIZES) + 0.5:
        return ASK

    def below(edge: int) -> float:
        if edge <= 0 or edge >= len(SIZES):  # the outermost sizes are worn by whoever is beyond them
            return float(edge > 0)
        return 0.5 * (1 + erf((edge - at) / (doubt * sqrt(2))))

    likely = min(max(int(at // 1), 0), len(SIZES) - 1)
    for count in range(1, _WIDEST + 1):
        best = max(((below(first + count) - below(first), first) for first in range(len(SIZES) - count + 1)), key=lambda found: found[0])
        if best[0] >= SURE:
            return Advice(SIZES[best[1]:best[1] + count], SIZES[likely], best[0], measure.height_mm)
    return ASK


def _scatter(places: list[float]) -> float:
    """Return the standard error of the median of looks; looks of one second are not independent, so few of them count."""
    middle = median(places)
    spread = 1.4826 * median(abs(p - middle) for p in places)
    return spread / sqrt(max(1.0, len(places) / 6))
