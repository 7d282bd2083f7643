"""From a flat-lay product photograph to a garment: cut out, then measured along its outline."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Cut, Garment, Kind, Point, Side, Sleeve
from kiosk.errors import InvalidValueError

Mask = NDArray[np.uint8]
"""(H, W) uint8: 0 outside, 255 inside."""

_LARGEST_SIDE = 640
_LEAST_CONTRAST = 3.0
_HALO = 0.25
_LONG_SLEEVE = 1.0
_SOLID = 0.95
_JUTS, _UNEVEN = 0.17, 0.1
"""How far a sleeve juts out beyond its armpit at least, in chest widths; by how much of the height two armpits may differ."""
_COLLAR_RISE = 0.3


def read(name: str, photo: Picture, kind: Kind = "top", mask: Mask | None = None) -> Garment:
    """Return the garment on `photo` ((H, W, 3) uint8 RGB, upright, on a plain background).

    mask: (H, W) uint8, 255 on the garment, where somebody has cut it out already. Raises InvalidValueError, which says why,
    for a photograph that shows no garment.
    """
    mask = cut_out(photo) if mask is None else mask
    rows, columns = np.flatnonzero(mask.max(axis=1) > 127), np.flatnonzero(mask.max(axis=0) > 127)
    if rows.size < 16 or columns.size < 16:
        raise InvalidValueError(f"garment {name}: nothing stands out from the background of its photograph; use a plain background")
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    photo, mask = np.ascontiguousarray(photo[box]), np.ascontiguousarray(mask[box])
    scale = _LARGEST_SIDE / max(photo.shape[:2])
    if scale < 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, (photo.shape[1], photo.shape[0]), interpolation=cv2.INTER_AREA)
    solid: Mask = np.where(mask > 127, 255, 0).astype(np.uint8)
    cut, trunk = measure(solid)
    return Garment(name, kind, np.dstack([_bled(photo, solid), mask]), cut, trunk)


def cut_out(photo: Picture) -> Mask:
    """Return the garment's mask: (H, W) uint8, 255 inside, holes filled.

    The background is what the border shows. What differs from it is garment, but for the halo that compression leaves around strong
    edges; a pale outline on a pale background is closed with an ever wider gap until the shape is solid.
    """
    height, width = photo.shape[:2]
    small = min(height, width)
    differs, halo = _contrast(photo)
    halo_width = max(1, round(small * 0.05))
    mask = np.zeros((height, width), np.uint8)
    for gap in (0.02, 0.04, 0.08):
        mask = _filled(differs, halo, max(1, round(small * gap / 2)), halo_width)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        largest = max((cv2.contourArea(c) for c in contours), default=0.0)
        if contours and largest > 0.5 * cv2.contourArea(cv2.convexHull(np.concatenate(contours))):
            break
    if mask.any() and differs[mask > 0].mean() > _SOLID:  # no gap to close: narrow ones beside the sleeves are real
        mask = _filled(differs, halo, 0, halo_width)
    return _opened(mask, differs, halo) if mask.any() else mask


def _contrast(photo: Picture) -> tuple[Mask, Mask]:
    """Return what differs from the background, and what of it may be a mere halo of something stronger; 0 or 1."""
    height, width = photo.shape[:2]
    small = min(height, width)
    rim = max(2, small // 50)
    border = np.concatenate([photo[:rim].reshape(-1, 3), photo[:, :rim].reshape(-1, 3), photo[:, -rim:].reshape(-1, 3)]).astype(np.float32)
    background = np.median(border, axis=0)
    noise = float(np.percentile(np.abs(border - background).max(axis=1), 90))
    calm = cv2.GaussianBlur(photo, (0, 0), max(0.6, small / 300)).astype(np.float32)
    contrast = np.abs(calm - background).max(axis=2)
    reach = 2 * max(1, round(small * 0.03)) + 1
    strongest = cv2.dilate(contrast, np.ones((reach, reach), np.uint8))
    differs = contrast > max(_LEAST_CONTRAST, noise)
    return differs.astype(np.uint8), (~differs | (contrast < _HALO * strongest)).astype(np.uint8)


def _filled(differs: Mask, halo: Mask, gap: int, halo_width: int) -> Mask:
    """Close gaps of `gap` pixels, fill the inside, peel off the halo from outside, keep the parts that matter."""
    pad = 4 * gap + halo_width + 1
    padded = cv2.copyMakeBorder(differs, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    peel = cv2.copyMakeBorder(halo, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=1)
    round_gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
    outside = 1 - _solid(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, round_gap), 0.0)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for _ in range(halo_width):
        outside |= cv2.dilate(outside, cross) & peel
    inside = cv2.morphologyEx(1 - outside, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, cross, iterations=max(1, gap // 2))
    return np.ascontiguousarray(_solid(inside, 0.05)[pad:-pad, pad:-pad] * np.uint8(255))


def _solid(mask: Mask, least_share: float) -> Mask:
    """Fill every outline; drop parts smaller than `least_share` of the largest."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(c) for c in contours]
    solid = np.zeros_like(mask)
    cv2.drawContours(solid, [c for c, a in zip(contours, areas, strict=True) if a >= least_share * max(areas)], -1, 1, -1)
    return solid


