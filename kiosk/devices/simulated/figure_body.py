"""Bodies: limbs, torso, hands and shoes as shaded sprites that are laid along the bones of a skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_morph import Colour
from kiosk.devices.simulated.figure_skin import Layer
from kiosk.devices.simulated.portrait import blend
from kiosk.domain.frame import Picture

PER_HEIGHT = 1250.0
"""Sprite pixels per body height."""

Mask = NDArray[np.float32]
"""(H, W) float32."""

Profile = tuple[tuple[float, float], ...]
"""(place along the bone, half width in body heights), the place growing from below 0 (before the joint) to above 1."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The outline of a part along a bone of `bone` body heights.

    first, last: how it ends: "round", "fade" (round, melting into what lies under it) or "hem" (cut, a little curved).
    flat: 0 lit like a cylinder .. 1 lit like a board.
    """

    bone: float
    profile: Profile
    first: str = "round"
    last: str = "round"
    flat: float = 0.0


TORSO = Shape(0.317, ((-0.06, 0.036), (0.0, 0.046), (0.05, 0.072), (0.09, 0.096), (0.13, 0.109), (0.19, 0.112), (0.36, 0.106),
                      (0.62, 0.095), (0.82, 0.097), (1.0, 0.106), (1.15, 0.111)), "round", "hem", 0.7)
HIPS = Shape(0.10, ((-0.3, 0.088), (0.2, 0.096), (0.75, 0.104), (1.15, 0.100)), flat=0.5)
UPPER_ARM = Shape(0.165, ((-0.05, 0.034), (0.08, 0.0385), (0.2, 0.040), (0.6, 0.035), (1.0, 0.031), (1.19, 0.031)), "round", "round", 0.15)
SLEEVE = Shape(0.165, ((-0.05, 0.036), (0.08, 0.041), (0.2, 0.043), (0.50, 0.042), (0.66, 0.042)), "round", "hem", 0.15)
FOREARM = Shape(0.145, ((-0.21, 0.031), (0.0, 0.031), (0.25, 0.031), (0.7, 0.026), (1.02, 0.024)), "fade", "hem", 0.15)
BARE_UPPER = Shape(0.165, ((0.2, 0.032), (0.6, 0.030), (1.0, 0.0265), (1.16, 0.0265)), "round", "round", 0.1)
BARE_FORE = Shape(0.145, ((-0.18, 0.0265), (0.0, 0.0265), (0.28, 0.028), (0.75, 0.021), (1.0, 0.0175), (1.12, 0.0175)), "fade", "fade", 0.1)
THIGH = Shape(0.245, ((-0.2, 0.052), (0.0, 0.057), (0.25, 0.058), (0.7, 0.050), (1.0, 0.0445), (1.17, 0.0445)), "fade", "round", 0.2)
SHIN = Shape(0.235, ((-0.18, 0.0445), (0.0, 0.0445), (0.3, 0.044), (0.75, 0.038), (1.07, 0.036)), "fade", "hem", 0.2)
SHOE = Shape(0.062, ((-0.5, 0.022), (-0.1, 0.027), (0.4, 0.033), (0.8, 0.037), (1.35, 0.037)), "round", "round", 0.4)
SOLE = Shape(0.062, ((0.2, 0.032), (0.8, 0.039), (1.46, 0.039)), "round", "round", 0.6)
NECK = Shape(0.036, ((-0.9, 0.034), (0.0, 0.034), (0.5, 0.037), (0.9, 0.043), (1.75, 0.043)), "round", "round", 0.4)
FINGER = Shape(0.060, ((-0.3, 0.0135), (0.5, 0.0135), (0.8, 0.012), (1.2, 0.0115)), "round", "round", 0.1)
PALM = Shape(0.100, ((-0.3, 0.020), (0.1, 0.022), (0.5, 0.036), (0.9, 0.042), (1.3, 0.040)), "round", "round", 0.3)
LOCKS = Shape(0.110, ((-0.55, 0.046), (0.0, 0.060), (0.5, 0.066), (1.0, 0.067), (1.5, 0.056)), "round", "round", 0.45)


@dataclass(frozen=True, slots=True)
class Cloth:
    """What a part is made of. kind: "cloth" creases, "skin" is smooth, "hair" has strands; stripe: colour of stripes across, or None."""

    colour: Colour
    kind: str
    seed: int
    stripe: Colour | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A painted part: RGBA layer, and the pixel of its first and second joint."""

    layer: Layer
    first: tuple[float, float]
    second: tuple[float, float]


@lru_cache(maxsize=256)
def part(shape: Shape, cloth: Cloth) -> Sprite:
    """Paint a part of `shape` made of `cloth`, lit from the front, its edges soft by a pixel."""
    start, end = shape.profile[0][0], shape.profile[-1][0]
    long = shape.bone * PER_HEIGHT
    widest = max(half for _, half in shape.profile) * PER_HEIGHT
    wide, high = int(2 * widest) + 10, int((end - start) * long) + 8
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    place = (y - 4) / long + start
    places, halves = (np.array(column) for column in zip(*shape.profile, strict=True))
    half = np.interp(place, places, halves).astype(np.float32) * PER_HEIGHT
    half = cv2.GaussianBlur(half, (0, 0), sigmaX=0.1, sigmaY=8)
    across = (x - wide / 2 + 0.5) / half
    alpha = np.clip((1 - np.abs(across)) * half * 0.5 + 0.5, 0, 1)
    alpha = alpha * _end(shape.first, y - 4, across, half) * _end(shape.last, high - 4 - y, across, half)
    round_ = np.sqrt(np.clip(1 - np.abs(np.clip(across, -1, 1)) ** (2 + 5 * shape.flat), 0, 1))
    light = (0.56 + 0.14 * shape.flat) + (0.46 - 0.14 * shape.flat) * round_ - 0.06 * across
    light = light * (1 + _surface(place, cloth, long))
    if shape.last == "hem":
        light = light * (1 - 0.16 * np.exp(-(((high - 4 - y - 13) / 1.6) ** 2)))
    colour = np.broadcast_to(np.array(cloth.colour, np.float32), (high, wide, 3))
    if cloth.stripe:
        band = np.clip(np.sin(place * 40) * 5, -1, 1)[..., None] * 0.5 + 0.5
        colour = colour * (1 - band) + np.array(cloth.stripe, np.float32) * band
    rgb = np.clip(colour * light[..., None] + 5 * (round_**4)[..., None], 0, 255) * alpha[..., None]
    layer = np.dstack([rgb, alpha * 255]).astype(np.uint8)
    middle = wide / 2 - 0.5
    return Sprite(layer, (middle, 4 - start * long), (middle, 4 + (1 - start) * long))


