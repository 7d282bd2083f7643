"""From raw weight samples of one cell to picks and put-backs of the one product that lies on it.

`shelf_plateau` finds the spans in which the weight holds still; this file decides what a change from one to the next means. Weight only
ever settles a whole number of pieces away, so a plateau counts once its distance is known well enough to say which number (the noise
decides how long that takes), and a plateau between two whole numbers waits, then is said to be unsure. Every plateau is compared with the
one before, so that drift, creep and the spread of piece weights never add up; and since plateaus carry the count, pieces whose own moves
could not be told apart still end in the right total.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from kiosk.domain.shelf_plateau import Plateau, PlateauFinder

HOLD_S = 1.9
"""A lighter plateau must last this long before it is believed: touches are shorter, and two actions within 2 s count as one."""
HEAVIER_HOLD_S = 2.0
"""A heavier plateau must last this long, and longer in noise: a hand that rests on the goods makes one, too."""
SHORT_HOLD_S = 0.7
"""A plateau on the way to a farther one need last only this long to be an action of its own."""
DIP_HOLD_S = 1.2
"""So long for one that is lighter than those around it: taken and put back, for a hand only presses."""
ONE_ACTION_S = 2.0
"""Actions in one cell that settle within this time are one."""
PEAK_HOLD_S = 1.2
"""So long, and steady, for one that is heavier than those around it: put back and taken."""
TREMOR_S = 5.0
"""Noise hides a hand's tremor: a heavier plateau must last this much longer for each unit weight of noise (1 s at a sixth)."""
SWAY, SWAY_S = 1.5, 8.0
"""A heavier plateau that sways by more than this (standard deviations beyond noise) must last so long: a hand that leans does."""
FOREIGN_HOLD_S = 6.0
"""A steady weight that no number of pieces explains is said to be unsure after this long: until then it may be a hand."""
SPREAD = 0.02
"""Standard deviation of one piece's weight, as a share of it, where the planogram says nothing."""
FOREIGN_SHARE = 0.01
"""Of changes of weight, those that are not whole pieces of the product."""
ADOPT_S = 60.0
"""A steady weight that no number of pieces explains becomes the new base after this long: a thing that somebody left."""
_COUNTED = 3
"""Handfuls above this many pieces are rare: a hand leaning on the shelf is the better guess until the weight has held longer."""


@dataclass(frozen=True, slots=True)
class Step:
    """Pieces moved: negative was taken. grams: the change of weight. residual_g: what the pieces' weight does not explain.

    time_s: when the new weight had settled. confidence: 0..1, that the number is right. error_g: standard error of grams. unsure: no number
    of pieces explains the change; nothing should be booked, pieces is 0 and somebody should look.
    """

    cell: str
    time_s: float
    pieces: int
    grams: float
    residual_g: float
    confidence: float
    error_g: float
    unsure: bool = False


