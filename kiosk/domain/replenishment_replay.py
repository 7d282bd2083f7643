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
    """Orders leave every `review` days in the evening and arrive `lead` days later."""

    review: int
    lead: int

    def __post_init__(self) -> None:
        if self.review < 1 or self.lead < 0:
            raise InvalidValueError(f"{self}: review must be 1 or more, lead 0 or more")

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


@dataclass(frozen=True, slots=True)
class Levels:
    """What a rule wants on an evening: order-up-to levels (settings, items), whole pieces, in packs of `case`, one for all or (items,).

    missed: (items, k) pieces that will be asked for in vain before the delivery where k are there or coming, for rules that know it: what
    is lost by then need not be ordered.
    """

    target: Array
    missed: Array | None = None
    case: int | Array = 1

    def order(self, position: Array) -> Array:
        """Return the pieces, in whole packs, that lift stock positions (settings, items) to their targets; 0 at or above."""
        short = self.target - position
        if self.missed is not None:
            place = np.minimum(position, self.missed.shape[1] - 1).astype(np.intp)
            short = short - self.missed[np.arange(len(self.missed)), place]
        return np.asarray(np.maximum(np.ceil(short / self.case - 1e-9), 0.0) * self.case)


def replay(demand: Array, start: int, rhythm: Rhythm, levels: Callable[[int], Levels]) -> Replay:
    """Replay the days from `start` of demand (items, days).

    levels(day) is asked on the evenings of orders; stock starts at the targets of the evening before.
    """
    level = levels(start - 1).target
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
            coming[rhythm.lead] += levels(start + day).order(shelf + coming.sum(axis=0))
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
