"""Rendered people: appearances, busts for a terminal's camera and whole bodies for a mirror's; always called rendered.

A face is found and embedded by the real networks, but it is drawn: figures measured on rendered people say nothing about real ones.

Picture arrays are (H, W, 3) uint8 RGB, origin top-left, drawn in place. Everything is a pure function of its arguments.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kiosk.devices.simulated import figure_body as body
from kiosk.devices.simulated.figure_morph import Colour, morph
from kiosk.devices.simulated.figure_pose import ACTIONS, BodyPose, body_pose, skeleton
from kiosk.devices.simulated.figure_scene import background, hold_card
from kiosk.devices.simulated.figure_skin import hair_tone
from kiosk.devices.simulated.portrait import HeadPose, Portrait
from kiosk.domain.frame import Picture

__all__ = ["ACTIONS", "IDENTITIES", "Appearance", "BodyPose", "Figures", "HeadPose", "appearance", "background", "body_pose", "hold_card"]

Point = tuple[float, float]
"""x, y in pixels of the canvas."""

IDENTITIES: tuple[int, ...] = (212, 157, 59, 233, 486, 136, 583, 454, 441)
"""Seeds of the morphs by identity: chosen out of 640 as the largest set in which any two pictures of any two (five head poses, lights and
sizes each) lie more than 0.6 apart. Morphs of one portrait are not strangers by themselves: half of all pairs lie closer."""

TOPS: tuple[Colour, ...] = ((196, 84, 68), (58, 92, 138), (88, 124, 92), (222, 214, 200), (208, 160, 74), (92, 78, 120),
                             (64, 66, 72), (170, 110, 120))
BOTTOMS: tuple[Colour, ...] = ((52, 62, 88), (60, 58, 60), (120, 104, 84), (82, 92, 84), (38, 40, 48))
SHOES: tuple[Colour, ...] = ((236, 234, 228), (60, 48, 42), (40, 42, 46), (150, 70, 60))
FACE = 0.098
"""Height of the face mesh per body height."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person. identity: which of IDENTITIES; build: 0.8 slim .. 1.25 broad; colours RGB; sleeve: "long" or "short"; stripe: or None."""

    identity: int
    height_m: float
    build: float
    skin: Colour
    top: Colour
    bottom: Colour
    shoes: Colour
    sleeve: str
    hair: Colour
    hair_long: bool
    stripe: Colour | None = None


def appearance(identity: int, seed: int) -> Appearance:
    """Return how identity `identity` (counted around IDENTITIES) looks on the day `seed`: the body stays, the clothes change."""
    face = morph(IDENTITIES[identity % len(IDENTITIES)])
    self, day = random.Random(IDENTITIES[identity % len(IDENTITIES)] + 7), random.Random(seed * 1009 + identity)
    return Appearance(
        identity=identity % len(IDENTITIES), height_m=round(self.uniform(1.55, 1.90), 2), build=round(self.uniform(0.85, 1.2), 2),
        skin=face.skin, top=day.choice(TOPS), bottom=day.choice(BOTTOMS), shoes=day.choice(SHOES), sleeve=day.choice(("long", "short")),
        hair=face.hair, hair_long=face.hair_long, stripe=day.choice((None, None, (232, 228, 220))),
    )


class Figures:
    """Draws people made from the portrait at `portrait`; raises DeviceMissingError when that file is not there."""

    def __init__(self, portrait: Path) -> None:
        self._portrait = Portrait(portrait)

    def draw_bust(self, canvas: Picture, who: Appearance, head: HeadPose, centre: tuple[float, float], face_height_px: float) -> None:
        """Draw head, neck and shoulders in place, the face's middle at `centre`."""
        height = face_height_px / FACE
        chest = skeleton(BodyPose(), who.build)
        chin = chest["chin"]
        feet = centre[0] - chin[0] * height, centre[1] + 0.5 * face_height_px + chin[1] * height
        at = {name: (feet[0] + x * height, feet[1] - y * height) for name, (x, y, _) in chest.items()}
        _locks(canvas, who, at, height)
        for side in ("left", "right"):
            _arm(canvas, who, at, side, height, upper_only=True)
        _torso(canvas, who, at, height, 0.0)
        self._head(canvas, who, at, head, height)

    def draw_body(self, canvas: Picture, who: Appearance, pose: BodyPose, feet: tuple[float, float], height_px: float,
                  head: HeadPose = HeadPose()) -> dict[str, Point]:
        """Draw a whole figure in place, standing at `feet` (x, y pixels), `height_px` high, its head turned along with the body.

        Returns the joints as drawn, (x, y) pixels by name: nose, chin, neck, hips, and left_ and right_ shoulder, elbow, wrist, hand, hip,
        knee, ankle, toe (the figure's own left). Every action fits into a canvas 0.72 body heights wide.
        """
        places = skeleton(pose, who.build)
        at = {name: (feet[0] + x * height_px, feet[1] - y * height_px) for name, (x, y, _) in places.items()}
        body.shadow(canvas, (feet[0], feet[1] - 0.01 * height_px), (0.20 * height_px, 0.035 * height_px), 0.45)
        sides = sorted(("left", "right"), key=lambda side: -places[f"{side}_elbow"][2])
        before = [side for side in sides if places[f"{side}_elbow"][2] < -0.03 or places[f"{side}_wrist"][2] < -0.10]
        turned = replace(head, yaw_deg=max(-26.0, min(26.0, head.yaw_deg + 0.55 * pose.turn_deg)))
        _locks(canvas, who, at, height_px)
        for side in sides:
            if side not in before:
                _arm(canvas, who, at, side, height_px)
        _hips(canvas, who, at, height_px, pose.turn_deg)
        for side in sorted(("left", "right"), key=lambda side: -places[f"{side}_knee"][2]):
            _leg(canvas, who, at, side, height_px)
        _torso(canvas, who, at, height_px, pose.turn_deg)
        self._head(canvas, who, at, turned, height_px)
        for side in before:
            _arm(canvas, who, at, side, height_px)
        x, y = at["chin"]
        at["nose"] = x + 0.12 * math.sin(math.radians(turned.yaw_deg)) * FACE * height_px, y - 0.42 * FACE * height_px
        return at

    def _head(self, canvas: Picture, who: Appearance, at: dict[str, Point], head: HeadPose, height: float) -> None:
        chin, neck = at["chin"], at["neck"]
        wide = height / body.PER_HEIGHT
        cloth = body.Cloth(darker(who.skin, 0.90), "skin", 3)
        body.lay(canvas, body.part(body.NECK, cloth), (chin[0], chin[1] - 0.01 * height), (neck[0], neck[1] + 0.005 * height), wide)
        body.shadow(canvas, (chin[0], chin[1] + 0.002 * height), (0.042 * height, 0.020 * height), 0.40)
        centre = chin[0] + 0.03 * math.sin(math.radians(head.roll_deg)) * height, chin[1] - 0.5 * FACE * height
        self._portrait.draw(canvas, IDENTITIES[who.identity], head, centre, FACE * height)


