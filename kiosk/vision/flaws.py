"""What can be wrong with a product photograph: mended where it can be, else named and shown."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Cut, Kind
from kiosk.vision.cutting import Mask, cut_out, grabbed, without_thin
from kiosk.vision.measuring import measure

REASONS = {
    "small": "the photograph is too small: it needs 240 pixels at its shorter side",
    "empty": "nothing stands out from the background: use a plain background that differs from the garment",
    "background": "the background is not plain: lay the garment on one colour, or give a mask",
    "cut_off": "the garment is cut off by the photograph's edge: show all of it",
    "several": "there is more than one garment in the photograph: show one",
    "person": "skin is seen beside the cloth: somebody wears it, or a mannequin does; lay it flat, or give a mask of the cloth alone",
    "folded": "one sleeve is folded onto the trunk or hidden: lay both sleeves out beside it",
    "mask": "the mask is not as large as the photograph",
    "shape": "this is not the shape of such a garment: it lies askew, or the kind is another",
}
"""Why a photograph is refused -> what to do about it."""

_LEAST_SIDE = 240
_BUSY = 26.0
"""A border most of whose colours differ from its middle by more than this is no plain background."""
_EDGE_SHARE = 0.05
_SECOND = 0.30
_SKIN_SHARE = 0.02
_REACH_RATIO, _REACH = 0.55, 0.35
_SHORTEST, _MEASURED = 0.7, 640
"""No top is shorter than this, in chest widths; outlines are measured at this size."""


@dataclass(frozen=True, slots=True, eq=False)
class Flaw:
    """What is wrong. reason: of REASONS, why: the sentence, where: (H, W) uint8, 255 where it is seen."""

    reason: str
    why: str
    where: Mask


def tidied(photo: Picture, kind: Kind, mask: Mask | None) -> Mask | Flaw:
    """Return the mask of the garment on `photo` ((H, W, 3) uint8 RGB), mended, or what is wrong with the photograph."""
    everywhere = np.full(photo.shape[:2], 255, np.uint8)
    if mask is not None and mask.shape != photo.shape[:2]:
        return _flaw("mask", everywhere)
    if min(photo.shape[:2]) < _LEAST_SIDE:
        return _flaw("small", everywhere)
    side = _covered_side(photo) if mask is None else None
    if side is not None:
        return _flaw("cut_off", side)
    busy = _busy(photo)
    found = _closed(mask) if mask is not None else grabbed(photo) if busy else cut_out(photo)
    if not 0.01 < (found > 127).mean() < 0.97:
        return _flaw("background" if busy else "empty", everywhere)
    if mask is None and busy and _ragged(found):
        return _flaw("background", everywhere)
    found = without_thin(found)
    return _wrong(photo, found, kind) or found


def _flaw(reason: str, where: Mask) -> Flaw:
    return Flaw(reason, REASONS[reason], where)


def _wrong(photo: Picture, mask: Mask, kind: Kind) -> Flaw | None:
    """Return the first thing that is wrong with a garment that was cut out."""
    several = _second(mask)
    if several is not None:
        return _flaw("several", several)
    cut_off = _at_edge(mask)
    if cut_off is not None:
        return _flaw("cut_off", cut_off)
    skin = _skin(photo, mask)
    if skin is not None:
        return _flaw("person", skin)
    rows, columns = np.flatnonzero(mask.max(axis=1) > 127), np.flatnonzero(mask.max(axis=0) > 127)
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if not 0.3 < height / width < 6:
        return _flaw("shape", mask)
    if kind == "bottom":
        return None
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    scale = min(1.0, _MEASURED / max(height, width))
    small = cv2.resize(np.ascontiguousarray(mask[box]), (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    cut, _ = measure(np.where(small > 127, np.uint8(255), np.uint8(0)))
    if not _SHORTEST < cut.length < 6:
        return _flaw("shape", mask)
    hidden = _hidden(cut, small.shape[1])
    if hidden is None:
        return None
    where = np.zeros_like(mask)
    part = mask[box].copy()
    part[:, int(hidden[0] / scale):int(hidden[1] / scale)] = 0
    where[box] = part
    return _flaw("folded", where)


def _hidden(cut: Cut, width: int) -> tuple[float, float] | None:
    """Return the columns that are not in doubt when one sleeve hides; None when both show, or none does."""
    chest = max(cut.chest_width, 1.0)
    reach = [float(np.hypot(s.cuff[0] - s.shoulder[0], s.cuff[1] - s.shoulder[1])) / chest for s in (cut.left, cut.right)]
    if max(reach) < _REACH or min(reach) > _REACH_RATIO * max(reach):
        return None
    middle = (cut.left.armpit[0] + cut.right.armpit[0]) / 2
    return (middle, width) if reach[0] < reach[1] else (0.0, middle)


def _covered_side(photo: Picture) -> Mask | None:
    """Return the side of the photograph that cloth runs across, when the other sides show a plain background."""
    rim = max(2, min(photo.shape[:2]) // 50)
    sides = (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:])
    ground = np.median(np.stack([np.median(photo[side].reshape(-1, 3), axis=0) for side in sides]), axis=0)
    shares = [float((np.abs(photo[side].astype(np.float32) - ground).max(axis=-1) > _BUSY).mean()) for side in sides]
    if sorted(shares)[-2] > 0.15 or max(shares) < 0.3:
        return None
    where = np.zeros(photo.shape[:2], np.uint8)
    deep = max(rim, min(photo.shape[:2]) // 12)
    where[(np.s_[:deep], np.s_[-deep:], np.s_[:, :deep], np.s_[:, -deep:])[int(np.argmax(shares))]] = 255
    return where


def _busy(photo: Picture) -> bool:
    """Whether the border shows more than one colour."""
    rim = max(2, min(photo.shape[:2]) // 50)
    border = np.concatenate([photo[:rim].reshape(-1, 3), photo[:, :rim].reshape(-1, 3), photo[:, -rim:].reshape(-1, 3)]).astype(np.float32)
    return float(np.percentile(np.abs(border - np.median(border, axis=0)).max(axis=1), 60)) > _BUSY


def _ragged(mask: Mask) -> bool:
    """Whether an outline frays, as it does where a background was taken for cloth."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(largest)
    return float(cv2.arcLength(largest, True)) > 2.6 * float(cv2.arcLength(hull, True)) or _at_edge(mask) is not None


