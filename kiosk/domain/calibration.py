"""From a converter's own units to grams: what a cell reads empty, what it reads under a known weight, and whether it can be trusted.

A calibration is refused where the cell moves while it is measured, hardly moves under the weight, or does not come back to zero: goods
would be counted wrong on such a cell for as long as it hangs there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from kiosk.errors import InvalidValueError

LEAST_SAMPLES = 30
LEAST_S = 3.0
_RESTLESS = 3.0
"""A cell whose mean moves by more than this many standard deviations of its noise, while it is measured, is not at rest."""
_DRIFT_SHARE = 0.005
"""Of the known weight: the most a mean may move while it is measured or watched, and the most that zero may be off afterwards."""
_NOISE_SHARE = 0.05
"""Of the known weight: the most noise of one sample (standard deviation)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """grams = (raw - zero) * grams_per_unit. noise_g: standard deviation of one sample. weight_g: what it was made with. at: ISO 8601."""

    zero: float
    grams_per_unit: float
    weight_g: float
    noise_g: float
    at: str

    def grams(self, raw: float) -> float:
        """Return what lies on the cell, in grams."""
        return (raw - self.zero) * self.grams_per_unit


@dataclass(frozen=True, slots=True)
class Rest:
    """A cell at rest, in raw units. noise: standard deviation of one sample. moved: mean of the last third less that of the first."""

    mean: float
    noise: float
    moved: float
    seconds: float


def at_rest(cell: str, samples: Sequence[tuple[float, float]]) -> Rest:
    """Return what a cell reads from its (seconds, raw) samples; raise InvalidValueError when it was not at rest."""
    seconds = samples[-1][0] - samples[0][0] if samples else 0.0
    if len(samples) < LEAST_SAMPLES or seconds < LEAST_S:
        raise InvalidValueError(f"cell {cell}: {len(samples)} samples in {seconds:.1f} s are too few; check its cable and its rate")
    values = [raw for _, raw in samples]
    noise = _noise(values)
    third = len(values) // 3
    moved = median(values[-third:]) - median(values[:third])
    # Two medians of a third each differ by chance, too: 1.25 is the price of a median over a mean.
    chance = 4 * 1.25 * noise * math.sqrt(2 / third)
    if abs(moved) > max(_RESTLESS * noise, chance):
        raise InvalidValueError(f"cell {cell} is not at rest: it moved by {moved:.4g} units within {seconds:.0f} s, its noise is "
                                f"{noise:.4g}; wait until nothing touches or swings, then measure again")
    return Rest(_middle(values), noise, moved, seconds)


def solve(cell: str, empty: Rest, loaded: Rest, weight_g: float, at: str) -> Calibration:
    """Return the calibration that an empty cell and a known weight give; raise InvalidValueError that says what is wrong."""
    if not math.isfinite(weight_g) or weight_g <= 0:
        raise InvalidValueError(f"cell {cell}: a known weight of {weight_g:g} g cannot be")
    span = loaded.mean - empty.mean
    noise = max(empty.noise, loaded.noise)
    if noise > _NOISE_SHARE * abs(span):
        raise InvalidValueError(f"cell {cell} hardly feels {weight_g:g} g: it read {span:+.4g} units more, its noise is {noise:.4g}; "
                                "check that the weight lies on this cell alone, or take a heavier one")
    for name, rest in (("empty", empty), ("under the weight", loaded)):
        if abs(rest.moved) > _DRIFT_SHARE * abs(span) + 4 * rest.noise / math.sqrt(LEAST_SAMPLES / 3):
            raise InvalidValueError(f"cell {cell} drifts {name}: {rest.moved / span * weight_g:+.1f} g within {rest.seconds:.0f} s; "
                                    "let it warm up, keep draughts away, then calibrate again")
    per_unit = weight_g / span
    return Calibration(empty.mean, per_unit, weight_g, noise * abs(per_unit), at)


def check_zero(cell: str, made: Calibration, later: Rest) -> float:
    """Return by how many grams the empty cell has moved since its calibration began; raise InvalidValueError when that is too much."""
    off = made.grams(later.mean)
    allowed = max(_DRIFT_SHARE * made.weight_g, 4 * made.noise_g * math.sqrt(2 / LEAST_SAMPLES))
    if abs(off) > allowed:
        raise InvalidValueError(f"cell {cell} does not come back to zero: {off:+.1f} g are left, {allowed:.1f} g are allowed; "
                                "check that nothing rubs on the plate and its screws are tight, then calibrate again")
    return off


def _noise(values: Sequence[float]) -> float:
    """Return the standard deviation of one sample, from neighbours' differences: slow movement is not noise."""
    steps = [abs(b - a) for a, b in pairwise(values)]
    coarse = min((step for step in steps if step > 0), default=0.0)
    # The median of normal differences is 0.6745 * sqrt(2) of their deviation; a coarse converter shows a third of a step of noise at least.
    return max(median(steps) / 0.954, coarse / 3, 1e-12 * max(1.0, abs(values[0])))


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    cut = len(ordered) // 5
    return fmean(ordered[cut:len(ordered) - cut])
