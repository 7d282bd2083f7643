"""Puts a garment on the person in a picture: trunk and sleeves warped to the body, what is in front left in front."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.vision.body import BodyFound
from kiosk.vision.fit import ARMPIT, TOP, Fit, fit
from kiosk.vision.hem import worn_hem
from kiosk.vision.occlusion import front
from kiosk.vision.sleeves import Tube, arm_tube, lay, sleeve_tube

Mask = NDArray[np.uint8]
Rgba = NDArray[np.uint8]

_COARSE = 64
_HEM_GIVES = (0.45, 0.35)
"""How far a hem may move up (tucked in) and down to end where the shopper's own top ends, in trunk lengths."""
_OVERLAP = 0.22
_COLOUR_SIDE = 192
_UPPER_ARM = 0.52
"""The upper arm's share of an arm: sleeves lie under the trunk there, a forearm may lie before it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """A garment taken apart: pictures of trunk and sleeves, (H, W, 4) uint8 RGBA each, a sleeve with its course."""

    trunk: Rgba
    sleeves: tuple[tuple[Rgba, Tube] | None, tuple[Rgba, Tube] | None]


class Dresser:
    """Dresses people; remembers the last garment's parts, so that a garment is taken apart once.

    follow_hem: let a top end where the shopper's own top ends, within limits, which hides that and tucks in what is tucked in; otherwise
    it ends where its own length puts it.
    """

    def __init__(self, follow_hem: bool = True) -> None:
        self._follow_hem = follow_hem
        self._garment: Garment | None = None
        self._parts: _Parts | None = None

    def dress(self, pixels: Picture, body: BodyFound, garment: Garment) -> Picture:
        """Return a copy of `pixels` ((H, W, 3) uint8 RGB) in which `body` wears `garment`."""
        layer = self._layer(pixels, body, garment)
        dressed = pixels.copy()
        if layer is None:
            return dressed
        (x0, y0, x1, y1), rgba = layer
        alpha = cv2.merge([rgba[:, :, 3]] * 3)
        under = cv2.multiply(pixels[y0:y1, x0:x1], cv2.bitwise_not(alpha), scale=1 / 255)
        over = cv2.multiply(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), alpha, scale=1 / 255)
        dressed[y0:y1, x0:x1] = cv2.add(under, over)
        return dressed

    def cover_mask(self, pixels: Picture, body: BodyFound, garment: Garment) -> Mask:
        """Return which pixels the garment would cover: (H, W) uint8, 255 where it is at least half opaque."""
        covered = np.zeros(pixels.shape[:2], np.uint8)
        layer = self._layer(pixels, body, garment)
        if layer is not None:
            (x0, y0, x1, y1), rgba = layer
            covered[y0:y1, x0:x1] = np.where(rgba[:, :, 3] > 127, np.uint8(255), np.uint8(0))
        return covered

    def _layer(self, pixels: Picture, body: BodyFound, garment: Garment) -> tuple[tuple[int, int, int, int], Rgba] | None:
        """Return the box that the garment touches (x0, y0, x1, y1) and its RGBA picture there; None when it is out of the picture."""
        height, width = pixels.shape[:2]
        fitted = fit(body, garment, height, width)
        worn = worn_hem(pixels, body, fitted.frame) if self._follow_hem and garment.kind != "dress" else None
        if worn is not None:
            fitted = replace(fitted, hem=min(max(worn, fitted.hem - _HEM_GIVES[0]), fitted.hem + _HEM_GIVES[1]))
        box = _box(fitted, height, width)
        if box is None:
            return None
        if self._garment is not garment or self._parts is None:
            self._garment, self._parts = garment, _apart(garment)
        x0, y0, x1, y1 = box
        person = cv2.warpAffine(body.crop_mask, body.to_picture - np.array([[0, 0, x0], [0, 0, y0]], np.float32), (x1 - x0, y1 - y0))
        before = _front(pixels, body, fitted, box)
        rgba = _trunk(self._parts.trunk, garment, fitted, box)
        for index, part in enumerate(self._parts.sleeves):
            if part is not None and fitted.covered[index] > 0:
                arm = arm_tube(fitted.frame.arms[index], index, fitted, person, np.array([x0, y0], np.float32))
                lay(rgba, *part, arm, min(1.0, _UPPER_ARM / fitted.covered[index]))
        rgba[:, :, 3] = cv2.min(cv2.min(rgba[:, :, 3], cv2.bitwise_not(before)), person)
        return box, rgba


def _box(fitted: Fit, height: int, width: int) -> tuple[int, int, int, int] | None:
    frame = fitted.frame
    corners = frame.to_picture(np.array([-0.8, 0.8, -0.8, 0.8], np.float32), np.array([TOP - 0.1] * 2 + [fitted.hem + 0.1] * 2, np.float32))
    joints = np.stack([p for arm in frame.arms for p in (arm.shoulder, arm.elbow, arm.wrist)])
    margin = 0.25 * frame.width
    low = np.minimum(corners.min(axis=0), joints.min(axis=0) - margin)
    high = np.maximum(corners.max(axis=0), joints.max(axis=0) + margin)
    x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
    x1, y1 = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    return (x0, y0, x1, y1) if x1 - x0 > 4 and y1 - y0 > 4 else None


def _front(pixels: Picture, body: BodyFound, fitted: Fit, box: tuple[int, int, int, int]) -> Mask:
    """Run the occlusion on a small picture: colours need no more."""
    x0, y0, x1, y1 = box
    frame = fitted.frame
    top = max(0, min(y0, int(body.landmarks[:11, 1].min() - 0.4 * frame.width)))
    scale = min(1.0, _COLOUR_SIDE / (x1 - x0))
    area = pixels[top:y1, x0:x1]
    small = cv2.resize(area, (max(2, round(area.shape[1] * scale)), max(2, round(area.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    shift = np.array([x0, top], np.float32)
    landmarks = body.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] - shift) * scale
    to_small = body.to_picture.copy()
    to_small[:, 2] -= shift
    to_small *= scale
    shrunk = BodyFound(landmarks, body.crop_mask, to_small, body.score)
    moved = frame.moved(shift, scale)
    before = front(small, shrunk, replace(fitted, frame=moved), shrunk.mask(small.shape[0], small.shape[1]))
    full = cv2.resize(before, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(full[y0 - top:])


def _apart(garment: Garment) -> _Parts:
    """Cut a garment's picture into trunk and sleeves that overlap a little at the seam."""
    picture, cut = garment.picture, garment.cut
    columns = np.arange(picture.shape[1], dtype=np.float32)[None]
    overlap = _OVERLAP * cut.chest_width
    rows = np.arange(picture.shape[0])[:, None]
    inside = (columns >= garment.trunk[:, :1] - 1) & (columns <= garment.trunk[:, 1:] + 1)
    trunk = picture.copy()
    trunk[~inside, 3] = 0
    sleeves: list[tuple[Rgba, Tube] | None] = []
    for index, side in enumerate((cut.left, cut.right)):
        if side.sleeve_width == 0 or cut.sleeve == "none":
            sleeves.append(None)
            continue
        edge = garment.trunk[:, index:index + 1]
        give = np.where(rows < side.armpit[1], overlap, 0.0)
        part = columns <= edge + give if index == 0 else columns >= edge - give
        sleeve = picture.copy()
        sleeve[~part, 3] = 0
        sleeves.append((sleeve, sleeve_tube(sleeve, side)))
    return _Parts(trunk, (sleeves[0], sleeves[1]))


