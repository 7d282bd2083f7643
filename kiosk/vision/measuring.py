"""The cut of a garment, measured along its outline: where collar, shoulders, armpits, cuffs and hem lie."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Cut, Leg, Point, Side, Sleeve
from kiosk.vision.cutting import Mask

_LONG_SLEEVE = 1.0
_JUTS, _UNEVEN = 0.17, 0.1
"""How far a sleeve juts out beyond its armpit at least, in chest widths; by how much of the height two armpits may differ."""
_COLLAR_RISE = 0.3
_SOON = 0.07
_JOINT = 5
"""Within so much of the height."""


def measure(mask: Mask) -> tuple[Cut, NDArray[np.float32]]:
    """Return the cut of the garment that fills `mask`, and the trunk's first and last column in each row ((H, 2) float32)."""
    mask = _slit(mask)
    width = mask.shape[1]
    axis = _axis(mask)
    trunk = _trunk_rows(mask, axis)
    views = [(mask, axis, trunk[:, 0]), (np.ascontiguousarray(mask[:, ::-1]), width - 1 - axis, width - 1 - trunk[:, 1])]
    armpits = _even([_armpit(side, middle) for side, middle, _ in views], views)
    sides = [_side(*view, armpit) for view, armpit in zip(views, armpits, strict=True)]
    left, right = sides[0], _mirrored(sides[1], width)
    reach = [float(np.hypot(s.cuff[0] - s.shoulder[0], s.cuff[1] - s.shoulder[1])) for s in (left, right)]
    span = max(1.0, right.armpit[0] - left.armpit[0])
    longest = max(reach) / span
    sleeve: Sleeve = "long" if longest > _LONG_SLEEVE else "short" if longest > 0.12 else "none"
    cut = Cut(left, right, sleeve)
    return cut, _above_armpits(trunk, cut)


def trunk_of(mask: Mask, cut: Cut) -> NDArray[np.float32]:
    """Return the trunk's first and last column in each row ((H, 2) float32) of a garment whose landmarks are known."""
    axis = (cut.left.armpit[0] + cut.right.armpit[0]) / 2
    bottom = cut.legs is not None or cut.left.shoulder == cut.left.collar
    return _to_hem(edges(mask, axis), cut) if bottom else _above_armpits(_trunk_rows(_slit(mask), axis), cut)


def _above_armpits(trunk: NDArray[np.float64], cut: Cut) -> NDArray[np.float32]:
    armpit = round(min(cut.left.armpit[1], cut.right.armpit[1]))
    whole = np.flatnonzero(trunk[:, 1] - trunk[:, 0] > 0.3 * cut.chest_width)
    first = int(whole[whole >= armpit][0]) if (whole >= armpit).any() else armpit
    trunk[armpit:first] = trunk[first]  # a coat's lapels part below its armpits
    trunk[:armpit + 1, 0], trunk[:armpit + 1, 1] = cut.left.armpit[0], cut.right.armpit[0]
    below = min(len(trunk) - 1, armpit + _JOINT)
    joint = trunk[armpit + 1:below]  # rows in which a sleeve still touches the trunk
    joint[:, 0], joint[:, 1] = np.maximum(joint[:, 0], trunk[below, 0]), np.minimum(joint[:, 1], trunk[below, 1])
    return _to_hem(trunk, cut)


def _to_hem(trunk: NDArray[np.float64], cut: Cut) -> NDArray[np.float32]:
    """A hem is cut in an arc: below its corners the trunk keeps its width."""
    last = min(len(trunk) - 1, round(min(cut.left.hem[1], cut.right.hem[1])))
    trunk[last:] = trunk[last]
    return trunk.astype(np.float32)


def edges(mask: Mask, axis: float) -> NDArray[np.float64]:
    """Return the first and last column of the garment in each row, whatever lies between; (axis, axis) where there is none."""
    columns = np.arange(mask.shape[1])
    first = np.where(mask > 127, columns, mask.shape[1]).min(axis=1)
    last = np.where(mask > 127, columns, -1).max(axis=1)
    found: NDArray[np.float64] = np.where((last < 0)[:, None], axis, np.stack([first, last], axis=1)).astype(np.float64)
    return found


