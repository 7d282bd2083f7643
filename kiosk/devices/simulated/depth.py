"""A depth camera that is rendered: a head before a wall, or a sheet held at an angle.

    python -m kiosk.devices.simulated.depth head|sheet [X Y WIDTH HEIGHT]

is the program of one, as [depth] of kiosk.toml names it: the face fills that part of 640x480 pixels.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.depth import DepthFrame, packed
from kiosk.errors import DeviceLostError

WALL_MM, FACE_MM = 1600.0, 550.0
_NOSE_MM, _NOSE_WIDE = 22.0, 0.17
_HEAD_MM = 90.0

Scene = Callable[[float], NDArray[np.float32]]
"""time in seconds -> (H, W) float32 millimetres."""


def head(box: tuple[float, float, float, float], size: tuple[int, int], noise_mm: float = 1.5) -> Scene:
    """A head whose face fills `box` (x, y, width, height in pixels) of a picture of `size` (width, height), its nose standing out."""
    return _scene(box, size, noise_mm, lambda u, v: -_HEAD_MM * np.sqrt(np.clip(1 - 0.8 * (u * u + v * v), 0, 1)) + _HEAD_MM
                  - _NOSE_MM * np.exp(-((u / _NOSE_WIDE) ** 2) - ((v - 0.12) / (1.6 * _NOSE_WIDE)) ** 2))


def sheet(box: tuple[float, float, float, float], size: tuple[int, int], tilt_deg: float = 25.0, noise_mm: float = 1.5) -> Scene:
    """A flat picture of a face in the same place, held at an angle."""
    slope = math.tan(math.radians(tilt_deg)) * 75.0
    return _scene(box, size, noise_mm, lambda u, v: slope * u + 0.3 * slope * v)


def _scene(box: tuple[float, float, float, float], size: tuple[int, int], noise_mm: float,
           relief: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> Scene:
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64))
    u, v = (x - box[0] - box[2] / 2) / (box[2] / 2), (y - box[1] - box[3] / 2) / (box[3] / 2)
    near = u * u + v * v < 1.2
    depth = np.where(near, FACE_MM + relief(u, v), WALL_MM)

    def at(time_s: float) -> NDArray[np.float32]:
        chance = np.random.default_rng(round(time_s * 1000))
        return (depth + chance.normal(0, noise_mm, depth.shape)).astype(np.float32)

    return at


class SimulatedDepthCamera:
    """Delivers a scene at a rate, in the time of whoever asks. now: the clock, seconds."""

    def __init__(self, scene: Scene, now: Callable[[], float], rate_hz: float = 10.0) -> None:
        self._scene, self._now, self._rate_hz = scene, now, rate_hz
        self._number, self._closed = -1, False
        self.lost = False

    def read(self, timeout_s: float) -> DepthFrame | None:
        """See `DepthCamera.read`; never waits: a frame is there or it is not. timeout_s: at most so far ahead of the clock."""
        if self.lost or self._closed:
            raise DeviceLostError("the simulated depth camera is gone; plug it in again")
        number = int((self._now() + max(timeout_s, 0.0)) * self._rate_hz)
        if number <= self._number:
            return None
        self._number = number
        return DepthFrame(self._scene(number / self._rate_hz), number / self._rate_hz)

    def close(self) -> None:
        """See `DepthCamera.close`."""
        self._closed = True


def play(scene: Scene, out: BinaryIO) -> None:
    """Write frames of a scene, ten a second, until nobody reads them any more."""
    began_s = time.monotonic()
    while True:
        out.write(packed(scene(time.monotonic() - began_s)))
        out.flush()
        time.sleep(0.1)


if __name__ == "__main__":
    x, y, wide, high = (float(word) for word in sys.argv[2:6] or ("250", "110", "140", "190"))
    box, size = (x, y, wide, high), (640, 480)
    try:
        play(sheet(box, size) if sys.argv[1] == "sheet" else head(box, size), sys.stdout.buffer)
    except BrokenPipeError:
        sys.exit(0)
