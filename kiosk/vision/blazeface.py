"""Where faces are: MediaPipe's short-range BlazeFace, its grid of anchors, and the merging of overlapping boxes.

The network's geometry is told by its 896 outputs: a 16x16 grid with two boxes per cell, then an 8x8 grid with six.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.networks import LiteNetwork

Floats = NDArray[np.float32]

SIDE = 128
"""Side in pixels of the square that the network sees."""

_GRIDS = ((16, 2), (8, 6))
_NOT_A_FACE = 0.5
_SAME_FACE = 0.3


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture in whole pixels, origin top-left; it may reach outside."""

    x: int
    y: int
    width: int
    height: int

    def within(self, pixels: Picture) -> Region:
        """The part of it that lies in the picture; width or height 0 when none does."""
        rows, columns = pixels.shape[:2]
        x, y = min(max(self.x, 0), columns), min(max(self.y, 0), rows)
        return Region(x, y, max(min(self.x + self.width, columns) - x, 0), max(min(self.y + self.height, rows) - y, 0))

    def tiles(self) -> list[Region]:
        """Squares of half the longer side that cover it, each overlapping the next by at least a half."""
        side = -(-max(self.width, self.height) // 2)
        across, down = _steps(self.width, side), _steps(self.height, side)
        return [Region(self.x + x, self.y + y, min(side, self.width), min(side, self.height)) for y in down for x in across]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A face that the detector suspects, in picture pixels.

    box: (4,) float32 x, y, width, height. eyes: (2, 2) float32, the eye at the picture's left first. score: 0..1.
    """

    box: Floats
    eyes: Floats
    score: float


class BlazeFace:
    """Finds faces whose width is at least an eighth of the longer side of a region that it looks at."""

    def __init__(self, network: LiteNetwork) -> None:
        self._network = network
        self._anchors = _anchors()

    def find(self, pixels: Picture, regions: Sequence[Region]) -> list[Candidate]:
        """Faces in any of the regions, surest first; overlapping ones are merged. Each region must have pixels of the picture."""
        points, scores = zip(*(self._look(pixels, region) for region in regions), strict=True)
        return _merged(np.concatenate(points), np.concatenate(scores))

    def _look(self, pixels: Picture, region: Region) -> tuple[Floats, Floats]:
        """(n, 4, 2) float32 corners and eyes in picture pixels, and their scores."""
        part = pixels[region.y : region.y + region.height, region.x : region.x + region.width]
        scale = SIDE / max(region.width, region.height)
        width, height = max(1, round(region.width * scale)), max(1, round(region.height * scale))
        left, top = (SIDE - width) // 2, (SIDE - height) // 2
        square = np.zeros((1, SIDE, SIDE, 3), np.float32)
        small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        square[0, top : top + height, left : left + width] = small
        raw, logits = self._network.run(square / 127.5 - 1)
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        sure = scores >= _NOT_A_FACE
        points = raw[0, sure].reshape(-1, 8, 2)
        points[:, 1] /= 2
        points[:, [0, 2, 3]] += self._anchors[sure, None]
        points = np.stack([points[:, 0] - points[:, 1], points[:, 0] + points[:, 1], points[:, 2], points[:, 3]], axis=1)
        points = (points - (left, top)) / scale + (region.x, region.y)
        return points.astype(np.float32), scores[sure]


def _steps(length: int, side: int) -> list[int]:
    """Where tiles of a side start along a length."""
    spare = max(length - side, 0)
    count = -(-2 * spare // side)
    return [round(spare * step / count) for step in range(count + 1)] if count else [0]


def _anchors() -> Floats:
    """(896, 2) float32: centres x, y of the cells in pixels of the network's square, row by row."""
    grids = []
    for cells, per_cell in _GRIDS:
        centres = (np.arange(cells, dtype=np.float32) + 0.5) * (SIDE / cells)
        y, x = np.meshgrid(centres, centres, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(grids)


def _merged(points: Floats, scores: Floats) -> list[Candidate]:
    """Each cluster of overlapping boxes as its mean, weighted by score. points: (n, 4, 2) corners and eyes."""
    left = np.argsort(-scores)
    found = []
    while left.size:
        best = left[0]
        same = _overlap(points[best], points[left]) > _SAME_FACE
        same[0] = True
        cluster = left[same]
        corner, opposite, *eyes = np.average(points[cluster], axis=0, weights=scores[cluster]).astype(np.float32)
        found.append(Candidate(np.concatenate([corner, opposite - corner]), np.stack(eyes), float(scores[best])))
        left = left[~same]
    return found


def _overlap(one: Floats, many: Floats) -> Floats:
    """Shared area over joint area of one box and each of many."""
    inner = np.clip(np.minimum(one[1], many[:, 1]) - np.maximum(one[0], many[:, 0]), 0, None).prod(axis=1)
    areas = np.clip(many[:, 1] - many[:, 0], 0, None).prod(axis=1)
    joint: Floats = inner / np.maximum(areas + np.clip(one[1] - one[0], 0, None).prod() - inner, 1e-6)
    return joint
