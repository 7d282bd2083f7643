"""What a body that was found says of its hands, and how tall and broad it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.gestures import Hand, Point, Posture
from kiosk.domain.sizing import Measure
from kiosk.vision.body import (
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_INDEX,
    L_KNEE,
    L_PINKY,
    L_SHOULDER,
    L_WRIST,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_INDEX,
    R_KNEE,
    R_PINKY,
    R_SHOULDER,
    R_WRIST,
    BodyFound,
)

L_HEEL, R_HEEL, L_TOE, R_TOE = 29, 30, 31, 32
_SEEN, _GUESSED = 0.5, 0.1
"""Visibility of a landmark that is there for sure; and of a hand that passes before the trunk, which the network sees badly."""
_ARMS = ((L_SHOULDER, L_ELBOW, L_WRIST, L_PINKY, L_INDEX, L_HIP), (R_SHOULDER, R_ELBOW, R_WRIST, R_PINKY, R_INDEX, R_HIP))
_ASIDE = 0.48
"""A hand that is so far from its hip, in lengths of the trunk, is held out."""
_LOW, _AWAY = 0.30, 0.12
"""A hand hangs as long as its wrist is not so far above the hip; and one that is held out, with arms a little away as the guide shows."""
_FACING = 0.42
"""Shoulders that are narrower than this part of the trunk's length are turned away."""


def posture(body: BodyFound, time_s: float, held: tuple[Point | None, Point | None] | None = None) -> Posture:
    """Return the posture of a body at a time (monotonic seconds, of the frame).

    held: of each arm, see foreground.reaches; None while the background isn't known.
    """
    points = body.landmarks
    shoulders, hips = points[[L_SHOULDER, R_SHOULDER], :2], points[[L_HIP, R_HIP], :2]
    middle = (shoulders.mean(axis=0) + hips.mean(axis=0)) / 2
    width = float(np.linalg.norm(shoulders[0] - shoulders[1]))
    length = float(np.linalg.norm(shoulders.mean(axis=0) - hips.mean(axis=0)))
    # A shopper who turns looks narrow: lengths are told by the trunk then.
    unit = max(width, 0.6 * length, 1.0)
    left, right = (_hand(points, arm, length, end) for arm, end in zip(_ARMS, held or (None, None), strict=True))
    return Posture(time_s, (float(middle[0]), float(middle[1])), unit, width > _FACING * length and shoulders[0, 0] > shoulders[1, 0],
                   (left, right), held is not None)


def _hand(points: NDArray[np.float32], arm: tuple[int, ...], length: float, held: Point | None) -> Hand | None:
    shoulder, elbow, wrist, pinky, index, hip = (points[joint] for joint in arm)
    if held is None and min(float(elbow[3]), float(wrist[3])) < _GUESSED:
        return None
    middle = (wrist[:2] + pinky[:2] + index[:2]) / 3
    aside = abs(float(middle[0] - hip[0])) > _ASIDE * length
    above_hip = float(hip[1] - wrist[1])
    rests = float(wrist[1]) > float(elbow[1]) and above_hip < (_AWAY if aside else _LOW) * length
    raised = not rests and (aside or float(wrist[1]) < max(float(elbow[1]) - 0.02 * length, float(shoulder[1]) + 0.35 * length))
    return Hand((float(middle[0]), float(middle[1])), raised, rests, min(float(elbow[3]), float(wrist[3])), held)


HAIR = 1.018
"""By how much the person mask is higher than a body, for hair and its own edge; found on rendered bodies, not those of `kiosk eval`."""
JOINTS = 0.886
"""Distance of the shoulders' joints by that of their landmarks; found on the same bodies."""


def stature(body: BodyFound, size: tuple[int, int], lens_mm: float, horizon: float) -> Measure | None:
    """Return how tall and broad somebody is who stands upright on the floor, all of him in the picture; None when that is not so.

    size: (width, height) of the picture in pixels. lens_mm: the lens's height above the floor; horizon: the row that lies as high as the
    lens, as a part of the picture's height. On the floor a row tells how far somebody stands: a pixel at the feet is as many millimetres
    as the lens's height by the rows from the horizon down to them.
    """
    width, height = size
    points = body.landmarks
    feet = points[[L_HEEL, R_HEEL, L_TOE, R_TOE, L_ANKLE, R_ANKLE]]
    if feet[:, 3].min() < _SEEN or feet[:, 1].max() > 0.995 * height:
        return None
    sole = float((feet[[0, 1], 1].mean() + feet[[2, 3], 1].mean()) / 2)
    below = sole - horizon * height
    if below < 0.1 * height or not _upright(points):
        return None
    mask = body.mask(height, width)
    middle = int(np.clip(points[[L_SHOULDER, R_SHOULDER], 0].mean(), 0, width - 1))
    reach = max(4, round(0.25 * float(abs(points[L_SHOULDER, 0] - points[R_SHOULDER, 0]))))
    head = np.flatnonzero((mask[:, max(0, middle - reach):middle + reach + 1] > 127).any(axis=1))
    if head.size == 0 or head[0] < 0.01 * height:
        return None
    scale = lens_mm / below
    tall = (sole - float(head[0])) * scale / HAIR
    broad = float(np.linalg.norm(points[L_SHOULDER, :2] - points[R_SHOULDER, :2])) * scale * JOINTS
    return Measure(tall, broad) if 1_000 < tall < 2_300 else None


def _upright(points: NDArray[np.float32]) -> bool:
    """Whether somebody stands straight, facing the camera, arms below the shoulders and both feet together on the floor."""
    shoulders, hips = points[[L_SHOULDER, R_SHOULDER]], points[[L_HIP, R_HIP]]
    knees, ankles = points[[L_KNEE, R_KNEE]], points[[L_ANKLE, R_ANKLE]]
    torso = float(np.linalg.norm(shoulders[:, :2].mean(axis=0) - hips[:, :2].mean(axis=0)))
    if torso < 20:
        return False
    leg, shin = float((ankles[:, 1] - hips[:, 1]).mean()), float((ankles[:, 1] - knees[:, 1]).mean())
    across = float(shoulders[0, 0] - shoulders[1, 0])
    deep = abs(float(shoulders[0, 2] - shoulders[1, 2]))
    level = abs(float(shoulders[0, 1] - shoulders[1, 1])) < 0.12 * torso and abs(float(ankles[0, 1] - ankles[1, 1])) < 0.15 * torso
    straight = leg > 1.1 * torso and shin > 0.4 * leg
    hanging = float(points[[L_ELBOW, R_ELBOW], 1].min()) > float(shoulders[:, 1].mean()) + 0.15 * torso
    return level and straight and hanging and across > 0.4 * torso and deep < 0.6 * across
