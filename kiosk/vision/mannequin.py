"""A body of our own drawing, on which HQ shows how a garment hangs: no network, no person's picture."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision import body as b
from kiosk.vision.body import BodyFound

WIDTH, HEIGHT = 480, 840
_SCALE = HEIGHT / 256
_WOOD, _CLOTH, _GROUND = (214, 184, 152), (92, 96, 108), (244, 238, 232)
_JOINTS: dict[int, tuple[float, float]] = {
    b.NOSE: (0, 108), b.L_SHOULDER: (68, 196), b.L_ELBOW: (104, 312), b.L_WRIST: (130, 410), b.L_INDEX: (140, 452), b.L_PINKY: (134, 452),
    b.L_HIP: (42, 424), b.L_KNEE: (48, 600), b.L_ANKLE: (52, 770), b.L_EAR: (34, 102),
}
"""Joints on the figure's own left, x from the axis; the other side is its mirror image."""


@cache
def test_body() -> tuple[Picture, BodyFound]:
    """Return the drawn body, (840, 480, 3) uint8 RGB, and where its joints and its outline are."""
    fine = 2
    size = (HEIGHT * fine, WIDTH * fine)
    wood, cloth = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    for sign in (1, -1):
        at = {n: (WIDTH / 2 + sign * x, y) for n, (x, y) in _JOINTS.items()}
        _limb(cloth, [at[b.L_SHOULDER], at[b.L_ELBOW]], (26, 20), fine)
        _limb(cloth, [at[b.L_ELBOW], at[b.L_WRIST]], (20, 14), fine)
        _limb(wood, [at[b.L_WRIST], at[b.L_INDEX]], (14, 11), fine)
        _limb(cloth, [at[b.L_HIP], at[b.L_KNEE]], (42, 27), fine)
        _limb(cloth, [at[b.L_KNEE], at[b.L_ANKLE]], (27, 16), fine)
    _limb(wood, [(WIDTH / 2, 120), (WIDTH / 2, 172)], (23, 26), fine)
    cv2.ellipse(wood, (WIDTH, 104 * fine), (36 * fine, 48 * fine), 0, 0, 360, 255, -1)
    half = [(26, 166), (78, 184), (88, 226), (76, 330), (74, 380), (84, 440), (50, 470), (0, 476)]
    outline = [(WIDTH / 2 + x, y) for x, y in half] + [(WIDTH / 2 - x, y) for x, y in reversed(half)]
    cv2.fillPoly(cloth, [np.round(np.array(outline) * fine).astype(np.int32)], 255)
    picture = np.full((*size, 3), _GROUND, np.float32)
    for mask, colour in ((wood, _WOOD), (cloth, _CLOTH)):
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3) / (20.0 * fine)
        light = (0.72 + 0.28 * np.clip(depth, 0, 1) ** 0.7)[:, :, None]
        picture = np.where(mask[:, :, None] > 0, light * np.array(colour, np.float32), picture)
    whole: Picture = cv2.resize(picture.astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return whole, _found(cv2.resize(cv2.max(wood, cloth), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))


def _limb(mask: NDArray[np.uint8], ends: list[tuple[float, float]], radii: tuple[int, int], fine: int) -> None:
    for u in np.linspace(0, 1, 60):
        x, y = (ends[0][k] + u * (ends[1][k] - ends[0][k]) for k in range(2))
        cv2.circle(mask, (round(x * fine), round(y * fine)), round((radii[0] + u * (radii[1] - radii[0])) * fine), 255, -1)


def _found(mask: NDArray[np.uint8]) -> BodyFound:
    landmarks = np.zeros((b.LANDMARKS, 4), np.float32)
    landmarks[:, 3] = 1.0
    landmarks[:11, :2] = WIDTH / 2, 104
    for n, (x, y) in _JOINTS.items():
        landmarks[n, :2] = WIDTH / 2 + x, y
        if n != b.NOSE:
            landmarks[n + 1, :2] = WIDTH / 2 - x, y
    to_picture = np.array([[_SCALE, 0, (WIDTH - HEIGHT) / 2], [0, _SCALE, 0]], np.float32)
    crop = cv2.warpAffine(mask, to_picture, (256, 256), flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP)
    return BodyFound(landmarks, crop, to_picture, 1.0)
