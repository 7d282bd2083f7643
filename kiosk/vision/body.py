"""Finds a person's 33 body landmarks and outline in a picture.

Two networks of MediaPipe's BlazePose (Bazarevsky et al. 2020; Apache-2.0): a detector that only runs when nobody is being
followed, and a landmark network on an upright square crop around the body, which also returns a person mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.smoothing import OneEuro
from kiosk.vision.networks import LiteNetwork, ModelStore

NOSE, L_EAR, R_EAR = 0, 7, 8
L_SHOULDER, R_SHOULDER, L_ELBOW, R_ELBOW, L_WRIST, R_WRIST = 11, 12, 13, 14, 15, 16
L_PINKY, R_PINKY, L_INDEX, R_INDEX = 17, 18, 19, 20
L_HIP, R_HIP, L_KNEE, R_KNEE, L_ANKLE, R_ANKLE = 23, 24, 25, 26, 27, 28
LANDMARKS = 33

_MIRRORED = (0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25, 28, 27, 30, 29, 32, 31)
_DETECTOR_SIDE = 224
_CROP_SIDE = 256
_LEAST_SCORE = 0.5
_CROP_MARGIN = 1.25
_MOST_SWAPS = 8
_FORGET_AFTER_S = 1.0

Affine = NDArray[np.float32]
"""(2, 3) float32 matrix that takes (x, y, 1) to (x, y)."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyFound:
    """A person in a picture.

    landmarks: (33, 4) float32: x, y in pixels of the picture (origin top-left), z in the same unit (smaller is nearer), visibility 0..1;
    numbered as BlazePose does, left and right being the person's own. crop_mask: (256, 256) uint8, 255 where the person is, in the
    network's crop. to_picture: (2, 3) float32 from crop pixels to picture pixels. score: the network's belief in a person, 0..1.
    """

    landmarks: NDArray[np.float32]
    crop_mask: NDArray[np.uint8]
    to_picture: Affine
    score: float

    def mask(self, height: int, width: int) -> NDArray[np.uint8]:
        """Return the person mask over the whole picture: (height, width) uint8, 0..255, 0 outside the crop."""
        warped: NDArray[np.uint8] = cv2.warpAffine(self.crop_mask, self.to_picture, (width, height), flags=cv2.INTER_LINEAR)
        return warped

    @property
    def to_crop(self) -> Affine:
        """Return the (2, 3) float32 matrix from picture pixels to crop pixels."""
        inverse: Affine = cv2.invertAffineTransform(self.to_picture)
        return inverse


class _Roi:
    """A square of the picture: centre and side in pixels, turn in radians clockwise."""

    __slots__ = ("side", "turn", "x", "y")

    def __init__(self, centre: NDArray[np.float32], rim: NDArray[np.float32]) -> None:
        dx, dy = float(rim[0] - centre[0]), float(rim[1] - centre[1])
        self.x, self.y = float(centre[0]), float(centre[1])
        self.side = max(2.0 * math.hypot(dx, dy) * _CROP_MARGIN, 8.0)
        self.turn = math.atan2(dx, -dy)

    def to_picture(self) -> Affine:
        """Return the matrix from crop pixels to picture pixels."""
        scale = self.side / _CROP_SIDE
        c, s = math.cos(self.turn) * scale, math.sin(self.turn) * scale
        half = _CROP_SIDE / 2
        return np.array([[c, -s, self.x - c * half + s * half], [s, c, self.y - s * half - c * half]], dtype=np.float32)


