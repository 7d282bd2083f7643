"""A few seconds of pictures in memory, as JPEG: nothing of them is ever written anywhere."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from kiosk.domain.frame import Picture
from kiosk.errors import InvalidValueError

_QUALITY = 82


def jpeg(picture: Picture, *, turned: bool = False, quality: int = _QUALITY) -> bytes:
    """Return a picture ((H, W, 3) uint8 RGB) as a JPEG file without metadata. turned: left to right, as a mirror shows it."""
    shown = np.ascontiguousarray(picture[:, ::-1] if turned else picture)
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise InvalidValueError(f"a picture of {picture.shape} cannot be encoded")
    return encoded.tobytes()


class Ring:
    """The newest `seconds` of pictures. `put` is called by one thread, everything else by another."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._kept: list[tuple[float, bytes]] = []
        self._decoded: tuple[bytes, Picture] | None = None
        self._lock = threading.Lock()

    def put(self, time_s: float, picture: Picture) -> None:
        """Keep a picture ((H, W, 3) uint8 RGB) of a time; what is too old goes."""
        encoded = jpeg(picture)
        with self._lock:
            self._kept = [*(kept for kept in self._kept if time_s - self.seconds <= kept[0] < time_s), (time_s, encoded)]

    @property
    def span_s(self) -> float:
        """How long what is kept lasts."""
        with self._lock:
            return self._kept[-1][0] - self._kept[0][0] if self._kept else 0.0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return sum(len(encoded) for _, encoded in self._kept)

    def at(self, since_s: float) -> Picture | None:
        """Return the picture `since_s` seconds after the first that is kept, the last one after the end; None when there is none."""
        with self._lock:
            if not self._kept:
                return None
            first = self._kept[0][0]
            encoded = next((e for time_s, e in reversed(self._kept) if time_s - first <= since_s), self._kept[0][1])
        if self._decoded is None or self._decoded[0] is not encoded:
            pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
            self._decoded = encoded, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return self._decoded[1]

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._kept, self._decoded = [], None
