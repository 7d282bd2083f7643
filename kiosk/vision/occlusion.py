"""What of a shopper stays in front of a garment: neck, hands, bare arms and hair, told by landmarks and by the shopper's own colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.vision.body import L_EAR, NOSE, R_EAR, BodyFound
from kiosk.vision.colours import Cells, cells, histogram
from kiosk.vision.fit import Arm, Fit, Frame

Mask = NDArray[np.uint8]
_LEVELS = np.arange(256, dtype=np.float32)
Floats = NDArray[np.float32]

_NECK, _NECK_ZONE = (0.18, 0.12), (0.5, 0.3)
_BONE, _FLESH = 0.045, 0.40
"""Half the width of a forearm that is surely arm, and of the zone in which flesh is taken for arm, in shoulder widths."""
_BONE_SEEN, _CLEAR_OF_ARMS = 0.04, 0.16
"""How near a bone a pixel shows the arm's colours, and how far from it the chest shows the clothes' own."""
_NEAR, _THICK, _RARE = 2.6, 0.17, 2e-4
"""Odds that a pixel on the bone is flesh, how fast they fall with the distance, and what a colour that was never seen counts."""
_COLLAR = -1.0
"""Less likely flesh than this, what is at the neck is the collar of what is worn."""
_SLEEVED = 0.7
"""So much of what is on the bone has the clothes' colour when an arm is in a sleeve of its own."""
_UNTOLD = 2.1
"""What the odds are where colours tell nothing: then an arm is as thick as an arm is."""
_CRUMB = 0.015
"""The area of flesh apart from the bone that is not believed, in square shoulder widths."""
_SKIN_LIKE = 0.4
_HIPS = (0.0, 1.2), (0.42, 0.3)
"""Where what is worn below the hips shows: hands hang beside it."""
_ELBOW, _SLEEVE = 0.5, 0.11
"""Where the elbow lies along an arm, and half the width of an arm in its sleeve in shoulder widths."""


_LEAST_SPREAD, _SKIN_REACH = (22.0, 3.5, 3.5), 3.7
"""Least deviation of the face's brightness and two colours, and how many deviations skin may lie away."""
_HAIR_ODDS, _FLESH_ODDS, _HAIR_LEAST = 1.5, 0.3, 0.0003
"""How much likelier a colour must be in the hair than in the clothes and in the face, and the least share of the hair that it has."""
_FACE, _HAIR_REACH = (0.8, 1.1), (0.8, 0.95)
"""Half axes of the face in its radii, and of the oval in which hair may hang in body coordinates."""



def front(pixels: Picture, body: BodyFound, fitted: Fit, person: Mask) -> Mask:
    """Return what stays in front: (H, W) uint8, 255 in front.

    pixels: (H, W, 3) uint8 RGB; body and fitted in its coordinates; person: its person mask, (H, W) uint8.
    """
    frame = fitted.frame
    calm = cv2.cvtColor(cv2.GaussianBlur(pixels, (3, 3), 0), cv2.COLOR_RGB2YCrCb)
    skin = _skin(calm, body, person)
    chest = _oval(person.shape, frame, (0.0, 0.55), (0.3, 0.25))
    doubtful = cv2.countNonZero(chest & skin) > _SKIN_LIKE * cv2.countNonZero(chest)  # clothes of the skin's colour
    neck = _oval(person.shape, frame, (0.0, -0.2), _NECK)
    away = [_away(arm, covered, frame.width, person.shape) for arm, covered in zip(frame.arms, fitted.covered, strict=True)]
    clothes = cv2.max(chest, _oval(person.shape, frame, *_HIPS))
    index = cells(calm)
    odds = _flesh_odds(index, skin, (person > 127) & (clothes > 0), away)
    before = np.where((odds > _COLLAR) | (skin > 0), neck, np.uint8(0))
    if not doubtful:
        before |= _oval(person.shape, frame, (0.0, -0.12), _NECK_ZONE) & skin
    for arm, covered, distance in zip(frame.arms, fitted.covered, away, strict=True):
        before |= _bare_arm(arm, covered, frame.width, skin, (distance, odds))
    before |= _hair(index, frame, body, person, skin)
    shown: Mask = cv2.bitwise_and(before, np.where(person > 90, np.uint8(255), np.uint8(0)))
    return shown


def _away(arm: Arm, covered: float, width: float, shape: tuple[int, ...]) -> Floats:
    """Return how far each pixel lies from the bone of the arm's bare part, in shoulder widths."""
    bone = np.full(shape, 255, np.uint8)
    cv2.polylines(bone, [np.round(arm_path(arm, min(covered, 0.97))).astype(np.int32)], False, 0, 1)
    distance: Floats = cv2.distanceTransform(bone, cv2.DIST_L2, 3) / max(width, 1.0)
    return distance


def _flesh_odds(index: Cells, skin: Mask, clothes: NDArray[np.bool_], away: list[Floats]) -> Floats:
    """Return the logarithm of how much likelier a pixel's colour is on the shopper's skin than on the clothes; 0 where nothing is known."""
    nearest = np.minimum(away[0], away[1])
    flesh = histogram(index, (skin > 0) & (nearest < _BONE_SEEN))
    cloth = histogram(index, clothes & (nearest > _CLEAR_OF_ARMS))
    if flesh is None or cloth is None:
        return np.where(skin > 0, np.float32(2), np.float32(-2))
    told = min(1.0, 2.0 * (1.0 - float(np.sqrt(flesh * cloth).sum())))  # clothes of the skin's colour: the bone tells more
    odds = np.log((flesh + _RARE) / (cloth + _RARE)).astype(np.float32)[index]
    calmer: Floats = cv2.blur(np.clip(odds, -4, 4), (3, 3))
    return told * calmer - (1 - told) * _UNTOLD


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
    away = sum((((_LEVELS - middle[k]) / (_SKIN_REACH * spread[k])) ** 2)[calm[..., k]] for k in range(3))
    return np.where(away < 1, np.uint8(255), np.uint8(0))


