"""Cloth and seams: what garments are drawn with, on a sheet 900 wide and 1,100 high, the garment's axis at 450.

A half outline is given for the right side, as (away from the axis, down), and mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture

Points = Sequence[tuple[float, float]]
Colour = tuple[float, float, float]
Floats = NDArray[np.float32]

WIDTH, HEIGHT, AXIS = 900, 1100, 450
_DENSE = 1.3
"""Drawn this much larger and shrunk, for smooth edges."""


@dataclass(frozen=True, slots=True)
class Cloth:
    """How a cloth looks. weave: knit, plain, twill or fleece. grain: the weave's strength, folds: the folds' strength, 0..1."""

    colour: Colour
    weave: str
    grain: float
    folds: float


class Sheet:
    """A white sheet onto which pieces of cloth are laid."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        size = (round(HEIGHT * _DENSE), round(WIDTH * _DENSE))
        self._pixels = np.full((*size, 3), 255, np.float32)
        self._fold = self._waves(size, 22, 90) * 0.6 + self._waves(size, 60, 160) * 0.6
        self._noise = self._random.standard_normal(size, np.float32)

    def picture(self) -> Picture:
        """Return the finished photograph."""
        small = cv2.resize(self._pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        pixels: Picture = np.clip(small, 0, 255).astype(np.uint8)
        return pixels

    def lay(self, outline: Points, cloth: Cloth, round_edge: float = 26.0) -> None:
        """Lay a piece of cloth: darker towards its edges by `round_edge`, as stuff that bends away from the light."""
        area, points = self._area(outline, 2.0)
        mask = np.zeros(self._noise[area].shape, np.uint8)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
        depth = cv2.distanceTransform(np.pad((mask > 127).astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1] / (round_edge * _DENSE)
        bend = 0.80 + 0.20 * np.clip(depth, 0, 1) ** 0.6
        self._paint(area, mask, bend * (1 + cloth.grain * self._weave(cloth.weave, area) + cloth.folds * self._fold[area]), cloth.colour)

    def both(self, half: Points, cloth: Cloth, round_edge: float = 26.0) -> None:
        """Lay a closed piece on the right and its mirror image on the left."""
        for sign in (1, -1):
            self.lay(beside(half, sign), cloth, round_edge)

    def seam(self, line: Points, dark: float = 0.72, width: float = 2.0, stitches: bool = False) -> None:
        """Press a line into the cloth; with stitches along it."""
        area, points = self._area(line, width + 6.0)
        groove = np.zeros(self._noise[area].shape, np.uint8)
        cv2.polylines(groove, [points], False, 255, max(1, round(width * _DENSE)), cv2.LINE_AA)
        soft = cv2.GaussianBlur(groove, (0, 0), 0.8 * _DENSE).astype(np.float32)[:, :, None] / 255
        self._pixels[area] *= 1 - (1 - dark) * soft
        if not stitches:
            return
        thread = np.zeros_like(groove)
        path = _resampled(points, 6 * _DENSE)
        for a, b in zip(path[::2], path[1::2], strict=False):
            cv2.line(thread, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 255, 1, cv2.LINE_AA)
        self._pixels[area] *= 1 + 0.25 * (thread / 255.0).astype(np.float32)[:, :, None]

    def stripe(self, line: Points, width: float, cloth: Cloth) -> None:
        """Lay a band of cloth along a line: ribbing, a drawstring, a zip's tape."""
        area, points = self._area(line, width)
        mask = np.zeros(self._noise[area].shape, np.uint8)
        cv2.polylines(mask, [points], False, 255, max(1, round(width * _DENSE)), cv2.LINE_AA)
        self._paint(area, mask, 1 + cloth.grain * self._weave(cloth.weave, area), cloth.colour)

    def _area(self, points: Points, margin: float) -> tuple[tuple[slice, slice], NDArray[np.int32]]:
        """Return the part of the sheet around `points`, and the points in its pixels."""
        dense = np.round(np.array(points, np.float64) * _DENSE).astype(np.int32)
        x0, y0 = (max(0, int(v)) for v in dense.min(axis=0) - margin * _DENSE)
        x1, y1 = (int(v) for v in dense.max(axis=0) + margin * _DENSE + 1)
        return np.s_[y0:y1, x0:x1], dense - np.array([x0, y0], np.int32)

    def _paint(self, area: tuple[slice, slice], mask: NDArray[np.uint8], light: Floats, colour: Colour) -> None:
        alpha = mask * np.float32(1 / 255)
        for channel, tone in enumerate(colour):  # one after another: a kiosk draws these too, and has little memory
            there = self._pixels[area][:, :, channel]
            there += alpha * (light * np.float32(tone) - there)

    def button(self, x: float, y: float, colour: Colour, radius: float = 8.0) -> None:
        """Sew on a button with a shadow, a rim and four holes."""
        centre = np.array([x, y]) * _DENSE

        def disc(dx: float, dy: float, r: float, c: Colour) -> None:
            at = (round(float(centre[0] + dx * _DENSE)), round(float(centre[1] + dy * _DENSE)))
            cv2.circle(self._pixels, at, max(1, round(r * _DENSE)), c, -1, cv2.LINE_AA)

        under = self._pixels[round(float(centre[1])), round(float(centre[0]))] * 0.62
        disc(1.5, 2.5, radius, (float(under[0]), float(under[1]), float(under[2])))
        disc(0, 0, radius, (colour[0] * 0.8, colour[1] * 0.8, colour[2] * 0.8))
        disc(0, -0.6, radius - 1.8, colour)
        for dx, dy in ((-2, -2), (2, -2), (-2, 2), (2, 2)):
            disc(dx, dy, 1.1, (colour[0] * 0.45, colour[1] * 0.45, colour[2] * 0.45))

    def _weave(self, weave: str, area: tuple[slice, slice]) -> Floats:
        noise = self._noise[area]
        y, x = (v.astype(np.float32) / _DENSE for v in np.ogrid[0:noise.shape[0], 0:noise.shape[1]])
        if weave == "knit":
            pattern = 0.7 * np.sin(x * 2.1) + 0.4 * np.sin(y * 1.6 + 2 * np.sin(x * 2.1)) + 0.9 * noise
        elif weave == "twill":
            pattern = 0.9 * np.sin((x + y) * 1.5) + 1.0 * noise + 0.7 * cv2.blur(noise, (3, 15)) * 4
        elif weave == "fleece":
            pattern = 1.1 * cv2.GaussianBlur(noise, (0, 0), 1.6) * 4 + 0.9 * noise
        elif weave == "rib":
            pattern = 2.2 * np.sin(x * 1.05) + 0.6 * noise
        else:
            pattern = 0.5 * np.sin(x * 2.4) * np.sin(y * 2.4) + 0.7 * noise
        return np.asarray(pattern, np.float32)

    def _waves(self, size: tuple[int, int], across: float, down: float) -> Floats:
        """Return smooth waves longer downwards than across, about -1..1: how hanging cloth folds."""
        small = self._random.standard_normal((size[0] // 8, size[1] // 8), np.float32)
        smooth = cv2.GaussianBlur(small, (0, 0), sigmaX=across * _DENSE / 8, sigmaY=down * _DENSE / 8, borderType=cv2.BORDER_REFLECT)
        even = (smooth / max(float(smooth.std()), 1e-6) * 0.5).astype(np.float32)
        waves: Floats = cv2.resize(even, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
        return waves


def _resampled(points: NDArray[np.int32], step: float) -> Floats:
    """Return points every `step` along a line."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.arange(0, lengths[-1], step)
    return np.stack([np.interp(at, lengths, points[:, k]) for k in range(2)], axis=1).astype(np.float32)


def curve(*knots: tuple[float, float]) -> list[tuple[float, float]]:
    """Return a smooth line through `knots` (Catmull-Rom)."""
    points = np.array([knots[0], *knots, knots[-1]], np.float64)
    line: list[tuple[float, float]] = []
    for p0, p1, p2, p3 in zip(points, points[1:], points[2:], points[3:], strict=False):
        for u in np.linspace(0, 1, 12, endpoint=False):
            q = 0.5 * (2 * p1 + (p2 - p0) * u + (2 * p0 - 5 * p1 + 4 * p2 - p3) * u**2 + (3 * p1 - p0 - 3 * p2 + p3) * u**3)
            line.append((float(q[0]), float(q[1])))
    return [*line, knots[-1]]


def whole(half: Points) -> list[tuple[float, float]]:
    """Return a closed outline from its right half, given from the top of the axis round to its bottom."""
    return [(AXIS + x, y) for x, y in half] + [(AXIS - x, y) for x, y in reversed(half)]


def beside(half: Points, sign: int) -> list[tuple[float, float]]:
    """Return points on one side of the axis: 1 right, -1 left."""
    return [(AXIS + sign * x, y) for x, y in half]


def mirrored(half: Points) -> list[tuple[float, float]]:
    """Return a line across the axis from its right half, given from the axis outwards."""
    return [(AXIS - x, y) for x, y in reversed(half)] + [(AXIS + x, y) for x, y in half]


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour with its light multiplied."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


SHORT_SLEEVE = [*curve((220, 116), (318, 176), (404, 308)), *curve((404, 308), (356, 346), (286, 372)),
                 *curve((286, 372), (268, 340), (256, 312)), (190, 240)]
LONG_SLEEVE = [*curve((218, 116), (312, 190), (368, 430), (424, 850)), *curve((424, 850), (382, 862), (336, 860)),
                *curve((336, 860), (312, 640), (288, 440), (256, 318)), (190, 240)]
ARMHOLE = curve((232, 118), (218, 206), (258, 318))
CUFF = [(333, 812), (417, 800), (428, 874), (341, 884)]


def trunk(neck: Points, hem: float, hem_half: float, waist: float, drop: float = 10.0) -> list[tuple[float, float]]:
    """Return the right half of a trunk: neckline, shoulder, armhole, side, hem."""
    shoulder = curve((neck[-1][0], neck[-1][1]), (160, 94), (232, 118))
    side = curve((258, 318), (waist, 560), (hem_half - 4, hem - 140), (hem_half, hem))
    return [*neck, *shoulder, *ARMHOLE, *side, *curve((hem_half, hem), (hem_half * 0.5, hem + drop * 0.8), (0, hem + drop))]
