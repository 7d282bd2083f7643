"""Where a garment goes on a body: a frame along the spine, the trunk's outline and the arms' bones. Geometry, no colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.garment import Garment, Side, Sleeve
from kiosk.vision.body import (
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_INDEX,
    L_KNEE,
    L_SHOULDER,
    L_WRIST,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_INDEX,
    R_KNEE,
    R_SHOULDER,
    R_WRIST,
    BodyFound,
)

Floats = NDArray[np.float32]

TOP, ARMPIT, WAIST, CROTCH = -0.14, 0.16, 0.84, 1.14
"""Where a garment's shoulder tops and armpits, a bottom's waist and crotch lie, in trunk lengths below the shoulder joints."""
_SEAM, _ARMHOLE = 0.57, 0.42
"""Where a sleeve is sewn on and where a sleeveless garment ends, in shoulder widths from the spine."""
_ARM_IN_SHOULDERS = 1.9
_LONG, _LONG_WIDE = 0.70, 0.62
"""A sleeve that reaches so far along the arm, or in a wide cut so far, ends at the wrist."""
_HEM = (0.82, 0.08)
_HEM_BAND = 0.03
"""The share of a garment's length, at its hem, that may be rounded."""
_ROWS = np.arange(-0.3, 2.6, 0.025, dtype=np.float32)
_COLUMNS = np.arange(-1.4, 1.4001, 1 / 32, dtype=np.float32)
_OUTLINE = ((-0.3, 0.54), (0.25, 0.52), (0.5, 0.47), (0.7, 0.49), (0.95, 0.56), (1.3, 0.60), (2.6, 0.60))
"""Half the width of a trunk in shoulder widths, by trunk lengths below the shoulder joints: what is used where the mask does not tell."""
_ARM_RADIUS, _ARM_FLOOR = 0.10, 1.0
_NARROWEST, _WIDEST = 0.82, 1.35
_HANGS = 1.0
"""Below this row skirts and coats hang by their own width."""
_WAIST_IN_SHOULDERS = 0.94
_FULL_LEG = 0.70
_OUTER, _CHEST = 1.06, 0.56
"""How much wider than the body a coat is; half a chest with some ease, in shoulder widths, by which lengths are judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """An arm as it appears in the picture: shoulder, elbow, wrist and finger tips in pixels, and how visible wrist and elbow are, 0..1."""

    shoulder: Floats
    elbow: Floats
    wrist: Floats
    finger: Floats
    visible: float

    def moved(self, shift: Floats, scale: float) -> Arm:
        """Return the arm in a picture whose origin lies at `shift` and which is `scale` times as large."""
        shoulder, elbow, wrist, finger = ((p - shift) * scale for p in (self.shoulder, self.elbow, self.wrist, self.finger))
        return Arm(shoulder, elbow, wrist, finger, self.visible)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Body coordinates: s across in shoulder widths (positive to the picture's right), t down the spine in trunk lengths.

    Both are 0 between the shoulder joints. The rows lean with the shoulders at the top and with the hips at the bottom.
    """

    origin: Floats
    across: Floats
    down: Floats
    width: float
    length: float
    lean_top: float
    lean_bottom: float
    arms: tuple[Arm, Arm]

    def to_picture(self, s: Floats, t: Floats) -> Floats:
        """Return pixels (..., 2) of body coordinates."""
        leant = t + s * (self.lean_top + (self.lean_bottom - self.lean_top) * np.clip(t, 0, 1))
        placed: Floats = self.origin + s[..., None] * self.width * self.across + leant[..., None] * self.length * self.down
        return placed.astype(np.float32)

    def moved(self, shift: Floats, scale: float) -> Frame:
        """Return the frame in a picture whose origin lies at `shift` and which is `scale` times as large."""
        arms = (self.arms[0].moved(shift, scale), self.arms[1].moved(shift, scale))
        return replace(self, origin=(self.origin - shift) * scale, width=self.width * scale, length=self.length * scale, arms=arms)

    def to_body(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return body coordinates s, t of pixels."""
        dx, dy = x - self.origin[0], y - self.origin[1]
        s = (dx * self.across[0] + dy * self.across[1]) / self.width
        leant = (dx * self.down[0] + dy * self.down[1]) / self.length
        between = (leant - s * self.lean_top) / np.maximum(1 + s * (self.lean_bottom - self.lean_top), 0.2)
        t = np.where(between < 0, leant - s * self.lean_top, np.where(between > 1, leant - s * self.lean_bottom, between))
        return s.astype(np.float32), t.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A garment on a body.

    seam: where the shoulders end, in s. rows: t, with first and last s of the trunk there in left and right. hem: its t.
    covered: the share of each arm in a sleeve, 0..1.
    """

    frame: Frame
    seam: float
    rows: Floats
    left: Floats
    right: Floats
    hem: float
    covered: tuple[float, float]


def frame_of(body: BodyFound) -> Frame:
    """Return the body's frame; the picture's left arm comes first, whichever way the person faces."""
    points = body.landmarks[:, :2]
    arms = [_arm(body, *(L_SHOULDER, L_ELBOW, L_WRIST, L_INDEX)), _arm(body, *(R_SHOULDER, R_ELBOW, R_WRIST, R_INDEX))]
    top, bottom = points[[L_SHOULDER, R_SHOULDER]].mean(axis=0), points[[L_HIP, R_HIP]].mean(axis=0)
    length = max(float(np.linalg.norm(bottom - top)), 1.0)
    down = (bottom - top) / length
    across = np.array([down[1], -down[0]], np.float32)
    arms.sort(key=lambda arm: float(arm.shoulder @ across))
    shoulders = arms[1].shoulder - arms[0].shoulder
    hips = points[L_HIP] - points[R_HIP]
    hips = hips if hips @ across > 0 else -hips
    width = max(float(shoulders @ across), 0.45 * length)
    return Frame(top, across, down, width, length, _lean(shoulders, across, down, length, width), _lean(hips, across, down, length, width),
                 (arms[0], arms[1]))


def _lean(line: Floats, across: Floats, down: Floats, length: float, width: float) -> float:
    return float(np.clip((line @ down) / length / max(float(line @ across) / width, 0.3), -0.35, 0.35))


def _arm(body: BodyFound, shoulder: int, elbow: int, wrist: int, finger: int) -> Arm:
    xy, seen = body.landmarks[:, :2], body.landmarks[:, 3]
    tip = xy[finger] + 0.5 * (xy[finger] - xy[wrist])
    return Arm(xy[shoulder], xy[elbow], xy[wrist], tip, float(min(seen[elbow], seen[wrist])))


def fit(body: BodyFound, garment: Garment, height: int, width: int) -> Fit:
    """Return where `garment` goes on `body` in a picture of height x width pixels."""
    frame = frame_of(body)
    cut = garment.cut
    seam = _ARMHOLE if cut.sleeve == "none" else _SEAM
    left, right = _outline(frame, body, (height, width), seam)
    if garment.kind == "outer":
        left, right = _OUTER * left, _OUTER * right
    scale = 2 * seam * frame.width / max(cut.chest_width, 1.0)
    covered = tuple(_covered(side, scale / frame.width, cut.sleeve) for side in (cut.left, cut.right))
    hem = _hem(garment, frame, 2 * max(seam, _CHEST) * frame.width / max(cut.chest_width, 1.0))
    fitted = Fit(frame, seam, _ROWS, left, right, hem, (covered[0], covered[1]))
    return _hanging(garment, fitted) if hangs(garment) else fitted


def keys(garment: Garment, hem: float) -> tuple[float, float, float]:
    """Return where shoulders, armpits and hem of a garment (waist, crotch and hem of a bottom) lie on the spine, in trunk lengths."""
    first, second = (WAIST, CROTCH) if garment.kind == "bottom" else (TOP, ARMPIT)
    return first, second, max(hem, second + 0.1)


def last_full_row(garment: Garment) -> float:
    """Return the row above which a garment is as wide as it hangs: hems are rounded, and below them there is no cloth to be measured."""
    return garment.cut.hem_row - _HEM_BAND * (garment.cut.hem_row - garment.cut.top)


def hangs(garment: Garment) -> bool:
    """Whether what is below the hips hangs freely: skirts, dresses and coats do, trousers follow the legs."""
    return garment.kind in ("dress", "outer") or (garment.kind == "bottom" and garment.cut.legs is None)


def legs_of(body: BodyFound, across: Floats) -> Floats:
    """Return hip, knee and ankle of both legs in pixels, the picture's left first: (2, 3, 2) float32."""
    legs: list[Floats] = [body.landmarks[list(joints), :2] for joints in ((L_HIP, L_KNEE, L_ANKLE), (R_HIP, R_KNEE, R_ANKLE))]
    legs.sort(key=lambda leg: float((leg @ across)[0]))
    return np.stack(legs).astype(np.float32)


def leg_covered(garment: Garment, body: BodyFound, frame: Frame) -> float:
    """Return how far down trousers cover the legs, 0..1."""
    legs = legs_of(body, frame.across)
    whole = float(np.linalg.norm(np.diff(legs, axis=1), axis=2).sum(axis=1).mean())
    waist = max(garment.cut.right.collar[0] - garment.cut.left.collar[0], 1.0)
    long = (garment.cut.hem_row - garment.cut.armpit_row) * _WAIST_IN_SHOULDERS * frame.width / waist / max(whole, 1.0)
    return 1.0 if long > _FULL_LEG else long


def _hem(garment: Garment, frame: Frame, scale: float) -> float:
    """Return where a garment ends by its own length, in trunk lengths below the shoulder joints."""
    cut = garment.cut
    usual = _HEM[0] + _HEM[1] * float(np.clip(cut.length, 1.0, 2.4))
    if garment.kind == "bottom":
        waist = max(cut.right.collar[0] - cut.left.collar[0], 1.0)
        return WAIST + (cut.hem_row - cut.top) * _WAIST_IN_SHOULDERS * frame.width / waist / frame.length
    if garment.kind == "top":
        return usual + 0.45 * max(0.0, cut.length - 2.4)
    return max(usual, TOP + (cut.hem_row - cut.top) * scale / frame.length)


def _hanging(garment: Garment, fitted: Fit) -> Fit:
    """Return the fit with the garment's own widths below the hips."""
    cut, trunk = garment.cut, garment.trunk
    row = np.interp(fitted.rows, keys(garment, fitted.hem), (cut.top, cut.armpit_row, cut.hem_row))
    row = np.minimum(row, last_full_row(garment))
    lines = np.arange(len(trunk))
    width = np.interp(row, lines, trunk[:, 1]) - np.interp(row, lines, trunk[:, 0])
    at = int(np.searchsorted(fitted.rows, _HANGS))
    ratio = np.clip(width / max(float(width[at]), 1.0), 0.8, 2.4).astype(np.float32)
    middle, half = (fitted.left[at] + fitted.right[at]) / 2, (fitted.right[at] - fitted.left[at]) / 2
    below = fitted.rows >= _HANGS
    return replace(fitted, left=np.where(below, middle - half * ratio, fitted.left).astype(np.float32),
                   right=np.where(below, middle + half * ratio, fitted.right).astype(np.float32))


def _covered(side: Side, shoulders_per_pixel: float, sleeve: Sleeve) -> float:
    root = ((side.shoulder[0] + side.armpit[0]) / 2, (side.shoulder[1] + side.armpit[1]) / 2)
    if side.sleeve_width == 0:
        return 0.0
    reach = float(np.hypot(side.cuff[0] - root[0], side.cuff[1] - root[1])) * shoulders_per_pixel / _ARM_IN_SHOULDERS
    return 1.0 if reach > (_LONG_WIDE if sleeve == "long" else _LONG) else reach


def _outline(frame: Frame, body: BodyFound, size: tuple[int, int], seam: float) -> tuple[Floats, Floats]:
    """Return the trunk's first and last s for each of `_ROWS`: the person mask's edge, kept from the arms and from the absurd."""
    grid_s, grid_t = np.meshgrid(_COLUMNS, _ROWS)
    grid = frame.to_picture(grid_s, grid_t)
    crop = grid @ body.to_crop[:, :2].T + body.to_crop[:, 2]
    mask = cv2.remap(body.crop_mask, crop[..., 0], crop[..., 1], cv2.INTER_LINEAR) > 127
    outside_picture = (grid[..., 1] > size[0] - 1) | (grid[..., 1] < 0)
    usual = np.interp(_ROWS, [t for t, _ in _OUTLINE], [w for _, w in _OUTLINE]).astype(np.float32)
    centre = len(_COLUMNS) // 2
    edges = []
    for sign, arm in zip((-1, 1), frame.arms, strict=True):
        half = mask[:, centre:] if sign > 0 else mask[:, centre::-1]
        reach = np.where(half.all(axis=1), half.shape[1], (~half).argmax(axis=1)).astype(np.float32) / 32
        reach = np.where(outside_picture[:, centre], usual, np.minimum(reach, _arm_limit(frame, arm, sign, usual)))
        reach = np.clip(reach, _NARROWEST * usual, _WIDEST * usual)
        reach[_ROWS < ARMPIT] = seam
        padded = np.pad(reach, 3, mode="edge")
        edges.append(sign * np.convolve(padded, np.ones(7) / 7, mode="valid").astype(np.float32))
    return edges[0], edges[1]


def _arm_limit(frame: Frame, arm: Arm, sign: int, usual: Floats) -> Floats:
    """Return how far out the trunk may reach in each row without taking in an arm that hangs beside it."""
    limit = np.full(len(_ROWS), 9.0, np.float32)
    joints = np.stack([arm.shoulder, arm.elbow, arm.wrist, arm.finger])
    steps = np.linspace(0, 3, 60)
    path = np.stack([np.interp(steps, range(4), joints[:, k]) for k in range(2)], axis=1).astype(np.float32)
    s, t = frame.to_body(path[:, 0], path[:, 1])
    beside = sign * s > 0.4
    row = np.round((t[beside] - _ROWS[0]) / 0.025).astype(int)[:, None] + np.arange(-1, 2)
    inside = (row >= 0) & (row < len(limit))
    np.minimum.at(limit, row[inside], np.repeat(sign * s[beside][:, None] - _ARM_RADIUS, 3, axis=1)[inside])
    kept: Floats = np.maximum(limit, _ARM_FLOOR * usual)
    return kept
