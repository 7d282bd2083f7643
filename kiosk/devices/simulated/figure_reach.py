"""How a rendered figure's arm reaches a place: of all ways to bring the hand there, the one that costs a person least.

A person who lifts a hand keeps the elbow as low as the hand allows and lets the forearm come forward, to the camera; the hand passes before
the trunk, never behind it, and the elbow doesn't jump from one side of the arm to the other on the way. Pure, as poses are.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_pose import FOREARM, HAND, UPPER_ARM, Arm

_LIFT, _JUMP, _FLAT = 0.12, 0.25, 0.02
"""What counts beside a miss, by body heights: the elbow's height, its way since the last look; and a forearm that is seen from its end."""
_MOST_BENT: Final = -0.80
"""Cosine between upper arm and forearm at an elbow that cannot bend further."""


def _grid() -> NDArray[np.float64]:
    """Return all arms that are tried: (N, 4) float64, the four angles of Arm in degrees."""
    axes = np.arange(4.0, 101, 6), np.array([0.0, 30.0, 60.0]), np.arange(6.0, 171, 6), np.array([0.0, 25, 50, 70, 90, 110, 130, 150])
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 4)


def _ways(out: NDArray[np.float64], ahead: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors (outwards, up, to the camera) of bones that are turned so; degrees in, (N, 3) float64 out."""
    a, f = np.radians(out), np.radians(ahead)
    return np.stack([np.sin(a) * np.cos(f), -np.cos(a), np.sin(a) * np.sin(f)], axis=-1)


class Reach:
    """One arm of a figure that goes from place to place; begins hanging."""

    def __init__(self) -> None:
        arms = _grid()
        upper, lower = _ways(arms[:, 0], arms[:, 1]), _ways(arms[:, 2], arms[:, 3])
        elbow = UPPER_ARM * upper
        hand = elbow + (FOREARM + HAND / 2) * lower
        inward = hand[:, 0] < 0.02
        able = ((upper * lower).sum(axis=1) > _MOST_BENT) & ~(inward & (hand[:, 2] < 0.10))
        self._arms, self._elbow, self._hand = arms[able], elbow[able], hand[able]
        seen = np.hypot(lower[able, 0], lower[able, 1])
        self._cost = _LIFT * (self._elbow[:, 1] + UPPER_ARM) + _FLAT * np.maximum(0.0, 0.6 - seen) / 0.6
        self._before = self._elbow[np.argmin(self._elbow[:, 1])]

    def to(self, out: float, up: float) -> Arm:
        """Return the arm whose hand's middle comes nearest to a place, in body heights outwards and up from the shoulder."""
        off = np.hypot(self._hand[:, 0] - out, self._hand[:, 1] - up)
        jump = np.linalg.norm(self._elbow - self._before, axis=1)
        best = int(np.argmin(off + self._cost + _JUMP * jump))
        self._before = self._elbow[best]
        return Arm(*(float(angle) for angle in self._arms[best]))
