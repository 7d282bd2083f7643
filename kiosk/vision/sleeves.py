"""Sleeves and trouser legs: laid along the limb's curve, from edge to edge of it, bent at elbow or knee without a seam.

A sleeve and an arm are both a curve with a width to each side of it. Every pixel near the arm is told by how far along the curve it lies
and how far beside it, and takes its colour from the same place of the sleeve: an inverse map, so nothing can turn inside out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Point
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
_LOOSE = 5
"""A sleeve is as wide as the wider places of the arm around: the shopper's own sleeve ends in a step, and would look out."""
_ELBOW = _KNEE = 0.5
_CROTCH = 0.16
"""Where trouser legs begin, on the way from hip to knee."""
_SHOE = 0.10
"""Long trousers fall onto the shoe, so far beyond the ankle by the shin's length."""
_LEG_THINNEST, _LEG_WIDEST = 0.13, 0.42
_PASSES = 0.12
"""Over so much of its length a limb comes from below the trunk to lie on it."""


_CLOTH, _SPREAD, _COARSE = 250, 12.0, 4
"""What is so opaque has the cloth's own colour; how far that goes on beyond its edge, in pixels of the garment's picture; and how many of
them are one when it is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A curve with a width: points (n, 2), normals (n, 2) to its left, and the width to both sides ((n,) each), all in pixels."""

    points: Floats
    normals: Floats
    left: Floats
    right: Floats


def tube_of(limb: Rgba, joints: tuple[Point, Point, Point], width: float) -> Tube:
    """Return a sleeve or leg on the garment's picture ((H, W, 4) uint8 RGBA, that limb alone): its middle line and its edges.

    joints: where it begins, bends and ends; width: across it half way, pixels.
    """
    points, normals = _curve([np.array(joint, np.float32) for joint in joints])
    reach = max(2.0, 1.5 * width)
    left, right = (_edge(limb[:, :, 3], points, sign * normals, reach) for sign in (1, -1))
    usual = max(1.0, 0.5 * width)
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
    left, right = (_EASE * _calm(_edge(person, points, s * normals, limits[1]), limits, _LOOSE) for s in (1, -1))
    return Tube(points, normals, left, right)


def leg_tubes(legs: NDArray[np.float32], covered: float, person: NDArray[np.uint8], frame: tuple[float, Floats]) -> tuple[Tube, Tube]:
    """Return the covered part of both legs in a box of the picture.

    legs: (2, 3, 2) float32, hip, knee and ankle of each, left first; covered: how far down they are covered, 0..1. person: the person mask
    of the box; frame: the shoulders' width in pixels and the box's origin.
    """
    width, shift = frame
    tubes: list[Tube] = []
    middle = (legs[0] + legs[1]) / 2
    for index, (hip, knee, ankle) in enumerate(legs):
        root = hip + _CROTCH * (knee - hip)
        down = (covered - _KNEE) / (1 - _KNEE) + (_SHOE if covered >= 1 else 0.0)
        joints = [root, knee, knee + (ankle - knee) * down] if covered > _KNEE else [
            root, root + (knee - root) * covered / _KNEE / 2, root + (knee - root) * covered / _KNEE]
        points, normals = _curve([np.asarray(joint - shift, np.float32) for joint in joints])
        between = np.interp(points[:, 1], middle[:, 1] - shift[1], middle[:, 0] - shift[0]).astype(np.float32)
        inner = np.maximum(np.abs(between - points[:, 0]), _LEG_THINNEST * width)
        limits = (_LEG_THINNEST * width, _LEG_WIDEST * width)
        sides = [_EASE * _calm(_edge(person, points, sign * normals, limits[1]), limits) for sign in (1, -1)]
        # The tube's left normal points to the picture's right on the way down.
        sides[index] = np.minimum(sides[index], inner)
        tubes.append(Tube(points, normals, sides[0], sides[1]))
    return tubes[0], tubes[1]


