"""A picture from a camera, with the sensor's own time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, 0..255, origin top-left."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture.

    pixels: (H, W, 3) uint8 RGB, origin top-left. sensor_time_s: the sensor's monotonic clock in seconds, never wall time.
    sequence: counts up by one per frame that the camera delivered; a hole means frames were dropped.
    """

    pixels: Picture
    sensor_time_s: float
    sequence: int
    camera: str
