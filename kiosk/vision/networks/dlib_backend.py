"""face_recognition and dlib as they are: the second identity backend and the reference that ours is compared with.

Importing face_recognition loads dlib's 68-point file, whose training set excludes commercial use. Extra `[dlib]`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.errors import ModelError

Floats = NDArray[np.float32]

_CHIP_SIDE = 150
_CHIP_PADDING = 0.25


class DlibFaces:
    """dlib's five-point alignment and its ResNet. Raises ModelError when they are not installed."""

    def __init__(self) -> None:
        try:
            import dlib
            from face_recognition import api
        except (ImportError, SystemExit) as error:
            raise ModelError(f"the dlib backend needs `pip install kiosk[dlib]`: {error}") from error
        self._dlib = dlib
        self._encoder = api.face_encoder
        self._predictor = api.pose_predictor_5_point

    def chip(self, pixels: Picture, box: tuple[float, float, float, float]) -> Picture:
        """(150, 150, 3) uint8 RGB: the face in a box x, y, width, height of the picture, aligned by dlib's five points."""
        x, y, width, height = box
        place = self._dlib.rectangle(round(x), round(y), round(x + width), round(y + height))
        pixels = np.ascontiguousarray(pixels)
        chip: Picture = self._dlib.get_face_chip(pixels, self._predictor(pixels, place), _CHIP_SIDE, _CHIP_PADDING)
        return chip

    def descriptors(self, chips: Picture) -> Floats:
        """(N, 128) float32 of (N, 150, 150, 3) uint8 RGB chips."""
        return np.array([self._encoder.compute_face_descriptor(np.ascontiguousarray(chip)) for chip in chips], np.float32)
