"""Heads: the one portrait that a package ships, recoloured, reshaped, turned and drawn. What comes out is always called rendered.

The portrait is scikit-image's astronaut.png (NASA, public domain), handed in by its path. `portrait.json` beside this file holds
its face mesh (468 points: x, y, z) and the outlines of head and skin, in pixels of the portrait.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure_morph import Points, closed_eyes, closed_mouth, morph, sources
from kiosk.devices.simulated.figure_skin import ORIGIN, SCALE, SIZE, Base, Layer, painted
from kiosk.domain.frame import Picture
from kiosk.errors import DeviceMissingError

PIVOT = (228.0, 150.0, 26.0)
"""The point in the neck around which the head turns, on the portrait."""
FACE_HEIGHT = 107.0
"""Height of the face mesh on the portrait."""
FACE_CENTRE = (226.0, 122.0)
"""Middle of the face mesh on the portrait."""

@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where a head looks and what its face does.

    yaw_deg: positive towards the picture's right. pitch_deg: positive up. roll_deg: positive clockwise on the picture.
    blink: 0 open .. 1 shut. smile: 0 lips together .. 1 teeth shown.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    blink: float = 0.0
    smile: float = 0.0


def landmarks() -> Points:
    """Return the portrait's face mesh, (468, 3) float32: x, y in pixels of the portrait, z negative towards the camera."""
    return np.array(_data()["mesh"], np.float32)


@lru_cache(maxsize=1)
def _data() -> dict[str, list[list[float]]]:
    read: dict[str, list[list[float]]] = json.loads(Path(__file__).with_name("portrait.json").read_text())
    return read


