"""A photographed face as a head again: its mesh gives it depth, so that it turns, comes nearer and blinks as a living one does.

The photograph's background stays where it is; hair and ears follow the face, the neck follows a little. What comes out is rendered.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.attack_camera import EYES_MM, HEIGHT, WIDTH, Pose, Scene
from kiosk.devices.simulated.figure_morph import closed_eyes
from kiosk.domain.frame import Picture

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LIDS = 4
"""A blink is drawn in so many steps."""
_STEP = 5
_ROUNDS = 7
WIDER = 0.5
_SOFT, _SEAM_PX = 0.06, 10
_OVAL_GROWS = 1.25
_FADES = 1.3
_PIVOT_MM = (0.0, 60.0, 95.0)
_BEHIND_MM = 42.0


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A person to render.

    picture: (H, W, 3) uint8 RGB in which the face looks ahead. mesh: (468, 3) float32, MediaPipe's numbering, z away from the camera.
    """

    picture: Picture
    mesh: Floats


class Head:
    """The head of one subject, prepared once, posed often."""

    def __init__(self, subject: Subject) -> None:
        self.mesh = subject.mesh
        eyes = subject.mesh[[33, 133, 362, 263], :2].reshape(2, 2, 2).mean(axis=1)
        self.mm = EYES_MM / float(np.linalg.norm(eyes[1] - eyes[0]))
        self.middle = eyes.mean(axis=0)
        self.lids = lids(subject)
        self._wide = [widened(lid) for lid in self.lids]
        self._reach = np.float32(round(WIDER * max(subject.picture.shape[:2])))
        height, width = subject.picture.shape[:2]
        x, y = np.meshgrid(np.arange(0, width + _STEP, _STEP), np.arange(0, height + _STEP, _STEP))
        self._grid = np.stack([x, y], -1).astype(np.float64)
        depth, self._head, self._near = _relief(self._grid, subject.mesh, self.mm, (width, height))
        flat = (self._grid - self.middle) * self.mm
        self._points = np.concatenate([flat, depth[..., None]], -1) - _PIVOT_MM
        self._flat = np.concatenate([flat, np.full((*depth.shape, 1), _BEHIND_MM)], -1) - _PIVOT_MM

    def seen(self, scene: Scene, pose: Pose, shut: float, speed: tuple[float, float]) -> Picture:
        """The picture (HEIGHT, WIDTH, 3) of the head in a pose, before the sensor. shut: 0 open .. 1 closed; speed: pixels a second."""
        here = self.targets(scene, pose)
        still = self._still(scene)
        wanted = _canvas(scene, speed)
        places = _undone(here - still, wanted, self._origin(scene), self._scale(scene))
        return sample(self._wide[min(LIDS, round(shut * LIDS))], places + self._reach)

    def targets(self, scene: Scene, pose: Pose) -> Doubles:
        """Where the points of the photograph fall on the camera, (rows, columns, 2)."""
        rotation, place = pose
        pivot = np.array(_PIVOT_MM)
        head = scene.project(self._points, (rotation, place + pivot))
        body = scene.project(self._flat, (np.eye(3), place + pivot))
        moved = self._head[..., None] * head + (1 - self._head[..., None]) * body
        made: Doubles = self._near[..., None] * moved + (1 - self._near[..., None]) * self._still(scene)
        return made

    def _scale(self, scene: Scene) -> float:
        return scene.focal_px / scene.distance_mm * self.mm

    def _origin(self, scene: Scene) -> Doubles:
        made: Doubles = np.array([WIDTH / 2, HEIGHT / 2]) - self.middle * self._scale(scene)
        return made

    def _still(self, scene: Scene) -> Doubles:
        made: Doubles = self._grid * self._scale(scene) + self._origin(scene)
        return made


def lids(subject: Subject) -> list[Picture]:
    """The photograph with the eyes open, a quarter closed, and so on to shut."""
    height, width = subject.picture.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    places = np.stack([x, y], -1)
    made = [subject.picture]
    for step in range(1, LIDS + 1):
        moved = closed_eyes(places, subject.mesh, step / LIDS)
        made.append(np.asarray(cv2.remap(subject.picture, moved, None, cv2.INTER_LINEAR), np.uint8))
    return made


