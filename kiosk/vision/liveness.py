"""What frames say about whether a face is alive: how far its eyes are open, and whether the picture looks like a picture of a picture."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.liveness import Sighting
from kiosk.vision.copies import CopyNetwork, cues, surroundings
from kiosk.vision.face import FaceFinder, FaceFound
from kiosk.vision.parallax import Ahead, agreement, look_ahead

Floats = NDArray[np.float32]

_EYES = ((33, 133, (159, 158, 160), (145, 153, 144)), (362, 263, (386, 385, 387), (374, 380, 373)))
"""Of either eye, mesh vertices: corners from the picture's left to its right, upper lid, lower lid."""
_WIDE, _HIGH, _EYE_WIDE = 48, 32, 30
_NOSE = (1, 4, 5, 195)
_RIM = (50, 280, 101, 330, 117, 346, 123, 352, 187, 411, 151, 108, 337, 69, 299)
"""Of the nose's tip and back, and around it: cheeks and forehead."""
FORGET_S = 1.2
"""A face that was lost for so long is another one when it is back."""
_SAME_PLACE = 0.6
EVERY = 4
"""Each so many frames are searched for traces of a copy."""


def openness(pixels: Picture, face: FaceFound) -> tuple[float, float]:
    """How far either eye is open, the one at the picture's left first: compares with other frames of the same face only.

    The product of three things that closing lids lower: the gap between the lids in the mesh, how much darker than the skin the eye is,
    and how much it changes from left to right. Each alone is too weak at fifty pixels between the eyes.
    """
    height = float(np.linalg.norm(face.mesh[152, :2] - face.mesh[10, :2]))
    values = []
    for left, right, upper, lower in _EYES:
        gap = float(np.linalg.norm(face.mesh[list(upper), :2] - face.mesh[list(lower), :2], axis=1).mean()) / max(height, 1.0)
        patch = _patch(pixels, face.mesh[left, :2], face.mesh[right, :2])
        skin = max(float(np.median(patch[24:30, 10:38])), 20.0)
        inner = patch[10:22, 12:36]
        dark = float(np.clip((skin - inner) / skin, 0, None).mean())
        change = float(np.abs(np.diff(inner, axis=1)).mean()) / skin
        values.append(gap * (dark + 0.02) * (change + 0.01))
    return values[0], values[1]


def _patch(pixels: Picture, left: Floats, right: Floats) -> Floats:
    """The eye between two corners, level and grey, (_HIGH, _WIDE) float32."""
    across = right - left
    length = max(float(np.linalg.norm(across)), 4.0)
    cos, sin = across / max(float(np.linalg.norm(across)), 1e-6) * (_EYE_WIDE / length)
    x, y = (left + right) / 2
    matrix = np.array([[cos, sin, _WIDE / 2 - cos * x - sin * y], [-sin, cos, _HIGH / 2 + sin * x - cos * y]])
    eye = cv2.warpAffine(pixels, matrix, (_WIDE, _HIGH), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY), np.float32)


class Witness:
    """Tells what each frame says of a face that is followed. network: a passive network from outside, or None."""

    def __init__(self, network: CopyNetwork | None = None) -> None:
        self._network = network
        self._near: Picture | None = None
        self._ahead: Ahead | None = None
        self._frames = 0

    def forget(self) -> None:
        """Begin anew, with another face."""
        self._near = self._ahead = None

    def sighting(self, pixels: Picture, face: FaceFound, at_s: float, depth_mm: float = math.nan) -> Sighting:
        """One frame's row of a track. at_s: seconds; depth_mm: what `relief_mm` says of a depth camera's picture, NaN without one."""
        self._frames += 1
        copied = self._copied(pixels, face) if self._frames % EVERY == 0 else math.nan
        self._near = surroundings(pixels, face) if self._frames % EVERY == EVERY - 1 else None
        nose = math.nan
        if self._ahead is None:
            self._ahead = look_ahead(pixels, face)
        else:
            nose = agreement(pixels, face, self._ahead)
        return Sighting(at_s, face.mesh, openness(pixels, face), copied, depth_mm, nose)

    def _copied(self, pixels: Picture, face: FaceFound) -> float:
        own = cues(pixels, face, self._near).copied
        return own if self._network is None else 1 - (1 - own) * (1 - self._network.copied(pixels, face))


def elsewhere(face: FaceFound, before: FaceFound) -> bool:
    """Whether a face is too far from where the last one was, or of too different a size, to be the same."""
    moved = max(abs(face.box[axis] + face.box[axis + 2] / 2 - before.box[axis] - before.box[axis + 2] / 2) for axis in (0, 1))
    return moved > _SAME_PLACE * before.box[2] or not 0.6 < face.box[3] / max(before.box[3], 1.0) < 1.7


def _foremost(face: FaceFound, width: int) -> float:
    """How much a face is the payer's: large, and in the middle rather than at the picture's edge."""
    off = abs(face.box[0] + face.box[2] / 2 - width / 2) / (width / 2)
    return face.box[3] * (1 - 0.7 * min(off, 1.0))


class FaceFollower:
    """Follows one face from frame to frame and searches the picture where it was lost, but takes no other face for it.

    Not for use by two threads at once.
    """

    def __init__(self, finder: FaceFinder) -> None:
        self._finder, self._witness = finder, Witness()
        self._face: FaceFound | None = None
        self._seen_s = -FORGET_S

    def see(self, pixels: Picture, at_s: float) -> Sighting | None:
        """What the next frame says, None where that face is not. at_s: seconds since the attempt began."""
        before = self._face if at_s - self._seen_s < FORGET_S else None
        face = self._finder.follow(pixels, before, blur=False) if before is not None else None
        if face is None or (before is not None and elsewhere(face, before)):
            found = [one for one in self._finder.find(pixels) if before is None or not elsewhere(one, before)]
            face = max(found, key=lambda one: _foremost(one, pixels.shape[1]), default=None)
        if face is None:
            return None
        if before is None:
            self._witness.forget()
        self._face, self._seen_s = face, at_s
        return self._witness.sighting(pixels, face, at_s)


def relief_mm(millimetres: NDArray[np.float32], face: FaceFound, size: tuple[int, int]) -> float:
    """How far the nose stands out before cheeks and forehead in a depth camera's picture, millimetres; NaN where it saw nothing there.

    millimetres: (H, W) float32 away from the camera, NaN or 0 unknown, covering what the colour picture of `size` (width, height) covers.
    A plane that turns or tilts is taken out, so that a sheet held at an angle shows no relief.
    """
    height, width = millimetres.shape
    scale = np.array([width / size[0], height / size[1]])
    places = np.clip(np.round(face.mesh[:, :2] * scale).astype(np.int64), 0, (width - 1, height - 1))
    depth = millimetres[places[:, 1], places[:, 0]]
    known = np.isfinite(depth) & (depth > 0)
    rim, nose = known.copy(), np.zeros(len(depth), bool)
    nose[list(_NOSE)] = True
    rim[~np.isin(np.arange(len(depth)), _RIM)] = False
    if rim.sum() < len(_RIM) // 2 or not (nose & known).any():
        return math.nan
    flat = np.stack([places[:, 0], places[:, 1], np.ones(len(depth))], axis=1).astype(np.float64)
    plane = np.linalg.lstsq(flat[rim], depth[rim], rcond=None)[0]
    return float(np.median((flat @ plane - depth)[nose & known]))
