"""Geometry of one face: turning and scaling it upright, reading head pose and sharpness off it.

All points are (n, 2) or (n, 3) float32 in picture pixels, x to the right, y down, z away from the camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.networks.dlib_format import CHIP_SIDE

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

EYE_CORNERS = (33, 133, 362, 263)
"""Mesh vertices of the eyes' corners from the picture's left to its right."""
CHIP_VERTICES = (263, 362, 33, 133, 2)
"""Mesh vertices that stand for dlib's five points: outer and inner corner of either eye, base of the nose."""

_FOREHEAD, _CHIN = 10, 152
# Where these vertices of the median face lie in the chip that dlib's own detector and five-point predictor cut, in its pixels: learned from
# 2,499 press pictures, whose people were not looked at. dlib's mean points themselves lie 0.4 pixels aside and 1.3 % too small for a mesh.
_CHIP_PLACES = ((112.16, 45.88), (88.57, 47.05), (35.76, 45.50), (59.22, 46.83), (73.86, 86.17))
# How much larger, turn in degrees, shift to the right and down in pixels, mirrored: shifts and turns each with its opposite, and two looks
# at the face's middle, as if it were cut with a padding of 0.15.
_VIEWS = (
    (1.0, 0.0, 5.0, 0.0, False), (1.0, 0.0, -5.0, 0.0, False), (1.0, 5.0, 0.0, 0.0, True), (1.0, -5.0, 0.0, 0.0, True),
    (1.154, 0.0, 4.0, 0.0, False), (1.154, 0.0, 0.0, 4.0, True),
)
# What the formula says of a level head, whose chin stands out further than its hairline: the median of 1,583 press pictures.
_LEVEL_PITCH_DEG = -5.0


def similarity(source: Floats, target: Floats) -> Matrix:
    """The (2, 3) matrix that turns, scales and moves source points nearest to target points in the sense of least squares."""
    here, there = (points[:, 0].astype(complex) + 1j * points[:, 1] for points in (source, target))
    turn = np.vdot(here - here.mean(), there - there.mean()) / np.vdot(here - here.mean(), here - here.mean())
    move = there.mean() - turn * here.mean()
    return np.array([[turn.real, -turn.imag, move.real], [turn.imag, turn.real, move.imag]])


def cut(pixels: Picture, matrix: Matrix, side: int) -> Picture:
    """The square that a similarity maps the picture to, (side, side, 3); black outside; averaged where it shrinks."""
    shrink = max(1, math.ceil(1 / max(math.hypot(matrix[0, 0], matrix[1, 0]), 1e-3)))
    shrink = min(shrink, 8)
    # A pixel's centre lies half a pixel from its corner, in the large square as in the small one.
    larger = matrix * shrink
    larger[:, 2] += (shrink - 1) / 2
    square = cv2.warpAffine(pixels, larger, (side * shrink, side * shrink), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA) if shrink > 1 else square, np.uint8)


def face_chip(pixels: Picture, mesh: Floats) -> Picture:
    """The face as dlib's networks want it: (150, 150, 3) uint8 RGB, eyes level, padding 0.25. mesh: (468, 3) float32."""
    return cut(pixels, similarity(mesh[list(CHIP_VERTICES), :2], np.array(_CHIP_PLACES, np.float32)), CHIP_SIDE)


def views(chip: Picture) -> Picture:
    """Six slightly different looks at a chip, (6, 150, 150, 3) uint8 RGB: turned, shifted or enlarged a little, three of them mirrored.

    What the network says of each differs by chance of alignment; the mean of all is steadier than any.
    """
    middle = (CHIP_SIDE - 1) / 2
    seen = []
    for enlarged, degrees, right, down, mirrored in _VIEWS:
        matrix = cv2.getRotationMatrix2D((middle, middle), -degrees, enlarged)
        matrix[:, 2] += right, down
        view = cv2.warpAffine(chip, matrix, (CHIP_SIDE, CHIP_SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen.append(view[:, ::-1] if mirrored else view)
    return np.stack(seen)


def crop_matrix(centre: Floats, side_px: float, roll_rad: float, target_px: int) -> Matrix:
    """The (2, 3) matrix that maps a square of the picture, turned by roll, onto one of target_px."""
    scale = target_px / side_px
    cos, sin = scale * math.cos(roll_rad), scale * math.sin(roll_rad)
    x, y = float(centre[0]), float(centre[1])
    half = target_px / 2
    return np.array([[cos, sin, half - cos * x - sin * y], [-sin, cos, half + sin * x - cos * y]])


def undo(matrix: Matrix, points: Floats) -> Floats:
    """Points (n, 3) of a cut back in the picture; z is scaled alike."""
    inverse = cv2.invertAffineTransform(matrix)
    flat = points[:, :2] @ inverse[:, :2].T + inverse[:, 2]
    depth = points[:, 2:] * math.hypot(inverse[0, 0], inverse[1, 0])
    return np.concatenate([flat, depth], axis=1).astype(np.float32)


def roll_between(left: Sequence[float] | Floats, right: Sequence[float] | Floats) -> float:
    """Angle in radians by which the line from the picture's left eye to its right one falls to the right."""
    return math.atan2(float(right[1] - left[1]), float(right[0] - left[0]))


def head_pose_deg(mesh: Floats) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees.

    Yaw > 0: the nose points to the picture's right. Pitch > 0: it points up. Roll > 0: the head leans to the picture's right.
    """
    across = _unit(mesh[263] + mesh[362] - mesh[33] - mesh[133])
    down = mesh[_CHIN] - mesh[_FOREHEAD]
    down = _unit(down - across * float(down @ across))
    yaw = math.atan2(float(across[2]), math.hypot(float(across[0]), float(across[1])))
    pitch = math.atan2(-float(down[2]), math.hypot(float(down[0]), float(down[1])))
    roll = math.atan2(float(across[1]), float(across[0]))
    return math.degrees(yaw), math.degrees(pitch) - _LEVEL_PITCH_DEG, math.degrees(roll)


def eye_distance(mesh: Floats) -> float:
    """Pixels between the centres of the eyes as they appear in the picture."""
    eyes = mesh[list(EYE_CORNERS), :2].reshape(2, 2, 2).mean(axis=1)
    return float(np.linalg.norm(eyes[1] - eyes[0]))


def sharpness(chip: Picture) -> float:
    """Variance of the Laplacian of a grey chip whose contrast is made 1: higher is sharper, light does not matter."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0))


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-6)
