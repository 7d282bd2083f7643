"""The light of the scene, laid on the cloth: low frequencies alone; neither folds nor patterns of the shopper's clothes come along."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture

_SIDE = 24
_MOST, _LEAST = 1.14, 0.80
"""How much lighter or darker than its mean a part of the cloth may become."""
_STRENGTH = 0.6
_WHITE = 225.0
_DIM = 0.55
"""The lightest tones of a well lit scene, and how dark cloth becomes in a dark one."""


def scene_light(pixels: Picture, person: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return the light on the box of a picture as a coarse map: (24, 24) uint8, 128 leaves cloth as it is, clamped.

    pixels: (H, W, 3) uint8 RGB; person: (h, w) uint8 mask of the box (x0, y0, x1, y1).
    """
    x0, y0, x1, y1 = box
    area = cv2.resize(pixels[y0:y1, x0:x1], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    small = cv2.cvtColor(area, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = cv2.resize(person, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 + 1e-3
    wide = (0, 0)
    # Light changes across a body; between top and trousers it is the clothes that change: rows are brought to one level.
    level = (small * weight).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    ratio = np.clip(small / np.maximum(level, 8.0), 0.5, 2.0)
    smooth = cv2.GaussianBlur(ratio * weight, wide, _SIDE / 5) / cv2.GaussianBlur(weight, wide, _SIDE / 5)
    relative = 1 + _STRENGTH * (smooth / max(float((smooth * weight).sum() / weight.sum()), 1e-3) - 1)
    lit: NDArray[np.uint8] = np.clip(128 * np.clip(relative, _LEAST, _MOST) * exposure(pixels), 0, 255).astype(np.uint8)
    return lit


def exposure(pixels: Picture) -> float:
    """Return how bright the scene is, 0.55..1.05: by its lightest tones, seen on every eighth pixel."""
    some = pixels[::8, ::8]
    grey = np.maximum(np.maximum(some[..., 0], some[..., 1]), some[..., 2])
    return float(np.clip(np.percentile(grey, 97) / _WHITE, _DIM, 1.05))