def rounded(limb: Rgba, tube: Tube, whole: float = 0.0) -> Rgba:
    """Return a limb ((H, W, 4) uint8 RGBA) as it is laid: lit as what is round, nothing beyond its edges, multiplied by alpha.

    whole: up to this share of its length it is cloth from edge to edge, also where it was cut from the trunk aslant.
    """
    height, width = limb.shape[:2]
    size = (max(2, width // _CELL), max(2, height // _CELL))
    told = _told(_places((0, 0, width, height), size), tube)
    along, beside = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in told)
    away = np.abs(beside)
    light = np.clip(135.0 - 38.0 * away**4, 77, 135).astype(np.uint8)
    edge = np.clip((1.03 - away) * (255 / 0.06), 0, 255).astype(np.uint8)
    root = np.clip((whole - along) * (255 / _PASSES), 0, 255) * (along > 0)
    alpha = cv2.min(cv2.max(cv2.extractChannel(limb, 3), root.astype(np.uint8)), edge)
    colour = cv2.multiply(_spread(limb), cv2.merge([light] * 3), scale=1 / 128)
    return premultiplied(np.dstack([colour, alpha]))


def _spread(limb: Rgba) -> NDArray[np.uint8]:
    """Return a limb's colours, gone on beyond its edges: where it was cut from the trunk the photo's ground would look through."""
    size = limb.shape[1], limb.shape[0]
    few = max(1, size[0] // _COARSE), max(1, size[1] // _COARSE)
    colour, cloth = np.ascontiguousarray(limb[:, :, :3]), cv2.threshold(cv2.extractChannel(limb, 3), _CLOTH, 255, cv2.THRESH_BINARY)[1]
    seen = cv2.resize(cv2.bitwise_and(colour, colour, mask=cloth), few, interpolation=cv2.INTER_AREA).astype(np.float32)
    there = cv2.resize(cloth, few, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    near = np.maximum(cv2.GaussianBlur(there, (0, 0), _SPREAD / _COARSE), 1e-5)
    beyond = np.clip(cv2.GaussianBlur(seen, (0, 0), _SPREAD / _COARSE) / near[:, :, None], 0, 255).astype(np.uint8)
    spread: NDArray[np.uint8] = cv2.resize(beyond, size, interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(colour, cloth, spread)
    return spread


def premultiplied(rgba: Rgba) -> Rgba:
    """Return a picture ((H, W, 4) uint8 RGBA) whose colours are multiplied by its alpha."""
    alpha = cv2.extractChannel(rgba, 3)
    whole: Rgba = cv2.multiply(rgba, cv2.merge([alpha, alpha, alpha, np.full_like(alpha, 255)]), scale=1 / 255)
    return whole


def lay(rgba: Rgba, limb: Rgba, source: Tube, target: Tube, under: float) -> None:
    """Lay a limb on `rgba` (both (H, W, 4) uint8, multiplied by alpha; changed in place).

    Up to `under` of its length it lies below what is there, then over it.
    """
    box = reach_of(target, (rgba.shape[0], rgba.shape[1]))
    if box is None:
        return
    x0, y0, x1, y1 = box
    size = (x1 - x0, y1 - y0)
    places = _places(box, (max(2, size[0] // _CELL), max(2, size[1] // _CELL)))
    column, row, along, _ = limb_map(source, target, places)
    over = cv2.resize(passing(along, under), size, interpolation=cv2.INTER_LINEAR)
    laid = cv2.remap(limb, cv2.resize(column, size, interpolation=cv2.INTER_LINEAR), cv2.resize(row, size, interpolation=cv2.INTER_LINEAR),
                     cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    there = rgba[y0:y1, x0:x1]
    # Under what is there, and once more over it by `over`: one sum of both.
    through = cv2.bitwise_not(cv2.multiply(cv2.extractChannel(laid, 3), over, scale=1 / 255))
    share = cv2.add(cv2.multiply(cv2.bitwise_not(cv2.extractChannel(there, 3)), through, scale=1 / 255), over)
    there[:] = cv2.add(cv2.multiply(laid, cv2.merge([share] * 4), scale=1 / 255),
                       cv2.multiply(there, cv2.merge([through] * 4), scale=1 / 255))


def passing(along: Floats, under: float) -> NDArray[np.uint8]:
    """Return how far a limb has come from below the trunk to lie on it, 0..255, at these places along it."""
    over: NDArray[np.uint8] = np.clip((along - under) * (255 / _PASSES) + 128, 0, 255).astype(np.uint8)
    return over


def reach_of(target: Tube, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return the box that a tube touches in a picture of (height, width) pixels: x0, y0, x1, y1; None when it lies outside."""
    margin = float(max(target.left.max(), target.right.max())) + 2
    low = np.floor(target.points.min(axis=0) - margin).astype(int)
    high = np.ceil(target.points.max(axis=0) + margin).astype(int)
    x0, y0, x1, y1 = max(0, int(low[0])), max(0, int(low[1])), min(size[1], int(high[0])), min(size[0], int(high[1]))
    return (x0, y0, x1, y1) if x1 - x0 >= 4 and y1 - y0 >= 4 else None


def limb_map(source: Tube, target: Tube, places: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return column and row of the limb's picture at places (..., 2) in pixels, and how far along and beside the limb each one lies."""
    along, beside = _told(places, target)
    column, row = _place(along, beside, source)
    return column, row, along, beside


def _places(box: tuple[int, int, int, int], size: tuple[int, int]) -> Floats:
    """Return the middles of (columns, rows) cells of a box: (rows, columns, 2) float32."""
    x0, y0, x1, y1 = box
    x = (np.arange(size[0], dtype=np.float32) + 0.5) * ((x1 - x0) / size[0]) - 0.5 + x0
    y = (np.arange(size[1], dtype=np.float32) + 0.5) * ((y1 - y0) / size[1]) - 0.5 + y0
    return np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)


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


def _calm(widths: Floats, limits: tuple[float, float], rank: int = 3) -> Floats:
    """Return widths within limits that change slowly along the curve: around each the one of this rank of seven, 3 the middle one."""
    kept = np.clip(widths, *limits)
    padded = np.pad(kept, 3, mode="edge")
    middle = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 7), axis=1)[:, rank]
    smooth: Floats = np.convolve(np.pad(middle, 2, mode="edge"), np.ones(5) / 5, mode="valid").astype(np.float32)
    return smooth


def _told(places: Floats, tube: Tube) -> tuple[Floats, Floats]:
    """Return where places (..., 2) lie in a tube: along it (0 root, 1 cuff) and beside it (-1 right edge, 1 left edge)."""
    flat = places.reshape(-1, 2)
    across, down = flat[:, :1] - tube.points[None, :, 0], flat[:, 1:] - tube.points[None, :, 1]
    nearest = np.argmin(across * across + down * down, axis=1)
    off = flat - tube.points[nearest]
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
