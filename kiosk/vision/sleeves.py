"""Sleeves: laid along the arm's curve, from edge to edge of the arm, bent at the elbow without a seam.

A sleeve and an arm are both a curve with a width to each side of it. Every pixel near the arm is told by how far along the curve it lies
and how far beside it, and takes its colour from the same place of the sleeve: an inverse map, so nothing can turn inside out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Side
from kiosk.vision.fit import Arm, Fit

Rgba = NDArray[np.uint8]
Floats = NDArray[np.float32]

_SAMPLES = 24
_BEYOND = 0.16
"""How far both curves go on beyond root and cuff, by their length."""
_CELL = 6
"""Pixels between the places at which the map is computed; it is smooth in between."""
_THINNEST, _WIDEST, _EASE = 0.085, 0.24, 1.03
"""Half the width of an arm in shoulder widths, within which the person's outline is believed, and how much wider a sleeve is."""
_ELBOW = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A curve with a width: points (n, 2), normals (n, 2) to its left, and the width to both sides ((n,) each), all in pixels."""

    points: Floats
    normals: Floats
    left: Floats
    right: Floats


def sleeve_tube(sleeve: Rgba, side: Side) -> Tube:
    """Return the sleeve on the garment's picture ((H, W, 4) uint8 RGBA, the sleeve alone): its middle line and its edges."""
    root = np.array([(side.shoulder[0] + side.armpit[0]) / 2, (side.shoulder[1] + side.armpit[1]) / 2], np.float32)
    points, normals = _curve([root, np.array(side.elbow, np.float32), np.array(side.cuff, np.float32)])
    reach = max(2.0, 1.5 * side.sleeve_width)
    left, right = (_edge(sleeve[:, :, 3], points, sign * normals, reach) for sign in (1, -1))
    usual = max(1.0, 0.5 * side.sleeve_width)
    return Tube(points, normals, _calm(left, (0.4 * usual, 1.8 * usual)), _calm(right, (0.4 * usual, 1.8 * usual)))


def arm_tube(arm: Arm, index: int, fitted: Fit, person: NDArray[np.uint8], shift: Floats) -> Tube:
    """Return the sleeved part of an arm in a box of the picture; person: the person mask of the box, shift: the box's origin in pixels."""
    frame, covered = fitted.frame, fitted.covered[index]
    sign = 1 if index else -1
    root = frame.to_picture(np.array(sign * fitted.seam * 0.86, np.float32), np.array(0.03, np.float32))
    if covered > _ELBOW:
        joints = [root, arm.elbow, arm.elbow + (arm.wrist - arm.elbow) * (covered - _ELBOW) / (1 - _ELBOW)]
    else:
        end = arm.shoulder + (arm.elbow - arm.shoulder) * covered / _ELBOW
        joints = [root, (root + end) / 2, end]
    points, normals = _curve([np.asarray(joint - shift, np.float32) for joint in joints])
    limits = (_THINNEST * frame.width, _WIDEST * frame.width)
    left, right = (_EASE * _calm(_edge(person, points, s * normals, limits[1]), limits) for s in (1, -1))
    return Tube(points, normals, left, right)


