"""Colours counted: how likely a colour is in a part of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int32]
"""(H, W) int32: the cell of the histogram that each pixel falls into."""

_LEVELS = np.arange(256, dtype=np.int32)
_LIGHT = (_LEVELS >> 4) * 1024
_HUE = np.clip((_LEVELS - 64) >> 2, 0, 31).astype(np.int32)


def cells(calm: NDArray[np.uint8]) -> Cells:
    """Return each pixel's cell of the histogram; calm: (H, W, 3) uint8 YCrCb."""
    found: Cells = _LIGHT[calm[..., 0]] + (_HUE * 32)[calm[..., 1]] + _HUE[calm[..., 2]]
    return found


def histogram(index: Cells, where: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return a smoothed histogram of the colours of some pixels as shares, None when there is too little to see."""
    chosen = index[where]
    if chosen.size < 20:
        return None
    counts = np.bincount(chosen, minlength=16 * 1024).astype(np.float32).reshape(16, 32, 32)
    smooth = cv2.GaussianBlur(np.ascontiguousarray(counts.transpose(1, 2, 0)), (5, 5), 1.0).transpose(2, 0, 1).copy()
    smooth[1:-1] = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    shares: NDArray[np.float64] = (smooth / max(smooth.sum(), 1e-6)).reshape(-1).astype(np.float64)
    return shares