def measure_bottom(mask: Mask) -> tuple[Cut, NDArray[np.float32]]:
    """Return the cut of trousers or of a skirt that fill `mask`, and their outer edges in each row ((H, 2) float32)."""
    height = mask.shape[0]
    axis = _axis(mask)
    outer = edges(mask, axis)
    crotch = _crotch(mask, axis)
    waist, hem = round(0.015 * height), round(0.975 * height)
    hips = crotch if crotch is not None else round(0.30 * height)

    def corner(row: int, index: int) -> Point:
        return float(outer[row, index]), float(row)

    def side(index: int) -> Side:
        top = corner(waist, index)
        return Side(top, top, corner(hips, index), corner(hem, index), top, top, 0.0)

    legs = None
    if crotch is not None:
        legs = (_leg(mask, outer, axis, (crotch, hem), 0), _leg(mask, outer, axis, (crotch, hem), 1))
    cut = Cut(side(0), side(1), "none", legs)
    outer[:waist] = outer[waist]
    return cut, _to_hem(outer, cut)


def _crotch(mask: Mask, axis: float) -> int | None:
    """Return the row from which on two legs part; None for a skirt."""
    height, width = mask.shape
    middle = mask[:, max(0, round(axis - 0.04 * width)):round(axis + 0.04 * width) + 1]
    closed = np.flatnonzero((middle > 127).all(axis=1))
    last = int(closed[-1]) if closed.size else 0
    parted = height - 1 - last
    return last + 1 if parted > 0.12 * height and last > 0.12 * height else None


def _leg(mask: Mask, outer: NDArray[np.float64], axis: float, rows: tuple[int, int], index: int) -> Leg:
    """Return the middle line of one leg (0 left, 1 right) between crotch and hem."""
    def middle(row: int) -> tuple[Point, float]:
        line = mask[row] > 127
        columns = np.flatnonzero(line[:round(axis)]) if index == 0 else round(axis) + np.flatnonzero(line[round(axis):])
        inner = float(columns[-1] if index == 0 else columns[0]) if columns.size else axis
        return ((float(outer[row, index]) + inner) / 2, float(row)), abs(float(outer[row, index]) - inner)

    (hip, _), (knee, width), (ankle, _) = middle(rows[0]), middle(sum(rows) // 2), middle(rows[1])
    return Leg(hip, knee, ankle, width)


def _slit(mask: Mask) -> Mask:
    """Return the mask with the gaps between trunk and sleeves open at their lower end, where a cuff that touches the trunk closes them."""
    height = mask.shape[0]
    inside = (mask > 127).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - np.pad(inside, 1), connectivity=4)
    if count <= 2:
        return mask
    open_mask = mask.copy()
    for label in range(2, count):
        if stats[label, cv2.CC_STAT_HEIGHT] < 0.08 * height or stats[label, cv2.CC_STAT_HEIGHT] < 1.2 * stats[label, cv2.CC_STAT_WIDTH]:
            continue
        ys, xs = np.nonzero(labels[1:-1, 1:-1] == label)
        row, column = int(ys.max()), int(np.median(xs[ys == ys.max()]))
        below = inside[row + 1:, column]
        bridge = int(below.argmin()) if (below == 0).any() else len(below)
        if bridge < 0.25 * height:
            open_mask[row:row + 1 + bridge, max(0, column - 1):column + 2] = 0
    return open_mask


def _axis(mask: Mask) -> float:
    """Return the column about which the garment is most symmetric."""
    columns = (mask > 127).sum(axis=0).astype(np.float64)
    mirrored = np.convolve(columns, columns)
    return float(np.argmax(mirrored)) / 2


def _trunk_rows(mask: Mask, axis: float) -> NDArray[np.float64]:
    """Return, for each row, first and last column of the run of garment around the axis; (axis, axis) where there is none."""
    height, width = mask.shape
    inside = mask > 127
    centre = int(np.clip(round(axis), 1, width - 2))
    rows = np.full((height, 2), axis)
    left_gap = np.where(~inside, np.arange(width), -1)[:, :centre + 1].max(axis=1)
    right_gap = np.where(~inside, np.arange(width), width)[:, centre:].min(axis=1)
    solid = inside[:, centre]
    rows[solid, 0], rows[solid, 1] = left_gap[solid] + 1, right_gap[solid] - 1
    return rows


