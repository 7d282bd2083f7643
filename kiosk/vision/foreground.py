"""What stands before the background of a camera that doesn't move, and how far an arm reaches in it.

The pose network loses a forearm on some sleeves, and its person mask with it: both come from one pass. What has changed before the wall is
another witness. Arrays here are small: one cell is `_CELL` pixels of the picture wide and high.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.gestures import Point
from kiosk.vision.body import (
    L_ELBOW,
    L_HIP,
    L_INDEX,
    L_SHOULDER,
    L_WRIST,
    R_ELBOW,
    R_HIP,
    R_INDEX,
    R_SHOULDER,
    R_WRIST,
    BodyFound,
)

_CELL: Final = 8
_DIFFERS, _PERSON = 16, 60
"""A cell stands before the background when it differs by more in one channel, of 255; where the person mask is stronger stands a person."""
_SETTLES_S, _ABSORBS_S = 1.0, 20.0
"""How fast the background follows what it sees where it is seen; and where something stands before it, which may be a bag put down."""
_NEWLY: Final = 0.5
"""When so much of what was known differs, the light or the camera has changed: everything is learnt anew."""
_FORGET_AFTER_S: Final = 5.0

_SAMPLED: Final = 7
"""Every seventh cell tells how bright the picture has become."""

Cells = NDArray[np.uint8]
"""(height / 8, width / 8) uint8, 255 or 0, origin top-left."""
_Spot = NDArray[np.float32]
"""(2,) float32: x, y in cells."""


class Foreground:
    """Learns the background where nobody stands, and tells what stands before it."""

    def __init__(self) -> None:
        self._wall = np.zeros((0, 0, 3), np.float32)
        self._known = np.zeros((0, 0), np.uint8)
        self._time_s = self._since_s = float("-inf")

    @property
    def settled(self) -> bool:
        """Whether the background has been known for long enough to be believed."""
        return self._time_s - self._since_s >= _SETTLES_S

    def feed(self, pixels: Picture, time_s: float, body: BodyFound | None) -> Cells:
        """Take a frame ((H, W, 3) uint8 RGB) and who was found on it; return what is occupied: by what changed, or by the person mask.

        The mask is believed where the background was never seen. time_s: of the frame, monotonic.
        """
        high, wide = pixels.shape[0] // _CELL, pixels.shape[1] // _CELL
        seen: NDArray[np.uint8] = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA)
        passed_s = time_s - self._time_s
        if self._known.shape != (high, wide) or not 0 <= passed_s <= _FORGET_AFTER_S:
            self._wall, self._known, passed_s = seen.astype(np.float32), np.zeros((high, wide), np.uint8), 0.0
            self._since_s = time_s
        self._time_s = time_s
        person = _person(body, high, wide)
        behind = self._known & ~person
        differs = self._differs(seen, behind) & self._known
        if cv2.countNonZero(differs & behind) > _NEWLY * cv2.countNonZero(behind):
            self._known[:], self._since_s = 0, time_s
            differs = self._known.copy()
        self._learn(seen, person, differs, passed_s)
        return (differs & self._known) | (person & ~self._known)

    def _differs(self, seen: NDArray[np.uint8], behind: Cells) -> Cells:
        wall = self._wall.astype(np.uint8)
        some = behind.ravel()[::_SAMPLED] > 0
        if some.any():  # a camera sets its exposure anew when somebody steps in
            away = [plane.reshape(-1, 3)[::_SAMPLED][some].astype(np.int16) for plane in (seen, wall)]
            shift = np.median(away[0] - away[1], axis=0)
            wall = cv2.subtract(cv2.add(wall, (*np.maximum(shift, 0), 0.0)), (*np.maximum(-shift, 0), 0.0))
        red, green, blue = cv2.split(cv2.absdiff(seen, wall))
        differs: Cells = cv2.threshold(cv2.max(cv2.max(red, green), blue), _DIFFERS, 255, cv2.THRESH_BINARY)[1]
        return differs

    def _learn(self, seen: NDArray[np.uint8], person: Cells, differs: Cells, passed_s: float) -> None:
        fresh = ~self._known & ~person
        for cells, settles_s in ((fresh, 0.0), (~differs & ~person, _SETTLES_S), (differs & ~person, _ABSORBS_S)):
            cv2.accumulateWeighted(seen, self._wall, min(1.0, passed_s / settles_s) if settles_s else 1.0, cells)
        self._known |= fresh


def _person(body: BodyFound | None, high: int, wide: int) -> Cells:
    """Return where the person mask is, and a cell around it."""
    if body is None:
        return np.zeros((high, wide), np.uint8)
    place = body.to_picture / _CELL
    place[:, 2] -= 0.5 - 0.5 / _CELL
    mask = cv2.warpAffine(body.crop_mask, place, (wide, high), flags=cv2.INTER_LINEAR)
    person: Cells = cv2.threshold(cv2.dilate(mask, np.ones((3, 3), np.uint8)), _PERSON, 255, cv2.THRESH_BINARY)[1]
    return person


_SIDES: Final = ((L_SHOULDER, L_ELBOW, L_WRIST, L_INDEX, L_HIP), (R_SHOULDER, R_ELBOW, R_WRIST, R_INDEX, R_HIP))
_BEGINS, _HAND = 0.3, 0.3
"""How far around the shoulder an arm begins, and how long a hand is, in widths of the shoulders."""
_ASIDE, _BESIDE, _ABOVE = 0.4, 0.25, 0.15
"""What is held out ends so far outwards of its shoulder, beyond trunk and hanging arm; a hand's middle lies beside the trunk, and so far
above the hip; in shoulder widths."""
_NEAREST, _FARTHEST, _FOREARM = 0.45, 2.5, 0.25
"""How far from the shoulder the hand of an arm that is held out may be, and the least way from the elbow, in the same unit."""
_GAP: Final = 5
"""An arm is whole where no more cells than these are missing: a cuff may have the colour of the wall."""


def reaches(body: BodyFound, occupied: Cells) -> tuple[Point | None, Point | None]:
    """Return the hand's middle of each arm (the person's own left, right) that is held out, by what is occupied.

    None: it isn't held out, or isn't seen so. The hand lies at the end of the way from the shoulder through what is occupied, outwards of
    the trunk and above the hips; that way bends where the elbow does.
    """
    points = body.landmarks[:, :2] / _CELL
    unit = float(np.linalg.norm(points[L_SHOULDER] - points[R_SHOULDER]))
    whole = cv2.morphologyEx(occupied, cv2.MORPH_CLOSE, np.ones((_GAP, _GAP), np.uint8))
    outwards = 1.0 if points[L_SHOULDER, 0] > points[R_SHOULDER, 0] else -1.0
    found: list[Point | None] = []
    for side, out in zip(_SIDES, (outwards, -outwards), strict=True):
        shoulder, elbow, wrist, index, hip = points[list(side)]
        lowest = float(hip[1]) - _ABOVE * unit
        hand = _end(whole, (shoulder, out), lowest, unit)
        if hand is not None:
            hand = _better(hand, (wrist + index) / 2, elbow, whole)
        held = (hand is not None and float(np.linalg.norm(hand - elbow)) >= _FOREARM * unit
                and (float(hand[0]) - float(shoulder[0])) * out > _BESIDE * unit and float(hand[1]) < lowest)
        found.append(((float(hand[0]) + 0.5) * _CELL, (float(hand[1]) + 0.5) * _CELL) if hand is not None and held else None)
    return found[0], found[1]


def _better(end: _Spot, guess: _Spot, elbow: _Spot, whole: Cells) -> _Spot:
    """Return an arm's end or the landmarks' hand: the one that is farther from the elbow, as hands are; but no hand is where nothing is."""
    column, row = (int(value) for value in np.clip(np.floor(guess), 0, np.array(whole.shape)[::-1] - 1))
    there = whole[max(0, row - 1):row + 2, max(0, column - 1):column + 2].any()
    return guess if there and float(np.linalg.norm(end - elbow)) < 0.9 * float(np.linalg.norm(guess - elbow)) else end


def _end(whole: Cells, begins: tuple[_Spot, float], lowest: float, unit: float) -> _Spot | None:
    """Return the middle (x, y in cells) of the far end of an arm that begins at a shoulder and goes outwards; None when there is none.

    begins: the shoulder in cells, and which way is outwards; lowest: the row at which nothing is held out any more.
    """
    shoulder, out = begins
    far = _FARTHEST * unit
    left, right = sorted((shoulder[0] + out, shoulder[0] + out * far))
    x0, x1 = max(0, int(left)), max(0, min(whole.shape[1], int(right) + 1))
    y0, y1 = max(0, int(shoulder[1] - far)), max(0, min(whole.shape[0], int(lowest)))
    area = whole[y0:y1, x0:x1]
    aside = (np.arange(x0, x1) - shoulder[0]) * out > _ASIDE * unit
    if not area[:, aside].any():
        return None
    rows, columns = np.mgrid[y0:y1, x0:x1]
    near = np.hypot(rows - shoulder[1], columns - shoulder[0]) <= _BEGINS * unit
    order = _order(area, np.where(near, area, np.uint8(0)))
    held = np.where(aside[None, :], order, 0)
    if held.max() == 0:
        return None
    row, column = np.argwhere(held == held.max())[-1]
    hand = (order > 0) & (np.hypot(rows - rows[row, 0], columns - columns[0, column]) <= _HAND * unit)
    middle = np.array([columns[hand].mean(), rows[hand].mean()], np.float32)
    off = float(np.linalg.norm(middle - shoulder))
    return middle if _NEAREST * unit <= off <= far and row + y0 < y1 - 1 else None


def _order(area: Cells, start: Cells) -> NDArray[np.int32]:
    """Return in which step each cell of `area` is reached from `start`, 1 for those that are there, 0 for what is never reached."""
    order = np.zeros(area.shape, np.int32)
    reached, kernel, before = start, np.ones((3, 3), np.uint8), -1
    while (now := cv2.countNonZero(reached)) != before:
        before = now
        cv2.add(order, 1, order, reached)
        reached = cv2.bitwise_and(cv2.dilate(reached, kernel), area)
    return np.where(order > 0, order.max() + 1 - order, 0)
