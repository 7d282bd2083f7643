"""Where the shopper's own top ends, below and to its sides: a virtual one that ends there hides it, and is tucked in where that one is."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.body import BodyFound
from kiosk.vision.colours import cells, histogram
from kiosk.vision.fit import Fit, Frame

_S = np.linspace(-0.40, 0.40, 28, dtype=np.float32)
_STEP = 0.0125
_T = np.arange(0.25, 1.6, _STEP, dtype=np.float32)
_TOP_SHOWS, _LOWEST, _BOTTOM_SHARE = (0.24, 0.63), 1.0, 0.3
_SEARCH = (0.55, 1.45)
"""Rows that show the top; the least that must be seen; the lowest rows, which show what is worn below; where a hem may lie."""
_ALIKE = 0.75
"""Colours above and below that overlap by more than this are one garment, or two that cannot be told apart."""
_BESIDE = np.arange(1, 13, dtype=np.float32) * 0.0125
"""How far beside the trunk's outline its own cloth is looked for, in shoulder widths."""
_SIDES = (0.2, 0.95)
_COMMON = 1.5e-3
"""The rows in which a trunk has sides, and the least share of the chest that a colour has when it is the top's."""


def widened(pixels: Picture, body: BodyFound, fitted: Fit) -> Fit:
    """Return the fit with its sides as far out as the top that the shopper wears, where that ends beside the trunk and before an arm.

    pixels: (H, W, 3) uint8 RGB.
    """
    frame = fitted.frame
    chest = cells(_seen(pixels, frame.to_picture(*np.meshgrid(_S, _T[:32]))))
    common = histogram(chest, np.ones(chest.shape, np.bool_))
    if common is None:
        return fitted
    rows = (fitted.rows >= _SIDES[0]) & (fitted.rows <= min(_SIDES[1], fitted.hem))
    down = np.repeat(fitted.rows[rows, None], len(_BESIDE), axis=1)
    sides = []
    for edge, sign in ((fitted.left, -1), (fitted.right, 1)):
        grid = frame.to_picture((edge[rows, None] + sign * _BESIDE).astype(np.float32), down)
        crop = grid @ body.to_crop[:, :2].T + body.to_crop[:, 2]
        person = cv2.remap(body.crop_mask, crop[..., 0], crop[..., 1], cv2.INTER_LINEAR) > 127
        own = (common > _COMMON)[cells(_seen(pixels, grid))] & person
        # Cloth to the end of what is looked at is a sleeve beside the trunk: then nothing is told.
        reach = np.where(own.all(axis=1), 0, (~own).argmax(axis=1)) * float(_BESIDE[0])
        further = np.zeros(len(edge), np.float32)
        further[rows] = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(reach, 2, mode="edge"), 5), axis=1)
        sides.append((edge + sign * np.convolve(np.pad(further, 2), np.ones(5) / 5, mode="valid")).astype(np.float32))
    return replace(fitted, left=sides[0], right=sides[1])


def _seen(pixels: Picture, grid: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the colours at places of the picture as YCrCb."""
    seen: NDArray[np.uint8] = cv2.cvtColor(cv2.remap(pixels, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR), cv2.COLOR_RGB2YCrCb)
    return seen


def worn_hem(pixels: Picture, body: BodyFound, frame: Frame) -> float | None:
    """Return where the top that the shopper wears ends, in trunk lengths below the shoulder joints; None when it cannot be told.

    pixels: (H, W, 3) uint8 RGB.
    """
    grid = frame.to_picture(*np.meshgrid(_S, _T))
    height, width = pixels.shape[:2]
    calm = _seen(pixels, grid)
    crop = grid @ body.to_crop[:, :2].T + body.to_crop[:, 2]
    person = cv2.remap(body.crop_mask, crop[..., 0], crop[..., 1], cv2.INTER_LINEAR) > 127
    person &= (grid[..., 1] < height - 1) & (grid[..., 0] >= 0) & (grid[..., 0] <= width - 1)
    seen = np.flatnonzero(person.mean(axis=1) > 0.3)
    if seen.size == 0 or _T[seen[-1]] < _LOWEST:
        return None
    lowest = int(seen[-1])
    above = person & ((_TOP_SHOWS[0] < _T) & (_TOP_SHOWS[1] > _T))[:, None]
    first_below = max(lowest - round(_BOTTOM_SHARE / _STEP), int(np.searchsorted(_T, 0.95)))
    below = person & (np.arange(len(_T)) >= first_below)[:, None]
    index = cells(calm)
    worn, under = histogram(index, above), histogram(index, below)
    if worn is None or under is None or float(np.sqrt(worn * under).sum()) > _ALIKE:
        return None
    odds = np.log((under[index] + 2e-4) / (worn[index] + 2e-4))
    row = np.where(person, np.clip(odds, -3, 3), 0.0).sum(axis=1)
    # The split that best explains all rows: worn colours above, the other colours below.
    gain = np.concatenate([[0.0], np.cumsum(row)])
    first, last = (round((t - float(_T[0])) / _STEP) for t in _SEARCH)
    splits = np.arange(first, min(lowest, last))
    best = splits[int(np.argmin(gain[splits]))]
    return float(_T[best])
