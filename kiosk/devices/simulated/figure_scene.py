"""What stands around a rendered figure: a shop behind it, and a card in its hand."""

from __future__ import annotations

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_body import FINGER, PALM, PER_HEIGHT, Cloth, lay, part
from kiosk.devices.simulated.figure_morph import Colour
from kiosk.domain.frame import Picture

WALL, FLOOR, WOOD = (216, 208, 196), (164, 146, 126), (142, 112, 84)
GOODS = ((186, 92, 76), (92, 124, 150), (126, 148, 104), (214, 176, 96), (232, 226, 214), (120, 92, 128), (88, 106, 110))


def background(width: int, height: int, seed: int) -> Picture:
    """Return a shop, (height, width, 3): wall, a shelf with goods, floor, soft light from above. Static: keep it and copy it."""
    draw = random.Random(seed)
    canvas = np.empty((height, width, 3), np.uint8)
    floor = int(height * 0.84)
    canvas[:floor], canvas[floor:] = WALL, FLOOR
    size = max(width, height)
    for row in range(4):
        level = int(height * (0.22 + 0.17 * row))
        x = -draw.randrange(size // 20)
        while x < width:
            wide, high = int(size * draw.uniform(0.025, 0.05)), int(size * draw.uniform(0.05, 0.10))
            if draw.random() < 0.85:
                cv2.rectangle(canvas, (x, level - high), (x + wide, level), draw.choice(GOODS), -1, cv2.LINE_AA)
                cv2.rectangle(canvas, (x, level - high * 2 // 3), (x + wide, level - high // 3), (236, 232, 224), -1)
            x += wide + int(size * draw.uniform(0.004, 0.02))
        cv2.rectangle(canvas, (0, level), (width, level + max(size // 90, 2)), WOOD, -1)
    canvas = cv2.GaussianBlur(canvas, (0, 0), size / 260)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = 1.06 - 0.22 * (y / height) ** 2 - 0.20 * ((x / width - 0.45) / 0.6) ** 2
    made: Picture = np.clip(canvas * light[..., None] + 14, 0, 255).astype(np.uint8)
    return made


Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Top-left, top-right, bottom-right, bottom-left of a card, (x, y) in pixels of the canvas."""


def hold_card(canvas: Picture, picture: Picture, corners: Corners, skin: Colour = (200, 150, 120)) -> None:
    """Draw `picture` (h, w, 3) in place as a stiff card at `corners`, held from below by a hand of colour `skin`.

    The thumb covers only the middle of the lowest twelfth of the card, so that a code with a quiet zone stays readable.
    """
    target = np.array(corners, np.float32)
    bottom, up = (target[2] + target[3]) / 2, (target[0] + target[1]) / 2 - (target[2] + target[3]) / 2
    edge = target[2] - target[3]
    wide = float(np.hypot(*edge)) / PER_HEIGHT * 6.5
    cloth = Cloth(skin, "skin", 2)
    wrist, tip = bottom - up * 0.42 + edge * 0.10, bottom + up * 0.10
    lay(canvas, part(PALM, cloth), _pair(wrist), _pair(tip), wide)
    _place(canvas, picture, target)
    lay(canvas, part(FINGER, cloth), _pair(bottom - up * 0.16 - edge * 0.02), _pair(bottom + up * 0.05), wide)


def _pair(point: NDArray[np.float32]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _place(canvas: Picture, picture: Picture, target: NDArray[np.float32]) -> None:
    """Lay `picture` in perspective over `canvas`; reduced by whole-area averaging first, so that thin bars do not alias."""
    size = max(float(np.hypot(*(target[1] - target[0]))), float(np.hypot(*(target[2] - target[3]))))
    factor = size / picture.shape[1]
    if factor < 0.7:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    high, wide = picture.shape[:2]
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32) - 0.5
    left, top = np.maximum(np.floor(target.min(0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(target.max(0)).astype(int) + 3, (canvas.shape[1], canvas.shape[0]))
    if right <= left or bottom <= top:
        return
    origin = np.array([left, top], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target - origin)
    extent = int(right - left), int(bottom - top)
    flat = cv2.warpPerspective(picture, matrix, extent, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(flat.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round((target - origin) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    box = canvas[top:bottom, left:right]
    keep = mask[..., None] / np.float32(255)
    box[:] = (box * (1 - keep) + flat * keep + 0.5).astype(np.uint8)
