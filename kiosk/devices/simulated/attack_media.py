"""What an attacker holds before the camera: paper, flat or bent, and a telephone's screen with its frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.attack_camera import HEIGHT, WIDTH, Pose, Scene, bands_of
from kiosk.devices.simulated.attack_head import cells, spread
from kiosk.devices.simulated.attack_ranges import RANGES, Draw
from kiosk.domain.frame import Picture

Floats = NDArray[np.float32]
_STEP = 4
_FLAT_MM = 1e6
_OUTSIDE = -1e4


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that a picture lies on. mm: millimetres a pixel; middle: the pixel at the sheet's origin, (x, y).

    radius_mm: of the cylinder that it is bent to, its sides away from the camera; axis_deg: how that cylinder lies in the sheet, 0 upright.
    """

    mm: float
    middle: tuple[float, float]
    radius_mm: float = _FLAT_MM
    axis_deg: float = 0.0

    def places(self, scene: Scene, pose: Pose, speed: tuple[float, float]) -> Floats:
        """Where in the sheet's picture each pixel of the camera comes from, (HEIGHT, WIDTH, 2); far outside where the sheet is not."""
        x, y = cells(_STEP)
        late = (y / HEIGHT - 0.5) * scene.shutter_s
        rays = np.stack([(x - speed[0] * late - WIDTH / 2) / scene.focal_px, (y - speed[1] * late - HEIGHT / 2) / scene.focal_px,
                         np.ones(x.shape)], -1)
        rotation, place = pose
        angle = math.radians(self.axis_deg)
        lie = np.array([[math.cos(angle), math.sin(angle), 0], [-math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
        ways, start = rays @ rotation @ lie.T, lie @ (rotation.T @ -place)
        across, along = self._met(ways, start)
        flat = np.stack([across, along], -1) @ lie[:2, :2] / self.mm + self.middle
        return spread(np.where(np.isfinite(flat), flat, _OUTSIDE))

    def _met(self, ways: NDArray[np.float64], start: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where rays meet the sheet: millimetres along the bend and along the axis; NaN where they miss it."""
        if self.radius_mm >= _FLAT_MM:
            reach = -start[2] / ways[..., 2]
            return start[0] + reach * ways[..., 0], start[1] + reach * ways[..., 1]
        a = ways[..., 0] ** 2 + ways[..., 2] ** 2
        b = start[0] * ways[..., 0] + (start[2] - self.radius_mm) * ways[..., 2]
        c = start[0] ** 2 + (start[2] - self.radius_mm) ** 2 - self.radius_mm**2
        root = b * b - a * c
        reach = np.where(root >= 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.nan)
        turn = np.arctan2(start[0] + reach * ways[..., 0], self.radius_mm - (start[2] + reach * ways[..., 2]))
        turn = np.where(np.abs(turn) < 1.5, turn, np.nan)
        return turn * self.radius_mm, start[1] + reach * ways[..., 1]


def laid(canvas: Picture, picture: Picture, places: Floats) -> None:
    """Draw a sheet's picture over the canvas in place, where `places` fall into it."""
    solid = cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)
    layer = cv2.remap(solid, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    outside = cv2.bitwise_not(cv2.merge((layer[..., 3],) * 3))
    canvas[:] = cv2.add(cv2.multiply(canvas, outside, scale=1 / 255), cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB))


def printed(picture: Picture, draw: Draw) -> tuple[Picture, int]:
    """The picture as a printer gives it, on white paper, and the paper's margin in pixels: paler blacks, duller colours."""
    ink = draw(RANGES.ink)
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    dull = cv2.addWeighted(picture, ink, grey, 1 - ink, 0)
    pale = cv2.convertScaleAbs(dull, alpha=ink, beta=255 * (1 - ink) * 0.6)
    margin = round(draw(RANGES.paper_margin) * 60)
    return cv2.copyMakeBorder(pale, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(244, 244, 240)), margin


@dataclass(frozen=True, slots=True)
class Screen:
    """A telephone. bezel_px: its frame, in pixels of what it shows; beat: flicker; grid: strength of the pattern of its pixels, 0..255."""

    bezel_px: int
    beat: float
    hertz: float
    grid: float
    tint: tuple[float, float, float]

    @classmethod
    def drawn(cls, draw: Draw, mm: float) -> Screen:
        """Draw one whose pixels are `mm` wide."""
        blue = draw.chance.uniform(1.0, 1.14)
        return cls(max(2, round(draw(RANGES.bezel_mm) / mm)), draw(RANGES.screen_flicker), draw.chance.choice((60.0, 120.0, 240.0, 480.0)),
                   draw(RANGES.screen_grid), (1.0 / blue**0.5, 1.0, blue**0.5))

    def shown(self, picture: Picture) -> Picture:
        """What it shows, with its frame."""
        lit = cv2.convertScaleAbs(cv2.multiply(picture, (*self.tint, 0.0)), alpha=0.94, beta=9)
        edge = self.bezel_px
        return np.asarray(cv2.copyMakeBorder(lit, edge * 2, edge * 2, edge, edge, cv2.BORDER_CONSTANT, value=(17, 17, 19)), np.uint8)

    def beaten(self, canvas: Picture, inside: Floats, number: int, shutter_s: float) -> Picture:
        """The canvas with the screen's own flicker and pattern where `inside` (HEIGHT, WIDTH) is 1."""
        bands = bands_of(self.beat, self.hertz, shutter_s, number)
        light = 1 + (bands[:, None] + self.grid / 128 * _grid()) * inside
        return np.asarray(cv2.multiply(canvas, cv2.merge((light,) * 3), dtype=cv2.CV_8U), np.uint8)


@lru_cache(1)
def _grid() -> Floats:
    """The pattern of a screen's pixels as the camera's sees it, (HEIGHT, WIDTH) -1..1."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    made: Floats = np.sin(1.9 * x + 0.31 * y) * np.sin(1.7 * y - 0.23 * x)
    return made