def _even(armpits: list[Point | None], views: list[tuple[Mask, float, NDArray[np.float64]]]) -> list[Point]:
    """Return both armpits, each from the outer side: garments are symmetric, so where one hides, or lies much lower, the other tells."""
    known = [p for p in armpits if p is not None]
    if not known:
        return [_bare_armpit(mask, axis, edge) for mask, axis, edge in views]
    height = views[0][0].shape[0]
    other = min(known, key=lambda p: p[1])
    half = next(axis for p, (_, axis, _) in zip(armpits, views, strict=True) if p == other) - other[0]
    return [(axis - half, other[1]) if p is None or p[1] > other[1] + _UNEVEN * height else p
            for p, (_, axis, _) in zip(armpits, views, strict=True)]


def _bare_armpit(mask: Mask, axis: float, edge: NDArray[np.float64]) -> Point:
    """Return where the armhole of a sleeveless cut ends: the first row below which the trunk does not soon grow wider."""
    half = axis - edge
    height = mask.shape[0]
    upper = half[:max(2, round(0.55 * height))]
    ahead = max(2, round(_SOON * height))
    coming = np.lib.stride_tricks.sliding_window_view(np.pad(upper, (0, ahead), mode="edge"), ahead + 1).max(axis=1)
    row = int(np.flatnonzero((upper >= 0.97 * coming) & (upper >= 0.6 * upper.max()))[0])
    return float(edge[row]), float(row)


def _side(mask: Mask, axis: float, edge: NDArray[np.float64], armpit: Point) -> Side:
    """Measure the left side of the garment; `edge` is the trunk's outer column in each row."""
    height = mask.shape[0]
    hem_row = _hem_row(axis - edge, axis)
    outermost = int(np.where(mask[:int(armpit[1]) + 1] > 127, np.arange(mask.shape[1]), mask.shape[1]).min())
    sleeveless = armpit[0] - outermost < _JUTS * 2 * (axis - armpit[0])
    if sleeveless:
        armpit = _bare_armpit(mask, axis, edge)
    top = np.where((mask > 127).any(axis=0), (mask > 127).argmax(axis=0), height).astype(np.float64)
    collar = _collar(top, axis, armpit, hooded=not sleeveless)
    column = int(np.clip(round(armpit[0]), 0, mask.shape[1] - 1))
    shoulder_row = min(float(top[column]), armpit[1])
    if sleeveless or shoulder_row > armpit[1] - 0.15 * (armpit[1] - collar[1]):  # a sleeveless cut has nothing above its armpit
        shoulder = _strap_end(top, collar, armpit)
        return Side(collar, shoulder, armpit, (float(edge[hem_row]), float(hem_row)), shoulder, shoulder, 0.0)
    shoulder = (armpit[0], shoulder_row)
    elbow, cuff, across = _sleeve(mask, shoulder, armpit, edge)
    return Side(collar, shoulder, armpit, (float(edge[hem_row]), float(hem_row)), elbow, cuff, across)


def _hem_row(half: NDArray[np.float64], axis: float) -> int:
    """Return the lowest row in which the trunk still has most of its width."""
    wide = np.flatnonzero(half > 0.6 * np.median(half[half > 0.1 * axis])) if (half > 0.1 * axis).any() else np.array([len(half) - 1])
    return int(wide[-1])


def _armpit(mask: Mask, axis: float) -> Point | None:
    """Return where the sleeve's lower edge meets the trunk: the deepest notch of the outline on this side; None when there is none."""
    height = mask.shape[0]
    half = np.ascontiguousarray(mask[:, :max(2, round(axis) + 1)])  # one side alone: cuffs below the hem would span both armpits
    contours, _ = cv2.findContours(half, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea).reshape(-1, 2).astype(np.float64)
    notches: list[tuple[float, float, float]] = []
    for x, y, depth, lowest in _notches(contour):
        if x < 0.9 * axis and 0.1 * height < y < 0.75 * height and lowest > y + 0.08 * height and depth > 0.015 * height:
            notches.append((y, x, depth))
    if notches:  # a waist may be a deeper notch, but it lies lower
        deepest = max(depth for _, _, depth in notches)
        y, x, _ = min(n for n in notches if n[2] > 0.3 * deepest)
        return x, y
    return None