class CellTracker:
    """Follows one cell that holds one product. Samples may come at any rate from about 3 a second up."""

    def __init__(self, cell: str, unit_weight_g: float, spread: float = SPREAD) -> None:
        """unit_weight_g: of one piece, more than 0. spread: standard deviation of a piece's weight as a share of it."""
        self._cell, self._unit_g, self._spread = cell, unit_weight_g, spread
        self._finder = PlateauFinder(floor_g=unit_weight_g / 200)
        self._level: Plateau | None = None
        self._on_level = self._said = self._adopted = False
        self._passing: list[tuple[int, Plateau]] = []

    @property
    def noise_g(self) -> float:
        """Estimated standard deviation of the weight over a tenth of a second, grams."""
        return self._finder.noise_g

    @property
    def grams(self) -> float | None:
        """Weight of the plateau that counts, None until there is one."""
        if self._on_level:
            return self._finder.plateau.grams
        return self._level.grams if self._level else None

    @property
    def rest(self) -> Plateau | None:
        """The plateau that counts, while the cell is on it."""
        return self._finder.plateau if self._on_level else None

    @property
    def unsure(self) -> bool:
        """True while a weight lies here that no number of pieces explains, until it is gone again or staff rebases."""
        return self._said or self._adopted

    def feed(self, time_s: float, grams: float) -> tuple[Step, ...]:
        """Take one raw sample; return the steps that it completes, oldest first: mostly none."""
        finder = self._finder
        if not finder.feed(time_s, grams):
            return ()
        if finder.broken is not None:
            self._leave(finder.broken)
        if self._on_level or finder.length_s < HOLD_S:
            return ()
        return self._judge(finder.plateau)

    def rebase(self) -> None:
        """Forget the plateau: staff refilled or counted, the next quiet second is the new one. What was learned about noise stays."""
        self._finder.restart()
        self._level, self._on_level, self._said, self._adopted = None, False, False, False
        self._passing.clear()

    def _leave(self, plateau: Plateau) -> None:
        if self._on_level:
            self._level, self._on_level = plateau, False
            self._passing.clear()
        elif self._level is not None and plateau.length_s >= SHORT_HOLD_S and (plateau.steady or plateau.scatter_g < self._unit_g / 6):
            pieces, residual, sd = self._distance(plateau, self._level)
            if abs(residual) <= 3 * sd:
                self._passing.append((pieces, plateau))

    def _judge(self, plateau: Plateau) -> tuple[Step, ...]:
        if not plateau.steady and plateau.length_s < ADOPT_S:
            return ()
        if self._level is None:
            self._arrive()
            return ()
        pieces, residual, sd = self._distance(plateau, self._level)
        if sd > self._unit_g / 6:
            return ()
        # A base that moves by parts of a piece with nothing taken could lose a piece in steps: it must hold longer.
        patience = FOREIGN_HOLD_S if pieces else ADOPT_S
        if abs(residual) <= 4 * sd or (abs(residual) < 0.35 * self._unit_g and plateau.length_s >= patience):
            if plateau.length_s < self._needed_s(pieces) or (pieces > 0 and plateau.sway > SWAY and plateau.length_s < SWAY_S):
                return ()
            steps = self._steps(plateau, self._level, pieces)
            self._arrive()
            return steps
        return self._foreign(plateau, self._level)

    def _needed_s(self, pieces: int) -> float:
        hold = HEAVIER_HOLD_S + self._tremor_s() if pieces > 0 else HOLD_S
        return hold + min(2.0, 0.2 * max(0, abs(pieces) - _COUNTED))

    def _tremor_s(self) -> float:
        return min(2.0, TREMOR_S * self._finder.noise_g / self._unit_g)

    def _foreign(self, plateau: Plateau, level: Plateau) -> tuple[Step, ...]:
        """Say once that a steady weight is unexplained; keep comparing with the plateau before, for what is foreign mostly goes again."""
        said, self._said = self._said, self._said or plateau.length_s >= FOREIGN_HOLD_S
        if plateau.length_s >= ADOPT_S:
            self._arrive()
            self._adopted = True
        delta = plateau.grams - level.grams
        error = math.hypot(plateau.error_g, level.error_g)
        return () if said == self._said else (Step(self._cell, plateau.start_s, 0, delta, delta, 0.0, error, unsure=True),)

    def _arrive(self) -> None:
        self._on_level, self._said = True, False
        self._passing.clear()

    def _distance(self, plateau: Plateau, level: Plateau) -> tuple[int, float, float]:
        """Return whole pieces between two plateaus, the rest in grams, and the rest's standard deviation.

        Creep after a change of load is of the order of a hundredth of it.
        """
        delta = plateau.grams - level.grams
        pieces = round(delta / self._unit_g)
        own = self._unit_g * self._spread
        return pieces, delta - pieces * self._unit_g, math.sqrt(plateau.error_g**2 + level.error_g**2 + (abs(pieces) + 1) * own**2)

    def _steps(self, plateau: Plateau, level: Plateau, pieces: int) -> tuple[Step, ...]:
        """Split the way to `plateau` at the plateaus passed on it that are actions of their own."""
        way = [(0, level)]
        passing = [*self._passing, (pieces, plateau)]
        for (count, passed), (_, following) in pairwise(passing):
            done = way[-1][0]
            onwards = (count - done) * (pieces - count) > 0 or (count < min(done, pieces) and passed.length_s >= DIP_HOLD_S)
            peak = count > max(done, pieces) and passed.length_s >= PEAK_HOLD_S + self._tremor_s() and passed.steady
            if (onwards or peak) and following.start_s - passed.start_s >= ONE_ACTION_S:
                way.append((count, passed))
        way.append((pieces, plateau))
        return tuple(self._step(after, before, there - here, self._reached_s(there, after))
                     for (here, before), (there, after) in pairwise(way) if there != here)

    def _reached_s(self, pieces: int, plateau: Plateau) -> float:
        """Return when the weight first came to a plateau: a hand that passed over it meanwhile did not make the action later."""
        earlier = [(count, passed) for count, passed in self._passing if passed.end_s < plateau.start_s]
        start_s = plateau.start_s
        for count, passed in reversed(earlier):
            if count != pieces:
                break
            start_s = passed.start_s
        return start_s

    def _step(self, plateau: Plateau, before: Plateau, pieces: int, time_s: float) -> Step:
        delta = plateau.grams - before.grams
        residual = delta - pieces * self._unit_g
        _, _, sd = self._distance(plateau, before)
        fits = [math.exp(-0.5 * ((residual + side * self._unit_g) / sd) ** 2) / (sd * math.sqrt(2 * math.pi)) for side in (0, -1, 1)]
        confidence = fits[0] / (sum(fits) + FOREIGN_SHARE / self._unit_g)
        error = math.hypot(plateau.error_g, before.error_g)
        return Step(self._cell, time_s, pieces, delta, residual, confidence, error)
