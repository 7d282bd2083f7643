"""Attempts to be taken for a living person, and living ones, rendered from photographs: always called rendered.

A folder of real faces gives the pictures; the mesh that comes with each gives depth. Nobody who renders here can see the kiosk's judgement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache

import cv2
import numpy as np

from kiosk.devices.simulated.attack_camera import HEIGHT, WIDTH, Scene, turned
from kiosk.devices.simulated.attack_head import LIDS, Head, Subject
from kiosk.devices.simulated.attack_media import Screen, Sheet, laid, printed
from kiosk.devices.simulated.attack_motion import Motion, Stance
from kiosk.devices.simulated.attack_ranges import RANGES, Draw
from kiosk.domain.challenge import Challenge
from kiosk.domain.challenge import draw as draw_challenge
from kiosk.domain.frame import Picture

__all__ = ["ATTACKS", "GENUINE", "KINDS", "Head", "Subject", "render"]

GENUINE = "genuine"
ATTACKS = ("print", "bent_print", "phone", "cut_eyes", "phone_turn")
"""print: flat paper, turned and brought nearer as asked. bent_print: the same, bent round a cylinder. phone: a telephone that shows a video
in which the person blinks when asked and otherwise looks ahead, itself turned and brought nearer. cut_eyes: paper, flat or bent, through
whose holes eyes blink when asked. phone_turn: a telephone, held still, that shows a real answer to another challenge."""
KINDS = (GENUINE, *ATTACKS)

RATE_HZ = 10.0
Frames = Iterator[tuple[float, Picture]]


def render(kind: str, head: Head, challenge: Challenge, seed: int, half: str) -> Frames:
    """Yield (seconds since the attempt began, picture (HEIGHT, WIDTH, 3) uint8 RGB) of one attempt at about ten a second.

    kind: of KINDS. half: "tune" or "test", of all ranges. Raises KeyError for another kind.
    """
    draw = Draw(f"{kind}/{seed}", half)
    scene = Scene.drawn(draw)
    noise = np.random.default_rng(draw.chance.randrange(1 << 32))
    shown = _MAKERS[kind](head, challenge, draw, scene)
    at_s, number = 0.0, 0
    while at_s < challenge.ends_s:
        picture, speed = shown(at_s, number)
        yield at_s, scene.shoot(picture, speed, number, noise)
        at_s += draw.chance.uniform(0.85, 1.15) / RATE_HZ
        number += 1


Shown = Callable[[float, int], tuple[Picture, tuple[float, float]]]
"""(time, number of the frame) -> picture before the sensor, and how fast what it shows moves, pixels a second."""


def _genuine(head: Head, challenge: Challenge, draw: Draw, scene: Scene) -> Shown:
    motion = Motion(draw, challenge, draw(RANGES.turn_deg), blinks=True)

    def shown(at_s: float, _number: int) -> tuple[Picture, tuple[float, float]]:
        stance = motion.at(at_s)
        speed = _speed(motion, at_s, scene)
        return head.seen(scene, _pose(stance, scene.distance_mm), stance.shut, speed), speed

    return shown


def _paper(head: Head, challenge: Challenge, draw: Draw, scene: Scene, *, blinks: bool, bent: bool) -> Shown:
    motion = Motion(draw, challenge, draw(RANGES.tilt_deg), blinks=blinks)
    (first, margin), state = printed(head.lids[0], draw), draw.chance.getrandbits(32)
    sides = [first] + [_with_holes(first, head.lids[lid], margin, head) for lid in range(1, LIDS + 1)] if blinks else [first]
    mm = head.mm * draw.chance.uniform(0.8, 1.15)
    middle = float(head.middle[0]) + margin, float(head.middle[1]) + margin
    radius, axis = (draw(RANGES.bend_radius_mm), draw(RANGES.bend_axis_deg) if draw.chance.random() < 0.5 else 0.0) if bent else (1e6, 0.0)
    sheet = Sheet(mm, middle, radius, axis)
    distance = scene.distance_mm * mm / head.mm
    behind = _room(state % 64)

    def shown(at_s: float, _number: int) -> tuple[Picture, tuple[float, float]]:
        stance, speed = motion.at(at_s), _speed(motion, at_s, scene)
        canvas = behind.copy()
        side = sides[min(LIDS, round(stance.shut * LIDS))] if blinks else sides[0]
        laid(canvas, side, sheet.places(scene, _pose(stance, distance), speed))
        return canvas, speed

    return shown


def _with_holes(paper: Picture, lid: Picture, margin: int, head: Head) -> Picture:
    """The paper with what is seen through holes for the eyes, edges of the holes darker."""
    made, inner = paper.copy(), lid
    for ring in (EYES[0], EYES[1]):
        around = head.mesh[list(ring), :2]
        low, high = around.min(axis=0), around.max(axis=0)
        middle, half = (low + high) / 2, (high - low) / 2 * (1.35, 2.2)
        hole = np.zeros(inner.shape[:2], np.uint8)
        cv2.ellipse(hole, (int(middle[0]), int(middle[1])), (int(half[0]) + 1, int(half[1]) + 1), 0, 0, 360, 255, -1)
        part = made[margin:margin + inner.shape[0], margin:margin + inner.shape[1]]
        cv2.copyTo(inner, hole, part)
        cv2.ellipse(part, (int(middle[0]), int(middle[1])), (int(half[0]) + 1, int(half[1]) + 1), 0, 0, 360, (70, 60, 56), 1, cv2.LINE_AA)
    return made


EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
"""Mesh vertices around either eye: corners, upper and lower lid."""


def _phone(head: Head, challenge: Challenge, draw: Draw, scene: Scene) -> Shown:
    motion = Motion(draw, challenge, draw(RANGES.tilt_deg), blinks=True)
    hand = _Telephone(head.lids[0], head.middle, head.mm, draw, scene)

    def shown(at_s: float, number: int) -> tuple[Picture, tuple[float, float]]:
        stance, speed = motion.at(at_s), _speed(motion, at_s, scene)
        return hand.seen(head.lids[min(LIDS, round(stance.shut * LIDS))], stance, speed, number), speed

    return shown


def _phone_turn(head: Head, challenge: Challenge, draw: Draw, scene: Scene) -> Shown:
    other = draw_challenge(draw.chance.getrandbits(32), (challenge.order,))
    filmed = Scene.drawn(draw)
    acted = Motion(draw, other, draw(RANGES.turn_deg), blinks=True)
    held = Motion(draw, challenge, 0.0, blinks=False)
    eyes_px = filmed.focal_px / filmed.distance_mm
    hand = _Telephone(np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.array([WIDTH / 2, HEIGHT / 2]), 1 / eyes_px, draw, scene)

    def shown(at_s: float, number: int) -> tuple[Picture, tuple[float, float]]:
        inner = acted.at(at_s)
        film = head.seen(filmed, _pose(inner, filmed.distance_mm), inner.shut, (0.0, 0.0))
        hand_now = held.at(at_s)
        still = Stance(hand_now.yaw_deg, hand_now.pitch_deg, hand_now.roll_deg, hand_now.x_mm, hand_now.y_mm, 1.0, 0.0)
        return hand.seen(film, still, (0.0, 0.0), number), (0.0, 0.0)

    return shown


class _Telephone:
    """A telephone in a hand. mm: millimetres a pixel of its picture would have at life size."""

    def __init__(self, picture: Picture, middle: np.ndarray, mm: float, draw: Draw, scene: Scene) -> None:
        share = draw.chance.uniform(0.5, 0.9)
        self._scene, self._mm = scene, mm * share
        width, height = 78 / self._mm, 130 / self._mm
        self._box = (max(0, int(middle[0] - width / 2)), max(0, int(middle[1] - height * 0.45)),
                     min(picture.shape[1], int(middle[0] + width / 2)), min(picture.shape[0], int(middle[1] + height * 0.55)))
        self._screen = Screen.drawn(draw, self._mm)
        edge = self._screen.bezel_px
        self._sheet = Sheet(self._mm, (float(middle[0]) - self._box[0] + edge, float(middle[1]) - self._box[1] + 2 * edge))
        self._distance = scene.distance_mm * share
        self._behind = _room(draw.chance.randrange(64))

    def seen(self, film: Picture, stance: Stance, speed: tuple[float, float], number: int) -> Picture:
        """The camera's picture of it, before the sensor."""
        left, top, right, bottom = self._box
        side = self._screen.shown(film[top:bottom, left:right])
        places = self._sheet.places(self._scene, _pose(stance, self._distance), speed)
        canvas = self._behind.copy()
        laid(canvas, side, places)
        edge = self._screen.bezel_px
        inside = ((places[..., 0] > edge) & (places[..., 0] < side.shape[1] - edge) & (places[..., 1] > 2 * edge)
                  & (places[..., 1] < side.shape[0] - 2 * edge)).astype(np.float32)
        return self._screen.beaten(canvas, inside, number, self._scene.shutter_s)


