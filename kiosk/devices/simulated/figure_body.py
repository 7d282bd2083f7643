"""Bodies: limbs, torso, hands and shoes as shaded sprites that are laid along the bones of a skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_morph import Colour
from kiosk.devices.simulated.portrait import Layer, blend
from kiosk.domain.frame import Picture

LONG = 320
"""Length of a bone in its sprite, pixels."""
PER_HEIGHT = 1250.0
"""Sprite pixels across a bone per body height."""

Profile = tuple[tuple[float, float], ...]
"""(place along the bone, half width in body heights), the place growing from below 0 (before the joint) to above 1."""

TORSO: Profile = ((-0.10, 0.030), (-0.03, 0.040), (0.03, 0.075), (0.08, 0.108), (0.13, 0.122), (0.22, 0.121), (0.40, 0.112), (0.65, 0.099), (0.85, 0.103), (1.08, 0.112), (1.14, 0.110))
HIPS: Profile = ((-0.25, 0.088), (0.2, 0.100), (0.75, 0.104), (1.1, 0.098), (1.3, 0.06))
UPPER_ARM: Profile = ((-0.20, 0.026), (-0.08, 0.038), (0.15, 0.043), (0.6, 0.037), (1.0, 0.032), (1.12, 0.024))
SLEEVE: Profile = ((-0.20, 0.026), (-0.08, 0.040), (0.15, 0.047), (0.50, 0.046), (0.62, 0.045))
FOREARM: Profile = ((-0.12, 0.024), (0.0, 0.032), (0.25, 0.033), (0.7, 0.026), (1.04, 0.023))
BARE_UPPER: Profile = ((-0.1, 0.03), (0.2, 0.034), (0.6, 0.031), (1.0, 0.027), (1.1, 0.02))
BARE_FORE: Profile = ((-0.1, 0.02), (0.0, 0.027), (0.25, 0.029), (0.7, 0.022), (1.0, 0.018), (1.06, 0.015))
THIGH: Profile = ((-0.12, 0.050), (0.0, 0.062), (0.25, 0.066), (0.7, 0.054), (1.0, 0.047), (1.08, 0.040))
SHIN: Profile = ((-0.08, 0.040), (0.0, 0.046), (0.3, 0.047), (0.75, 0.040), (1.04, 0.041))
SHOE: Profile = ((-0.55, 0.020), (-0.3, 0.028), (0.1, 0.031), (0.6, 0.036), (1.0, 0.036), (1.2, 0.026), (1.28, 0.012))
NECK: Profile = ((-0.8, 0.034), (0.1, 0.037), (0.6, 0.042), (0.85, 0.044), (1.0, 0.036), (1.1, 0.018))


@dataclass(frozen=True, slots=True)
class Cloth:
    """What a part is made of. folds: 0 smooth (skin) .. 1 creased; stripe: colour of stripes across, or None."""

    colour: Colour
    folds: float
    seed: int
    stripe: Colour | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A painted part: RGBA layer, and the pixel of its first and second joint."""

    layer: Layer
    first: tuple[float, float]
    second: tuple[float, float]


@lru_cache(maxsize=256)
def part(profile: Profile, cloth: Cloth) -> Sprite:
    """Paint a part whose outline follows `profile`, lit from the front, its edges soft by one pixel."""
    start, end = profile[0][0], profile[-1][0]
    widest = max(half for _, half in profile) * PER_HEIGHT
    wide, high = int(2 * widest) + 8, int((end - start) * LONG) + 8
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    place = (y - 4) / LONG + start
    half = np.interp(place, *zip(*profile, strict=True)).astype(np.float32) * PER_HEIGHT
    half = cv2.GaussianBlur(half, (0, 0), sigmaX=0.1, sigmaY=LONG * 0.025)
    across = (x - wide / 2 + 0.5) / half
    edge = np.clip((1 - np.abs(across)) * half + 0.5, 0, 1) * np.clip(np.minimum(y - 3, high - 4 - y) / 2, 0, 1)
    round_ = np.sqrt(np.clip(1 - np.clip(across, -1, 1) ** 2, 0, 1))
    light = 0.52 + 0.50 * round_ ** 0.9 - 0.07 * across
    light = light * (1 + _folds(high, wide, place, cloth))
    colour = np.broadcast_to(np.array(cloth.colour, np.float32), (high, wide, 3)).copy()
    if cloth.stripe:
        band = np.clip(np.sin(place * 44) * 4, -1, 1)[..., None] * 0.5 + 0.5
        colour = colour * (1 - band) + np.array(cloth.stripe, np.float32) * band
    rgb = np.clip(colour * light[..., None] + 10 * (round_**6)[..., None], 0, 255) * edge[..., None]
    layer = np.dstack([rgb, edge * 255]).astype(np.uint8)
    middle = wide / 2 - 0.5
    return Sprite(layer, (middle, 4 - start * LONG), (middle, 4 + (1 - start) * LONG))


