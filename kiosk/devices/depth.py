"""A depth or infrared camera beside the colour camera: how far away everything is. None is required; where there is one, it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class DepthFrame:
    """One picture of distances.

    millimetres: (H, W) float32 away from the camera, NaN where unknown, origin top-left, covering what the colour camera's picture covers.
    sensor_time_s: as of a colour frame.
    """

    millimetres: NDArray[np.float32]
    sensor_time_s: float


class DepthCamera(Protocol):
    """One method to look, one to let go."""

    def read(self, timeout_s: float) -> DepthFrame | None:
        """The newest frame that was not read before; None when none came in time. Raises DeviceLostError when the camera is gone."""
        ...

    def close(self) -> None:
        """Give the device back; safe to call twice."""
        ...
