"""What of a shopper stays in front of a garment: neck, hands, bare arms and hair, told by landmarks and by the shopper's own colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.body import L_EAR, NOSE, R_EAR, BodyFound
from kiosk.vision.fit import Arm, Fit, Frame

Mask = NDArray[np.uint8]

_NECK, _NECK_ZONE = (0.18, 0.12), (0.5, 0.3)
_BONE, _FLESH, _FLESH_DOUBTFUL = 0.045, 0.40, 0.12
"""Half the width of a forearm that is surely arm, and of the zone in which skin is taken for arm (less where clothes look like skin), in
shoulder widths."""
_SKIN_LIKE = 0.4
_ELBOW, _SLEEVE = 0.5, 0.11
"""Where the elbow lies along an arm, and half the width of an arm in its sleeve in shoulder widths."""


_LEAST_SPREAD, _SKIN_REACH = (22.0, 3.5, 3.5), 3.7
"""Least deviation of the face's brightness and two colours, and how many deviations skin may lie away."""
_HAIR_ODDS = 2.0
"""How much likelier a colour must be in the hair than in the clothes."""


def front(pixels: Picture, body: BodyFound, fitted: Fit, person: Mask) -> Mask:
    """Return what stays in front: (H, W) uint8, 255 in front.

    pixels: (H, W, 3) uint8 RGB; body and fitted in its coordinates; person: its person mask, (H, W) uint8.
    """
    frame = fitted.frame
    calm = cv2.cvtColor(cv2.GaussianBlur(pixels, (3, 3), 0), cv2.COLOR_RGB2YCrCb)
    skin = _skin(calm, body, person)
    chest = _oval(person.shape, frame, (0.0, 0.55), (0.3, 0.25))
    doubtful = cv2.countNonZero(chest & skin) > _SKIN_LIKE * cv2.countNonZero(chest)  # clothes of the skin's colour
    before = _oval(person.shape, frame, (0.0, -0.2), _NECK)
    if not doubtful:
        before |= _oval(person.shape, frame, (0.0, -0.12), _NECK_ZONE) & skin
    for arm, covered in zip(frame.arms, fitted.covered, strict=True):
        before |= _bare_arm(arm, covered, frame.width, (skin, _FLESH_DOUBTFUL if doubtful else _FLESH))
    before |= _hair(calm, frame, body, person, skin)
    shown: Mask = cv2.bitwise_and(before, np.where(person > 90, np.uint8(255), np.uint8(0)))
    return shown


def _face(body: BodyFound) -> tuple[NDArray[np.float32], float]:
    """Return centre and radius of the face in pixels."""
    points = body.landmarks[:11, :2]
    ears = float(np.linalg.norm(points[L_EAR] - points[R_EAR]))
    spread = float(np.linalg.norm(points - points.mean(axis=0), axis=1).max())
    return points.mean(axis=0), max(0.5 * ears, spread, 2.0)


def _skin(calm: NDArray[np.uint8], body: BodyFound, person: Mask) -> Mask:
    """Return where the picture has the colour of the face: 255 or 0."""
    radius = _face(body)[1]
    zone = np.zeros(person.shape, np.uint8)
    nose = body.landmarks[NOSE, :2]
    cv2.circle(zone, (round(float(nose[0])), round(float(nose[1]))), max(1, round(0.55 * radius)), 255, -1)
    sample = calm[(zone > 0) & (person > 127)].astype(np.float32)
    if len(sample) < 12:
        return np.zeros(person.shape, np.uint8)
    middle = np.median(sample, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(sample - middle), axis=0), _LEAST_SPREAD).astype(np.float32)
    away = (calm.astype(np.float32) - middle) / (_SKIN_REACH * spread)
    return np.where((away**2).sum(axis=2) < 1, np.uint8(255), np.uint8(0))