def lay(rgba: Rgba, sleeve: Rgba, source: Tube, target: Tube, under: float) -> None:
    """Lay a sleeve on `rgba` ((H, W, 4) uint8, changed in place): up to `under` of its length below what is there, then over."""
    height, width = rgba.shape[:2]
    margin = float(max(target.left.max(), target.right.max())) + 2
    low = np.floor(target.points.min(axis=0) - margin).astype(int)
    high = np.ceil(target.points.max(axis=0) + margin).astype(int)
    x0, y0, x1, y1 = max(0, int(low[0])), max(0, int(low[1])), min(width, int(high[0])), min(height, int(high[1]))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    size = (x1 - x0, y1 - y0)
    across, down = max(2, size[0] // _CELL), max(2, size[1] // _CELL)
    x = (np.arange(across, dtype=np.float32) + 0.5) * (size[0] / across) - 0.5 + x0
    y = (np.arange(down, dtype=np.float32) + 0.5) * (size[1] / down) - 0.5 + y0
    along, beside = _told(np.stack(np.meshgrid(x, y), axis=-1), target)
    column, row = _place(along, beside, source)
    maps = [cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) for part in (column, row, along, beside)]
    laid = cv2.remap(sleeve, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    round_arm = np.clip(1.06 - 0.30 * maps[3] ** 4, 0.6, 1.06)
    laid[:, :, :3] = np.clip(laid[:, :, :3] * round_arm[:, :, None], 0, 255).astype(np.uint8)
    there = rgba[y0:y1, x0:x1]
    over = (laid[:, :, 3] > 127) & (np.abs(maps[3]) <= 1.02) & (maps[2] <= 1 + _BEYOND)
    over &= (maps[2] > under) | (there[:, :, 3] < 127)
    there[over] = laid[over]


def _curve(joints: list[Floats]) -> tuple[Floats, Floats]:
    """Return points along three joints, the corner rounded, going on a little beyond both ends; and the normals to their left."""
    line = np.stack(joints)
    for _ in range(3):  # Chaikin's corner cutting
        a, b = line[:-1], line[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        line = np.concatenate([line[:1], cut[1:-1], line[-1:]])
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    length = max(float(steps[-1]), 1.0)
    first, last = _unit(line[1] - line[0]), _unit(line[-1] - line[-2])
    line = np.concatenate([line[:1] - first * _BEYOND * length, line, line[-1:] + last * _BEYOND * length])
    steps = np.concatenate([[-_BEYOND * length], steps, [(1 + _BEYOND) * length]])
    at = np.linspace(-_BEYOND, 1 + _BEYOND, _SAMPLES) * length
    points = np.stack([np.interp(at, steps, line[:, k]) for k in range(2)], axis=1).astype(np.float32)
    ahead = np.gradient(points, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-3)
    return points, np.stack([ahead[:, 1], -ahead[:, 0]], axis=1).astype(np.float32)


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / max(float(np.linalg.norm(vector)), 1e-3)
    return unit


def _edge(mask: NDArray[np.uint8], points: Floats, outwards: Floats, reach: float) -> Floats:
    """Return how far the mask goes on from each point in its direction, at most `reach` pixels."""
    steps = np.linspace(0, reach, 28, dtype=np.float32)
    places = points[:, None] + outwards[:, None] * steps[None, :, None]
    seen = cv2.remap(mask, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0) > 127
    ends = np.where(seen.all(axis=1), len(steps) - 1, (~seen).argmax(axis=1))
    return steps[ends]


def _calm(widths: Floats, limits: tuple[float, float]) -> Floats:
    """Return widths within limits that change slowly along the curve."""
    kept = np.clip(widths, *limits)
    padded = np.pad(kept, 3, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 7), axis=1)
    smooth: Floats = np.convolve(np.pad(middle, 2, mode="edge"), np.ones(5) / 5, mode="valid").astype(np.float32)
    return smooth


def _told(places: Floats, tube: Tube) -> tuple[Floats, Floats]:
    """Return where places (..., 2) lie in a tube: along it (0 root, 1 cuff) and beside it (-1 right edge, 1 left edge)."""
    flat = places.reshape(-1, 2)
    away = flat[:, None] - tube.points[None]
    nearest = np.argmin((away**2).sum(axis=2), axis=1)
    off = away[np.arange(len(flat)), nearest]
    normal = tube.normals[nearest]
    ahead = np.stack([-normal[:, 1], normal[:, 0]], axis=1)
    spacing = max(float(np.linalg.norm(np.diff(tube.points, axis=0), axis=1).mean()), 1e-3)
    sample = np.clip(nearest + (off * ahead).sum(axis=1) / spacing, 0, len(tube.points) - 1)
    beside = (off * normal).sum(axis=1)
    index = np.arange(len(tube.points))
    width = np.where(beside > 0, np.interp(sample, index, tube.left), np.interp(sample, index, tube.right))
    along = sample / (len(tube.points) - 1) * (1 + 2 * _BEYOND) - _BEYOND
    shape = places.shape[:-1]
    return along.reshape(shape).astype(np.float32), (beside / np.maximum(width, 1e-3)).reshape(shape).astype(np.float32)


def _place(along: Floats, beside: Floats, tube: Tube) -> tuple[Floats, Floats]:
    """Return the pixels (columns, rows) at which a tube has these places."""
    sample = (along + _BEYOND) / (1 + 2 * _BEYOND) * (len(tube.points) - 1)
    index = np.arange(len(tube.points))
    width = np.where(beside > 0, np.interp(sample, index, tube.left), np.interp(sample, index, tube.right))
    off = np.clip(beside, -1.2, 1.2) * width
    column = np.interp(sample, index, tube.points[:, 0]) + off * np.interp(sample, index, tube.normals[:, 0])
    row = np.interp(sample, index, tube.points[:, 1]) + off * np.interp(sample, index, tube.normals[:, 1])
    return column.astype(np.float32), row.astype(np.float32)