def _closed(mask: Mask) -> Mask:
    """Return a given mask without holes, but for tall gaps between trunk and sleeves."""
    inside = (mask > 127).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(1 - np.pad(inside, 1), connectivity=4)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return mask
    tall, wide, middle = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1, (columns[0] + columns[-1]) / 2
    outside = labels[0, 0]
    closed = inside.copy()
    for label in range(count):
        height, width = stats[label, cv2.CC_STAT_HEIGHT], stats[label, cv2.CC_STAT_WIDTH]
        gap = height > max(0.15 * tall, 1.5 * width) and abs(centres[label, 0] - 1 - middle) > 0.15 * wide
        if label != outside and not gap:
            closed |= (labels[1:-1, 1:-1] == label).astype(np.uint8) * (1 - inside)
    return closed * np.uint8(255)


def _second(mask: Mask) -> Mask | None:
    """Return the parts beside the largest, when one of them is a garment of its own."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])
    if count < 3 or stats[order[1], cv2.CC_STAT_AREA] < _SECOND * stats[order[0], cv2.CC_STAT_AREA]:
        return None
    return np.where((labels != order[0]) & (labels > 0), np.uint8(255), np.uint8(0))


def _at_edge(mask: Mask) -> Mask | None:
    """Return where the garment runs out of the photograph, when it does."""
    inside = mask > 127
    height, width = inside.shape
    where = np.zeros_like(mask)
    for line, area, length in ((inside[0], np.s_[:height // 12], width), (inside[-1], np.s_[-height // 12:], width),
                               (inside[:, 0], np.s_[:, :width // 12], height), (inside[:, -1], np.s_[:, -width // 12:], height)):
        if line.sum() > _EDGE_SHARE * length:
            where[area] = np.where(inside[area], np.uint8(255), np.uint8(0))
    return where if where.any() else None


def _skin(photo: Picture, mask: Mask) -> Mask | None:
    """Return skin that is seen at the garment's outline, when the garment itself has another colour."""
    inside = mask > 127
    calm = cv2.cvtColor(cv2.GaussianBlur(photo, (0, 0), 2.0), cv2.COLOR_RGB2YCrCb)
    flesh = (calm[..., 0] > 60) & (np.abs(calm[..., 1].astype(int) - 153) < 16) & (np.abs(calm[..., 2].astype(int) - 104) < 16) & inside
    share = flesh.sum() / max(1, inside.sum())
    if not _SKIN_SHARE < share < 0.45:
        return None
    opened = cv2.morphologyEx(flesh.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    rim = inside & (cv2.erode(mask, np.ones((9, 9), np.uint8)) < 128)
    parts: list[int] = [label for label in range(1, count)
                        if stats[label, cv2.CC_STAT_AREA] > 0.4 * _SKIN_SHARE * inside.sum() and _bare(labels == label, rim)]
    if sum(stats[label, cv2.CC_STAT_AREA] for label in parts) < _SKIN_SHARE * inside.sum():
        return None
    return np.where(np.isin(labels, parts), np.uint8(255), np.uint8(0))


def _bare(part: NDArray[np.bool_], rim: NDArray[np.bool_]) -> bool:
    """Whether a part has much of the outline: an arm or a head has, a beige print has not."""
    return float((part & rim).sum()) > 0.05 * float(part.sum())
