"""A depth or infrared camera beside the colour camera: how far away everything is. None is required; where there is one, it is asked.

Their vendor libraries are no part of this product. So such a camera is a program beside the kiosk, started with the arguments of
kiosk.toml; it writes frames to its standard output, as often as it has them (10 a second are enough), and need know nothing else:

    4 bytes "KD1\n"; width and height, 16 bits each; width x height distances in millimetres, 16 bits each, rows from the top, 0 unknown

All numbers little-endian without sign. The frame covers what the colour camera's picture covers. A program that ends, or writes something
else, is started again. hardware.md tells how to write one.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.program import Program
from kiosk.errors import DeviceLostError, DeviceMissingError

MAGIC: Final = b"KD1\n"
HEADER: Final = struct.Struct("<4sHH")
MOST: Final = 1280 * 1024
"""Distances that a frame may hold."""
SILENCE_S: Final = 3.0


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


class ProgramDepthCamera:
    """A DepthCamera over a program's output; the newest frame wins."""

    def __init__(self, command: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        """command: program and arguments. Raises DeviceMissingError when there is none."""
        if not command:
            raise DeviceMissingError("[depth] command in kiosk.toml is empty: name the program that reads the depth camera")
        self._now, self._heard_s, self._closed = now, now(), False
        self._changed = threading.Condition()
        self._newest: DepthFrame | None = None
        self._program = Program(command, "depth", self._listen)

    def read(self, timeout_s: float) -> DepthFrame | None:
        """See `DepthCamera.read`."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._closed, timeout_s)
            frame, self._newest = self._newest, None
        if self._closed or (frame is None and self._now() - self._heard_s > SILENCE_S):
            raise DeviceLostError(f"the depth camera is silent ({self._program.said}); check its cable and its program")
        return frame

    def close(self) -> None:
        """End the program; safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._program.close()

    def _listen(self, output: IO[bytes]) -> None:
        while len(head := output.read(HEADER.size)) == HEADER.size:
            magic, width, height = HEADER.unpack(head)
            if magic != MAGIC or not 0 < width * height <= MOST:
                return
            data = output.read(2 * width * height)
            if len(data) < 2 * width * height:
                return
            distances = np.frombuffer(data, "<u2").reshape(height, width).astype(np.float32)
            distances[distances == 0] = np.nan
            with self._changed:
                self._heard_s = self._now()
                self._newest = DepthFrame(distances, self._heard_s)
                self._changed.notify_all()


def packed(millimetres: NDArray[np.float32]) -> bytes:
    """A frame as a program writes it. millimetres: (H, W), NaN unknown; 65,535 is as far as it goes."""
    height, width = millimetres.shape
    return HEADER.pack(MAGIC, width, height) + np.clip(np.nan_to_num(millimetres), 0, 65_535).astype("<u2").tobytes()
