"""What all cameras share: a thread that grabs, the newest frame wins, the watch, and opening again after trouble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from kiosk.devices.camera import CameraSettings
from kiosk.devices.camera.watch import Watch
from kiosk.domain.frame import Frame, Picture
from kiosk.errors import DeviceError, WorldError

REOPEN_S = 0.5
"""Pause before a source that failed is opened again."""


class Source(Protocol):
    """A driver. All methods are called from one thread, `open` before `grab`, `close` last."""

    def open(self) -> None:
        """Start delivering; raise DeviceError when that cannot be."""

    def grab(self) -> tuple[Picture, float] | None:
        """Wait for the next picture, at most about a second; None when none came.

        Returns ((H, W, 3) uint8 RGB, monotonic sensor time in seconds); the picture is the caller's. Raises DeviceError or
        WorldError when it must be opened again.
        """

    def close(self) -> None:
        """Stop; safe to call twice and without `open`."""


class CameraStream:
    """A Camera over a Source: grabs in its own thread, so that nobody waits for a driver longer than asked."""

    def __init__(self, settings: CameraSettings, source: Source, now: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._source, self._now = settings, source, now
        self._watch = Watch(settings.name, settings.size)
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._trouble: DeviceError | WorldError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera {settings.name}", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame not returned before, None when none came in time; raises DeviceLostError (see Camera)."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._closed.is_set(), timeout_s)
            frame, self._newest = self._newest, None
            trouble = self._trouble
        try:
            good = self._watch.look(frame.pixels if frame else None, self._now())
        except DeviceError as error:
            raise error from trouble
        return frame if good else None

    def close(self) -> None:
        """Give the camera back; safe to call twice. A driver that hangs is left behind after a second."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        sequence, is_open = 0, False
        while not self._closed.is_set():
            try:
                if not is_open:
                    self._source.open()
                    is_open = True
                grabbed = self._source.grab()
            except (DeviceError, WorldError) as error:
                self._source.close()
                is_open, self._trouble = False, error
                self._closed.wait(REOPEN_S)
                continue
            if grabbed is not None:
                sequence += 1
                frame = Frame(grabbed[0], grabbed[1], sequence, self._settings.name)
                with self._changed:
                    self._newest, self._trouble = frame, None
                    self._changed.notify_all()
        self._source.close()
