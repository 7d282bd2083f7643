"""The camera of a Raspberry Pi through picamera2. Written against its documented API; not yet proven on a board.

picamera2 names formats after libcamera (DRM fourcc, little-endian words), so that they read reversed in numpy: the format
called "BGR888" gives arrays in the order R, G, B, and "RGB888" gives B, G, R (Picamera2 manual, appendix A). We ask for "BGR888".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kiosk.devices.camera import CameraSettings
from kiosk.domain.frame import Picture
from kiosk.errors import DeviceLostError, DeviceMissingError

RGB_IN_NUMPY = "BGR888"
_BUFFERS = 4
"""With one buffer the sensor would stand still while we copy a frame out of it."""


def picamera2_class() -> Any:
    """Return the library's Picamera2 class, or raise DeviceMissingError that says how to install it."""
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise DeviceMissingError("picamera2 is not installed: on Raspberry Pi OS, apt install python3-picamera2 and let the "
                                 "virtual environment use system packages") from error
    return Picamera2


class PiSource:
    """Captures whole requests, so that picture and sensor time belong together.

    SensorTimestamp is in nanoseconds since boot; it equals the monotonic clock on a device that never suspends, as a kiosk.
    library: the Picamera2 class, or a stand-in with the same calls.
    """

    def __init__(self, settings: CameraSettings, library: Any) -> None:
        self._settings, self._library = settings, library
        self._camera: Any = None

    def open(self) -> None:
        """Open the camera port, configure a video stream and start it."""
        port = int(self._settings.source or "0")
        main = {"size": self._settings.size, "format": RGB_IN_NUMPY}
        controls = {"FrameRate": self._settings.rate_hz}
        try:
            self._camera = self._library(port)
            self._camera.configure(self._camera.create_video_configuration(main=main, buffer_count=_BUFFERS, controls=controls))
            self._camera.start()
        except (IndexError, RuntimeError) as error:
            message = f"camera {self._settings.name}: nothing that works at camera port {port} ({error}); check the ribbon cable"
            raise DeviceMissingError(message) from error

    def grab(self) -> tuple[Picture, float] | None:
        """Wait for the next completed request and give its buffer back at once."""
        try:
            request = self._camera.capture_request()
        except RuntimeError as error:
            raise DeviceLostError(f"camera {self._settings.name}: {error}") from error
        try:
            pixels = np.ascontiguousarray(request.make_array("main"), dtype=np.uint8)
            stamp_ns = int(request.get_metadata()["SensorTimestamp"])
        finally:
            request.release()
        return pixels, stamp_ns / 1e9

    def close(self) -> None:
        """Stop and close the camera."""
        if self._camera is not None:
            self._camera.stop()
            self._camera.close()
            self._camera = None
