"""How full each slot of a shelf is, in a camera's picture, told by two pictures taken at set-up: the shelf empty, and the shelf full.

What never changes (the rail, the wall, the edges: where both references agree) tells the light of a look; each place is then compared with
the empty ground at that very place, and with the colours of the goods of its slot. A shadow darkens ground and keeps its colour and its
grain; gloss is too bright to tell; what is neither ground nor goods is somebody or something in front, and what it hides is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.facings import SlotSight
from kiosk.domain.frame import Picture
from kiosk.errors import InvalidValueError

Corners = tuple[tuple[float, float], ...]
_Array = NDArray[np.float32]

_DARK = 0.02
"""Linear light that is added before logarithms: below it there is noise alone."""
_ACROSS, _DEEP = 48, 96
_STILL = 0.10
"""Logarithms by which two references may differ where nothing changed."""
_SATURATED, _NEARLY_SATURATED = 0.97, 0.9
_CLUSTERS = 8
_GATES = ((0.0, 0.14, 0.35), (0.14, 0.6, 0.5))
"""Strips before a slot, as shares of its depth: whoever reaches in crosses the near one, whoever stands in the way covers the far one; and
the share of the strip that is not as it should be from which somebody is there.
"""
_ODD_COLOUR = 0.25
_ODD_EDGE = 0.3
_IN_THE_WAY = 0.2
"""Share of a strip before a slot in which the references may differ."""
_FOREIGN = 3.5
"""Standard deviations from both ground and goods at which a place is neither."""
_LEAST_CHANGED = 0.15
"""Share of a slot that must look otherwise when it is full."""
_OWN = 2.0
_SURE = 0.8
_SURE_SHARE = 0.65
"""So much of a slot must have been judged before it may be called empty."""
_MOST_STRAY = 0.3
"""Fill that shadows' edges and gloss may feign all together."""
_PIECE_SHARE = 0.8
"""A patch of goods smaller than this part of a piece's place is no piece."""


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    way: NDArray[np.float64]
    ground: _Array
    palette: _Array
    beside: tuple[_Array | None, _Array | None]
    gates: tuple[tuple[NDArray[np.bool_], float], ...]
    full: float
    piece: float


