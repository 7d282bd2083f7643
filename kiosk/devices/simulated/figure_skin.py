"""Colour and detail of an identity: skin, hair, brows, beard, age, freckles, glasses, painted on the portrait before it is reshaped."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_morph import Colour, Morph, Points

SCALE = 2.0
"""Pixels of a head's texture per pixel of the portrait."""
ORIGIN = (116.0, -20.0)
"""Where the texture's corner lies on the portrait."""
SIZE = (448, 512)
"""Width and height of the texture."""
Layer = NDArray[np.uint8]
"""(H, W, 4) uint8 RGBA, colours already multiplied by alpha."""

Mask = NDArray[np.float32]
Paint = NDArray[np.float32]

@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The portrait as read: `picture` (SIZE, 3) float32 RGB enlarged by SCALE; masks head and skin (SIZE) 0..1; mesh (468, 3)."""

    picture: NDArray[np.float32]
    head: NDArray[np.float32]
    skin: NDArray[np.float32]
    mesh: Points


EYES = ((33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
        (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382))
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
TEETH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
BROWS = ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))
BROWS_TOP = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
MOUSTACHE = (216, 205, 203, 98, 97, 2, 326, 327, 423, 425, 436, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61)
GOATEE = (57, 212, 202, 204, 194, 201, 200, 421, 418, 424, 422, 432, 287, 273, 335, 424,
           431, 395, 369, 396, 377, 152, 148, 175, 171, 140, 170, 211)
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
       425, 423, 326, 2, 97, 203, 205)


def painted(base: Base, change: Morph) -> Layer:
    """Return the portrait's head in the colours of `change`, RGBA on the texture."""
    face = on_texture(base.mesh[:, :2])
    eyes = np.maximum(*[area(base, face[list(eye)], 1.2) for eye in EYES])
    teeth = area(base, face[list(TEETH)], 1.0)
    skin = base.skin * (1 - eyes) * (1 - teeth)
    hair = base.head * (1 - base.skin)
    picture = base.picture.copy()
    picture = _mix(picture, _skin(base.picture, base.skin, change.skin), skin)
    picture = _mix(picture, _hair(base.picture, hair, change.hair), hair)
    lips = area(base, face[list(LIPS)], 2.0) * (1 - teeth)
    picture = _mix(picture, picture * np.array([0.92, 0.62, 0.62], np.float32), lips * (0.15 + 0.85 * change.lips_red))
    picture = _detail(picture, skin, face, change)
    picture = _brows(picture, face, change)
    if change.beard:
        picture = _beard(base, picture, face, change)
    if change.glasses:
        picture = _glasses(picture, face, change)
    alpha = base.head * _neck_fade(base)
    rgba = np.dstack([np.clip(picture, 0, 255) * alpha[..., None], alpha * 255])
    return (rgba + 0.5).astype(np.uint8)


def on_texture(points: Points) -> Points:
    """Return places on the portrait as places on the texture."""
    return ((points - np.array(ORIGIN, np.float32)) * SCALE).astype(np.float32)