def _opened(mask: Mask, differs: Mask, halo: Mask) -> Mask:
    """Open the gaps between trunk and sleeves that hands at the hips close: tall, aside, and truly of the background's colour.

    A garment that is pale itself keeps all its holes filled.
    """
    inside = mask > 0
    if differs[inside].mean() < 0.8:
        return mask
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    tall, wide, middle = rows[-1] - rows[0], columns[-1] - columns[0], (columns[0] + columns[-1]) / 2
    gaps = cv2.morphologyEx((inside & (halo > 0)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, centres = cv2.connectedComponentsWithStats(gaps)
    for label in range(1, count):
        height, width = stats[label, cv2.CC_STAT_HEIGHT], stats[label, cv2.CC_STAT_WIDTH]
        if height > max(0.1 * tall, 1.5 * width) and abs(centres[label, 0] - middle) > 0.2 * wide:
            mask[labels == label] = 0
    return mask


def _bled(photo: Picture, mask: Mask) -> Picture:
    """Carry the garment's colour a little over its edge, so that no background shines in when it is warped."""
    core = cv2.erode(mask, np.ones((3, 3), np.uint8))
    weight = cv2.blur((core > 0).astype(np.float32), (9, 9))
    mean = cv2.blur(photo * (core > 0)[:, :, None].astype(np.float32), (9, 9)) / np.maximum(weight, 1e-3)[:, :, None]
    use = (core == 0) & (weight > 0)
    bled: Picture = np.where(use[:, :, None], mean, photo).astype(np.uint8)
    return bled


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
    armpit = round(min(left.armpit[1], right.armpit[1]))
    trunk[:armpit + 1, 0], trunk[:armpit + 1, 1] = left.armpit[0], right.armpit[0]
    return Cut(left, right, sleeve), trunk.astype(np.float32)


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
    """Return where the armhole of a sleeveless cut ends: the first row in which the trunk has nearly its full width."""
    half = axis - edge
    upper = half[:max(2, round(0.55 * mask.shape[0]))]
    row = int(np.flatnonzero(upper >= 0.94 * upper.max())[0])
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
    collar = _collar(top, axis, armpit)
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


def _collar(top: NDArray[np.float64], axis: float, armpit: Point) -> Point:
    """Return the highest point of the shoulder, the innermost of equals."""
    lo, hi = int(max(0, armpit[0])), int(max(armpit[0] + 2, axis - 1))
    part = top[lo:hi]
    level = part.min() + 0.01 * len(top)
    column = lo + int(np.flatnonzero(part <= level)[-1])
    seam_end = float(top[lo])
    return float(column), max(float(top[column]), seam_end - _COLLAR_RISE * (axis - armpit[0]))  # a hood rises above its collar


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
