"""A USB camera through Linux' V4L2, by OpenCV."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2

from kiosk.devices.camera import CameraSettings
from kiosk.domain.frame import Picture
from kiosk.errors import DeviceLostError, DeviceMissingError


class UsbSource:
    """Grabs from a V4L2 device, asked for MJPG (raw YUYV at 720p does not fit through USB 2 at 10 frames a second).

    The sensor time is the driver's buffer time stamp where it is on the monotonic clock (OpenCV gives it as POS_MSEC), else the
    time right after the grab. backend: OpenCV's, for trying this driver on a recording.
    """

    def __init__(self, settings: CameraSettings, backend: int = cv2.CAP_V4L2) -> None:
        self._settings, self._backend = settings, backend
        self._capture: Any = None

    def open(self) -> None:
        """Open the device and ask for size and rate."""
        source = self._settings.source
        device = f"/dev/video{source}" if source.isdigit() else source
        # Looked for first: OpenCV writes warnings of its own each time it is asked for a device that is not there.
        capture = cv2.VideoCapture(device, self._backend) if Path(device).exists() else None
        if capture is None or not capture.isOpened():
            message = f"camera {self._settings.name}: no V4L2 camera at {device}; plug it in, or choose another of /dev/video*"
            raise DeviceMissingError(message)
        width, height = self._settings.size
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        capture.set(cv2.CAP_PROP_FPS, self._settings.rate_hz)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 2)
        self._capture = capture

    def grab(self) -> tuple[Picture, float] | None:
        """Wait for the driver's next frame."""
        if not self._capture.grab():
            raise DeviceLostError(f"camera {self._settings.name}: {self._settings.source} stopped delivering")
        time_s = self._sensor_time_s(time.monotonic())
        try:
            there, picture = self._capture.retrieve()
            return (cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), time_s) if there else None
        except cv2.error as error:
            raise DeviceLostError(f"camera {self._settings.name}: a frame cannot be decoded ({error})") from error

    def close(self) -> None:
        """Release the device."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _sensor_time_s(self, now_s: float) -> float:
        stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
        return stamp_s if 0.0 <= now_s - stamp_s < 1.0 else now_s