def area(base: Base, outline: Points, soft: float) -> Mask:
    """Return the inside of `outline` (texture pixels) as a soft mask."""
    mask = np.zeros(base.head.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    blurred: Mask = cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / 255
    return blurred


def _mix(under: Paint, over: Paint, mask: Mask) -> Paint:
    return under + (over - under) * mask[..., None]


def _mean(picture: Paint, mask: Mask) -> Paint:
    mean: Paint = (picture * mask[..., None]).sum((0, 1)) / mask.sum()
    return mean


def _skin(picture: Paint, mask: Mask, colour: Colour) -> Paint:
    """Return the skin moved to `colour`: half by gamma, half by gain, so that dark skin keeps its highlights and pale skin its shade."""
    target, mean = np.array(colour, np.float32) * 0.96, _mean(picture, mask)
    gamma = 255 * (picture / 255) ** (np.log(target / 255) / np.log(mean / 255)).astype(np.float32)
    mixed = (0.45 * gamma + 0.55 * picture * (target / mean)) / 255
    soft: Paint = (255 * mixed / (1 + mixed**6) ** (1 / 6)).astype(np.float32)
    return soft


def _hair(picture: Paint, mask: Mask, colour: Colour) -> Paint:
    """Return the hair's light and shade in another colour, softened for pale hair."""
    light = picture.mean(-1, keepdims=True) / _mean(picture, mask).mean()
    return hair_tone(colour, light ** (1.15 - 0.55 * sum(colour) / 600), light)


def hair_tone(colour: Colour, light: Paint, gloss: Paint) -> Paint:
    """Return hair of `colour` under `light` (1 is the mean): RGB 0..255 with a soft shoulder, so that pale hair does not burn out."""
    tint = np.array(colour, np.float32)
    made: Paint = (255 * (1 - np.exp(-(tint * light + 6 * gloss) / 255 * 1.25))).astype(np.float32)
    return made


def _detail(picture: Paint, skin: Mask, face: Points, change: Morph) -> Paint:
    """Return the skin with pores, freckles and the lines of age."""
    noise = np.random.default_rng(change.detail_seed)
    shape = skin.shape
    pores = cv2.GaussianBlur(noise.standard_normal(shape).astype(np.float32), (0, 0), 1.3) * 9
    blotch = cv2.GaussianBlur(noise.standard_normal(shape).astype(np.float32), (0, 0), 9) * 110
    out = picture * (1 + (pores * 0.008 * (1 + change.age) + blotch * 0.008)[..., None] * skin[..., None])
    spots = cv2.GaussianBlur((noise.random(shape) > 0.992).astype(np.float32), (0, 0), 1.4)
    centre = face[[50, 280, 6]].mean(0)
    y, x = np.mgrid[: shape[0], : shape[1]]
    near = np.exp(-(((x - centre[0]) / 90) ** 2 + ((y - centre[1]) / 40) ** 2)).astype(np.float32)
    out = out * (1 - (spots * near * skin * 2.2 * change.freckles)[..., None] * np.array([0.5, 0.8, 1.0], np.float32))
    lines = np.zeros(shape, np.uint8)
    for chain in ((129, 203, 206, 216), (358, 423, 426, 436), (226, 31, 228, 229), (446, 261, 448, 449), (226, 113, 225), (446, 342, 445)):
        cv2.polylines(lines, [np.round(face[list(chain)] * 16).astype(np.int32)], False, 255, 2, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(lines, (0, 0), 2.2).astype(np.float32) / 255
    made: Paint = out * (1 - (soft * skin * 0.75 * change.age**2)[..., None] * np.array([0.7, 0.9, 1.0], np.float32))
    return made


def _brows(picture: Paint, face: Points, change: Morph) -> Paint:
    """Return the brows in the hair's colour, thicker with weight."""
    hair = np.array(change.hair, np.float32) * 0.75
    mask = np.zeros(picture.shape[:2], np.uint8)
    for low, top in zip(BROWS, BROWS_TOP, strict=True):
        middle = face[list(low)] * 0.5 + face[list(top)] * 0.5
        half = (face[list(low)] - face[list(top)]) * (0.22 + 0.30 * change.brow_weight)
        half[0] *= 0.3
        cv2.fillPoly(mask, [np.round(np.concatenate([middle - half, (middle + half)[::-1]]) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    noise = np.random.default_rng(change.detail_seed + 1).standard_normal(mask.shape).astype(np.float32)
    hairs = np.clip(0.85 + cv2.GaussianBlur(noise, (0, 0), sigmaX=0.7, sigmaY=2.0) * 0.9, 0.3, 1.2)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.6).astype(np.float32) / 255
    cover = np.clip(soft * hairs * (0.25 + 0.65 * change.brow_weight), 0, 1)
    return _mix(picture, np.broadcast_to(hair, picture.shape).astype(np.float32), cover)


def _beard_area(base: Base, face: Points, style: str) -> Mask:
    """Return where hair grows for a "full" beard, a "goatee" or a "moustache"."""
    if style == "full":
        below = np.concatenate([face[[234, 132, 172, 152, 397, 361, 454]] + (0, 14), face[[291, 61]]]).astype(np.float32)
        made: Mask = np.maximum(area(base, face[list(JAW)], 5.0), area(base, below, 6.0) * np.float32(0.8))
        return made
    lip = area(base, face[list(MOUSTACHE)], 2.5)
    if style == "moustache":
        return lip
    both: Mask = np.maximum(lip, area(base, face[list(GOATEE)], 4.0))
    return both


def _beard(base: Base, picture: Paint, face: Points, change: Morph) -> Paint:
    """Return the lower face with a beard, from stubble (0.3) to full (1)."""
    mouth = area(base, face[list(LIPS)], 1.5)
    cover = _beard_area(base, face, change.beard_style) * (1 - mouth) * base.skin
    noise = np.random.default_rng(change.detail_seed + 2).standard_normal(mouth.shape).astype(np.float32)
    hairs = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.8, sigmaY=2.2) * 3.2
    strength = np.clip(cover * (0.25 + 0.7 * change.beard) * (1 + 0.25 * hairs), 0, 0.96)
    hair = np.array(change.hair, np.float32) * 0.7
    light = picture.mean(-1, keepdims=True) / 150
    return _mix(picture, hair * (0.6 + 0.5 * light) * (1 + 0.12 * hairs[..., None]), strength)


def _glasses(picture: Paint, face: Points, change: Morph) -> Paint:
    """Return the face with a pair of glasses."""
    heavy = change.glasses > 0.8
    tone, width = ((34, 30, 32), 5) if heavy else ((120, 92, 62), 3)
    frame, glass = np.zeros(picture.shape[:2], np.uint8), np.zeros(picture.shape[:2], np.uint8)
    eyes = [face[list(eye)].mean(0) + np.array([0, 3], np.float32) for eye in EYES]
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    power = 0.55 if heavy else 0.8
    rim = np.stack([np.sign(np.cos(t)) * np.abs(np.cos(t)) ** power * 33, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** power * 23], -1)
    for eye, ear, sign in ((eyes[0], face[234], -1), (eyes[1], face[454], 1)):
        outline = [np.round((eye + rim) * 16).astype(np.int32)]
        cv2.fillPoly(glass, outline, 255, cv2.LINE_AA, 4)
        cv2.polylines(frame, outline, True, 255, width, cv2.LINE_AA, 4)
        cv2.line(frame, (int(eye[0] + sign * 33), int(eye[1] - 6)), (int(ear[0] + sign * 2), int(eye[1] - 8)), 255, width, cv2.LINE_AA)
    cv2.line(frame, (int(eyes[0][0] + 32), int(eyes[0][1] - 5)), (int(eyes[1][0] - 32), int(eyes[1][1] - 5)), 255, width, cv2.LINE_AA)
    dark = cv2.GaussianBlur(frame, (0, 0), 3).astype(np.float32) / 255
    lens = glass.astype(np.float32) / 255
    picture = picture * (1 - 0.25 * dark[..., None]) + 10 * lens[..., None]
    solid = cv2.GaussianBlur(frame, (0, 0), 0.7).astype(np.float32) / 255
    return _mix(picture, np.broadcast_to(np.array(tone, np.float32), picture.shape).astype(np.float32), solid)


def _neck_fade(base: Base) -> Mask:
    """Return 1 on the head, falling to 0 where the portrait's collar begins."""
    y = np.mgrid[: base.head.shape[0], : base.head.shape[1]][0]
    low = on_texture(np.array([[0, 172], [0, 186]], np.float32))[:, 1]
    made: Mask = np.clip((low[1] - y) / (low[1] - low[0]), 0, 1).astype(np.float32)
    return made