class BodyFinder:
    """Follows one person from frame to frame: the nearest and most central one."""

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._detector = LiteNetwork(store.path("pose_detection"), threads=threads)
        self._landmarker = LiteNetwork(store.path("pose_landmark_full"), threads=threads)
        self._anchors = _anchors()
        self._smoother = OneEuro(min_cutoff_hz=0.3, beta=20.0)
        self._crop_smoother = OneEuro(min_cutoff_hz=0.05, beta=10.0)
        self.reset()

    def reset(self) -> None:
        """Forget the person being followed."""
        self._roi: _Roi | None = None
        self._guides = np.zeros((2, 2), np.float32)
        self._last: NDArray[np.float32] | None = None
        self._last_time_s = 0.0
        self._swaps = 0
        self._smoother.reset()
        self._crop_smoother.reset()

    def find(self, pixels: Picture, time_s: float | None) -> BodyFound | None:
        """Return the person in `pixels` ((H, W, 3) uint8 RGB), None when there is nobody.

        time_s: the sensor's time; the person is followed and smoothed from frame to frame. None: a picture on its own.
        """
        if time_s is None or abs(time_s - self._last_time_s) > _FORGET_AFTER_S:
            self.reset()
        found = (self._follow(pixels, self._roi) if self._roi is not None else None) or self._acquire(pixels)
        if found is None:
            self.reset()
            return None
        if time_s is None:
            return found
        return self._steady(found, time_s)

    def _acquire(self, pixels: Picture) -> BodyFound | None:
        self.reset()
        seen = self._detect(pixels)
        if seen is None or self._follow(pixels, seen) is None or self._roi is None:
            return None
        return self._follow(pixels, self._roi)  # once more on the crop that the landmarks themselves give

    def _detect(self, pixels: Picture) -> _Roi | None:
        height, width = pixels.shape[:2]
        scale = _DETECTOR_SIDE / max(height, width)
        shift_x, shift_y = (_DETECTOR_SIDE - width * scale) / 2, (_DETECTOR_SIDE - height * scale) / 2
        small = cv2.warpAffine(pixels, np.array([[scale, 0, shift_x], [0, scale, shift_y]], np.float32), (_DETECTOR_SIDE, _DETECTOR_SIDE),
                               flags=cv2.INTER_LINEAR)
        boxes, logits = self._detector.run((small.astype(np.float32) / 127.5 - 1.0)[None])
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0, :, 0], -50, 50)))
        likely = np.flatnonzero(scores >= _LEAST_SCORE)
        if likely.size == 0:
            return None
        points = boxes[0, likely][:, 4:8].reshape(-1, 2, 2) + self._anchors[likely][:, None, :] * _DETECTOR_SIDE
        radius = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
        off_centre = np.abs(points[:, 0, 0] / _DETECTOR_SIDE - 0.5)
        best = int(np.argmax(radius * (1.0 - off_centre) * scores[likely]))
        same = np.linalg.norm(points[:, 0] - points[best, 0], axis=1) < 0.5 * radius[best]
        weights = scores[likely][same]
        mean = (points[same] * weights[:, None, None]).sum(axis=0) / weights.sum()
        mean = ((mean - [shift_x, shift_y]) / scale).astype(np.float32)
        return _Roi(mean[0], mean[1])

    def _follow(self, pixels: Picture, roi: _Roi) -> BodyFound | None:
        to_picture = roi.to_picture()
        crop = cv2.warpAffine(pixels, to_picture, (_CROP_SIDE, _CROP_SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        points, flag, mask, heat, _world = self._landmarker.run((crop.astype(np.float32) / 255.0)[None])
        score = float(flag[0, 0])
        if score < _LEAST_SCORE:
            return None
        raw = _refined(points.reshape(39, 5), heat[0])
        placed = np.empty_like(raw[:, :4])
        placed[:, :2] = raw[:, :2] @ to_picture[:, :2].T + to_picture[:, 2]
        placed[:, 2] = raw[:, 2] * roi.side / _CROP_SIDE
        placed[:, 3] = 1.0 / (1.0 + np.exp(-np.clip(raw[:, 3], -50, 50)))
        self._guides = placed[33:35, :2].copy()
        self._roi = _Roi(self._guides[0], self._guides[1])
        crop_mask = (255.0 / (1.0 + np.exp(-np.clip(mask[0, :, :, 0], -50, 50)))).astype(np.uint8)
        return BodyFound(placed[:LANDMARKS].copy(), crop_mask, to_picture, score)

    def _steady(self, found: BodyFound, time_s: float) -> BodyFound:
        landmarks = self.unswapped(found.landmarks)
        self._last = landmarks
        torso = float(np.linalg.norm(landmarks[[L_SHOULDER, R_SHOULDER], :2].mean(axis=0) - landmarks[[L_HIP, R_HIP], :2].mean(axis=0)))
        smooth = landmarks.copy()
        smooth[:, :3] = self._smoother.smooth(landmarks[:, :3], time_s, torso)
        guides = self._crop_smoother.smooth(self._guides, time_s, torso)
        self._roi = _Roi(guides[0], guides[1])
        self._last_time_s = time_s
        return BodyFound(smooth, found.crop_mask, found.to_picture, found.score)

    def unswapped(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo a sudden exchange of left and right, which a turning person never shows at full width.

        After several frames in a row the network is believed: then the first look was the wrong one.
        """
        if self._last is None:
            return landmarks
        trunk = [L_SHOULDER, R_SHOULDER, L_HIP, R_HIP]
        swapped = landmarks[list(_MIRRORED)]
        stay = np.linalg.norm(landmarks[trunk, :2] - self._last[trunk, :2], axis=1).sum()
        swap = np.linalg.norm(swapped[trunk, :2] - self._last[trunk, :2], axis=1).sum()
        if swap < 0.5 * stay and self._swaps < _MOST_SWAPS:
            self._swaps += 1
            return swapped
        self._swaps = 0
        return landmarks


def _anchors() -> NDArray[np.float32]:
    """Return the 2,254 anchor centres of the detector, (x, y) in 0..1: two per cell at stride 8 and 16, six at stride 32."""
    layers = []
    for stride, per_cell in ((8, 2), (16, 2), (32, 6)):
        side = _DETECTOR_SIDE // stride
        y, x = np.mgrid[0:side, 0:side]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / side
        layers.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(layers).astype(np.float32)


def _refined(points: NDArray[np.float32], heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pull each landmark to the centre of mass of its heat map around it, where the map is sure; (39, 5) in crop pixels."""
    refined = points.copy()
    side = heat.shape[0]
    reach = 3
    for index, (x, y) in enumerate(points[:, :2] * (side / _CROP_SIDE)):
        left, top = int(x), int(y)
        if not (0 <= left < side and 0 <= top < side):
            continue
        x0, x1, y0, y1 = max(0, left - reach), min(side, left + reach + 1), max(0, top - reach), min(side, top + reach + 1)
        window = 1.0 / (1.0 + np.exp(-heat[y0:y1, x0:x1, index]))
        if window.max() >= _LEAST_SCORE:
            total = window.sum()
            refined[index, 0] = float((window.sum(axis=0) * np.arange(x0, x1)).sum() / total) * _CROP_SIDE / side
            refined[index, 1] = float((window.sum(axis=1) * np.arange(y0, y1)).sum() / total) * _CROP_SIDE / side
    return refined