def _notches(contour: NDArray[np.float64]) -> Iterator[tuple[float, float, float, float]]:
    """Yield the outline's notches: x, y of the deepest point, depth below the hull, the row of the hull's lower corner beside it."""
    corners = np.sort(cv2.convexHull(contour.astype(np.int32), returnPoints=False).ravel())
    for a, b in zip(corners, np.append(corners[1:], corners[0] + len(contour)), strict=True):
        if b - a < 3:
            continue
        part = contour[np.arange(a, b + 1) % len(contour)]
        chord = part[-1] - part[0]
        away = np.abs((part - part[0]) @ np.array([-chord[1], chord[0]])) / max(float(np.linalg.norm(chord)), 1e-6)
        deepest = int(np.argmax(away))
        yield float(part[deepest, 0]), float(part[deepest, 1]), float(away[deepest]), float(max(part[0, 1], part[-1, 1]))


def _collar(top: NDArray[np.float64], axis: float, armpit: Point, *, hooded: bool) -> Point:
    """Return the highest point of the shoulder, the innermost of equals. hooded: what is far above the sleeve's seam may be a hood."""
    lo, hi = int(max(0, armpit[0])), int(max(armpit[0] + 2, axis - 1))
    part = top[lo:hi]
    level = part.min() + 0.01 * len(top)
    column = lo + int(np.flatnonzero(part <= level)[-1])
    least = float(top[lo]) - _COLLAR_RISE * (axis - armpit[0]) if hooded else 0.0
    return float(column), max(float(top[column]), least)  # a hood rises above its collar


def _strap_end(top: NDArray[np.float64], collar: Point, armpit: Point) -> Point:
    """Return the outer end of a strap: where the outline turns from the shoulder down into the armhole."""
    columns = np.arange(int(armpit[0]), int(collar[0]) + 1)
    if columns.size < 3:
        return collar
    chord = np.array([collar[0] - armpit[0], collar[1] - armpit[1]])
    away = (columns - armpit[0]) * chord[1] - (top[columns] - armpit[1]) * chord[0]
    column = int(columns[int(np.argmax(away))])
    return float(column), float(top[column])


def _sleeve(mask: Mask, shoulder: Point, armpit: Point, edge: NDArray[np.float64]) -> tuple[Point, Point, float]:
    """Return the sleeve's elbow and cuff on its middle line, and its width half way."""
    apart = (mask > 127).astype(np.uint8)
    row = int(armpit[1])
    apart[:row, int(armpit[0]):] = 0
    for y in range(row, len(edge)):
        apart[y, max(0, int(edge[y])):] = 0
    apart[:max(0, int(shoulder[1]) - 1)] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(apart)
    if count < 2:
        return shoulder, shoulder, 0.0
    ys, xs = np.nonzero(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))
    points = np.stack([xs, ys], axis=1).astype(np.float64)
    if len(points) < 16:
        return shoulder, shoulder, 0.0
    root = np.array([(shoulder[0] + armpit[0]) / 2, (shoulder[1] + armpit[1]) / 2])
    distance = np.linalg.norm(points - root, axis=1)
    cuff = points[distance >= np.percentile(distance, 92)].mean(axis=0)
    along = (points - root) @ (cuff - root) / max(float((cuff - root) @ (cuff - root)), 1.0)
    middle = points[np.abs(along - 0.5) < 0.08]
    end = points[along > 0.93].mean(axis=0) if (along > 0.93).any() else cuff
    if len(middle) < 4:
        middle = np.stack([root, cuff])
    reach = float(np.linalg.norm(cuff - root))
    across = len(points[np.abs(along - 0.5) < 0.25]) / max(0.5 * reach, 1.0)
    centre = middle.mean(axis=0)
    return (float(centre[0]), float(centre[1])), (float(end[0]), float(end[1])), float(across)


def _mirrored(side: Side, width: int) -> Side:
    def flip(point: Point) -> Point:
        return width - 1 - point[0], point[1]

    return Side(flip(side.collar), flip(side.shoulder), flip(side.armpit), flip(side.hem), flip(side.elbow), flip(side.cuff),
                sleeve_width=side.sleeve_width)
