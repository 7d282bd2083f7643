"""A garment taken apart, and its trunk laid along the spine: rows by the spine, columns between the body's outlines.

Trunk, sleeves and legs are inverse maps bound to bones: every pixel asks where on the garment it lies, so nothing can turn inside out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Garment, Leg, Side
from kiosk.vision.fit import Fit, keys, last_full_row
from kiosk.vision.sleeves import Tube, premultiplied, rounded, tube_of

Rgba = NDArray[np.uint8]
Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the picture."""

_COARSE = 64
_OVERLAP = 0.22
_LEG_OVERLAP = 0.10
_SHOULDER = 0.36
"""The share of a sleeve that is cut from the trunk aslant: an arm that is raised needs cloth there."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A garment taken apart: (H, W, 4) uint8 RGBA each, multiplied by alpha.

    limbs: sleeves, or the legs of trousers, each cut to its own size, with its course in its pixels; left first.
    """

    trunk: Rgba
    limbs: tuple[tuple[Rgba, Tube] | None, tuple[Rgba, Tube] | None]


def apart(garment: Garment) -> Parts:
    """Cut a garment's picture into trunk and limbs that overlap a little at the seam."""
    legs = garment.cut.legs
    if legs is not None:
        return Parts(premultiplied(_hips(garment)), (_leg(garment, legs[0], 0), _leg(garment, legs[1], 1)))
    columns = np.arange(garment.picture.shape[1], dtype=np.float32)[None]
    inside = (columns >= garment.trunk[:, :1] - 1) & (columns <= garment.trunk[:, 1:] + 1)
    trunk = garment.picture.copy()
    trunk[~inside, 3] = 0
    return Parts(premultiplied(trunk), (_sleeve(garment, garment.cut.left, 0), _sleeve(garment, garment.cut.right, 1)))


def _sleeve(garment: Garment, side: Side, index: int) -> tuple[Rgba, Tube] | None:
    cut, picture = garment.cut, garment.picture
    if side.sleeve_width == 0 or cut.sleeve == "none":
        return None
    columns, rows = np.arange(picture.shape[1], dtype=np.float32)[None], np.arange(picture.shape[0])[:, None]
    edge = garment.trunk[:, index:index + 1]
    give = np.where(rows < side.armpit[1], _OVERLAP * cut.chest_width, 0.0)
    sleeve = picture.copy()
    sleeve[~(columns <= edge + give if index == 0 else columns >= edge - give), 3] = 0
    root = (side.shoulder[0] + side.armpit[0]) / 2, (side.shoulder[1] + side.armpit[1]) / 2
    return _limb(sleeve, tube_of(sleeve, (root, side.elbow, side.cuff), side.sleeve_width), _SHOULDER)


def _limb(picture: Rgba, tube: Tube, whole: float = 0.0) -> tuple[Rgba, Tube]:
    """Return a limb cut to its own size, as it is laid."""
    rows, columns = np.flatnonzero(picture[:, :, 3].any(axis=1)), np.flatnonzero(picture[:, :, 3].any(axis=0))
    if not rows.size:
        rows = columns = np.array([0])
    y0, x0 = max(0, int(rows[0]) - 1), max(0, int(columns[0]) - 1)
    moved = replace(tube, points=tube.points - np.array([x0, y0], np.float32))
    return rounded(np.ascontiguousarray(picture[y0:rows[-1] + 2, x0:columns[-1] + 2]), moved, whole), moved


def _hips(garment: Garment) -> Rgba:
    """Return trousers down to a little below the crotch."""
    trunk = garment.picture.copy()
    trunk[round(garment.cut.armpit_row + _LEG_OVERLAP * 0.5 * garment.cut.chest_width):, :, 3] = 0
    return trunk


def _leg(garment: Garment, leg: Leg, index: int) -> tuple[Rgba, Tube]:
    picture, cut = garment.picture.copy(), garment.cut
    picture[:max(0, round(cut.armpit_row - _LEG_OVERLAP * cut.chest_width)), :, 3] = 0
    middle = round((cut.legs[0].hip[0] + cut.legs[1].hip[0]) / 2) if cut.legs else 0
    if index == 0:
        picture[:, middle:, 3] = 0
    else:
        picture[:, :middle, 3] = 0
    return _limb(picture, tube_of(picture, (leg.hip, leg.knee, leg.ankle), leg.width))


def drape(trunk: Rgba, garment: Garment, fitted: Fit, box: Box) -> Rgba:
    """Warp the trunk into the box of the picture."""
    x0, y0, x1, y1 = box
    size = (x1 - x0, y1 - y0)
    map_x, map_y = (cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in trunk_map(garment, fitted, grid(box)))
    warped: Rgba = cv2.remap(trunk, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    return warped


def grid(box: Box) -> tuple[Floats, Floats]:
    """Return the places at which maps of a box are computed: x and y in pixels of the picture, (rows, columns) float32 each."""
    x0, y0, x1, y1 = box
    across, down = min(x1 - x0, _COARSE), min(y1 - y0, _COARSE)
    x = (np.arange(across, dtype=np.float32) + 0.5) * ((x1 - x0) / across) - 0.5 + x0
    y = (np.arange(down, dtype=np.float32) + 0.5) * ((y1 - y0) / down) - 0.5 + y0
    places = np.meshgrid(x, y)
    return places[0].astype(np.float32), places[1].astype(np.float32)


def trunk_map(garment: Garment, fitted: Fit, places: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return column and row of the garment's picture at each of `places` of the picture; float32 like them."""
    s, t = fitted.frame.to_body(*places)
    cut = garment.cut
    at = keys(garment, fitted.hem)
    rows_at = (cut.top, cut.armpit_row, cut.hem_row)
    row = np.interp(t, at, rows_at)
    row = np.where(t < at[0], rows_at[0] + (t - at[0]) * (rows_at[1] - rows_at[0]) / (at[1] - at[0]), row)
    row = np.where(t > at[2], rows_at[2] + (t - at[2]) * (rows_at[2] - rows_at[1]) / (at[2] - at[1]), row)
    left, right = np.interp(t, fitted.rows, fitted.left), np.interp(t, fitted.rows, fitted.right)
    share = (s - left) / np.maximum(right - left, 1e-3)
    lines = np.arange(len(garment.trunk))
    full = np.minimum(row, last_full_row(garment))
    first, last = np.interp(full, lines, garment.trunk[:, 0]), np.interp(full, lines, garment.trunk[:, 1])
    return (first + share * (last - first)).astype(np.float32), row.astype(np.float32)
