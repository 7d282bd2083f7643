"""What stands around a rendered figure: a shop behind it, and a card in its hand."""

from __future__ import annotations

import random

import cv2
import numpy as np

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


def hold_card(canvas: Picture, picture: Picture, corners: Corners, skin: tuple[int, int, int]) -> None:
    """Draw `picture` in place as a card whose corners (top-left, then clockwise) lie at `corners`, held by a thumb and fingers of colour `skin`."""
    high, wide = picture.shape[:2]
    target = np.array(corners, np.float32)
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32) - 0.5
    left, top = np.maximum(np.floor(target.min(0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(target.max(0)).astype(int) + 3, (canvas.shape[1], canvas.shape[0]))
    if right <= left or bottom <= top:
        return
    matrix = cv2.getPerspectiveTransform(source, target - np.array([left, top], np.float32))
    size = (int(right - left), int(bottom - top))
    flat = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round((target - (left, top)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    box = canvas[top:bottom, left:right]
    keep = mask[..., None] / np.float32(255)
    box[:] = (box * (1 - keep) + flat * keep + 0.5).astype(np.uint8)