def _folds(high: int, wide: int, place: NDArray[np.float32], cloth: Cloth) -> NDArray[np.float32]:
    """Return the light and shade of creases, stronger towards the joints, with a fine weave on top."""
    noise = np.random.default_rng(cloth.seed)
    raw = noise.standard_normal((high, wide)).astype(np.float32)
    slant = cv2.warpAffine(raw, np.array([[1, 0, 0], [noise.uniform(-0.5, 0.5), 1, 0]]), (wide, high), borderMode=cv2.BORDER_WRAP)
    coarse = cv2.GaussianBlur(slant, (0, 0), sigmaX=22, sigmaY=6) * 18
    long = cv2.GaussianBlur(raw, (0, 0), sigmaX=7, sigmaY=40) * 22
    near = 0.45 + 0.55 * np.exp(-(((place - 1) / 0.22) ** 2)) + 0.3 * np.exp(-((place / 0.2) ** 2))
    weave = cv2.GaussianBlur(raw, (0, 0), 0.8) * 0.05
    made: NDArray[np.float32] = ((np.clip(coarse, -1.5, 1.5) * near + np.clip(long, -1.5, 1.5) * 0.5) * 0.13 + weave) * cloth.folds
    return made


@lru_cache(maxsize=32)
def hand(cloth: Cloth) -> Sprite:
    """Paint a hand hanging from its wrist: palm, four fingers and a thumb on the left."""
    wide, high = 150, LONG + 40
    mask = np.zeros((high, wide), np.uint8)
    lines = np.zeros((high, wide), np.uint8)
    cv2.ellipse(mask, (75, 110), (36, 95), 0, 0, 360, 255, -1, cv2.LINE_AA)
    for index, (x, tip) in enumerate(((50, 285), (67, 310), (84, 305), (99, 275))):
        cv2.line(mask, (56 + index * 13, 150), (x, tip), 255, 19, cv2.LINE_AA)
        if index:
            cv2.line(lines, (50 + index * 13, 185), (x - 9, tip - 12), 255, 3, cv2.LINE_AA)
    cv2.line(mask, (52, 90), (26, 195), 255, 22, cv2.LINE_AA)
    cv2.rectangle(mask, (52, 4), (98, 60), 255, -1)
    depth = cv2.GaussianBlur(mask, (0, 0), 9).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(mask, (0, 0), 1.2).astype(np.float32) / 255
    light = (0.55 + 0.5 * np.clip(depth * 1.4 - 0.4, 0, 1)) * (1 - 0.30 * cv2.GaussianBlur(lines, (0, 0), 1.5).astype(np.float32) / 255)
    rgb = np.clip(np.array(cloth.colour, np.float32) * light[..., None], 0, 255) * alpha[..., None]
    return Sprite(np.dstack([rgb, alpha * 255]).astype(np.uint8), (75, 10), (75, 10 + LONG))


def lay(canvas: Picture, sprite: Sprite, first: tuple[float, float], second: tuple[float, float], across: float) -> None:
    """Draw `sprite` in place with its joints at `first` and `second` (x, y pixels), stretched `across` the bone by that factor.

    A negative factor mirrors the part.
    """
    bone = np.subtract(second, first)
    length = max(float(np.hypot(*bone)), 1.0)
    down = bone / length if length > 1.0 else np.array([0.0, 1.0])
    right = np.array([down[1], -down[0]]) * across
    down = down * (length / (sprite.second[1] - sprite.first[1]))
    place = np.array([[right[0], down[0], 0], [right[1], down[1], 0]])
    place[:, 2] = np.array(first) - place[:, :2] @ sprite.first
    high, wide = sprite.layer.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [0, high], [wide, high]]) @ place[:, :2].T + place[:, 2]
    left, top = np.maximum(np.floor(corners.min(0)).astype(int), 0)
    end_x, end_y = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (canvas.shape[1], canvas.shape[0]))
    if end_x - left < 1 or end_y - top < 1:
        return
    place[:, 2] -= (left, top)
    drawn = cv2.warpAffine(sprite.layer, place, (int(end_x - left), int(end_y - top)), flags=cv2.INTER_LINEAR)
    blend(canvas[top:end_y, left:end_x], drawn)


def shadow(canvas: Picture, centre: tuple[float, float], size: tuple[float, float], strength: float) -> None:
    """Darken `canvas` in place by a soft ellipse of half axes `size`."""
    left, top = (max(int(centre[i] - size[i]), 0) for i in (0, 1))
    right, bottom = (min(int(centre[i] + size[i]) + 1, canvas.shape[1 - i]) for i in (0, 1))
    if right <= left or bottom <= top:
        return
    x = (np.arange(left, right, dtype=np.float32) - centre[0]) / size[0]
    y = (np.arange(top, bottom, dtype=np.float32) - centre[1]) / size[1]
    dark = np.clip(1 - x[None, :] ** 2 - y[:, None] ** 2, 0, 1) ** 1.5 * strength
    box = canvas[top:bottom, left:right]
    box[:] = (box * (1 - dark[..., None])).astype(np.uint8)
