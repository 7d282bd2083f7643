"""Puts garments on the person in a picture: trunk and limbs warped to the body, the scene's light on them, what is before stays before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import LAYERS, Garment
from kiosk.domain.meshes import Outfit, Piece
from kiosk.vision.body import BodyFound
from kiosk.vision.draping import Box, Parts, Rgba, apart, drape
from kiosk.vision.fit import TOP, Fit, fit, hangs, leg_covered, legs_of
from kiosk.vision.hem import widened, worn_hem
from kiosk.vision.light import scene_light
from kiosk.vision.meshing import limb_patches, trunk_patch
from kiosk.vision.occlusion import front
from kiosk.vision.sleeves import Tube, arm_tube, lay, leg_tubes

Mask = NDArray[np.uint8]

_HEM_GIVES = (0.45, 0.35)
"""How far a hem may move up (tucked in) and down to end where the shopper's own top ends, in trunk lengths."""
_COLOUR_SIDE = 160
_UPPER_ARM = 0.52
"""The upper arm's share of an arm: sleeves lie under the trunk there, a forearm may lie before it."""
_KEPT_PARTS = 6
_HANGS_FREE = 0.98
_MASK_SCALE = 0.5
"""How much coarser a mask is that a renderer gets: it is smooth."""
_CALM_OUTLINE = 1.4
"""By so much the person's outline is smoothed, in pixels of the network's crop."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Garments as they lie on a picture. box: (x0, y0, x1, y1) in pixels.

    over: (h, w, 3) uint8 RGB, already multiplied by alpha (h, w) uint8; keep: (h, w, 3) uint8, how much of the picture shows through.
    """

    box: Box
    over: Picture
    keep: Picture
    alpha: Mask

    def on(self, pixels: Picture, shift: tuple[int, int] = (0, 0)) -> Picture:
        """Return a copy of `pixels` ((H, W, 3) uint8 RGB) with the garments on it, `shift` pixels (x, y) further."""
        dressed = pixels.copy()
        height, width = pixels.shape[:2]
        x0, y0 = self.box[0] + shift[0], self.box[1] + shift[1]
        x1, y1 = self.box[2] + shift[0], self.box[3] + shift[1]
        left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
        if left >= right or top >= bottom:
            return dressed
        part = np.s_[top - y0:bottom - y0, left - x0:right - x0]
        under = cv2.multiply(pixels[top:bottom, left:right], self.keep[part], scale=1 / 255)
        dressed[top:bottom, left:right] = cv2.add(under, self.over[part])
        return dressed