class FacingReader:
    """Reads fill levels. Built from the two reference pictures; pictures must come from the same camera in the same place."""

    def __init__(self, empty: Picture, full: Picture, slots: Mapping[str, tuple[Corners, int]]) -> None:
        """empty, full: (H, W, 3) uint8 RGB. slots: name -> where its ground is (front left, front right, back right, back left; pixels,
        origin top-left), and the pieces that fit. Raises InvalidValueError for references that tell nothing. A slot whose goods look like
        its ground, in which the references hardly differ, is `blind`: it is never judged.
        """
        if empty.shape != full.shape:
            raise InvalidValueError("the references differ in size: take both with the camera that watches the shelf")
        self._shape = empty.shape
        self._empty = _logarithm(empty)
        filled = _logarithm(full)
        places = np.zeros(empty.shape[:2], np.uint8)
        for corners, _ in slots.values():
            cv2.fillConvexPoly(places, np.round(np.array(corners)).astype(np.int32), 1)
        gain = np.median((filled - self._empty)[places == 0].reshape(-1, 3), axis=0)
        filled = filled - gain.astype(np.float32)
        still = (np.abs(filled - self._empty).max(axis=2) < _STILL) & (cv2.dilate(places, np.ones((5, 5), np.uint8)) == 0)
        self._still = cv2.erode(still.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        if self._still.mean() < 0.03:
            raise InvalidValueError("the references agree nowhere around the slots: was the camera moved between them?")
        ways = {name: _way(corners) for name, (corners, _) in slots.items()}
        found = _palettes({name: (_flat(self._empty, way), _flat(filled, way)) for name, way in ways.items()},
                          {name: corners for name, (corners, _) in slots.items()})
        self.blind = tuple(name for name, palette in found.items() if palette is None)
        palettes = {name: palette for name, palette in found.items() if palette is not None}
        if not palettes:
            raise InvalidValueError("the references hardly differ: was the shelf full in the one and empty in the other?")
        odd = np.abs(filled - self._empty).max(axis=2) > _ODD_COLOUR
        bright = np.maximum(empty.max(axis=2), full.max(axis=2)) >= 255 * _NEARLY_SATURATED
        told = cv2.dilate(bright.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
        if hidden := [name for name, (corners, _) in slots.items() if _in_the_way(corners, odd, told)]:
            raise InvalidValueError(f"somebody or something is before slot {', '.join(hidden)} in one of the references: "
                                    "take them again with nobody near")
        grounds = {name: given[0] for name, given in slots.items()}
        self._slots = [self._learn(name, (grounds, pieces), filled, palettes) for name, (_, pieces) in slots.items() if name in palettes]

    def read(self, picture: Picture) -> tuple[SlotSight, ...]:
        """Return one look at every slot. picture: (H, W, 3) uint8 RGB, of the references' size, else InvalidValueError."""
        if picture.shape != self._shape:
            raise InvalidValueError(f"a picture of {picture.shape[1]}x{picture.shape[0]}, but the references have "
                                    f"{self._shape[1]}x{self._shape[0]}: take them again with this camera")
        seen = _logarithm(picture)
        seen = seen - self._light(seen)
        glare = cv2.dilate((picture.min(axis=2) >= 255 * _SATURATED).astype(np.float32), np.ones((7, 7), np.uint8))
        odd = self._odd(seen)
        unseen = tuple(SlotSight(name, 0.0, 0.0, empty=False) for name in self.blind)
        return tuple(self._look(slot, seen, np.asarray(glare, np.float32), odd) for slot in self._slots) + unseen

    def _light(self, seen: _Array) -> _Array:
        """Return by how much the light differs from that of the reference: a plane in each channel's logarithm, fitted to what is still."""
        height, width = self._shape[:2]
        y, x = np.nonzero(self._still)
        take = slice(None, None, max(1, len(x) // 6000))
        y, x = y[take], x[take]
        basis = np.column_stack([np.ones(len(x)), x / width - 0.5, y / height - 0.5])
        off = (seen - self._empty)[y, x].astype(np.float64)
        level = off.mean(axis=1)
        weight = np.ones(len(x))
        plane = np.zeros(3)
        for _ in range(8):
            plane = np.linalg.lstsq(basis * weight[:, None], level * weight, rcond=None)[0]
            rest = level - basis @ plane
            weight = 1 / (1 + (rest / 0.15) ** 2)
        trusted = weight > 0.4 if (weight > 0.4).sum() > 50 else np.ones(len(x), bool)
        tint = np.median((off - level[:, None])[trusted], axis=0)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        surface = plane[0] + plane[1] * (columns / width - 0.5) + plane[2] * (rows / height - 0.5)
        return np.asarray(surface[..., None] + tint, np.float32)

    def _odd(self, seen: _Array) -> NDArray[np.bool_]:
        """Return where, around the slots, something stands that is not the shelf in some light: (H, W)."""
        off = seen - self._empty
        level = off.mean(axis=2)
        colour = np.abs(off - level[..., None]).max(axis=2)
        return np.asarray(((colour > _ODD_COLOUR) | (level > 0.5) | (level < -1.6) | (self._edges(seen) > _ODD_EDGE)) & self._still)

    def _edges(self, seen: _Array) -> _Array:
        """Return how far a place is from any smooth light on the reference: where its edges are gone, or others have come.

        The camera may have moved by a pixel or two since: the best of nine places counts.
        """
        level, before = seen.mean(axis=2), self._empty.mean(axis=2)
        smooth = cv2.GaussianBlur(level - before, (0, 0), 5)
        shifted = (np.roll(before, (dy, dx), (0, 1)) for dy in (-2, 0, 2) for dx in (-2, 0, 2))
        return np.asarray(np.minimum.reduce([np.abs(level - other - smooth) for other in shifted]), np.float32)

    def _learn(self, name: str, given: tuple[Mapping[str, Corners], int], filled: _Array, palettes: Mapping[str, _Array]) -> _Slot:
        places, pieces = given
        corners, way = places[name], _way(places[name])
        ground, goods = _flat(self._empty, way), _flat(filled, way)
        left, right = _neighbours(places, name)
        beside = (palettes.get(left), palettes.get(right))
        gates = tuple((self._ahead(corners, begins, ends), most) for begins, ends, most in _GATES)
        slot = _Slot(name, way, ground, palettes[name], beside, gates, 0.0, 1 / max(1, pieces))
        view = _classes(slot, goods, np.zeros((_DEEP, _ACROSS), np.float32))
        bare = min(0.8, float((view.bare * view.judged).sum() / max(1.0, view.judged.sum())))
        return _Slot(name, way, ground, slot.palette, beside, gates, bare, slot.piece)

    def _ahead(self, corners: Corners, begins: float, ends: float) -> NDArray[np.bool_]:
        """Return the still places of a strip before a slot."""
        return np.asarray(_strip(corners, (begins, ends), self._shape[:2]) & self._still)

    def _look(self, slot: _Slot, seen: _Array, glare: _Array, odd: NDArray[np.bool_]) -> SlotSight:
        dull = glare < 0.5  # gloss on the rail is nobody; a shirt as bright as that is not judged anyway
        if any((gate & dull).any() and odd[gate & dull].mean() > most for gate, most in slot.gates):
            return SlotSight(slot.name, 0.0, 0.0, empty=False)
        view = _classes(slot, _flat(seen, slot.way), _flat(glare, slot.way))
        rows = view.judged.sum(axis=1)
        good = rows > 0.25 * _ACROSS
        if not good.any():
            return SlotSight(slot.name, 0.0, 0.0, empty=False)
        by_depth = np.interp(np.arange(_DEEP), np.flatnonzero(good), (view.bare * view.judged).sum(axis=1)[good] / rows[good])
        fill = min(1.0, max(0.0, (1 - float(by_depth.mean())) / (1 - slot.full)))
        share = float(view.judged.mean())
        nothing = share >= _SURE_SHARE and view.largest < _PIECE_SHARE * slot.piece and fill < min(_MOST_STRAY, max(0.08, 1.2 * slot.piece))
        return SlotSight(slot.name, fill, share, empty=nothing)


def _strip(corners: Corners, span: tuple[float, float], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the places of a strip before a slot: (H, W). span: how far before its front it begins and ends, as shares of its depth."""
    front_left, front_right, back_right, back_left = (np.array(c) for c in corners)
    right, left = front_right - back_right, front_left - back_left
    near, far = span
    strip = np.array([front_left + left * near, front_right + right * near, front_right + right * far, front_left + left * far])
    place = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(place, np.round(strip).astype(np.int32), 1)
    return np.asarray(place > 0)


def _in_the_way(corners: Corners, odd: NDArray[np.bool_], told: NDArray[np.bool_]) -> bool:
    """Return whether the references differ (`odd`) before a slot, where no goods ever stand. told: where neither is too bright to tell."""
    strips = [_strip(corners, (begins, ends), odd.shape) for begins, ends, _ in _GATES]
    return any((strip & told).sum() > 0.4 * strip.sum() > 0 and odd[strip & told].mean() > _IN_THE_WAY for strip in strips)


def _logarithm(picture: Picture) -> _Array:
    linear = cv2.GaussianBlur((picture.astype(np.float32) / 255) ** 2.2, (0, 0), 1.0)
    return np.asarray(np.log(linear + _DARK), np.float32)


def _way(corners: Corners) -> NDArray[np.float64]:
    target = np.array([[0, _DEEP], [_ACROSS, _DEEP], [_ACROSS, 0], [0, 0]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(np.array(corners, np.float32), target))


def _neighbours(places: Mapping[str, Corners], name: str) -> tuple[str, str]:
    """Return the slots left and right of this one, "" where there is none."""
    return _neighbour(places, name, (0, 3), (1, 2)), _neighbour(places, name, (1, 2), (0, 3))


def _neighbour(places: Mapping[str, Corners], name: str, mine: tuple[int, int], theirs: tuple[int, int]) -> str:
    """Return the slot whose edge `theirs` (two corners) lies at this one's edge `mine`, "" when there is none."""
    corners = np.array(places[name])
    width = float(np.linalg.norm(corners[0] - corners[1]))

    def away(other: str) -> float:
        return float(np.linalg.norm(np.array(places[other])[list(theirs)] - corners[list(mine)], axis=1).max())

    near = min((other for other in places if other != name), key=away, default="")
    return near if near and away(near) < 0.4 * width else ""


def _flat(image: _Array, way: NDArray[np.float64]) -> _Array:
    """Return a slot seen from above, front at the bottom: (_DEEP, _ACROSS, ...)."""
    return np.asarray(cv2.warpPerspective(image, way, (_ACROSS, _DEEP), borderMode=cv2.BORDER_REPLICATE), np.float32)


def _features(place: _Array) -> _Array:
    """Return two colour differences and the level, all logarithms: (..., 3)."""
    return np.stack([place[..., 0] - place[..., 1], place[..., 2] - place[..., 1], place.mean(axis=-1)], axis=-1)


_SPREAD = np.array([0.10, 0.10, 0.30], np.float32)
"""Standard deviations of the same surface in other light, shadows aside."""


_SIDES = (slice(0, _ACROSS // 2), slice(_ACROSS // 2, None))
_MIDDLE = slice(_ACROSS // 4, 3 * _ACROSS // 4)


def _palettes(flats: Mapping[str, tuple[_Array, _Array]], places: Mapping[str, Corners]) -> dict[str, _Array | None]:
    """Return the colours of each slot's goods, None where they look like its ground. flats: its ground, and it full.

    Tall goods of the slots beside lean into the picture of a full slot: what is nearer to the middle of a neighbour than to the slot's own
    is not learned as its own.
    """
    cores = {name: _palette(ground[:, _MIDDLE], goods[:, _MIDDLE]) for name, (ground, goods) in flats.items()}
    found = {}
    for name, (ground, goods) in flats.items():
        own, seen = cores[name], _features(goods)
        leaning = np.zeros(seen.shape[:2], bool)
        for beside, side in zip(_neighbours(places, name), _SIDES, strict=True):
            other = cores.get(beside)
            if own is not None and other is not None:
                leaning[:, side] = _distance(seen[:, side], other) + 1.0 < _distance(seen[:, side], own)
        found[name] = _palette(ground, goods, leaning)
    return found


def _palette(ground: _Array, goods: _Array, leaning: NDArray[np.bool_] | None = None) -> _Array | None:
    """Return the colours of a slot's goods, (n, 3) features: what the full reference has and the empty one has not; None if hardly any."""
    there = (np.abs(_features(goods) - _features(ground)) / _SPREAD).max(axis=2) > 1.5
    if leaning is not None:
        there &= ~leaning
    points = _features(goods)[there].reshape(-1, 3) / _SPREAD
    if len(points) < _LEAST_CHANGED * there.size:
        return None
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.05)
    start = np.zeros((len(points), 1), np.int32)
    centres = cv2.kmeans(points.astype(np.float32), _CLUSTERS, start, criteria, 3, cv2.KMEANS_PP_CENTERS)[2]
    return np.asarray(centres * _SPREAD, np.float32)


@dataclass(frozen=True, slots=True)
class _View:
    """bare: where ground is seen; judged: where that could be told (both (_DEEP, _ACROSS), 0 or 1). largest: share of the slot's largest
    patch that is goods beyond doubt.
    """

    bare: _Array
    judged: _Array
    largest: float


def _distance(now: _Array, palette: _Array) -> _Array:
    """Return how far each place is from the nearest colour of a palette, in standard deviations; darker is nearer than brighter."""
    steps = (now[..., None, :] - palette) / _SPREAD
    steps[..., 2] = np.where(steps[..., 2] < 0, steps[..., 2] * 0.6, steps[..., 2])
    return np.asarray(np.sqrt((steps**2).sum(axis=-1)).min(axis=-1), np.float32)


def _classes(slot: _Slot, place: _Array, glare: _Array) -> _View:
    """Tell ground from goods, and both from what cannot be told."""
    now, ground = _features(place), _features(slot.ground)
    off = now - ground
    colour = np.hypot(off[..., 0], off[..., 1]) / _SPREAD[0]
    level = off[..., 2]
    # A shadow takes up to two thirds of the light at no cost; nothing makes ground brighter but gloss.
    shade = np.maximum(0, level - 0.15) / 0.12 + np.maximum(0, -1.0 - level) / 0.2
    smooth = cv2.GaussianBlur(level, (0, 0), 1.5)
    grain = np.hypot(cv2.Sobel(smooth, -1, 1, 0) / 8, cv2.Sobel(smooth, -1, 0, 1) / 8) / 0.04
    as_ground = np.sqrt(colour**2 + shade**2 + np.minimum(grain, 4.0) ** 2 + (0.35 * level / _SPREAD[2]) ** 2)
    as_goods = _distance(now, slot.palette)
    lean = cv2.GaussianBlur(np.clip(as_goods - as_ground, -4, 4), (0, 0), 2.0)
    # Tall goods of the slots beside lean into the picture of this one; what its own goods explain is its own.
    neighbour = np.zeros(as_goods.shape, bool)
    for palette, side in zip(slot.beside, _SIDES, strict=True):
        if palette is not None:
            nearer = _distance(now[:, side], palette) + 1.0 < np.minimum(as_goods, as_ground)[:, side]
            neighbour[:, side] = nearer & (as_goods[:, side] > _OWN)
    foreign = (np.minimum(as_goods, as_ground) > _FOREIGN) | neighbour
    judged = (glare < 0.5) & (cv2.GaussianBlur(foreign.astype(np.float32), (0, 0), 2.0) <= 0.5)
    sure = ((lean < -_SURE) & judged).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(sure, connectivity=4)
    largest = float(stats[1:, cv2.CC_STAT_AREA].max()) / sure.size if len(stats) > 1 else 0.0
    return _View((lean > 0).astype(np.float32), judged.astype(np.float32), largest)
