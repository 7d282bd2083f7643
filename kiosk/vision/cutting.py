"""A garment's outline in its product photograph: what stands out from a plain background, without halos, holes and hangers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture

Mask = NDArray[np.uint8]
"""(H, W) uint8: 0 outside, 255 inside."""

_LEAST_CONTRAST = 3.0
_HALO = 0.25
_SOLID, _PALE = 0.95, 0.8
"""Shares of a garment that differ from the background: of one without gaps, and at least of one that is not pale."""
_SPOT, _ALIKE = 0.004, 16.0
"""The most area, of the garment's, that was closed in beside its outline, and how near the background's its colour is, of 255."""


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
    if differs[inside].mean() < _PALE:
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


def bled(photo: Picture, mask: Mask) -> Picture:
    """Carry the garment's colour a little over its edge, so that no background shines in when it is warped."""
    core = cv2.erode(mask, np.ones((7, 7), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)  # its picture ends with the garment
    core[_ground_inside(photo, mask) > 0] = 0
    weight = cv2.blur((core > 0).astype(np.float32), (15, 15))
    mean = cv2.blur(photo * (core > 0)[:, :, None].astype(np.float32), (15, 15)) / np.maximum(weight, 1e-3)[:, :, None]
    use = (core == 0) & (weight > 0)
    bled: Picture = np.where(use[:, :, None], mean, photo).astype(np.uint8)
    return bled


def _ground_inside(photo: Picture, mask: Mask) -> Mask:
    """Return what small spots of the background were closed in beside the outline, as under an armpit; 0 or 1. None in a pale garment."""
    inside = mask > 127
    differs, _ = _contrast(photo)
    found = np.zeros(mask.shape, np.uint8)
    if differs[inside].mean() < _PALE:
        return found
    rim = (cv2.erode(mask, np.ones((9, 9), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) <= 127) & inside
    ground = np.median(photo[~inside], axis=0) if (~inside).any() else np.full(3, 255.0)
    alike = np.abs(photo.astype(np.float32) - ground.astype(np.float32)).max(axis=2) < _ALIKE
    count, labels, stats, _ = cv2.connectedComponentsWithStats((inside & alike).astype(np.uint8))
    for label in range(1, count):
        spot = labels == label
        if stats[label, cv2.CC_STAT_AREA] < _SPOT * inside.sum() and rim[spot].any():
            found[spot] = 1
    around: Mask = cv2.dilate(found, np.ones((5, 5), np.uint8))
    return around & inside.astype(np.uint8)


def grabbed(photo: Picture) -> Mask:
    """Return the garment's mask on a background that is not plain, by graph cuts from the assumption that the rim is background.

    The method is GrabCut (Rother, Kolmogorov, Blake 2004), run small.
    """
    height, width = photo.shape[:2]
    scale = min(1.0, 320 / max(height, width))
    small = cv2.resize(photo, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    rim = max(2, round(0.04 * min(rows, columns)))
    labels = np.full((rows, columns), cv2.GC_BGD, np.uint8)
    labels[rim:-rim, rim:-rim] = cv2.GC_PR_FGD
    models = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    cv2.setRNGSeed(1)
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), labels, None, *models, 5, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    calm = cv2.morphologyEx(cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    if not calm.any():
        return np.zeros((height, width), np.uint8)
    solid = _solid(calm, 0.2) * np.uint8(255)
    full: Mask = cv2.resize(cv2.GaussianBlur(solid, (0, 0), 1.2), (width, height), interpolation=cv2.INTER_LINEAR)
    return full


def without_thin(mask: Mask) -> Mask:
    """Return the mask without what is thin and juts out of the garment: a hanger's hook, the pole of a stand."""
    columns = np.flatnonzero((mask > 127).any(axis=0))
    if columns.size == 0:
        return mask
    size = max(3, round(0.055 * (columns[-1] - columns[0] + 1)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    inside = (mask > 127).astype(np.uint8)
    body = _solid(cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel), 0.05)
    if not body.any():
        return mask
    near = cv2.dilate(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size // 2 | 1, size // 2 | 1)))
    kept: Mask = np.where(near > 0, mask, np.uint8(0))
    return kept
