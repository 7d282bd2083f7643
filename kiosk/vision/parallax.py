"""Do the pixels around a nose move as those of a head that turns, or as those of a bent sheet?

The mesh is a guess: on a photograph bent round a bottle it sees a nose turn that is not there. The picture does not lie: what was around
the nose when the face looked ahead is looked for where a head would have brought it, and where a bent plane would have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.face import FaceFound

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

TURNED_DEG = 7.0
"""A face that has turned less shows nothing."""
_AHEAD_DEG = 15.0
_TIP = 4
_EYES = ((33, 133), (362, 263))
_WIDE, _HIGH, _COLUMNS, _ROWS = (-0.55, 0.55), (-0.45, 0.60), 36, 34
_REACH = 0.07
_FINE, _COARSE = 0.8, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """A face that looks ahead: what later frames are compared with.

    yaw_deg: as in `FaceFound`. plane: (6, 468) float64, finds the bent plane in the points of a mesh. grid, points: (n, 6) and (468, 6),
    terms of that plane on n places around the nose and at the points. weights: (n, 468), which points carry each place. seen: (rows,
    columns) float32, the picture there, freed of slow changes of light.
    """

    yaw_deg: float
    plane: Doubles
    grid: Doubles
    points: Doubles
    weights: Doubles
    seen: Floats


def look_ahead(pixels: Picture, face: FaceFound) -> Ahead | None:
    """What a picture shows of a face that looks ahead; None when it does not."""
    if abs(face.yaw_deg) > _AHEAD_DEG:
        return None
    mesh = face.mesh[:, :2].astype(np.float64)
    size = max(float(np.linalg.norm(mesh[list(_EYES[1])].mean(axis=0) - mesh[list(_EYES[0])].mean(axis=0))), 1.0)
    places = (mesh - mesh.mean(axis=0)) / size
    columns, rows = np.linspace(*_WIDE, _COLUMNS) + places[_TIP, 0], np.linspace(*_HIGH, _ROWS) + places[_TIP, 1]
    x, y = np.meshgrid(columns, rows)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    weights = (_near(rows, places[:, 1])[:, None] * _near(columns, places[:, 0])).reshape(len(grid), len(places))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    points, terms = _terms(places), _terms(grid)
    plane = np.asarray(np.linalg.pinv(points), np.float64)
    seen = _seen(pixels, terms @ plane @ mesh + weights @ (mesh - points @ plane @ mesh))
    return Ahead(face.yaw_deg, plane, terms, points, weights, seen)


def agreement(pixels: Picture, face: FaceFound, ahead: Ahead) -> float:
    """How much better a picture agrees with a head's turn than with a bent plane's: difference of two correlations, -2..2.

    About 0.1 for a head, below 0 for a sheet; NaN while the face has hardly turned.
    """
    if abs(face.yaw_deg - ahead.yaw_deg) < TURNED_DEG:
        return math.nan
    plane, head = (float((_seen(pixels, places) * ahead.seen).mean()) for places in _moved(ahead, face.mesh[:, :2].astype(np.float64)))
    return head - plane


def _near(lines: Doubles, places: Doubles) -> Doubles:
    """How near each place is to each line of the grid, (lines, places): one factor of the weights, which fall off alike both ways."""
    made: Doubles = np.exp(-((lines[:, None] - places) ** 2) / (2 * _REACH**2))
    return made


def _terms(places: Doubles) -> Doubles:
    x, y = places.T
    made: Doubles = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    return made


def _moved(ahead: Ahead, mesh: Doubles) -> tuple[Doubles, Doubles]:
    """Where the grid's places are by the bent plane that fits a mesh best, and by the mesh itself; (n, 2) pixels."""
    bent = ahead.plane @ mesh
    flat = ahead.grid @ bent
    return flat, flat + ahead.weights @ (mesh - ahead.points @ bent)


def _seen(pixels: Picture, places: Doubles) -> Floats:
    """Grey values at places, of mean 0 and deviation 1, slow changes of light taken out."""
    low = np.clip(np.floor(places.min(axis=0)).astype(int) - 2, 0, (pixels.shape[1] - 4, pixels.shape[0] - 4))
    high = np.clip(np.ceil(places.max(axis=0)).astype(int) + 3, low + 4, (pixels.shape[1], pixels.shape[0]))
    grey = cv2.cvtColor(np.ascontiguousarray(pixels[low[1]:high[1], low[0]:high[0]]), cv2.COLOR_RGB2GRAY)
    at = (places - low).reshape(_ROWS, _COLUMNS, 2).astype(np.float32)
    seen = cv2.GaussianBlur(cv2.remap(grey, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32), (0, 0), _FINE)
    fine = seen - cv2.GaussianBlur(seen, (0, 0), _COARSE)
    return np.asarray((fine - fine.mean()) / max(float(fine.std()), 1e-3), np.float32)