class Dresser:
    """Dresses people; remembers the last garments' parts, so that a garment is taken apart once.

    follow_hem: let a top end where the shopper's own top ends, within limits, which hides that and tucks in what is tucked in; otherwise
    it ends where its own length puts it.
    """

    def __init__(self, follow_hem: bool = True) -> None:
        self._follow_hem = follow_hem
        self._parts: list[tuple[Garment, Parts]] = []

    def dress(self, pixels: Picture, body: BodyFound, *garments: Garment) -> Picture:
        """Return a copy of `pixels` ((H, W, 3) uint8 RGB) in which `body` wears `garments`, coats over tops over bottoms."""
        layer = self.layer(pixels, body, *garments)
        return pixels.copy() if layer is None else layer.on(pixels)

    def cover_mask(self, pixels: Picture, body: BodyFound, *garments: Garment) -> Mask:
        """Return which pixels the garments would cover: (H, W) uint8, 255 where they are at least half opaque."""
        covered = np.zeros(pixels.shape[:2], np.uint8)
        layer = self.layer(pixels, body, *garments)
        if layer is not None:
            x0, y0, x1, y1 = layer.box
            covered[y0:y1, x0:x1] = np.where(layer.alpha > 127, np.uint8(255), np.uint8(0))
        return covered

    def layer(self, pixels: Picture, body: BodyFound, *garments: Garment) -> Layer | None:
        """Return the garments as they lie on this picture of `body`; None when they are out of the picture, or there are none."""
        scene = self._scene(pixels, body, garments)
        if scene is None:
            return None
        x0, y0, x1, y1 = scene.box
        lit = cv2.resize(scene.light, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        rgba = np.zeros((y1 - y0, x1 - x0, 4), np.uint8)
        for number, (garment, fitted) in enumerate(scene.worn):
            parts = self._apart(garment)
            piece = drape(parts.trunk, garment, fitted, scene.box)
            for limb in _limbs(parts, garment, fitted, scene):
                lay(piece, *limb)
            piece = _shown(piece, cv2.min(scene.free, _limit(garment, fitted, scene.box, scene.person)), lit)
            rgba = _over(piece, rgba) if number else piece
        alpha = cv2.extractChannel(rgba, 3)
        return Layer(scene.box, cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), cv2.merge([cv2.bitwise_not(alpha)] * 3), alpha)

    def outfit(self, pixels: Picture, body: BodyFound, *garments: Garment) -> Outfit | None:
        """Return the same as meshes for a renderer: `layer` on request, where a picture itself is wanted."""
        scene = self._scene(pixels, body, garments)
        if scene is None:
            return None
        x0, y0, x1, y1 = scene.box
        pieces: list[Piece] = []
        for garment, fitted in scene.worn:
            parts = self._apart(garment)
            limbs = [limb_patches(*limb, (y1 - y0, x1 - x0)) for limb in _limbs(parts, garment, fitted, scene)]
            below, above = ([limb[k] for limb in limbs if limb is not None] for k in (0, 1))
            mask = cv2.min(scene.free, _limit(garment, fitted, scene.box, scene.person))
            coarse = cv2.resize(mask, None, fx=_MASK_SCALE, fy=_MASK_SCALE, interpolation=cv2.INTER_AREA)
            pieces.append(Piece((*reversed(below), trunk_patch(parts, garment, fitted, scene.box), *above), coarse))

        def flat(frame: Picture, shift: tuple[int, int]) -> Picture:
            layer = self.layer(pixels, body, *garments)
            return frame.copy() if layer is None else layer.on(frame, shift)

        return Outfit(scene.box, tuple(pieces), scene.light, flat)

    def _scene(self, pixels: Picture, body: BodyFound, garments: tuple[Garment, ...]) -> _Scene | None:
        height, width = pixels.shape[:2]
        worn = [(g, self._fitted(pixels, body, g)) for g in sorted(garments, key=lambda g: LAYERS[g.kind])]
        box = _box(worn, body, height, width)
        if box is None:
            return None
        x0, y0, x1, y1 = box
        calm = cv2.GaussianBlur(body.crop_mask, (0, 0), _CALM_OUTLINE)
        person = cv2.warpAffine(calm, body.to_picture - np.array([[0, 0, x0], [0, 0, y0]], np.float32), (x1 - x0, y1 - y0))
        covered = (max(f.covered[0] for _, f in worn), max(f.covered[1] for _, f in worn))
        free = cv2.bitwise_not(_front(pixels, body, replace(worn[-1][1], covered=covered), box))
        return _Scene(body, worn, box, person, free, scene_light(pixels, person, box))

    def prepare(self, garment: Garment) -> None:
        """Take a garment apart while nobody waits."""
        self._apart(garment)

    def _fitted(self, pixels: Picture, body: BodyFound, garment: Garment) -> Fit:
        """Return the fit, a top's hem where the shopper's own top ends; a coat at least covers what is worn below it."""
        fitted = fit(body, garment, pixels.shape[0], pixels.shape[1])
        if garment.kind != "bottom":
            fitted = widened(pixels, body, fitted)
        if not self._follow_hem or garment.kind not in ("top", "outer"):
            return fitted
        worn = worn_hem(pixels, body, fitted.frame)
        if worn is None:
            return fitted
        least = fitted.hem - (_HEM_GIVES[0] if garment.kind == "top" else 0.0)
        return replace(fitted, hem=min(max(worn, least), fitted.hem + _HEM_GIVES[1]))

    def _apart(self, garment: Garment) -> Parts:
        for known, parts in self._parts:
            if known is garment:
                return parts
        made = apart(garment)
        self._parts = [*self._parts, (garment, made)][-_KEPT_PARTS:]
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What both ways of drawing start from. person, free: (h, w) uint8 masks of the box: the shopper, and what nothing is in front of."""

    body: BodyFound
    worn: list[tuple[Garment, Fit]]
    box: Box
    person: Mask
    free: Mask
    light: Mask


def _limbs(parts: Parts, garment: Garment, fitted: Fit, scene: _Scene) -> list[tuple[Rgba, Tube, Tube, float]]:
    """Return the limbs that are seen: picture, course on it, course in the box, and up to where it lies below the trunk."""
    shift = np.array(scene.box[:2], np.float32)
    if garment.cut.legs is not None:
        frame, covered = fitted.frame, leg_covered(garment, scene.body, fitted.frame)
        tubes = leg_tubes(legs_of(scene.body, frame.across), covered, scene.person, (frame.width, shift))
        return [(*part, tube, 0.06) for part, tube in zip(parts.limbs, tubes, strict=True) if part is not None and covered > 0.05]
    return [(*part, arm_tube(fitted.frame.arms[k], k, fitted, scene.person, shift), min(1.0, _UPPER_ARM / fitted.covered[k]))
            for k, part in enumerate(parts.limbs) if part is not None and fitted.covered[k] > 0]


def _shown(rgba: Rgba, mask: Mask, lit: Mask) -> Rgba:
    """Return a garment where the mask lets it show, in the light of the scene (128 leaves it as it is)."""
    light = cv2.multiply(lit, mask, scale=1 / 255)
    shown: Rgba = cv2.multiply(rgba, cv2.merge([light, light, light, cv2.convertScaleAbs(mask, alpha=128 / 255)]), scale=1 / 128)
    return shown


def _over(upper: Rgba, lower: Rgba) -> Rgba:
    """Return one picture over another, both multiplied by their alpha."""
    under = cv2.merge([cv2.bitwise_not(cv2.extractChannel(upper, 3))] * 4)
    both: Rgba = cv2.add(upper, cv2.multiply(lower, under, scale=1 / 255))
    return both


def _limit(garment: Garment, fitted: Fit, box: Box, person: Mask) -> Mask:
    """Return how far cloth may reach: to the person's outline and a little beyond, and below the hips where it hangs freely."""
    within: Mask = cv2.convertScaleAbs(cv2.subtract(person, 40), alpha=2.2)
    if garment.kind == "outer":
        reach = max(3, round(0.05 * fitted.frame.width) | 1)
        within = cv2.dilate(within, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    if hangs(garment) and fitted.hem > _HANGS_FREE:
        hip = fitted.frame.to_picture(np.array([-4.0, 4.0, 4.0, -4.0], np.float32), np.array([_HANGS_FREE] * 2 + [4.0] * 2, np.float32))
        cv2.fillPoly(within, [np.round(hip - np.array(box[:2], np.float32)).astype(np.int32)], 255)
    return within


def _box(worn: list[tuple[Garment, Fit]], body: BodyFound, height: int, width: int) -> Box | None:
    """Return the box that all garments together can touch."""
    if not worn:
        return None
    frame = worn[0][1].frame
    margin = 0.25 * frame.width
    hem = max(fitted.hem for _, fitted in worn)
    wide = max(0.8, *(float(np.abs(np.stack([f.left, f.right])[:, f.rows <= f.hem]).max()) for _, f in worn))
    top = TOP - 0.1 if any(g.kind != "bottom" for g, _ in worn) else 0.6
    corners = frame.to_picture(np.array([-wide, wide, -wide, wide], np.float32), np.array([top] * 2 + [hem + 0.1] * 2, np.float32))
    joints = [p for arm in frame.arms for p in (arm.shoulder, arm.elbow, arm.wrist)] if top < 0 else []
    joints += [p for g, _ in worn if g.cut.legs is not None for leg in legs_of(body, frame.across) for p in leg]
    spots = np.stack(joints) if joints else corners
    low = np.minimum(corners.min(axis=0), spots.min(axis=0) - margin)
    high = np.maximum(corners.max(axis=0), spots.max(axis=0) + margin)
    x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
    x1, y1 = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    return (x0, y0, x1, y1) if x1 - x0 > 4 and y1 - y0 > 4 else None


def _front(pixels: Picture, body: BodyFound, fitted: Fit, box: Box) -> Mask:
    """Run the occlusion on a small picture: colours need no more."""
    x0, y0, x1, y1 = box
    frame = fitted.frame
    top = max(0, min(y0, int(body.landmarks[:11, 1].min() - 0.4 * frame.width)))
    scale = min(1.0, _COLOUR_SIDE / (x1 - x0))
    area = pixels[top:y1, x0:x1]
    small = cv2.resize(area, (max(2, round(area.shape[1] * scale)), max(2, round(area.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    shift = np.array([x0, top], np.float32)
    landmarks = body.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] - shift) * scale
    to_small = body.to_picture.copy()
    to_small[:, 2] -= shift
    to_small *= scale
    shrunk = BodyFound(landmarks, body.crop_mask, to_small, body.score)
    moved = frame.moved(shift, scale)
    before = front(small, shrunk, replace(fitted, frame=moved), shrunk.mask(small.shape[0], small.shape[1]))
    calm = cv2.GaussianBlur(cv2.medianBlur(before, 3), (0, 0), 0.9)
    wide = cv2.resize(calm, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_LINEAR)
    full = cv2.convertScaleAbs(cv2.subtract(wide, 44), alpha=2.1)
    return np.ascontiguousarray(full[y0 - top:])
