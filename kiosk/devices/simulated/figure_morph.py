"""Identities: one portrait turned into strangers by seeded changes of shape, skin, hair and detail.

Everything happens in the portrait's own pixel coordinates; `portrait.py` draws the result. Positions are (x, y) in pixels of the
portrait, origin top-left; masks are (H, W) float32, 0..1.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""(..., 2) or (..., 3) float32: x, y (and z, negative towards the camera) in pixels of the portrait."""

Colour = tuple[int, int, int]
"""RGB, 0..255."""

BLACK, DARK, BROWN, CHESTNUT = (30, 26, 26), (54, 38, 30), (98, 66, 42), (146, 104, 64)
RED, GREY, BLOND = (136, 66, 38), (156, 154, 152), (218, 178, 122)

COMPLEXIONS: tuple[tuple[Colour, tuple[Colour, ...]], ...] = (
    ((226, 184, 160), (DARK, BROWN, RED, GREY, BLOND)), ((220, 174, 146), (BLACK, BROWN, CHESTNUT, GREY, BLOND)),
    ((212, 164, 130), (BLACK, DARK, CHESTNUT, GREY)), ((192, 142, 106), (BLACK, DARK, BROWN, GREY)),
    ((162, 112, 80), (BLACK, DARK, GREY)), ((132, 90, 64), (BLACK, DARK, GREY)), ((112, 76, 56), (BLACK, GREY)),
)
"""Skin colours, each with the hair colours that go with it."""


@dataclass(frozen=True, slots=True)
class Morph:
    """How one identity differs from the portrait; lengths in pixels of the portrait, factors around 1, strengths 0..1."""

    face_width: float
    face_length: float
    jaw: float
    chin: float
    cheek: float
    eye_size: float
    eye_height: float
    eye_apart: float
    eye_drop: float
    eye_tilt_deg: float
    brow_drop: float
    brow_weight: float
    nose_width: float
    nose_length: float
    mouth_width: float
    lip: float
    mouth_drop: float
    mirrored: bool
    skin: Colour
    hair: Colour
    hair_volume: float
    hair_long: bool
    beard: float
    beard_style: str
    glasses: float
    age: float
    freckles: float
    lips_red: float
    detail_seed: int


def morph(seed: int) -> Morph:
    """Return the changes that belong to `seed`; the same seed gives the same face on every machine."""
    draw = random.Random(seed)
    span = draw.uniform
    bearded = draw.random() < 0.45
    skin, hairs = draw.choice(COMPLEXIONS)
    return Morph(
        face_width=span(0.86, 1.14), face_length=span(0.91, 1.12), jaw=span(-0.18, 0.20), chin=span(-4, 7), cheek=span(-0.12, 0.14),
        eye_size=span(0.80, 1.22), eye_height=span(0.75, 1.15), eye_apart=span(-4.5, 4.5), eye_drop=span(-4, 4), eye_tilt_deg=span(-9, 9),
        brow_drop=span(-5, 4), brow_weight=span(0.1, 1.0), nose_width=span(0.72, 1.48), nose_length=span(-5, 6),
        mouth_width=span(0.74, 1.28), lip=span(0.70, 1.55), mouth_drop=span(-4, 4), mirrored=draw.random() < 0.5,
        skin=skin, hair=draw.choice(hairs),
        hair_volume=span(0.72, 0.84) if bearded else span(0.82, 1.0), hair_long=not bearded and draw.random() < 0.55,
        beard=span(0.35, 1.0) if bearded else 0.0, beard_style=draw.choice(("full", "full", "goatee", "moustache")),
        glasses=draw.choice((0.0, 0.0, 0.6, 1.0)),
        age=span(0, 1), freckles=span(0, 1) ** 2, lips_red=0.0 if bearded else span(0, 1), detail_seed=draw.randrange(1 << 30),
    )


