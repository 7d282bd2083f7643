"""What a shopper is asked to do before the camera: a short dance, drawn anew for every attempt.

A recording of an earlier attempt is worth nothing when the next one asks for other things at other times. So both are drawn: which four
things, in which order, and how long each is asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


class Ask(StrEnum):
    """One thing to do. Left and right are the shopper's own, as in a mirror: LEFT moves the nose to the right of the camera's picture."""

    LEFT = "left"
    RIGHT = "right"
    CLOSER = "closer"
    BLINK = "blink"


STEPS = 4
FIRST_S, FIRST_SPREAD_S = 0.20, 0.15
"""The first thing is asked this long after the beginning, at the earliest, and within so much more."""
STEP_S, STEP_SPREAD_S = 0.50, 0.20
"""Each thing is asked for this long at least, and so much more at most."""
BRISK_S = 0.13
"""Frames that are no further apart than this are enough for the pace above."""
RISE_S = 0.25
"""How long the ring, and a head that follows it, takes from one thing to the next."""
TAIL_S = 0.60
"""An answer may lag behind what was asked by as much."""
SOON_S = 0.20
"""So long after the last thing was asked for, most have answered it and hold still."""

TURN, NEAR, SHUT = 0, 1, 2
"""Columns of `Challenge.wanted`."""

Order = tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """`ask` is asked for from `from_s` to `to_s`, seconds since the attempt began."""

    ask: Ask
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is asked in one attempt, step after step without a pause."""

    steps: tuple[Step, ...]

    @property
    def order(self) -> Order:
        """What is asked, without its times."""
        return tuple(step.ask for step in self.steps)

    @property
    def ends_s(self) -> float:
        """When the last answer is in, at the latest."""
        return self.steps[-1].to_s + TAIL_S

    @property
    def soon_s(self) -> float:
        """When the last answer is in, of those who are not slow."""
        return self.steps[-1].to_s + SOON_S

    def asked(self, at_s: float) -> Ask | None:
        """What is asked for at a time; None before the first step and after the last."""
        return next((step.ask for step in self.steps if step.from_s <= at_s < step.to_s), None)

    def ring(self, at_s: float) -> tuple[float, float]:
        """Where the ring that leads is: -1..1, 1 fully to the shopper's left, and how near, 0..1."""
        turn, near, _ = self.wanted(np.array([at_s]))[0]
        return float(turn), float(near)

    def wanted(self, times_s: Doubles) -> Doubles:
        """What a head that follows at once would do: (n, 3) float64 at (n,) times.

        Columns: turn -1..1 (1: fully to the shopper's left), nearness 0..1 (1: come closer), shut 0..1 (1: eyes closed).
        """
        made = np.zeros((len(times_s), 3))
        for step in self.steps:
            on = _ramp((times_s - step.from_s) / RISE_S) - _ramp((times_s - step.to_s) / RISE_S)
            column, way = {Ask.LEFT: (TURN, 1.0), Ask.RIGHT: (TURN, -1.0), Ask.CLOSER: (NEAR, 1.0), Ask.BLINK: (SHUT, 1.0)}[step.ask]
            made[:, column] += way * on
        return made


def _ramp(share: Doubles) -> Doubles:
    share = np.clip(share, 0.0, 1.0)
    eased: Doubles = share * share * (3 - 2 * share)
    return eased


def orders() -> list[Order]:
    """Every order that can be asked: nothing twice in a row; to either side, because turning shows depth, and eyes that close.

    The last thing moves the head: while eyes are to close the head is still, and a recording that ends otherwise, but later, is so too.
    """
    everything = itertools.product(Ask, repeat=STEPS)
    return [order for order in everything if order[-1] is not Ask.BLINK
            and all(one != other for one, other in itertools.pairwise(order)) and {Ask.LEFT, Ask.RIGHT, Ask.BLINK} <= set(order)]


_ORDERS = orders()
_SPREAD = 37
"""Coprime to the number of orders: seeds that follow each other ask for orders that have little in common."""


SLOWEST = 1.6
"""A device that sees few frames a second asks so many times as slowly at most."""


def pace_of(gap_s: float) -> float:
    """How slowly a device asks that sees frames so far apart, 1.0 to SLOWEST: each thing is to be seen a few times."""
    return min(max(gap_s / BRISK_S, 1.0), SLOWEST)


def draw(seed: int, lately: Sequence[Order] = (), pace: float = 1.0) -> Challenge:
    """Draw a challenge. The same seed gives the same one; a kiosk's seed is a secret random number, as nobody may foresee it.

    lately: orders asked before on this device, which are not asked again: what was filmed there answers another question. pace: so many
    times as long is asked for each thing.
    """
    number = seed * _SPREAD
    order = next((candidate for step in range(len(_ORDERS)) if (candidate := _ORDERS[(number + step) % len(_ORDERS)]) not in lately),
                 _ORDERS[number % len(_ORDERS)])
    chance = np.random.default_rng(seed)
    at_s = pace * (FIRST_S + FIRST_SPREAD_S * float(chance.random()))
    steps = []
    for ask in order:
        until_s = at_s + pace * (STEP_S + STEP_SPREAD_S * float(chance.random()))
        steps.append(Step(ask, at_s, until_s))
        at_s = until_s
    return Challenge(tuple(steps))
