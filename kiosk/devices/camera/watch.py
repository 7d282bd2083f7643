"""Judges whether a camera still tells the truth. Pure: pictures and times come in."""

from __future__ import annotations

import logging

import numpy as np

from kiosk.domain.frame import Picture
from kiosk.errors import DeviceLostError

log = logging.getLogger(__name__)

PATIENCE_S = 1.6
"""How long trouble may last before it is told: under the two seconds that the rest of the house counts on."""

_BLACK = 16
"""A picture whose brightest percent stays under this value (0..255) shows nothing: lens covered, sensor dead."""


class Watch:
    """Notices a camera that stopped or lies: no frame, black, frozen (identical pixels; a real sensor always has noise), wrong size.

    Call `look` once per turn with the new picture, or None when there was none. Times are monotonic seconds.
    """

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        self._name, self._size = name, size
        self._last: Picture | None = None
        self._trouble_since: float | None = None
        self._good_s: float | None = None
        self._lost = False

    def look(self, picture: Picture | None, now_s: float) -> bool:
        """Return whether `picture` may be handed out; raise DeviceLostError once the trouble has lasted PATIENCE_S."""
        cause = self._cause(picture)
        if not cause:
            if self._lost:
                log.warning("camera %s is back", self._name)
            self._trouble_since, self._lost, self._good_s = None, False, now_s
            return True
        if self._trouble_since is None:
            # Silence began with the last good frame: who waited half a second for the next one has been in trouble that long.
            self._trouble_since = now_s if picture is not None or self._good_s is None else self._good_s
        if now_s - self._trouble_since >= PATIENCE_S:
            if not self._lost:
                log.warning("camera %s is lost: %s", self._name, cause)
            self._lost = True
            raise DeviceLostError(f"camera {self._name}: {cause}; check its cable, lens and power")
        return False

    def _cause(self, picture: Picture | None) -> str:
        if picture is None:
            return "no frame comes"
        width, height = self._size
        if picture.shape != (height, width, 3):
            return f"frames have the shape {picture.shape} and not {(height, width, 3)}"
        before, self._last = self._last, picture
        if before is not None and _same(before, picture):
            return "the picture is frozen"
        if np.mean(picture[::8, ::8] >= _BLACK) < 0.01:
            return "the picture is black"
        return ""


def _same(first: Picture, second: Picture) -> bool:
    return np.array_equal(first[::16, ::16], second[::16, ::16]) and np.array_equal(first, second)