def _oval(shape: tuple[int, ...], frame: Frame, centre: tuple[float, float], radii: tuple[float, float]) -> Mask:
    """Return an oval of body coordinates: 255 inside."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False).astype(np.float32)
    s, t = centre[0] + radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)
    points = frame.to_picture(s.astype(np.float32), t.astype(np.float32))
    oval = np.zeros(shape, np.uint8)
    cv2.fillPoly(oval, [np.round(points).astype(np.int32)], 255)
    return oval


def _bare_arm(arm: Arm, covered: float, width: float, skin_within: tuple[Mask, float]) -> Mask:
    """Return the part of an arm that the sleeve leaves free, where it shows; skin counts within so many shoulder widths of the bone."""
    skin, flesh = skin_within
    sure, zone = np.zeros(skin.shape, np.uint8), np.zeros(skin.shape, np.uint8)
    path = arm_path(arm, min(covered, 0.97))
    for mask, radius in ((sure, _BONE), (zone, flesh)):
        cv2.polylines(mask, [np.round(path).astype(np.int32)], False, 255, max(1, round(2 * radius * width)))
    if covered > 0:
        in_sleeve = np.stack([arm.shoulder, *([arm.elbow] if covered > _ELBOW else []), path[0]])
        cv2.polylines(zone, [np.round(in_sleeve).astype(np.int32)], False, 0, max(1, round(2 * _SLEEVE * width)))
    shown = cv2.countNonZero(sure & skin) / max(cv2.countNonZero(sure), 1)
    if shown < 0.25 and arm.visible < 0.5:
        return np.zeros(skin.shape, np.uint8)  # behind the back
    seam = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    bare: Mask = sure | (zone & cv2.morphologyEx(skin, cv2.MORPH_CLOSE, seam))
    return bare


def arm_path(arm: Arm, covered: float) -> NDArray[np.float32]:
    """Return the points from where the sleeve ends to the finger tips."""
    joints = [arm.shoulder, arm.elbow, arm.wrist, arm.finger]
    if covered <= _ELBOW:
        start = arm.shoulder + (arm.elbow - arm.shoulder) * (covered / _ELBOW)
        return np.stack([start, *joints[1:]])
    start = arm.elbow + (arm.wrist - arm.elbow) * ((covered - _ELBOW) / (1 - _ELBOW))
    return np.stack([start, *joints[2:]])


def _hair(calm: NDArray[np.uint8], frame: Frame, body: BodyFound, person: Mask, skin: Mask) -> Mask:
    """Return long hair before the shoulders: colours that the head has and the clothes do not, hanging down from the head."""
    centre, radius = _face(body)
    height, width = person.shape
    head = np.zeros(person.shape, np.uint8)
    cv2.circle(head, (round(float(centre[0])), round(float(centre[1] - 0.5 * radius))), round(2.2 * radius), 255, -1)
    chest = _oval(person.shape, frame, (0.0, 0.6), (0.33, 0.3))
    reach = _oval(person.shape, frame, (0.0, 0.0), (0.5, 0.55))
    head[np.arange(height) > frame.origin[1] - 0.18 * frame.length] = 0
    bare = (person > 127) & (skin == 0)
    hair, cloth = _histogram(calm, (head > 0) & bare), _histogram(calm, (chest > 0) & bare)
    if hair is None or cloth is None:
        return np.zeros((height, width), np.uint8)
    cells = _cells(calm)
    likely = (hair[cells] > _HAIR_ODDS * cloth[cells] + 0.002) & bare & ((reach | head) > 0)
    found = cv2.morphologyEx(likely.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(found)
    rooted = np.unique(labels[(head > 0) & (found > 0)])
    return np.where(np.isin(labels, rooted[rooted > 0]), np.uint8(255), np.uint8(0))


def _cells(calm: NDArray[np.uint8]) -> NDArray[np.int64]:
    wide = calm.astype(np.int64)
    colours = np.clip((wide[..., 1:] - 64) >> 2, 0, 31)
    cells: NDArray[np.int64] = (wide[..., 0] >> 4) * 1024 + colours[..., 0] * 32 + colours[..., 1]
    return cells


def _histogram(calm: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return a smoothed histogram of colours as shares, None when there is too little to see."""
    if where.sum() < 20:
        return None
    counts = np.bincount(_cells(calm)[where], minlength=16 * 1024).astype(np.float32).reshape(16, 32, 32)
    smooth = np.stack([cv2.GaussianBlur(layer, (5, 5), 1.0) for layer in counts])
    smooth[1:-1] = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    shares: NDArray[np.float64] = (smooth / max(smooth.sum(), 1e-6)).reshape(-1).astype(np.float64)
    return shares
