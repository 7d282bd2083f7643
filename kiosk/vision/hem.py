"""Where the shopper's own top ends: a virtual one that ends there hides it, and is tucked in where the shopper's is."""

from __future__ import annotations

import cv2
import numpy as np

from kiosk.domain.frame import Picture
from kiosk.vision.body import BodyFound
from kiosk.vision.colours import cells, histogram
from kiosk.vision.fit import Frame

_S = np.linspace(-0.40, 0.40, 28, dtype=np.float32)
_STEP = 0.0125
_T = np.arange(0.25, 1.6, _STEP, dtype=np.float32)
_TOP_SHOWS, _LOWEST, _BOTTOM_SHARE = (0.24, 0.63), 1.0, 0.3
_SEARCH = (0.55, 1.45)
"""Rows that show the top; the least that must be seen; the lowest rows, which show what is worn below; where a hem may lie."""
_ALIKE = 0.75
"""Colours above and below that overlap by more than this are one garment, or two that cannot be told apart."""


def worn_hem(pixels: Picture, body: BodyFound, frame: Frame) -> float | None:
    """Return where the top that the shopper wears ends, in trunk lengths below the shoulder joints; None when it cannot be told.

    pixels: (H, W, 3) uint8 RGB.
    """
    grid = frame.to_picture(*np.meshgrid(_S, _T))
    height, width = pixels.shape[:2]
    calm = cv2.cvtColor(cv2.remap(pixels, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR), cv2.COLOR_RGB2YCrCb)
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