def sample(picture: Picture, places: Floats) -> Picture:
    """The picture looked up at places (HEIGHT, WIDTH, 2); its outermost pixels go on beyond its edges."""
    return np.asarray(cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def widened(picture: Picture) -> Picture:
    """The picture with a room around it, WIDER times its longer side on each side: its own colours, so blurred that nobody is in them."""
    reach = round(WIDER * max(picture.shape[:2]))
    around = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    small = cv2.resize(around, None, fx=_SOFT, fy=_SOFT, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 2.0), around.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    inner = np.zeros(around.shape[:2], np.float32)
    inner[reach + _SEAM_PX:-reach - _SEAM_PX, reach + _SEAM_PX:-reach - _SEAM_PX] = 1
    share = cv2.blur(inner, (2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1))[..., None]
    return np.asarray(np.round(around * share + soft * (1 - share)), np.uint8)


def _canvas(scene: Scene, speed: tuple[float, float]) -> Doubles:
    """A coarse grid of the camera's pixels, each moved back by what the head moves until its row is read."""
    x, y = cells(_STEP)
    late = (y / HEIGHT - 0.5) * scene.shutter_s
    return np.stack([x - speed[0] * late, y - speed[1] * late], -1).astype(np.float64)


def _undone(shift: Doubles, wanted: Doubles, origin: Doubles, scale: float) -> Floats:
    """Where in the photograph each pixel of the camera comes from, (HEIGHT, WIDTH, 2): what `shift` moves there, found by steps."""
    field = shift.astype(np.float32)
    at = (wanted - origin) / scale
    for _ in range(_ROUNDS):
        moved = cv2.remap(field, (at / _STEP).astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        at = (wanted - moved - origin) / scale
    return spread(at)


def cells(step: int) -> tuple[Doubles, Doubles]:
    """x and y of the middle of each cell of `step` pixels of the camera, (rows, columns)."""
    x, y = np.meshgrid((np.arange(WIDTH // step) + 0.5) * step - 0.5, (np.arange(HEIGHT // step) + 0.5) * step - 0.5)
    return x, y


def spread(coarse: Doubles) -> Floats:
    """Values of `cells` for all pixels of the camera: (HEIGHT, WIDTH, 2)."""
    made: Floats = cv2.resize(coarse.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return made


def _relief(grid: Doubles, mesh: Floats, mm: float, size: tuple[int, int]) -> tuple[Doubles, Doubles, Doubles]:
    """Depth in millimetres of every grid point (0 at the eyes' corners), and how much it is of the head, and of the person, 0..1."""
    depth = (mesh[:, 2] - mesh[[33, 133, 362, 263], 2].mean()) * mm
    middle = (mesh[:, :2].max(axis=0) + mesh[:, :2].min(axis=0)) / 2
    half = (mesh[:, :2].max(axis=0) - mesh[:, :2].min(axis=0)) / 2 * _OVAL_GROWS
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([middle[0] + half[0] * 1.15 * np.cos(angles), middle[1] - 0.1 * half[1] + half[1] * 1.1 * np.sin(angles)], -1)
    points = np.concatenate([mesh[:, :2], ring])
    depths = np.concatenate([depth, np.full(len(ring), _BEHIND_MM)])
    x, y = (np.subtract.outer(grid[..., axis], points[:, axis]).astype(np.float32) for axis in (0, 1))
    near = x * x + y * y
    weight = np.exp(near / np.float32(-2 * (4.0 / mm * 0.75) ** 2)) + np.float32(1e-6) / (1 + near)
    made = ((weight @ depths.astype(np.float32)) / weight.sum(-1)).astype(np.float64)
    off = (grid - middle) / half
    radius = np.hypot(off[..., 0], off[..., 1])
    head = 1 - _eased((radius - 1.0) / _FADES)
    inwards = np.minimum(grid, size - grid) / (0.5 * np.array(size))
    edge = inwards.min(axis=-1)
    person = np.minimum(1 - _eased((radius - 1.3) / 1.4), _eased(edge / 0.25))
    below = _eased((off[..., 1] - 0.75) / 0.6)
    return made, head * (1 - 0.7 * below), np.maximum(person, 0)


def _eased(share: Doubles) -> Doubles:
    share = np.clip(share, 0, 1)
    made: Doubles = share * share * (3 - 2 * share)
    return made