def _end(kind: str, from_end: Mask, across: Mask, half: Mask) -> Mask:
    """Return the alpha of one end of a part; `from_end` is the distance to it in pixels."""
    if kind == "hem":
        drop = 7 * np.clip(across, -1, 1) ** 2
        cut: Mask = np.clip((from_end - drop) * 0.7, 0, 1).astype(np.float32)
        return cut
    cap = half * (1 - np.sqrt(np.clip(1 - np.clip(across, -1, 1) ** 2, 0, 1)))
    edge = np.clip((from_end - cap) * 0.7, 0, 1)
    if kind == "fade":
        edge = edge * np.clip((from_end - cap * 0.5) / (0.9 * half.mean()), 0, 1)
    made: Mask = edge.astype(np.float32)
    return made


def _surface(place: Mask, cloth: Cloth, long: float) -> Mask:
    """Return the light and shade of creases (towards the joints), strands of hair, or skin."""
    high, wide = place.shape
    noise = np.random.default_rng(cloth.seed)
    raw = noise.standard_normal((high, wide)).astype(np.float32)
    if cloth.kind == "hair":
        fine = cv2.GaussianBlur(raw, (0, 0), sigmaX=1.6, sigmaY=45) * 4.5
        broad = cv2.GaussianBlur(raw, (0, 0), sigmaX=6, sigmaY=70) * 9
        strands: Mask = np.clip(fine * 0.35 + broad * 0.35, -0.6, 0.8).astype(np.float32)
        return strands
    weave: Mask = cv2.GaussianBlur(raw, (0, 0), 0.9) * np.float32(0.035)
    if cloth.kind == "skin":
        return weave * np.float32(0.3)
    height = np.zeros((high, wide), np.float32)
    for _ in range(14):
        joint = 1.0 if noise.random() < 0.6 else 0.15
        y = (joint + noise.normal(0, 0.14) - float(place[0, 0])) * long
        side = 1 if noise.random() < 0.5 else -1
        x, reach = (0.5 + side * noise.uniform(0.15, 0.6)) * wide, noise.uniform(0.15, 0.42) * wide
        slope = -side * noise.uniform(0.0, 0.6)
        steps = np.linspace(-1, 1, 9)
        stroke = np.stack([x + steps * reach, y + steps * reach * slope + noise.uniform(-10, 10) * steps**2], -1)
        cv2.polylines(height, [np.round(stroke).astype(np.int32)], False, float(noise.uniform(0.5, 1.0)), int(noise.integers(4, 9)))
    height = cv2.GaussianBlur(height, (0, 0), 6)
    slopes = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) * 0.85 + cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) * 0.5
    creases: Mask = np.clip(slopes * 0.6, -0.16, 0.12).astype(np.float32)
    return creases + weave


@lru_cache(maxsize=32)
def hand(cloth: Cloth) -> Sprite:
    """Paint a hand hanging from its wrist: palm, four fingers and a thumb on the left."""
    wide, high = 120, 360
    mask = np.zeros((high, wide), np.uint8)
    lines = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(mask, [np.array([[40, 0], [80, 0], [92, 90], [94, 180], [34, 180], [30, 90]])], 255, cv2.LINE_AA)
    for index, (x, tip) in enumerate(((44, 300), (58, 322), (72, 312), (86, 275))):
        cv2.line(mask, (41 + index * 15, 170), (x, tip), 255, 16, cv2.LINE_AA)
        if index:
            cv2.line(lines, (33 + index * 15, 195), (x - 7, tip - 14), 255, 3, cv2.LINE_AA)
    cv2.line(mask, (40, 80), (20, 150), 255, 20, cv2.LINE_AA)
    cv2.line(mask, (20, 150), (24, 215), 255, 16, cv2.LINE_AA)
    depth = cv2.GaussianBlur(mask, (0, 0), 9).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(mask, (0, 0), 1.4).astype(np.float32) / 255
    light = (0.60 + 0.44 * np.clip(depth * 1.4 - 0.4, 0, 1)) * (1 - 0.32 * cv2.GaussianBlur(lines, (0, 0), 1.8).astype(np.float32) / 255)
    rgb = np.clip(np.array(cloth.colour, np.float32) * light[..., None], 0, 255) * alpha[..., None]
    small = cv2.resize(np.dstack([rgb, alpha * 255]).astype(np.uint8), None, fx=0.46, fy=1 / 3, interpolation=cv2.INTER_AREA)
    return Sprite(small, (27.5, 4), (27.5, 4 + 0.085 * PER_HEIGHT))


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
