"""Cameras: one protocol, frames with the sensor's own time."""

from __future__ import annotations

from typing import Protocol

from kiosk.domain.frame import Frame


class Camera(Protocol):
    """Something that delivers frames."""

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame that was not returned before, or None when none came within `timeout_s`.

        Raises DeviceLostError when the camera stopped, or lies (black, frozen, wrong size) for two seconds.
        """

    def close(self) -> None:
        """Give the camera back; safe to call twice."""
