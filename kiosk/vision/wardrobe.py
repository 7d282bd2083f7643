"""Garments drawn by our own code: flat-lay photographs with cloth, seams and buttons, for the demo and for tests.

Coordinates are those of a sheet 900 wide and 1,100 high, the garment's axis at 450; a half outline is given for the right side, as (away
from the axis, down), and mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment, Kind
from kiosk.errors import InvalidValueError
from kiosk.vision.garment import read

Points = Sequence[tuple[float, float]]
Colour = tuple[float, float, float]
Floats = NDArray[np.float32]

WIDTH, HEIGHT, AXIS = 900, 1100, 450
_DENSE = 1.6
"""Drawn this much larger and shrunk, for smooth edges."""


def photo(name: str) -> Picture:
    """Return a garment's photograph: (1100, 900, 3) uint8 RGB on white, always the same for one name. Raises InvalidValueError."""
    if name not in _DRAWN:
        raise InvalidValueError(f"no garment is called {name!r}; there are {', '.join(NAMES)}")
    sheet = _Sheet(seed=sum(name.encode()))
    _DRAWN[name][1](sheet)
    return sheet.picture()


def garment(name: str) -> Garment:
    """Return a drawn garment, cut out of its photograph and measured as any other."""
    pixels = photo(name)
    return read(name, pixels, kind=_DRAWN[name][0])


@dataclass(frozen=True, slots=True)
class _Cloth:
    """How a cloth looks. weave: knit, plain, twill or fleece. grain: the weave's strength, folds: the folds' strength, 0..1."""

    colour: Colour
    weave: str
    grain: float
    folds: float