_MAKERS: dict[str, Callable[[Head, Challenge, Draw, Scene], Shown]] = {
    GENUINE: _genuine,
    "print": lambda *given: _paper(*given, blinks=False, bent=False),
    "bent_print": lambda *given: _paper(*given, blinks=False, bent=True),
    "phone": _phone,
    "cut_eyes": lambda head, challenge, draw, scene: _paper(head, challenge, draw, scene, blinks=True, bent=draw.chance.random() < 0.5),
    "phone_turn": _phone_turn,
}


def _pose(stance: Stance, distance_mm: float) -> tuple[np.ndarray, np.ndarray]:
    scale = distance_mm / max(stance.near, 0.2)
    return turned(stance.yaw_deg, stance.pitch_deg, stance.roll_deg), np.array([stance.x_mm, stance.y_mm, scale])


def _speed(motion: Motion, at_s: float, scene: Scene) -> tuple[float, float]:
    """How fast what is held moves across the picture, pixels a second."""
    now, soon = motion.at(at_s), motion.at(at_s + 0.02)
    per_mm = scene.focal_px / scene.distance_mm
    swing = math.radians(soon.yaw_deg - now.yaw_deg) * 90
    return (soon.x_mm - now.x_mm + swing) * per_mm / 0.02, (soon.y_mm - now.y_mm) * per_mm / 0.02


@lru_cache(64)
def _room(number: int) -> Picture:
    """What stands behind an attacker: soft shapes in a shop's light."""
    chance = np.random.default_rng(number)
    small = chance.integers(60, 215, (6, 8, 3)).astype(np.uint8)
    room = cv2.GaussianBlur(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), (0, 0), 6)
    for _ in range(9):
        x, y = int(chance.integers(0, WIDTH)), int(chance.integers(0, HEIGHT))
        size = int(chance.integers(15, 70)), int(chance.integers(15, 70))
        colour = tuple(int(value) for value in chance.integers(40, 235, 3))
        cv2.rectangle(room, (x, y), (x + size[0], y + size[1]), colour, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(room, (0, 0), 1.5), np.uint8)
