"""A stand-in for the picamera2 library: the documented calls that our driver makes, over pictures that somebody hands in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kiosk.domain.frame import Picture


class StandInRequest:
    """A completed request: one picture with its metadata, valid until it is released."""

    def __init__(self, array: Picture, stamp_ns: int, give_back: Callable[[], None]) -> None:
        self._array, self._stamp_ns, self._give_back = array, stamp_ns, give_back

    def make_array(self, name: str) -> Picture:
        """Return the picture of the stream `name` as the format orders it."""
        if name != "main":
            raise RuntimeError(f"Stream {name!r} is not defined")
        return self._array.copy()

    def get_metadata(self) -> dict[str, Any]:
        """Return the frame's metadata; SensorTimestamp in nanoseconds."""
        return {"SensorTimestamp": self._stamp_ns, "ExposureTime": 10_000}

    def release(self) -> None:
        """Give the buffer back to the camera."""
        self._give_back()


class StandInPicamera2:
    """Behaves like Picamera2 for one video stream; `scene` gives the next picture as (H, W, 3) uint8 RGB at a size, None when it hangs.

    Formats are reversed as in the library: "BGR888" gives R, G, B in numpy and "RGB888" gives B, G, R.
    """

    def __init__(self, scene: Callable[[tuple[int, int]], Picture | None]) -> None:
        self._scene = scene
        self._configuration: Mapping[str, Any] | None = None
        self._started, self._out = False, 0

    def create_video_configuration(self, main: Mapping[str, Any], buffer_count: int, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Return a configuration for `configure`."""
        return {"main": dict(main), "buffer_count": buffer_count, "controls": dict(controls)}

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Take a configuration; formats other than the two 24-bit ones are refused."""
        if configuration["main"]["format"] not in ("BGR888", "RGB888"):
            raise RuntimeError(f"Format {configuration['main']['format']} not supported")
        self._configuration = configuration

    def start(self) -> None:
        """Start streaming."""
        if self._configuration is None:
            raise RuntimeError("Camera has not been configured")
        self._started = True

    def capture_request(self) -> StandInRequest:
        """Wait for the next frame; as in the library, every request that is not released is one buffer less."""
        if not self._started or self._configuration is None:
            raise RuntimeError("Camera is not started")
        if self._out >= self._configuration["buffer_count"]:
            raise RuntimeError("All buffers are held: release requests")
        time.sleep(1.0 / self._configuration["controls"]["FrameRate"])
        picture = self._scene(self._configuration["main"]["size"])
        if picture is None:
            raise RuntimeError("Camera frontend has timed out")
        array = picture if self._configuration["main"]["format"] == "BGR888" else np.ascontiguousarray(picture[:, :, ::-1])
        self._out += 1
        return StandInRequest(array, time.monotonic_ns(), self._took_back)

    def stop(self) -> None:
        """Stop streaming."""
        self._started = False

    def close(self) -> None:
        """Give the camera back."""
        self._configuration = None

    def _took_back(self) -> None:
        self._out -= 1
