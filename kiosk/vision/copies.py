"""Does a picture of a face look like a picture of a picture? Frame edges, the grid of a screen, its flicker, pale colours.

Four cues, each 0 (nothing to see) to 1 (plain). None needs a network, and none is proof: a face before a window has straight edges too.
A network that judges pictures can be named in kiosk.toml and joins them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.errors import ModelError
from kiosk.vision.alignment import crop_matrix, cut
from kiosk.vision.face import FaceFound
from kiosk.vision.networks import OnnxNetwork

Floats = NDArray[np.float32]

_SIDE = 128
_AROUND = 2.4
_FACE_SIDE = round(_SIDE / _AROUND)
_LONG = 0.55


@dataclass(frozen=True, slots=True)
class Cues:
    """edges: of a frame around the face; grid: of a screen's pixels; bands: of its flicker; pale: washed out colours. Each 0..1."""

    edges: float
    grid: float
    bands: float
    pale: float

    @property
    def copied(self) -> float:
        """All together, 0..1: what speaks most for a copy, the others adding to it."""
        alive = (1 - self.edges) * (1 - self.grid) * (1 - self.bands) * (1 - 0.5 * self.pale)
        return 1 - alive


def cues(pixels: Picture, face: FaceFound, before: Picture | None = None) -> Cues:
    """Look for traces of a copy around one face. before: `surroundings` of the frame before, for flicker."""
    near = surroundings(pixels, face)
    grey = cv2.cvtColor(near, cv2.COLOR_RGB2GRAY)
    return Cues(_edges(grey), _grid(pixels, face), _bands(grey, before), _pale(near))


def surroundings(pixels: Picture, face: FaceFound) -> Picture:
    """The face and what is around it, upright as the camera is, (128, 128, 3) uint8 RGB."""
    x, y, width, height = face.box
    centre = np.array([x + width / 2, y + height / 2], np.float32)
    return cut(pixels, crop_matrix(centre, max(_AROUND * max(width, height), 2.0), 0.0, _SIDE), _SIDE)


def _edges(grey: NDArray[np.uint8]) -> float:
    """Straight edges beside, above and below the face, of those that a frame has: four."""
    lines = cv2.HoughLinesP(cv2.Canny(grey, 60, 150), 1, np.pi / 90, 28, minLineLength=round(_LONG * _FACE_SIDE * 1.4), maxLineGap=3)
    sides = set()
    for x0, y0, x1, y1 in np.zeros((0, 4)) if lines is None else lines.reshape(-1, 4):
        across, middle = abs(float(x1) - float(x0)) > abs(float(y1) - float(y0)), ((x0 + x1) / 2 - _SIDE / 2, (y0 + y1) / 2 - _SIDE / 2)
        off = middle[1] if across else middle[0]
        if abs(off) > 0.42 * _FACE_SIDE:
            sides.add((across, off > 0))
    return (0.0, 0.05, 0.2, 0.5, 0.8)[len(sides)]


def _grid(pixels: Picture, face: FaceFound) -> float:
    """A peak in the spectrum of the cheeks and forehead that skin does not have."""
    x, y, width, height = (round(value) for value in face.box)
    part = pixels[max(y, 0):y + height, max(x, 0):x + width]
    side = min(part.shape[:2], default=0)
    if side < 48:
        return 0.0
    grey = cv2.cvtColor(part[:side, :side], cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = (grey - cv2.GaussianBlur(grey, (0, 0), 2.0)) * np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    power = np.abs(np.fft.rfft2(fine)) ** 2
    rows = np.minimum(np.arange(side), side - np.arange(side))
    radius = np.hypot(rows[:, None], np.arange(power.shape[1])[None, :]) / side
    band = power[(radius > 0.2) & (radius < 0.5)]
    peak = float(band.max()) / max(float(np.median(band)), 1e-6)
    return float(np.clip((np.log10(peak) - 1.7) / 1.2, 0, 0.8))


def _bands(grey: NDArray[np.uint8], before: Picture | None) -> float:
    """Rows that became brighter and darker in turn since the frame before, which columns did not."""
    if before is None:
        return 0.0
    ratio = np.log((grey.astype(np.float32) + 8) / (cv2.cvtColor(before, cv2.COLOR_RGB2GRAY).astype(np.float32) + 8))
    middle = ratio[:, _SIDE // 2 - _FACE_SIDE // 3:_SIDE // 2 + _FACE_SIDE // 3]
    rows = np.median(middle, axis=1)[_SIDE // 2 - _FACE_SIDE // 2:_SIDE // 2 + _FACE_SIDE // 2]
    columns = np.median(middle[_SIDE // 2 - _FACE_SIDE // 3:_SIDE // 2 + _FACE_SIDE // 3], axis=0)
    return float(np.clip((float(rows.std()) - 1.5 * float(columns.std()) - 0.02) / 0.08, 0, 0.8))


def _pale(near: Picture) -> float:
    """How little of the range from black to white the picture uses."""
    low, high = np.percentile(near, (2, 98))
    return float(np.clip((110 - (high - low)) / 80, 0, 1))


class CopyNetwork:
    """A passive network from outside, named in kiosk.toml.

    Input (1, 3, S, S) float32 RGB 0..1 of the face and its surroundings, output (1, 2 or more), taken as logits, of which the first speaks
    for a living face. Raises ModelError when it is no such network.
    """

    def __init__(self, network: OnnxNetwork, side: int) -> None:
        self._network, self._side = network, side

    def copied(self, pixels: Picture, face: FaceFound) -> float:
        """0 looks alive .. 1 looks copied."""
        near = cv2.resize(surroundings(pixels, face), (self._side, self._side), interpolation=cv2.INTER_LINEAR)
        (logits,) = self._network.run(np.ascontiguousarray(near.transpose(2, 0, 1)[None]).astype(np.float32) / 255)[:1]
        if logits.ndim != 2 or logits.shape[1] < 2:
            raise ModelError(f"the passive network gives {logits.shape}, not one row of two values or more")
        likely = np.exp(logits[0] - logits[0].max())
        return float(1 - likely[0] / likely.sum())


def open_copies(path: str) -> CopyNetwork | None:
    """Open the passive network in a file; None for "". Raises ModelError that names the file when it is none."""
    if not path:
        return None
    network = OnnxNetwork(Path(path))
    (shape,) = network.input_shapes
    if len(shape) != 4 or shape[1] != 3 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise ModelError(f"{path}: a passive network takes (1, 3, S, S), this one {shape}")
    return CopyNetwork(network, shape[2])