def _oval(shape: tuple[int, ...], frame: Frame, centre: tuple[float, float], radii: tuple[float, float]) -> Mask:
    """Return an oval of body coordinates: 255 inside."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False).astype(np.float32)
    s, t = centre[0] + radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)
    points = frame.to_picture(s.astype(np.float32), t.astype(np.float32))
    oval = np.zeros(shape, np.uint8)
    cv2.fillPoly(oval, [np.round(points).astype(np.int32)], 255)
    return oval


def _bare_arm(arm: Arm, covered: float, width: float, skin: Mask, seen: tuple[Floats, Floats]) -> Mask:
    """Return the part of an arm that the sleeve leaves free, where it shows. seen: distance from its bone, and the odds of flesh."""
    distance, odds = seen
    sure = distance < _BONE
    shown = int((sure & (skin > 0)).sum()) / max(int(sure.sum()), 1)
    if shown < 0.25 and arm.visible < 0.5:
        return np.zeros(skin.shape, np.uint8)  # behind the back
    if covered < _ELBOW and float((odds[sure] < _COLLAR).mean()) > _SLEEVED:
        odds = np.full_like(odds, -_UNTOLD)  # in a sleeve of the shopper's own
    # Near the bone clothes must be surely clothes, far from it flesh must be surely flesh.
    zone = (distance < _FLESH) & (odds + _NEAR - np.minimum(distance / _THICK, 9.0) ** 2 > 0)
    if covered > 0:
        in_sleeve = np.zeros(skin.shape, np.uint8)
        line = np.stack([arm.shoulder, *([arm.elbow] if covered > _ELBOW else []), arm_path(arm, min(covered, 0.97))[0]])
        cv2.polylines(in_sleeve, [np.round(line).astype(np.int32)], False, 1, max(1, round(2 * _SLEEVE * width)))
        zone &= in_sleeve == 0
    seam = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    calm = cv2.medianBlur(zone.astype(np.uint8), 5)  # a striped sleeve frays the edge
    bare: Mask = cv2.morphologyEx((sure | (calm > 0)).astype(np.uint8) * np.uint8(255), cv2.MORPH_CLOSE, seam)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(bare)
    kept = np.where(boxes[:, cv2.CC_STAT_AREA] > _CRUMB * width * width, np.uint8(255), np.uint8(0))
    kept[labels[sure]] = 255  # a little flesh apart from the bone is something else: an elbow in its sleeve, a shelf
    kept[0] = 0
    shown_arm: Mask = kept[labels]
    return shown_arm


def arm_path(arm: Arm, covered: float) -> NDArray[np.float32]:
    """Return the points from where the sleeve ends to the finger tips."""
    joints = [arm.shoulder, arm.elbow, arm.wrist, arm.finger]
    if covered <= _ELBOW:
        start = arm.shoulder + (arm.elbow - arm.shoulder) * (covered / _ELBOW)
        return np.stack([start, *joints[1:]])
    start = arm.elbow + (arm.wrist - arm.elbow) * ((covered - _ELBOW) / (1 - _ELBOW))
    return np.stack([start, *joints[2:]])


def _hair(index: Cells, frame: Frame, body: BodyFound, person: Mask, skin: Mask) -> Mask:
    """Return long hair before the shoulders: colours that the head has, and neither face nor clothes have, hanging down from the head."""
    centre, radius = _face(body)
    middle = (round(float(centre[0])), round(float(centre[1])))
    height, width = person.shape
    head, face = np.zeros(person.shape, np.uint8), np.zeros(person.shape, np.uint8)
    cv2.circle(head, (middle[0], round(float(centre[1] - 0.5 * radius))), round(2.2 * radius), 255, -1)
    cv2.ellipse(face, middle, (round(_FACE[0] * radius), round(_FACE[1] * radius)), 0, 0, 360, 255, -1)
    chest = _oval(person.shape, frame, (0.0, 0.6), (0.33, 0.3))
    reach = _oval(person.shape, frame, (0.0, 0.0), _HAIR_REACH)
    above = np.arange(height)[:, None] <= frame.origin[1] - 0.18 * frame.length
    there = person > 127
    hair = histogram(index, (head > 0) & (face == 0) & above & there & (skin == 0))
    if hair is None:
        hair = histogram(index, (head > 0) & (face == 0) & above & there)
    flesh = histogram(index, (face > 0) & (skin > 0) & there)
    cloth = histogram(index, (chest > 0) & there & (skin == 0))
    if hair is None or cloth is None:
        return np.zeros((height, width), np.uint8)
    rival = _HAIR_ODDS * cloth + _HAIR_LEAST
    if flesh is not None:
        rival = np.maximum(rival, _FLESH_ODDS * flesh)
    likely = (hair > rival)[index] & there & ((reach | head) > 0)
    found = cv2.morphologyEx(likely.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(found)
    rooted = np.unique(labels[(head > 0) & above & (found > 0)])
    return np.where(np.isin(labels, rooted[rooted > 0]), np.uint8(255), np.uint8(0))