def load(path: Path) -> Base:
    """Read the portrait at `path`; raises DeviceMissingError when it is not there or is another picture."""
    data = np.frombuffer(path.read_bytes(), np.uint8) if path.is_file() else np.zeros(0, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None or picture.shape != (512, 512, 3):
        raise DeviceMissingError(f"{path}: not the 512x512 portrait that rendered shoppers are made of; run `kiosk models fetch`")
    place = np.array([[SCALE, 0, -ORIGIN[0] * SCALE], [0, SCALE, -ORIGIN[1] * SCALE]])
    large = cv2.warpAffine(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), place, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    sharp = large.astype(np.float32) * 1.5 - cv2.GaussianBlur(large, (0, 0), 2.0).astype(np.float32) * 0.5
    return Base(np.clip(sharp, 0, 255), _mask("head", 1.6), _mask("skin", 2.2), landmarks())


def _mask(name: str, soft: float) -> NDArray[np.float32]:
    """Return an outline of the portrait as a soft mask on the texture."""
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    outline = (np.array(_data()[name]) - ORIGIN) * SCALE * 16
    cv2.fillPoly(mask, [outline.astype(np.int32)], 255, cv2.LINE_AA, 4)
    if name == "head":
        mask = cv2.erode(mask, np.ones((5, 5), np.uint8))
    blurred: NDArray[np.float32] = cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / 255
    return blurred


class Portrait:
    """All heads that can be drawn from one portrait; keeps what it has drawn before."""

    def __init__(self, path: Path) -> None:
        self._base = load(path)
        grid = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
        self._places = np.stack(grid, -1).astype(np.float32) / SCALE + np.array(ORIGIN, np.float32)
        self._depth = _depth(self._base.mesh)
        self.texture = lru_cache(maxsize=32)(self._texture)
        self._painted = lru_cache(maxsize=16)(self._paint)

    def _paint(self, seed: int) -> tuple[Layer, Points]:
        change = morph(seed)
        return painted(self._base, change), sources(self._places, self._base.mesh, change)

    def _texture(self, seed: int, blink: int, smile: int) -> tuple[Layer, Layer]:
        """Return the head at full and at half size; blink and smile in quarters."""
        change = morph(seed)
        layer, places = self._painted(seed)
        places = closed_mouth(places, self._base.mesh, 1 - smile / 4)
        if blink:
            places = closed_eyes(places, self._base.mesh, blink / 4)
        places = (places - np.array(ORIGIN, np.float32)) * SCALE
        full = cv2.remap(layer, places, None, cv2.INTER_LINEAR)
        if change.mirrored:
            full = np.ascontiguousarray(full[:, ::-1])
        return full, cv2.resize(full, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def draw(self, canvas: Picture, seed: int, head: HeadPose, centre: tuple[float, float], face_height_px: float) -> None:
        """Draw the head of identity `seed` in place, the face's middle at `centre`, its mesh `face_height_px` high."""
        scale = face_height_px / FACE_HEIGHT
        full, half = self.texture(seed, round(head.blink * 4), round(head.smile * 4))
        texture, size = (full, SCALE) if scale > SCALE * 0.6 else (half, SCALE / 2)
        corner = np.floor(np.array(centre) - (np.array(FACE_CENTRE) - ORIGIN) * scale * 1.08).astype(int)
        end = np.ceil(corner + np.array(SIZE) / SCALE * scale * 1.12).astype(int)
        left, top = np.maximum(corner, 0)
        right, bottom = np.minimum(end, (canvas.shape[1], canvas.shape[0]))
        if right - left < 2 or bottom - top < 2:
            return
        places = self._unturned((left, top, right, bottom), head, centre, scale)
        places = (places - np.array(ORIGIN, np.float32)) * size
        drawn = cv2.remap(texture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
        blend(canvas[top:bottom, left:right], drawn)

    def _unturned(self, box: tuple[int, int, int, int], head: HeadPose, centre: tuple[float, float], scale: float) -> Points:
        """Return the place on the portrait for every pixel of `box`: the turn undone on a coarse grid, then spread out."""
        left, top, right, bottom = box
        step = 8
        columns, rows = (right - left) // step + 2, (bottom - top) // step + 2
        x, y = np.meshgrid(left + np.arange(columns) * step, top + np.arange(rows) * step)
        roll = np.radians(head.roll_deg)
        dx, dy = (x - centre[0]) / scale, (y - centre[1]) / scale
        px = (FACE_CENTRE[0] - PIVOT[0]) + dx * np.cos(roll) + dy * np.sin(roll)
        py = (FACE_CENTRE[1] - PIVOT[1]) - dx * np.sin(roll) + dy * np.cos(roll)
        yaw, pitch = np.radians(head.yaw_deg), np.radians(head.pitch_deg)
        sx, sy = px, py
        for _ in range(8):
            z = _at(self._depth, sx + PIVOT[0], sy + PIVOT[1]) - PIVOT[2]
            sx = (px + z * np.sin(yaw)) / np.cos(yaw)
            sy = (py - z * np.sin(pitch)) / np.cos(pitch)
        coarse = np.stack([sx + PIVOT[0], sy + PIVOT[1]], -1).astype(np.float32)
        spread = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
        fine: Points = cv2.warpAffine(coarse, spread, (right - left, bottom - top), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                                      borderMode=cv2.BORDER_REPLICATE)
        return fine


def blend(canvas: Picture, layer: Layer) -> None:
    """Lay `layer` over `canvas` (same height and width) in place."""
    red, green, blue, alpha = cv2.split(layer)
    keep = cv2.bitwise_not(alpha)
    under = cv2.multiply(canvas, cv2.merge((keep, keep, keep)), scale=1 / 255)
    canvas[:] = cv2.add(under, cv2.merge((red, green, blue)))


DEPTH_STEP = 4


def _depth(mesh: Points) -> NDArray[np.float32]:
    """Return how deep the head's surface lies, one value per DEPTH_STEP pixels of the portrait, smooth: face mesh, then hair and neck."""
    outline = np.array(_data()["head"], np.float32)
    anchors = np.column_stack([outline, np.full(len(outline), 52, np.float32)])
    neck = np.array([[228, 190, 30], [205, 190, 45], [250, 190, 45], [228, 230, 30]], np.float32)
    crown = np.array([[228, 45, 12], [200, 50, 22], [256, 50, 22], [228, 25, 35]], np.float32)
    points = np.concatenate([mesh, anchors, neck, crown])
    x, y = np.meshgrid(np.arange(0, 512, DEPTH_STEP), np.arange(0, 512, DEPTH_STEP))
    near = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
    weight = np.exp(-near / (2 * 4.0**2)) + 1e-6 / (1 + near)
    depth = (weight * points[:, 2]).sum(-1) / weight.sum(-1)
    smooth: NDArray[np.float32] = cv2.GaussianBlur(depth.astype(np.float32), (0, 0), 0.8)
    return smooth


def _at(depth: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = cv2.remap(depth, (x / DEPTH_STEP).astype(np.float32), (y / DEPTH_STEP).astype(np.float32),
                                           cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found
