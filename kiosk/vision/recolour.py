"""A garment in another of its product's colours: the cloth's own colour moves, its light and shade and its prints stay."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np

from kiosk.domain.garment import Garment
from kiosk.errors import InvalidValueError

_NAMED = re.compile(r"([a-z0-9][a-z0-9_-]{0,39})(?:#([0-9a-f]{6}))?")
_OTHER = 34.0
"""Colours farther than this (in Lab) from the cloth's own belong to prints, buttons and trims, and stay."""


def colour_of(name: str) -> tuple[str, tuple[int, int, int] | None]:
    """Return the garment and the colour in "NAME" or "NAME#rrggbb"; raise InvalidValueError for another form."""
    found = _NAMED.fullmatch(name)
    if found is None:
        raise InvalidValueError(f"garment {name!r}: a name, or a name and a colour as tshirt#1f4e8c, is expected")
    digits = found[2]
    return found[1], None if digits is None else (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))


def recoloured(garment: Garment, colour: tuple[int, int, int]) -> Garment:
    """Return `garment` with its cloth in `colour` (RGB, 0..255)."""
    lab = cv2.cvtColor(garment.picture[:, :, :3].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    inside = garment.picture[:, :, 3] > 200
    if not inside.any():
        return garment
    own = np.median(lab[inside], axis=0)
    aim = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2Lab)[0, 0]
    # Shade makes a colour darker and paler: distance is counted in hue more than in light.
    away = np.linalg.norm((lab - own) * (0.35, 1.0, 1.0), axis=2)
    share = np.clip(2.0 - away / _OTHER, 0, 1)[:, :, None]
    light = np.clip(aim[0] + (lab[:, :, :1] - own[0]) * float(np.clip(aim[0] / max(own[0], 20.0), 0.55, 1.3)), 0, 100)
    chroma = aim[1:] * np.clip(lab[:, :, :1] / max(own[0], 1.0), 0.3, 1.15)
    moved = np.concatenate([light, chroma], axis=2).astype(np.float32)
    rgb = cv2.cvtColor((lab * (1 - share) + moved * share).astype(np.float32), cv2.COLOR_Lab2RGB)
    picture = np.dstack([np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8), garment.picture[:, :, 3]])
    return replace(garment, picture=np.ascontiguousarray(picture))
