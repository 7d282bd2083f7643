"""Colours counted: how likely a colour is in a part of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def cells(calm: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return each pixel's cell of the histogram, (H, W) int64; calm: (H, W, 3) uint8 YCrCb."""
    wide = calm.astype(np.int64)
    colours = np.clip((wide[..., 1:] - 64) >> 2, 0, 31)
    found: NDArray[np.int64] = (wide[..., 0] >> 4) * 1024 + colours[..., 0] * 32 + colours[..., 1]
    return found


def histogram(calm: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return a smoothed histogram of colours as shares, None when there is too little to see."""
    if where.sum() < 20:
        return None
    counts = np.bincount(cells(calm)[where], minlength=16 * 1024).astype(np.float32).reshape(16, 32, 32)
    smooth = np.stack([cv2.GaussianBlur(layer, (5, 5), 1.0) for layer in counts])
    smooth[1:-1] = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    shares: NDArray[np.float64] = (smooth / max(smooth.sum(), 1e-6)).reshape(-1).astype(np.float64)
    return shares
