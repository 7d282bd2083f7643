"""What a stock rule would have done to a shop's past: the day loop, and the chance that would have reached an asked fill.

A day: deliveries in, sales (lost if none is there), close, review, order. What is ordered on the evening of day t with a lead of L days is
on the shelf at the opening of day t + L + 1. Many settings of a rule are replayed side by side: arrays are (settings, items).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Orders leave every `review` days in the evening, arrive `lead` days later, in packs of `case` pieces."""

    review: int
    lead: int
    case: int = 1

    def __post_init__(self) -> None:
        if self.review < 1 or self.lead < 0 or self.case < 1:
            raise InvalidValueError(f"{self}: review and case must be 1 or more, lead 0 or more")

    @property
    def protected(self) -> int:
        """Days for which what is there after this evening's order must last."""
        return self.review + self.lead


@dataclass(frozen=True, slots=True)
class Replay:
    """Pieces served, and held at close, by day and setting over all items: (days, settings); demanded: (days,)."""

    served: Array
    held: Array
    demanded: Array

    def fill(self) -> Array:
        """Return the share of the demand that was served, by setting."""
        return np.asarray(self.served.sum(axis=0) / max(float(self.demanded.sum()), 1e-12))

    def cover(self) -> Array:
        """Return the mean stock at close in days of mean demand, by setting."""
        return np.asarray(self.held.mean(axis=0) / max(float(self.demanded.mean()), 1e-12))

    def part(self, first: int, until: int) -> Replay:
        """Return the days from first to before until."""
        return Replay(self.served[first:until], self.held[first:until], self.demanded[first:until])


def cases(target: Array, position: Array, case: int) -> Array:
    """Return the pieces that lift a stock position to its target, in whole packs; 0 at or above it."""
    return np.asarray(np.maximum(np.ceil((target - position) / case), 0.0) * case)


def replay(demand: Array, start: int, rhythm: Rhythm, targets: Callable[[int], Array]) -> Replay:
    """Replay the days from `start` of demand (items, days).

    targets(day) gives the order-up-to levels (settings, items) on the evening of a day; stock starts at those of the evening before.
    """
    level = targets(start - 1)
    shelf = np.maximum(level, 0.0)
    coming = np.zeros((rhythm.lead + 1, *shelf.shape))
    days = demand.shape[1] - start
    served, held = np.zeros((days, len(level))), np.zeros((days, len(level)))
    for day in range(days):
        shelf = shelf + coming[0]
        coming = np.concatenate([coming[1:], np.zeros((1, *shelf.shape))])
        sold = np.minimum(shelf, demand[:, start + day])
        shelf = shelf - sold
        served[day], held[day] = sold.sum(axis=1), shelf.sum(axis=1)
        if (day + 1) % rhythm.review == 0:
            coming[rhythm.lead] += cases(targets(start + day), shelf + coming.sum(axis=0), rhythm.case)
    return Replay(served, held, demand[:, start:].sum(axis=0))


def setting_for(fill: float, reached: Array) -> float:
    """Return the place, between whole numbers, in a ladder of settings whose replayed fills rise, at which `fill` is reached."""
    rising = np.maximum.accumulate(reached)
    return float(np.interp(fill, rising, np.arange(len(rising))))


def between(ladder: Array, place: float) -> Array:
    """Return the levels at a place between the rungs of a ladder (settings, ...), rounded to whole pieces."""
    low = min(int(place), len(ladder) - 1)
    high = min(low + 1, len(ladder) - 1)
    return np.asarray(np.rint(ladder[low] + (place - low) * (ladder[high] - ladder[low])))
