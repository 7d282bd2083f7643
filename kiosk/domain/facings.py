"""What a shelf camera believes about the fill of each slot: several looks that agree, never one; and "can't see" instead of "empty"."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from kiosk.errors import InvalidValueError

SEEN_SHARE = 0.7
"""A look at a slot counts when this much of it could be judged."""
AGREE = 3
"""Looks that must agree before a level is believed."""
_APART = 0.12
"""Looks whose fill differs by more than this do not agree."""
FORGET_S = 600.0
"""A level that nobody could check for so long is not known any more."""


@dataclass(frozen=True, slots=True)
class SlotSight:
    """One look at one slot. fill: 0..1; seen: 0..1, how much of it could be judged; empty: nothing but ground was seen."""

    slot: str
    fill: float
    seen: float
    empty: bool

    @property
    def counts(self) -> bool:
        """Whether enough of the slot was seen."""
        return self.seen >= SEEN_SHARE


@dataclass(frozen=True, slots=True)
class FillLevel:
    """What is believed of a slot. state: ok, empty or unseen (fill is then the last that was believed, None when there is none)."""

    slot: str
    fill: float | None
    state: str


@dataclass(frozen=True, slots=True)
class Belief:
    """Fill 0..1 of a slot, and when the first and the last of the looks were taken that it rests on, monotonic seconds."""

    fill: float
    first_s: float
    last_s: float


class FacingWatch:
    """Follows the slots of one camera."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[tuple[float, SlotSight]]] = {}
        self._levels: dict[str, FillLevel] = {}
        self._beliefs: dict[str, Belief] = {}

    def look(self, time_s: float, sights: tuple[SlotSight, ...]) -> tuple[FillLevel, ...]:
        """Take one look at all slots; return the levels that changed: in state, or by more than a twentieth."""
        changed = []
        for sight in sights:
            before = self._levels.get(sight.slot)
            after = self._judge(time_s, sight)
            if before is None or before.state != after.state or abs((before.fill or 0.0) - (after.fill or 0.0)) > 0.05:
                self._levels[sight.slot] = after
                changed.append(after)
        return tuple(changed)

    def level(self, slot: str) -> FillLevel:
        """Return what is believed of a slot now."""
        return self._levels.get(slot, FillLevel(slot, None, "unseen"))

    def belief(self, slot: str) -> Belief | None:
        """Return what the newest looks that agree come to, None before there were any."""
        return self._beliefs.get(slot)

    def _judge(self, time_s: float, sight: SlotSight) -> FillLevel:
        slot, last = sight.slot, self._levels.get(sight.slot, FillLevel(sight.slot, None, "unseen"))
        if sight.counts:
            looks = self._looks.setdefault(slot, deque(maxlen=AGREE))
            looks.append((time_s, sight))
            fills = [one.fill for _, one in looks]
            if len(looks) == AGREE and max(fills) - min(fills) <= _APART:
                self._beliefs[slot] = Belief(median(fills), looks[0][0], time_s)
                return FillLevel(slot, median(fills), "empty" if all(one.empty for _, one in looks) else "ok")
        belief = self._beliefs.get(slot)
        if belief is None or time_s - belief.last_s >= FORGET_S:
            return FillLevel(slot, last.fill, "unseen")
        return last


@dataclass(frozen=True, slots=True)
class Board:
    """Where a board's ground is in a camera's picture. corners: front left, front right, back right, back left; pixels, origin top-left.

    length_mm: from its left end to its right one. Raises InvalidValueError for corners that are no four-cornered ground.
    """

    corners: tuple[tuple[float, float], ...]
    length_mm: float

    def __post_init__(self) -> None:
        turns = [_turn(self.corners[i - 2], self.corners[i - 1], self.corners[i]) for i in range(len(self.corners))]
        if len(turns) != 4 or not (all(t < 0 for t in turns) or all(t > 0 for t in turns)) or not self.length_mm > 0:
            raise InvalidValueError(f"a board with corners {self.corners} and {self.length_mm:g} mm cannot be: give its front left, "
                                    "front right, back right and back left corner in pixels, and its length")

    def place(self, x_mm: float, width_mm: float) -> tuple[tuple[float, float], ...]:
        """Return where a slot's ground is in the picture, corners in the board's order. x_mm: its left edge on the board."""
        rows, values = [], []
        for (u, v), (x, y) in zip(((0, 0), (1, 0), (1, 1), (0, 1)), self.corners, strict=True):
            rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
            values += [x, y]
        way = np.append(np.linalg.solve(np.array(rows, float), np.array(values, float)), 1.0).reshape(3, 3)
        left, right = x_mm / self.length_mm, (x_mm + width_mm) / self.length_mm
        seen = way @ np.array([(left, 0, 1), (right, 0, 1), (right, 1, 1), (left, 1, 1)], float).T
        return tuple((float(x), float(y)) for x, y in (seen[:2] / seen[2]).T)


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
