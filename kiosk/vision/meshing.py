"""Garments on a body as textured meshes: cells of the picture that ask where on the cloth they lie, as the maps of `draping` do.

A cell is square on the screen and bent on the cloth, so no cell is ever inverted on the screen, however an elbow bends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Garment
from kiosk.domain.meshes import MARGIN, Patch
from kiosk.vision.draping import Box, Parts, trunk_map
from kiosk.vision.fit import Fit
from kiosk.vision.sleeves import Rgba, Tube, limb_map, passing, reach_of

Floats = NDArray[np.float32]

_TRUNK_CELLS = 40
_LIMB_CELL = 8
"""How many cells lie across and down the box at most, and a limb's cells in pixels."""
_BESIDE = 1.2


def trunk_patch(parts: Parts, garment: Garment, fitted: Fit, box: Box) -> Patch:
    """Return the trunk of a garment on the cells of a box of the picture."""
    x0, y0, x1, y1 = box
    nodes = _nodes((0, 0, x1 - x0, y1 - y0), (min(x1 - x0, _TRUNK_CELLS), min(y1 - y0, _TRUNK_CELLS)))
    column, row = trunk_map(garment, fitted, (nodes[..., 0] + x0, nodes[..., 1] + y0))
    return _patch(parts.trunk, nodes, np.stack([column, row], axis=-1), np.full(column.shape, 255, np.uint8), None)


def limb_patches(limb: Rgba, source: Tube, target: Tube, under: float, size: tuple[int, int]) -> tuple[Patch, Patch] | None:
    """Return a limb twice, as it lies below the trunk and as it comes over it, in a box of (height, width); None outside it."""
    reach = reach_of(target, size)
    if reach is None:
        return None
    across, down = (max(2, round((reach[k + 2] - reach[k]) / _LIMB_CELL)) for k in (0, 1))
    nodes = _nodes(reach, (across, down))
    column, row, along, beside = limb_map(source, target, nodes)
    places, near = np.stack([column, row], axis=-1), np.abs(beside) < _BESIDE
    below = np.full(along.shape, 255, np.uint8)
    return _patch(limb, nodes, places, below, near), _patch(limb, nodes, places, passing(along, under), near)


def _nodes(box: Box, cells: tuple[int, int]) -> Floats:
    """Return the corners of cells of a box, from edge to edge of its pixels: (down + 1, across + 1, 2) float32."""
    x = np.linspace(box[0] - 0.5, box[2] - 0.5, cells[0] + 1, dtype=np.float32)
    y = np.linspace(box[1] - 0.5, box[3] - 0.5, cells[1] + 1, dtype=np.float32)
    return np.stack(np.meshgrid(x, y), axis=-1)


def _patch(cloth: Rgba, nodes: Floats, places: Floats, strength: NDArray[np.uint8], near: NDArray[np.bool_] | None) -> Patch:
    """Return the cells that show cloth: those that reach into it, have some strength and, where it is said, lie near the limb."""
    height, width = cloth.shape[:2]
    at = np.clip(places, -MARGIN + 0.5, np.array([width + MARGIN - 1.5, height + MARGIN - 1.5], np.float32))
    corners, there, strong = _around(nodes), _around(at), _around(strength)
    low, high = there.min(axis=1), there.max(axis=1)
    shown = (low[:, 0] < width) & (low[:, 1] < height) & (high[:, 0] > -1) & (high[:, 1] > -1) & (strong.max(axis=1) > 0)
    if near is not None:
        shown &= _around(near).any(axis=1)
    return Patch(cloth, corners[shown].astype(np.float32), there[shown].astype(np.float32), strong[shown].astype(np.uint8))


def _around(nodes: NDArray[Any]) -> NDArray[Any]:
    """Return the four corners of each cell of a grid, in turn: (cells, 4, ...)."""
    four = np.stack([nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1]], axis=2)
    return four.reshape(-1, *four.shape[2:])
