"""Which of several products it was that moved, told afterwards by what the shelf camera sees of their slots.

Weight alone leaves a tie; the camera looks seldom and often past somebody's arm. So a tie is said to be unsure at once, and kept: when
every slot in question has been seen clearly since, the slot that lost (or gained) as many pieces as the weight asks for was it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FORGET_S = 180.0
"""A tie that the camera could not settle in this time stays unsure."""
SURE = 0.95
_FILL_SD = 0.06
"""Standard deviation of a believed fill level: twice the error of single looks, for looks of one slot err alike."""
_NONE_OF_THEM = 0.02


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slot whose goods it may have been. pieces: signed; odds: what weight and place say, 0..1. fill, on_hand: before it moved."""

    slot: str
    pieces: int
    capacity: int
    odds: float
    fill: float
    on_hand: int


@dataclass(frozen=True, slots=True)
class Tie:
    """A move that could not be named: when its weight had settled, and on which load cells."""

    time_s: float
    cells: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Sighted:
    """A slot as it was last believed: fill 0..1, when the first look was taken that this rests on, and its pieces in the books now."""

    fill: float
    time_s: float
    on_hand: int


def settle(tie: Tie, seen: Mapping[str, Sighted]) -> tuple[Candidate, float] | None:
    """Return which candidate it was and the odds of that, None while (or because) the camera cannot tell."""
    if any(c.slot not in seen or seen[c.slot].time_s <= tie.time_s for c in tie.candidates):
        return None
    fits = [_fit(tie.candidates, seen, moved) for moved in tie.candidates]
    weights = [candidate.odds * fit for candidate, fit in zip(tie.candidates, fits, strict=True)]
    nothing = _NONE_OF_THEM * _fit(tie.candidates, seen, None)
    whole = sum(weights) + nothing
    if whole <= 0:
        return None
    best = max(range(len(weights)), key=lambda i: weights[i])
    odds = weights[best] / whole
    return (tie.candidates[best], odds) if odds >= SURE and fits[best] > math.exp(-0.5 * 3.0**2 * len(fits)) else None


def _fit(candidates: Sequence[Candidate], seen: Mapping[str, Sighted], moved: Candidate | None) -> float:
    """Return how well the fills of all candidates' slots agree with `moved` having moved, and with what was booked meanwhile."""
    total = 0.0
    for one in candidates:
        now = seen[one.slot]
        pieces = now.on_hand - one.on_hand + (one.pieces if one is moved else 0)
        expected = min(1.0, max(0.0, one.fill + pieces / one.capacity))
        total += ((now.fill - expected) / (_FILL_SD * math.sqrt(2))) ** 2
    return math.exp(-0.5 * total)
