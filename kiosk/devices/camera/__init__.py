"""Cameras: one protocol, frames with the sensor's own time, and the function that opens one.

The drivers are imported where they are opened: an installation has only the libraries of the cameras it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.frame import Frame
from kiosk.errors import DeviceMissingError


class Camera(Protocol):
    """Something that delivers frames."""

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame that was not returned before, or None when none came within `timeout_s`.

        Raises DeviceLostError when the camera stopped, or lies (black, frozen, wrong size) for two seconds; goes on
        delivering when the cause goes.
        """

    def close(self) -> None:
        """Give the camera back; safe to call twice."""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """How to open a camera.

    name: what it is called in frames, errors and the simulated world. size: (width, height) in pixels that every frame must
    have. rate_hz: frames per second asked of it. source, by kind: "file": path of a video or of a folder of pictures; "usb":
    an index or a /dev path; "pi": the number of the camera port; "world": path of the world's socket. loop: a recorded file
    starts again at its end.
    """

    name: str
    kind: str
    source: str
    size: tuple[int, int]
    rate_hz: float = 10.0
    loop: bool = True


KINDS = ("file", "usb", "pi", "world")


def open_camera(settings: CameraSettings) -> Camera:
    """Return the camera that `settings` describe; raise DeviceMissingError when its kind is unknown or its library is not installed.

    A camera that is not plugged in is no error here: `read` says so and goes on trying, so that it recovers when it is plugged in.
    """
    from kiosk.devices.camera.stream import CameraStream, Source

    source: Source
    if settings.kind == "file":
        from kiosk.devices.camera.recorded import RecordedSource

        source = RecordedSource(settings)
    elif settings.kind == "usb":
        from kiosk.devices.camera.usb import UsbSource

        source = UsbSource(settings)
    elif settings.kind == "pi":
        from kiosk.devices.camera.pi import PiSource, picamera2_class

        source = PiSource(settings, picamera2_class())
    elif settings.kind == "world":
        from kiosk.devices.simulated.sensors import WorldSource

        source = WorldSource(settings)
    else:
        raise DeviceMissingError(f"camera {settings.name}: kind {settings.kind!r} is not known; choose one of {', '.join(KINDS)}")
    return CameraStream(settings, source)