def darker(colour: Colour, by: float) -> Colour:
    """Return `colour` with its light multiplied by `by`."""
    return int(colour[0] * by), int(colour[1] * by), int(colour[2] * by)


def _locks(canvas: Picture, who: Appearance, at: dict[str, Point], height: float) -> None:
    """Draw long hair behind the neck and shoulders."""
    if who.hair_long:
        (x, y), neck = at["chin"], at["neck"]
        red, green, blue = hair_tone(who.hair, np.ones(1, np.float32), np.ones(1, np.float32))
        hair = body.Cloth(darker((int(red), int(green), int(blue)), 0.9), "hair", 40 + who.identity)
        body.lay(canvas, body.part(body.LOCKS, hair), (x, y - 0.07 * height), (neck[0], neck[1] + 0.018 * height), height / body.PER_HEIGHT)


def _hips(canvas: Picture, who: Appearance, at: dict[str, Point], height: float, turn_deg: float) -> None:
    wide = _breadth(who, height, turn_deg)
    trousers, (x, y) = body.Cloth(who.bottom, "cloth", 11), at["hips"]
    body.lay(canvas, body.part(body.HIPS, trousers), (x, y - 0.05 * height), (x, y + 0.05 * height), wide * 0.97)


def _breadth(who: Appearance, height: float, turn_deg: float) -> float:
    """Return how much a trunk's sprite is stretched across: less when it is turned."""
    angle = math.radians(turn_deg)
    return math.hypot(math.cos(angle), 0.62 * math.sin(angle)) * (0.75 + 0.25 * who.build) * height / body.PER_HEIGHT


def _torso(canvas: Picture, who: Appearance, at: dict[str, Point], height: float, turn_deg: float) -> None:
    cloth = body.Cloth(who.top, "cloth", 5 + who.identity, who.stripe)
    body.lay(canvas, body.part(body.TORSO, cloth), at["neck"], at["hips"], _breadth(who, height, turn_deg))


def _arm(canvas: Picture, who: Appearance, at: dict[str, Point], side: str, height: float, *, upper_only: bool = False) -> None:
    wide = height / body.PER_HEIGHT * (0.8 + 0.2 * who.build) * (-1 if side == "right" else 1)
    skin, cloth = body.Cloth(who.skin, "skin", 2), body.Cloth(who.top, "cloth", 21 if side == "left" else 22, who.stripe)
    shoulder, elbow, wrist, fingers = (at[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist", "hand"))
    short = who.sleeve == "short"
    upper, lower = (body.part(body.BARE_UPPER, skin), body.part(body.BARE_FORE, skin)) if short else (
        body.part(body.UPPER_ARM, cloth), body.part(body.FOREARM, cloth))
    body.lay(canvas, upper, shoulder, elbow, wide)
    if not upper_only:
        for sprite, first, second in ((lower, elbow, wrist), (body.hand(skin), wrist, fingers))[:: 1 if short else -1]:
            body.lay(canvas, sprite, first, second, wide)
    if short:
        body.lay(canvas, body.part(body.SLEEVE, cloth), shoulder, elbow, wide)


def _leg(canvas: Picture, who: Appearance, at: dict[str, Point], side: str, height: float) -> None:
    wide = height / body.PER_HEIGHT * (0.75 + 0.25 * who.build) * (1 if side == "right" else -1)
    cloth = body.Cloth(who.bottom, "cloth", 31 if side == "left" else 32)
    hip, knee, ankle, toe = (at[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle", "toe"))
    sole = (235, 233, 228) if sum(who.shoes) < 500 else (150, 146, 140)
    for shape, colour in ((body.SOLE, sole), (body.SHOE, who.shoes)):
        body.lay(canvas, body.part(shape, body.Cloth(colour, "skin", 4)), ankle, toe, wide)
    body.lay(canvas, body.part(body.THIGH, cloth), hip, knee, wide)
    body.lay(canvas, body.part(body.SHIN, cloth), knee, ankle, wide)