def _scale(points: Points, centre: Points, reach: tuple[float, float], factor: tuple[float, float], tilt_deg: float = 0.0) -> Points:
    """Return where a local enlargement by `factor` (turned by `tilt_deg`) around `centre` takes its pixels from."""
    offset = points - centre
    weight = np.exp(-((offset[..., 0] / reach[0]) ** 2 + (offset[..., 1] / reach[1]) ** 2))[..., None]
    angle = np.radians(-tilt_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    made: Points = points + weight * ((offset @ turn) / np.array(factor, np.float32) - offset)
    return made


def _shift(points: Points, centre: Points, reach: tuple[float, float], by: tuple[float, float]) -> Points:
    """Return where a local move by `by` pixels around `centre` takes its pixels from."""
    offset = points - centre
    weight = np.exp(-((offset[..., 0] / reach[0]) ** 2 + (offset[..., 1] / reach[1]) ** 2))[..., None]
    made: Points = points - weight * np.array(by, np.float32)
    return made


def _ramp(values: Points, start: float, end: float) -> Points:
    """Return a smooth step 0..1 from `start` to `end`."""
    t = np.clip((values - start) / (end - start), 0, 1)
    made: Points = (t * t * (3 - 2 * t)).astype(np.float32)
    return made


def sources(points: Points, mesh: Points, change: Morph) -> Points:
    """Return, for places (..., 2) on the changed face, the places on the portrait that they show.

    mesh: (468, 3) the portrait's face mesh.
    """
    face = mesh[:, :2]
    eyes = face[[33, 133, 159, 145]].mean(0), face[[263, 362, 386, 374]].mean(0)
    middle = face[[234, 454]].mean(0)
    mouth, nose, chin = face[[61, 291, 13, 14]].mean(0), face[[1, 4, 98, 327]].mean(0), face[152]
    at = (points - middle) / np.array([change.face_width, change.face_length], np.float32)
    out = _hair(at, change.hair_volume) + middle
    low = _ramp(out[..., 1], mouth[1] - 25, chin[1] - 8) - _ramp(out[..., 1], chin[1] + 8, chin[1] + 30)
    side = out[..., 0] - middle[0]
    out = np.stack([middle[0] + side / (1 + change.jaw * low), out[..., 1]], -1)
    for sign, cheek in ((-1, face[50]), (1, face[280])):
        out = _shift(out, cheek + np.array([sign * 10, 0], np.float32), (22, 20), (sign * change.cheek * 35, 0))
    out = _shift(out, chin, (45, 26), (0, change.chin))
    out = _shift(out, mouth, (32, 15), (0, change.mouth_drop))
    out = _scale(out, mouth, (34, 13), (change.mouth_width, change.lip))
    out = _shift(out, nose + np.array([0, 6], np.float32), (16, 14), (0, change.nose_length))
    out = _scale(out, nose, (17, 22), (change.nose_width, 1.0))
    for sign, eye in ((-1, eyes[0]), (1, eyes[1])):
        out = _shift(out, eye + np.array([0, -14], np.float32), (24, 8), (0, change.brow_drop))
        out = _shift(out, eye, (24, 14), (sign * change.eye_apart, change.eye_drop))
        out = _scale(out, eye, (20, 12), (change.eye_size, change.eye_size * change.eye_height), sign * change.eye_tilt_deg)
    return out.astype(np.float32)


def _hair(at: Points, volume: float) -> Points:
    """Return places around the face's middle with the hair drawn in or puffed out; the face itself stays."""
    radius = np.hypot(at[..., 0] / 50, at[..., 1] / 62)
    outside = _ramp(radius.astype(np.float32), 0.95, 1.35)[..., None]
    above = _ramp(-at[..., 1], -25, 5)[..., None]
    return (at / (1 + (volume - 1) * outside * above)).astype(np.float32)


def closed_mouth(points: Points, mesh: Points, closed: float) -> Points:
    """Return where a mouth closed by `closed` (0 as in the portrait, 1 lips together) takes its pixels from."""
    face = mesh[:, :2]
    left, right = face[78], face[308]
    upper, lower = face[[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]], face[[78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]]
    x, y = points[..., 0], points[..., 1]
    top = np.interp(x, upper[:, 0], upper[:, 1])
    gap = np.maximum(np.interp(x, lower[:, 0], lower[:, 1]) - top, 0) * closed
    rest = np.maximum(np.interp(x, lower[:, 0], lower[:, 1]) - top, 0) - gap
    inside = np.clip((y - top) / np.maximum(rest, 0.5), 0, 1)
    fade = 1 - _ramp(y.astype(np.float32), float(left[1]) + 8, float(face[152][1]) + 4)
    moved = y + gap * inside * fade
    corners = np.exp(-(((x - left[0]) / 12) ** 2)) + np.exp(-(((x - right[0]) / 12) ** 2))
    droop = 3.0 * closed * corners * np.exp(-(((y - left[1]) / 12) ** 2))
    wide = _scale(np.stack([x, moved - droop], -1).astype(np.float32), face[[61, 291]].mean(0), (34, 14), (1 - 0.10 * closed, 1.0))
    return wide.astype(np.float32)


def closed_eyes(points: Points, mesh: Points, closed: float) -> Points:
    """Return where eyes closed by `closed` (0 open, 1 shut) take their pixels from: the upper lid is drawn down over the eye."""
    face = mesh[:, :2]
    x, y = points[..., 0], points[..., 1].copy()
    for lid, low, crease in (((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), 105),
                             ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263), 334)):
        top = np.interp(x, face[list(lid), 0], face[list(lid), 1])
        bottom = np.interp(x, face[list(low), 0], face[list(low), 1])
        inside = (x > face[lid[0], 0] - 1) & (x < face[lid[-1], 0] + 1)
        fold = face[crease, 1] + 5
        edge = top + closed * (bottom - top)
        stretched = fold + (y - fold) * (top - fold) / np.maximum(edge - fold, 1)
        y = np.where(inside & (y > fold) & (y < edge), stretched, y)
    return np.stack([x, y], -1).astype(np.float32)
