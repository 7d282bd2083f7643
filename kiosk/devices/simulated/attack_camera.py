"""The camera of rendered attempts: where points of the room fall on it, and how light, noise and its shutter change what it sees.

Room: millimetres, x to the picture's right, y down, z away from the camera, origin in the lens. Pictures (H, W, 3) uint8 RGB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.attack_ranges import RANGES, Draw
from kiosk.domain.frame import Picture

Floats = NDArray[np.float32]
Pose = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rotation (3, 3) about the origin of a surface, and where that origin is, (3,) in millimetres."""

WIDTH, HEIGHT = 480, 360
EYES_MM = 63.0
"""Between the centres of an adult's eyes."""
_SHEETS, _SLACK = 6, 64


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Rotation (3, 3): yaw > 0 moves what faces the camera to the picture's right, pitch > 0 up, roll > 0 clockwise."""
    yaw, pitch, roll = (math.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    made: NDArray[np.float64] = about_z @ about_x @ about_y
    return made


@dataclass(frozen=True, slots=True)
class Scene:
    """A camera and the light of one attempt.

    distance_mm: of a face at rest. sigma: noise, 0..255; lamp: how much the lamps flicker; shutter_s: from the first row read to the last.
    """

    focal_px: float
    distance_mm: float
    sigma: float
    shutter_s: float
    lamp: float
    exposure_s: float
    gain: float

    @classmethod
    def drawn(cls, draw: Draw) -> Scene:
        """Draw one."""
        focal = draw(RANGES.focal_widths) * WIDTH
        lux = draw(RANGES.lux)
        return cls(focal, focal * EYES_MM / draw(RANGES.eyes_px), 85.0 / math.sqrt(lux), draw(RANGES.rolling_shutter_s),
                   draw(RANGES.lamp_flicker), 0.030 * (200 / lux) ** 0.7, draw.chance.uniform(0.8, 1.1))

    def project(self, points: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
        """(..., 3) millimetres of a surface to (..., 2) pixels."""
        rotation, place = pose
        there = points @ rotation.T + place
        flat: NDArray[np.float64] = there[..., :2] / np.maximum(there[..., 2:], 1.0) * self.focal_px + (WIDTH / 2, HEIGHT / 2)
        return flat

    def shoot(self, picture: Picture, speed: tuple[float, float], number: int, chance: np.random.Generator) -> Picture:
        """What the sensor makes of light: motion blur, flicker of the lamps in bands, gain, noise. speed: pixels a second."""
        reach = math.hypot(*speed) * self.exposure_s
        if reach > 1.5:
            way = round(math.degrees(math.atan2(speed[1], speed[0])) / 15) * 15
            picture = np.asarray(cv2.filter2D(picture, -1, _streak(min(round(reach), 15), way)), np.uint8)
        light = self.gain * (1 + bands_of(self.lamp, 100.0, self.shutter_s, number))
        picture = in_light(picture, light)
        return noisy(picture, self.sigma, chance)


def in_light(picture: Picture, rows: Floats) -> Picture:
    """The picture with every row as bright as `rows` (H,) says, 1.0 leaving it as it is."""
    light = np.ascontiguousarray(np.broadcast_to(rows[:, None, None], picture.shape))
    return np.asarray(cv2.multiply(picture, light, dtype=cv2.CV_8U), np.uint8)


def bands_of(strength: float, hertz: float, shutter_s: float, number: int) -> Floats:
    """How much brighter each row is, (HEIGHT,) around 0: rows are read one after the other while the light beats."""
    rows = np.arange(HEIGHT, dtype=np.float32) / HEIGHT * shutter_s
    beat: Floats = (strength * np.sin(2 * np.pi * hertz * rows + 2.4 * number)).astype(np.float32)
    return beat


def noisy(picture: Picture, sigma: float, chance: np.random.Generator) -> Picture:
    """The picture with sensor noise of about `sigma`, in place."""
    level = max(1, round(sigma))
    for change in (cv2.add, cv2.subtract):
        y, x = (int(value) for value in chance.integers(0, _SLACK, 2))
        change(picture, _sheet(level, int(chance.integers(_SHEETS)))[y:y + picture.shape[0], x:x + picture.shape[1]], dst=picture)
    return picture


@lru_cache(64)
def _sheet(level: int, number: int) -> Picture:
    """Half a noise: positive values alone, so that bytes can hold it; one sheet is added and another taken away."""
    chance = np.random.default_rng(1000 * level + number)
    drawn = np.abs(chance.normal(0, 1.2 * level, (HEIGHT + _SLACK, WIDTH + _SLACK, 3)))
    return np.clip(drawn, 0, 255).astype(np.uint8)


@lru_cache(64)
def _streak(length: int, degrees: int) -> Floats:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    middle = ((length - 1) / 2, (length - 1) / 2)
    turned_kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(middle, -degrees, 1), (length, length))
    made: Floats = turned_kernel / max(float(turned_kernel.sum()), 1e-6)
    return made
