"""Poses of the rendered figures: a skeleton of joints, moved by named actions. Pure: the same action and phase give the same pose.

Lengths are in body heights, origin between the feet on the floor; x to the picture's right, y up, z away from the camera.
"Left" is the figure's own left, which is on the picture's right while it faces the camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.errors import InvalidValueError

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm as four angles in degrees: `out` from hanging (0) over sideways (90) to up (180), `ahead` turned to the camera."""

    upper_out: float = 0.0
    upper_ahead: float = 0.0
    lower_out: float = 0.0
    lower_ahead: float = 0.0


HANGING = Arm(11, 0, 6, 30)


@dataclass(frozen=True, slots=True)
class BodyPose:
    """How a figure stands.

    left_lift_deg, right_lift_deg: thigh raised to the camera. turn_deg: positive towards the picture's right. lean: the hips' shift
    to the picture's right and rise: of the trunk, both in body heights.
    """

    left_arm: Arm = HANGING
    right_arm: Arm = HANGING
    left_lift_deg: float = 0.0
    right_lift_deg: float = 0.0
    turn_deg: float = 0.0
    lean: float = 0.0
    rise: float = 0.0


def _stand(t: float) -> BodyPose:
    breath = math.sin(t)
    arm = replace(HANGING, upper_out=11 + breath, lower_out=6 + breath)
    return BodyPose(arm, arm, rise=0.001 * breath)


def _sway(t: float) -> BodyPose:
    swing = math.sin(t)
    left = replace(HANGING, upper_out=13 + 5 * swing, lower_out=9 + 5 * swing)
    right = replace(HANGING, upper_out=13 - 5 * swing, lower_out=9 - 5 * swing)
    return BodyPose(left, right, turn_deg=8 * swing, lean=0.018 * swing)


def _raise_arms(t: float) -> BodyPose:
    up = 0.5 - 0.5 * math.cos(t)
    ahead = 260 * up * (1 - up)
    arm = Arm(11 + 124 * up, ahead, 6 + 159 * up, 30 - 30 * up + ahead)
    return BodyPose(arm, arm)


def _arms_out(t: float) -> BodyPose:
    arm = Arm(66 + 6 * math.sin(t), 38, 74 + 10 * math.sin(t), 58)
    return BodyPose(arm, arm)


def _walk(t: float) -> BodyPose:
    step = math.sin(t)
    left, right = max(step, 0.0) ** 2, max(-step, 0.0) ** 2
    arms = [Arm(11 + 14 * lift, 60 * lift, 6 + 34 * lift, 30 + 40 * lift) for lift in (right, left)]
    return BodyPose(arms[0], arms[1], 34 * left, 34 * right, turn_deg=4 * step, lean=-0.010 * step, rise=0.003 * step**2)


def _reach(t: float) -> BodyPose:
    out = 0.5 - 0.5 * math.cos(t)
    return BodyPose(HANGING, Arm(11 + 54 * out, 46 * out, 6 + 66 * out, 30 + 30 * out), turn_deg=-5 * out, lean=-0.012 * out)


def _hold_item(t: float) -> BodyPose:
    lift = 4 * math.sin(t)
    return BodyPose(HANGING, Arm(24, 30, 122 + lift, 140), turn_deg=3 * math.sin(t))


def _turn(t: float) -> BodyPose:
    return replace(_stand(t), turn_deg=48 * math.sin(t))


ACTIONS: dict[str, Callable[[float], BodyPose]] = {
    "stand": _stand, "sway": _sway, "raise_arms": _raise_arms, "arms_out": _arms_out,
    "walk": _walk, "reach": _reach, "hold_item": _hold_item, "turn": _turn,
}
"""The actions by name."""


def body_pose(action: str, phase: float) -> BodyPose:
    """Return the pose of `action` at `phase`; 0 and 1 are the same moment, and the way between is smooth.

    Raises InvalidValueError for an action that is not in ACTIONS.
    """
    if action not in ACTIONS:
        raise InvalidValueError(f"action {action!r} is not one of {', '.join(ACTIONS)}")
    return ACTIONS[action](2 * math.pi * (phase % 1.0))


HIP, KNEE, ANKLE, SHOULDER, NECK, CHIN = 0.525, 0.28, 0.045, 0.812, 0.842, 0.864
UPPER_ARM, FOREARM, HAND = 0.165, 0.145, 0.085
SHOULDER_HALF, HIP_HALF, FOOT = 0.094, 0.050, 0.05


def _along(start: Place, length: float, side: int, out: float, ahead: float) -> Place:
    a, f = math.radians(out), math.radians(ahead)
    aside, down, near = side * math.sin(a) * math.cos(f), math.cos(a), math.sin(a) * math.sin(f)
    return start[0] + length * aside, start[1] - length * down, start[2] - length * near


def skeleton(pose: BodyPose, build: float) -> dict[str, Place]:
    """Return the joints by name (MediaPipe's words where it has one) for a body of height 1 and `build` around 1."""
    wide = 0.75 + 0.25 * build
    hips: Place = (pose.lean, HIP + pose.rise, 0.0)
    chest: Place = (pose.lean * 0.2, SHOULDER + pose.rise, 0.0)
    joints: dict[str, Place] = {"hips": hips, "neck": (chest[0], NECK + pose.rise, 0.005), "chin": (chest[0], CHIN + pose.rise, -0.012)}
    for name, side, arm, lift_deg in (("left", 1, pose.left_arm, pose.left_lift_deg), ("right", -1, pose.right_arm, pose.right_lift_deg)):
        shoulder: Place = (chest[0] + side * SHOULDER_HALF * wide, chest[1] - 0.008, 0.0)
        elbow = _along(shoulder, UPPER_ARM, side, arm.upper_out, arm.upper_ahead)
        wrist = _along(elbow, FOREARM, side, arm.lower_out, arm.lower_ahead)
        hand = _along(wrist, HAND, side, arm.lower_out, arm.lower_ahead)
        hip: Place = (hips[0] + side * HIP_HALF * wide, hips[1], 0.0)
        foot_x, lift = side * (HIP_HALF * wide + 0.016), math.radians(lift_deg)
        knee: Place = ((hip[0] + foot_x) / 2 + side * 0.004, HIP - (HIP - KNEE) * math.cos(lift), -0.006 - (HIP - KNEE) * math.sin(lift))
        ankle: Place = (foot_x, knee[1] - (KNEE - ANKLE), knee[2] + 0.006)
        toe: Place = (ankle[0] + side * 0.014, ankle[1] - FOOT * 0.7, -FOOT)
        joints |= {f"{name}_shoulder": shoulder, f"{name}_elbow": elbow, f"{name}_wrist": wrist, f"{name}_hand": hand,
                   f"{name}_hip": hip, f"{name}_knee": knee, f"{name}_ankle": ankle, f"{name}_toe": toe}
    return {name: _turned(place, pose.turn_deg) for name, place in joints.items()}


def _turned(place: Place, turn_deg: float) -> Place:
    angle = math.radians(turn_deg)
    x, y, z = place
    return (x * math.cos(angle) - z * math.sin(angle), y, x * math.sin(angle) + z * math.cos(angle))