def _trunk(trunk: Rgba, garment: Garment, fitted: Fit, box: tuple[int, int, int, int]) -> Rgba:
    """Warp the trunk into the box: rows along the spine, columns between the body's outlines."""
    x0, y0, x1, y1 = box
    across, down = min(x1 - x0, _COARSE), min(y1 - y0, _COARSE)
    x = (np.arange(across, dtype=np.float32) + 0.5) * ((x1 - x0) / across) - 0.5 + x0
    y = (np.arange(down, dtype=np.float32) + 0.5) * ((y1 - y0) / down) - 0.5 + y0
    s, t = fitted.frame.to_body(*np.meshgrid(x, y))
    cut = garment.cut
    keys = [TOP, ARMPIT, max(fitted.hem, ARMPIT + 0.1)]
    rows_at = [cut.top, cut.armpit_row, cut.hem_row]
    row = np.interp(t, keys, rows_at)
    row = np.where(t < TOP, cut.top + (t - TOP) * (rows_at[1] - rows_at[0]) / (keys[1] - keys[0]), row)
    row = np.where(t > keys[2], cut.hem_row + (t - keys[2]) * (rows_at[2] - rows_at[1]) / (keys[2] - keys[1]), row)
    left, right = np.interp(t, fitted.rows, fitted.left), np.interp(t, fitted.rows, fitted.right)
    share = (s - left) / np.maximum(right - left, 1e-3)
    lines = np.arange(len(garment.trunk))
    first, last = np.interp(row, lines, garment.trunk[:, 0]), np.interp(row, lines, garment.trunk[:, 1])
    column = first + share * (last - first)
    size = (x1 - x0, y1 - y0)
    map_x = cv2.resize(column.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    map_y = cv2.resize(row.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    warped: Rgba = cv2.remap(trunk, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    return warped