class _Sheet:
    """A white sheet onto which pieces of cloth are laid."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        size = (round(HEIGHT * _DENSE), round(WIDTH * _DENSE))
        self._pixels = np.full((*size, 3), 255, np.float32)
        self._fold = self._waves(size, 22, 90) * 0.6 + self._waves(size, 60, 160) * 0.6
        self._noise = self._random.standard_normal(size).astype(np.float32)

    def picture(self) -> Picture:
        """Return the finished photograph."""
        small = cv2.resize(self._pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        pixels: Picture = np.clip(small, 0, 255).astype(np.uint8)
        return pixels

    def lay(self, outline: Points, cloth: _Cloth, round_edge: float = 26.0) -> None:
        """Lay a piece of cloth: darker towards its edges by `round_edge`, as stuff that bends away from the light."""
        area, points = self._area(outline, 2.0)
        mask = np.zeros(self._noise[area].shape, np.uint8)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
        depth = cv2.distanceTransform(np.pad((mask > 127).astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1] / (round_edge * _DENSE)
        bend = 0.80 + 0.20 * np.clip(depth, 0, 1) ** 0.6
        self._paint(area, mask, bend * (1 + cloth.grain * self._weave(cloth.weave, area) + cloth.folds * self._fold[area]), cloth.colour)

    def both(self, half: Points, cloth: _Cloth, round_edge: float = 26.0) -> None:
        """Lay a closed piece on the right and its mirror image on the left."""
        for sign in (1, -1):
            self.lay(_beside(half, sign), cloth, round_edge)

    def seam(self, line: Points, dark: float = 0.72, width: float = 2.0, stitches: bool = False) -> None:
        """Press a line into the cloth; with stitches along it."""
        area, points = self._area(line, width + 6.0)
        groove = np.zeros(self._noise[area].shape, np.uint8)
        cv2.polylines(groove, [points], False, 255, max(1, round(width * _DENSE)), cv2.LINE_AA)
        soft = cv2.GaussianBlur(groove, (0, 0), 0.8 * _DENSE).astype(np.float32)[:, :, None] / 255
        self._pixels[area] *= 1 - (1 - dark) * soft
        if not stitches:
            return
        thread = np.zeros_like(groove)
        path = _resampled(points, 6 * _DENSE)
        for a, b in zip(path[::2], path[1::2], strict=False):
            cv2.line(thread, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 255, 1, cv2.LINE_AA)
        self._pixels[area] *= 1 + 0.25 * (thread / 255.0).astype(np.float32)[:, :, None]

    def stripe(self, line: Points, width: float, cloth: _Cloth) -> None:
        """Lay a band of cloth along a line: ribbing, a drawstring, a zip's tape."""
        area, points = self._area(line, width)
        mask = np.zeros(self._noise[area].shape, np.uint8)
        cv2.polylines(mask, [points], False, 255, max(1, round(width * _DENSE)), cv2.LINE_AA)
        self._paint(area, mask, 1 + cloth.grain * self._weave(cloth.weave, area), cloth.colour)

    def _area(self, points: Points, margin: float) -> tuple[tuple[slice, slice], NDArray[np.int32]]:
        """Return the part of the sheet around `points`, and the points in its pixels."""
        dense = np.round(np.array(points, np.float64) * _DENSE).astype(np.int32)
        x0, y0 = (max(0, int(v)) for v in dense.min(axis=0) - margin * _DENSE)
        x1, y1 = (int(v) for v in dense.max(axis=0) + margin * _DENSE + 1)
        return np.s_[y0:y1, x0:x1], dense - np.array([x0, y0], np.int32)

    def _paint(self, area: tuple[slice, slice], mask: NDArray[np.uint8], light: Floats, colour: Colour) -> None:
        alpha = (mask / 255.0).astype(np.float32)[:, :, None]
        self._pixels[area] = self._pixels[area] * (1 - alpha) + alpha * light[:, :, None] * np.array(colour, np.float32)

    def button(self, x: float, y: float, colour: Colour, radius: float = 8.0) -> None:
        """Sew on a button with a shadow, a rim and four holes."""
        centre = np.array([x, y]) * _DENSE

        def disc(dx: float, dy: float, r: float, c: Colour) -> None:
            at = (round(float(centre[0] + dx * _DENSE)), round(float(centre[1] + dy * _DENSE)))
            cv2.circle(self._pixels, at, max(1, round(r * _DENSE)), c, -1, cv2.LINE_AA)

        under = self._pixels[round(float(centre[1])), round(float(centre[0]))] * 0.62
        disc(1.5, 2.5, radius, (float(under[0]), float(under[1]), float(under[2])))
        disc(0, 0, radius, (colour[0] * 0.8, colour[1] * 0.8, colour[2] * 0.8))
        disc(0, -0.6, radius - 1.8, colour)
        for dx, dy in ((-2, -2), (2, -2), (-2, 2), (2, 2)):
            disc(dx, dy, 1.1, (colour[0] * 0.45, colour[1] * 0.45, colour[2] * 0.45))

    def _weave(self, weave: str, area: tuple[slice, slice]) -> Floats:
        noise = self._noise[area]
        y, x = (v.astype(np.float32) / _DENSE for v in np.ogrid[0:noise.shape[0], 0:noise.shape[1]])
        if weave == "knit":
            pattern = 0.7 * np.sin(x * 2.1) + 0.4 * np.sin(y * 1.6 + 2 * np.sin(x * 2.1)) + 0.9 * noise
        elif weave == "twill":
            pattern = 0.9 * np.sin((x + y) * 1.5) + 1.0 * noise + 0.7 * cv2.blur(noise, (3, 15)) * 4
        elif weave == "fleece":
            pattern = 1.1 * cv2.GaussianBlur(noise, (0, 0), 1.6) * 4 + 0.9 * noise
        elif weave == "rib":
            pattern = 2.2 * np.sin(x * 1.05) + 0.6 * noise
        else:
            pattern = 0.5 * np.sin(x * 2.4) * np.sin(y * 2.4) + 0.7 * noise
        return np.asarray(pattern, np.float32)

    def _waves(self, size: tuple[int, int], across: float, down: float) -> Floats:
        """Return smooth waves longer downwards than across, about -1..1: how hanging cloth folds."""
        small = self._random.standard_normal((size[0] // 8, size[1] // 8)).astype(np.float32)
        smooth = cv2.GaussianBlur(small, (0, 0), sigmaX=across * _DENSE / 8, sigmaY=down * _DENSE / 8, borderType=cv2.BORDER_REFLECT)
        even = (smooth / max(float(smooth.std()), 1e-6) * 0.5).astype(np.float32)
        waves: Floats = cv2.resize(even, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
        return waves


def _resampled(points: NDArray[np.int32], step: float) -> Floats:
    """Return points every `step` along a line."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.arange(0, lengths[-1], step)
    return np.stack([np.interp(at, lengths, points[:, k]) for k in range(2)], axis=1).astype(np.float32)


def _curve(*knots: tuple[float, float]) -> list[tuple[float, float]]:
    """Return a smooth line through `knots` (Catmull-Rom)."""
    points = np.array([knots[0], *knots, knots[-1]], np.float64)
    line: list[tuple[float, float]] = []
    for p0, p1, p2, p3 in zip(points, points[1:], points[2:], points[3:], strict=False):
        for u in np.linspace(0, 1, 12, endpoint=False):
            q = 0.5 * (2 * p1 + (p2 - p0) * u + (2 * p0 - 5 * p1 + 4 * p2 - p3) * u**2 + (3 * p1 - p0 - 3 * p2 + p3) * u**3)
            line.append((float(q[0]), float(q[1])))
    return [*line, knots[-1]]


def _whole(half: Points) -> list[tuple[float, float]]:
    """Return a closed outline from its right half, given from the top of the axis round to its bottom."""
    return [(AXIS + x, y) for x, y in half] + [(AXIS - x, y) for x, y in reversed(half)]


def _beside(half: Points, sign: int) -> list[tuple[float, float]]:
    """Return points on one side of the axis: 1 right, -1 left."""
    return [(AXIS + sign * x, y) for x, y in half]


def _mirror(half: Points) -> list[tuple[float, float]]:
    """Return a line across the axis from its right half, given from the axis outwards."""
    return [(AXIS - x, y) for x, y in reversed(half)] + [(AXIS + x, y) for x, y in half]


def _shade(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


_SHORT_SLEEVE = [*_curve((220, 116), (318, 176), (404, 308)), *_curve((404, 308), (356, 346), (286, 372)),
                 *_curve((286, 372), (268, 340), (256, 312)), (190, 240)]
_LONG_SLEEVE = [*_curve((218, 116), (312, 190), (368, 430), (424, 850)), *_curve((424, 850), (382, 862), (336, 860)),
                *_curve((336, 860), (312, 640), (288, 440), (256, 318)), (190, 240)]
_ARMHOLE = _curve((232, 118), (218, 206), (258, 318))
_CUFF = [(333, 812), (417, 800), (428, 874), (341, 884)]


def _trunk(neck: Points, hem: float, hem_half: float, waist: float, drop: float = 10.0) -> list[tuple[float, float]]:
    """Return the right half of a trunk: neckline, shoulder, armhole, side, hem."""
    shoulder = _curve((neck[-1][0], neck[-1][1]), (160, 94), (232, 118))
    side = _curve((258, 318), (waist, 560), (hem_half - 4, hem - 140), (hem_half, hem))
    return [*neck, *shoulder, *_ARMHOLE, *side, *_curve((hem_half, hem), (hem_half * 0.5, hem + drop * 0.8), (0, hem + drop))]


def _tshirt_red(sheet: _Sheet) -> None:
    red = _Cloth((196, 36, 44), "knit", 0.035, 0.07)
    ribs = _Cloth(_shade(red.colour, 0.9), "rib", 0.05, 0.0)
    neck = _curve((0, 182), (54, 164), (90, 114), (100, 80))
    back = _curve((0, 112), (60, 104), (100, 80))
    sheet.lay(_whole([*back, *reversed(neck)]), _Cloth(_shade(red.colour, 0.62), "knit", 0.03, 0.0))
    sheet.both(_SHORT_SLEEVE, red)
    sheet.lay(_whole(_trunk(neck, 870, 262, 246)), red)
    sheet.stripe(_mirror(neck), 17, ribs)
    sheet.stripe(_mirror(back), 13, ribs)
    sheet.seam(_mirror(_curve((0, 193), (60, 174), (99, 120), (110, 86))), stitches=True)
    sheet.seam(_mirror(_curve((0, 852), (130, 851), (259, 843))), 0.82, 1.4, stitches=True)
    for sign in (1, -1):
        sheet.seam(_beside(_ARMHOLE, sign), 0.78)
        sheet.seam(_beside(_curve((390, 288), (345, 324), (277, 350)), sign), 0.82, 1.4, stitches=True)


def _shirt_white(sheet: _Sheet) -> None:
    white = _Cloth((240, 240, 238), "plain", 0.012, 0.035)
    crisp = _Cloth((246, 246, 245), "plain", 0.01, 0.01)
    pocket = [(96, 322), (184, 322), (184, 412), (140, 434), (96, 412)]
    neck = _curve((0, 176), (44, 140), (88, 84))
    sheet.lay(_whole([*_curve((0, 100), (54, 94), (88, 70)), *reversed(neck)]), _Cloth((204, 205, 208), "plain", 0.01, 0.0))
    sheet.both(_LONG_SLEEVE, white)
    sheet.lay(_whole(_trunk(neck, 850, 258, 246, drop=62)), white)
    sheet.lay([(AXIS - 19, 168), (AXIS + 19, 168), (AXIS + 19, 908), (AXIS - 19, 910)], crisp, 8)
    sheet.both([(0, 178), (92, 64), (108, 86), (112, 112), (62, 218)], crisp, 14)
    sheet.both(_CUFF, crisp, 12)
    sheet.both(pocket, crisp, 8)
    for x in (-19, 19):
        sheet.seam([(AXIS + x, 172), (AXIS + x, 906)], 0.84, 1.2)
    for sign in (1, -1):
        sheet.seam(_beside(_ARMHOLE, sign), 0.84, 1.6)
        sheet.seam(_beside([(104, 110), (170, 124), (226, 146)], sign), 0.88, 1.2)
        sheet.seam(_beside([(0, 178), (62, 218), (112, 112)], sign), 0.80, 1.4)
        sheet.seam(_beside(_CUFF[:2], sign), 0.84, 1.4)
        sheet.button(AXIS + sign * 380, 842, (228, 226, 220), 6)
    for y in range(232, 860, 92):
        sheet.button(AXIS, y, (228, 226, 220), 7)


def _hoodie_grey(sheet: _Sheet) -> None:
    grey = _Cloth((140, 143, 150), "fleece", 0.045, 0.08)
    ribs = _Cloth(_shade(grey.colour, 0.92), "rib", 0.06, 0.0)
    neck = _curve((0, 204), (60, 172), (104, 100))
    opening = _curve((0, 206), (60, 170), (92, 116), (64, 76), (0, 66))
    pouch = [(0, 590), (124, 590), (180, 712), (180, 806), (0, 808)]
    sheet.both(_LONG_SLEEVE, grey)
    sheet.lay(_whole(_trunk(neck, 820, 256, 262)), grey)
    sheet.lay(_whole(_curve((0, 30), (92, 40), (146, 104), (104, 176), (0, 236))), grey, 34)
    sheet.lay(_whole(opening[::-1]), _Cloth(_shade(grey.colour, 0.5), "fleece", 0.03, 0.0), 44)
    sheet.seam(_mirror(opening), 0.74, 2.0, stitches=True)
    sheet.lay(_whole([(0, 822), (250, 814), (244, 876), (0, 884)]), ribs, 10)
    sheet.both([(334, 838), (424, 828), (418, 896), (344, 900)], ribs, 10)
    sheet.lay(_whole(pouch), grey, 12)
    sheet.seam(_mirror(pouch[:-1]), 0.76, 1.8, stitches=True)
    for sign in (1, -1):
        sheet.seam(_beside(_ARMHOLE, sign), 0.76)
        cord = _Cloth((232, 230, 224), "plain", 0.03, 0.0)
        sheet.stripe(_beside(_curve((34, 206), (44, 290), (38, 366 + 12 * sign)), sign), 7, cord)
        sheet.button(AXIS + sign * 34, 206, (176, 174, 168), 6)


def _jacket_blue(sheet: _Sheet) -> None:
    denim = _Cloth((52, 82, 134), "twill", 0.06, 0.07)
    brass = (184.0, 142.0, 92.0)
    neck = _curve((0, 190), (48, 146), (92, 86))
    sheet.lay(_whole([*_curve((0, 104), (54, 98), (92, 72)), *reversed(neck)]), _Cloth(_shade(denim.colour, 0.55), "twill", 0.04, 0.0))
    sheet.both(_LONG_SLEEVE, denim)
    sheet.lay(_whole(_trunk(neck, 770, 244, 250)), denim)
    sheet.both([(0, 192), (96, 62), (122, 92), (130, 128), (76, 236)], denim, 16)
    sheet.lay(_whole([(0, 762), (245, 752), (242, 820), (0, 830)]), denim, 10)
    sheet.both(_CUFF, denim, 12)
    sheet.seam([(AXIS, 192), (AXIS, 828)], 0.5, 2.6)
    lines: tuple[Points, ...] = (
        _ARMHOLE, [(26, 200), (26, 826)], [(44, 290), (236, 290)], [(112, 292), (78, 758)], [(186, 292), (146, 756)],
        [(94, 292), (94, 378), (138, 400), (182, 378), (182, 292)], [(0, 192), (76, 236), (130, 128)], [(0, 760), (245, 750)], _CUFF[:2])
    for sign in (1, -1):
        for line in lines:
            sheet.seam(_beside(line, sign), 0.62, 1.8, stitches=True)
        sheet.button(AXIS + sign * 138, 382, brass, 7)
        sheet.button(AXIS + sign * 380, 842, brass, 7)
    for y in range(256, 820, 108):
        sheet.button(AXIS + 13, y, brass, 9)


def _dress_green(sheet: _Sheet) -> None:
    green = _Cloth((30, 112, 88), "plain", 0.03, 0.10)
    neck = _curve((0, 214), (36, 160), (84, 72))
    back = _curve((0, 104), (50, 98), (84, 72))
    sheet.lay(_whole([*back, *reversed(neck)]), _Cloth(_shade(green.colour, 0.58), "plain", 0.02, 0.0))
    armhole = _curve((158, 84), (146, 176), (196, 262))
    bodice = [*neck, *_curve((84, 72), (118, 76), (158, 84)), *armhole, *_curve((196, 262), (172, 390), (162, 470)), (0, 476)]
    skirt = [(0, 468), (163, 464), *_curve((163, 464), (204, 640), (262, 860), (312, 1040)), *_curve((312, 1040), (160, 1066), (0, 1072))]
    sheet.lay(_whole(skirt), green, 40)
    sheet.lay(_whole(bodice), green)
    for x in (34, 82, 122):
        for sign in (1, -1):
            sheet.seam(_beside(_curve((x, 478), (x * 1.35, 680), (x * 2.0, 1000)), sign), 0.86, 5.0)
    sheet.lay(_whole([(0, 448), (166, 444), (165, 480), (0, 486)]), _Cloth(_shade(green.colour, 0.78), "plain", 0.03, 0.02), 8)
    sheet.seam(_mirror([(x + 4, y + 8) for x, y in neck]), 0.76, 1.6, stitches=True)
    sheet.seam(_mirror([(x, y - 16) for x, y in _curve((0, 1072), (160, 1066), (309, 1040))]), 0.82, 1.4, stitches=True)
    for sign in (1, -1):
        sheet.seam(_beside([(x - 7, y) for x, y in armhole], sign), 0.8, 1.4, stitches=True)


_DRAWN: dict[str, tuple[Kind, Callable[[_Sheet], None]]] = {
    "tshirt_red": ("top", _tshirt_red),
    "shirt_white": ("top", _shirt_white),
    "hoodie_grey": ("top", _hoodie_grey),
    "jacket_blue": ("outer", _jacket_blue),
    "dress_green": ("dress", _dress_green),
}
NAMES = tuple(_DRAWN)
