"""What the mirror understands of a shopper: hands that press and sweep, and the size that is advised. People are rendered."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kiosk.devices.display import OffscreenDisplay
from kiosk.devices.simulated.figure import Appearance, Figures, HeadPose, appearance, background, body_pose
from kiosk.devices.simulated.figure_pose import HANGING, BodyPose, skeleton
from kiosk.devices.simulated.figure_reach import Reach
from kiosk.devices.simulated.stage import with_noise
from kiosk.domain.frame import Picture
from kiosk.domain.gestures import Gestures, Hand, Point, Posture
from kiosk.domain.money import Money
from kiosk.domain.sizing import SIZES, Advice, Measure, Sizer, size_of
from kiosk.flows.stage import Stage
from kiosk.ui import views
from kiosk.vision.body import BodyFinder
from kiosk.vision.foreground import Foreground, reaches
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_video
from kiosk.vision.posture import posture, stature

CAMERA, SCREEN = (720, 1280), (1080, 1920)
LENS_MM, HORIZON = 1037.0, 0.45
"""Where the simulated mirror's lens is: so that a pixel at the usual place is 1.65 mm."""
RATE_HZ = 12.5
SPOTS = ("like", "compare", "back_view", "photo", "likes", "phone")
SWEEPS = ("next", "previous")
_LOOKS = 10
_HOUR_S = 3600.0
_EDGE = 30.0
PATIENCE_S = 4.0
"""Who sees a ring fill on the mirror keeps the hand there until it is full, and gives up after this long."""


Sighting = tuple[float, Posture | None]
"""Seconds, and who was seen then."""


@dataclass(frozen=True, slots=True)
class Sized:
    """One rendered body: its true size, and what was advised."""

    true: str
    advice: Advice

    @property
    def off(self) -> int | None:
        """By how many sizes the likely one is wrong; None when the shopper was asked."""
        return None if not self.advice.sizes else abs(SIZES.index(self.advice.likely) - SIZES.index(self.true))


@dataclass(frozen=True, slots=True)
class Gestured:
    """Gestures that were really made, and how many were seen as what they were, and how many as another one."""

    kind: str
    made: int
    seen: int
    wrong: int


def sizes(models: ModelStore, people: int, seed: int) -> Iterator[Sized]:
    """Measure rendered bodies of known height and shoulders who stand before the mirror; yield each with its true size."""
    figures, finder = Figures(models.path("astronaut")), BodyFinder(models)
    for number in range(people):
        draw = random.Random(seed * 100_003 + number)
        height_mm, build = draw.uniform(1500, 1950), draw.uniform(0.85, 1.2)
        who = replace(appearance(number, seed + number), height_m=height_mm / 1000, build=build)
        joints = skeleton(BodyPose(), build)
        true = Measure(height_mm, (joints["left_shoulder"][0] - joints["right_shoulder"][0]) * height_mm)
        sizer = Sizer()
        finder.reset()
        for look, picture in enumerate(_standing(figures, who, draw, number)):
            body = finder.find(picture, look / RATE_HZ)
            sizer.feed(stature(body, CAMERA, LENS_MM, HORIZON) if body is not None else None)
        yield Sized(size_of(true), sizer.advice())


def _standing(figures: Figures, who: Appearance, draw: random.Random, number: int) -> Iterator[Picture]:
    feet, x = draw.uniform(1130, 1230), 360 + draw.uniform(-80, 80)
    wall, phase, action = background(*CAMERA, draw.randrange(1000)), draw.random(), ("stand", "sway")[number % 2]
    height = who.height_m * 1000 * (feet - HORIZON * CAMERA[1]) / LENS_MM
    head = HeadPose(yaw_deg=draw.uniform(-10, 10), pitch_deg=draw.uniform(-6, 6))
    for look in range(_LOOKS):
        picture = wall.copy()
        figures.draw_body(picture, who, body_pose(action, phase + 0.45 * look / RATE_HZ), (x, feet), height, head)
        yield with_noise(picture, (number, look))


class Spots:
    """The hot-spots of the screen on which garments are worn, as the mirror itself finds them."""

    def __init__(self) -> None:
        self._stage = Stage(OffscreenDisplay(SCREEN, None))
        self._picture = np.zeros((CAMERA[1], CAMERA[0], 3), np.uint8)
        card = views.GarmentCard("T-shirt", Money(1490, "EUR"), stock=3)
        self._stage.show(views.MirrorTryOn(views.Status("en"), None, False, card, 0, 5, 1))

    def at(self, point: Point) -> str:
        """Return the hot-spot under a point of the camera's picture, "" for none."""
        return self._stage.under(point, self._picture)

    def middle(self, name: str) -> Point:
        """Return the middle of a hot-spot in the camera's picture."""
        inside = [(x, y) for y in range(0, CAMERA[1], 8) for x in range(0, CAMERA[0], 8) if self.at((float(x), float(y))) == name]
        return float(np.mean([x for x, _ in inside])), float(np.mean([y for _, y in inside]))


def presses(models: ModelStore, count: int, seed: int, first: int = 0) -> Gestured:
    """Let rendered people hold a hand on hot-spots, each with the hand on that side. first: who is the first of them."""
    spots, figures, finder = Spots(), Figures(models.path("astronaut")), BodyFinder(models)
    seen = wrong = 0
    for number in range(first, first + count):
        draw = random.Random(seed * 7919 + number)
        name = SPOTS[number % len(SPOTS)]
        told = _perform(figures, finder, spots, _Actor.pressing(draw, number, spots.middle(name)))
        pressed = [gesture for gesture in told if gesture]
        seen += pressed[:1] == [name]
        wrong += any(gesture != name for gesture in pressed)
    return Gestured("hand held on a hot-spot", count, seen, wrong)


def swipes(models: ModelStore, count: int, seed: int, first: int = 0) -> Gestured:
    """Let rendered people sweep a hand aside at the height of the chest. first: as above."""
    spots, figures, finder = Spots(), Figures(models.path("astronaut")), BodyFinder(models)
    seen = wrong = 0
    for number in range(first, first + count):
        actor = _Actor.sweeping(random.Random(seed * 7907 + number), number)
        told = [gesture for gesture in _perform(figures, finder, spots, actor) if gesture]
        right = "next" if actor.path[-1][1][0] < actor.path[0][1][0] else "previous"
        seen += told[:1] == [right]
        wrong += any(gesture != right for gesture in told)
    return Gestured("hand swept aside", count, seen, wrong)


@dataclass(frozen=True, slots=True)
class _Actor:
    """Somebody who moves a hand along a path: (seconds, (x, y) in pixels of the camera). side: of the hand, the person's own."""

    who: Appearance
    side: str
    feet: Point
    height: float
    path: tuple[tuple[float, Point], ...]
    seed: int

    @classmethod
    def pressing(cls, draw: random.Random, number: int, spot: Point) -> _Actor:
        side = "left" if spot[0] > CAMERA[0] / 2 else "right"
        near = spot[0] + draw.uniform(-18, 18), spot[1] + draw.uniform(-18, 18)
        made = cls._stood(draw, number, side)
        # Who wants to reach a spot steps to where the hand reaches it.
        shift = (0.72 * (near[0] - CAMERA[0] / 2)) if abs(near[0] - made.feet[0]) > 0.36 * made.height else 0.0
        feet = made.feet[0] + 0.3 * shift, made.feet[1]
        held = tuple((2.4 + k * 0.2, (near[0] + draw.gauss(0, 3), near[1] + draw.gauss(0, 3))) for k in range(round(PATIENCE_S / 0.2) + 1))
        return replace(made, feet=feet, path=held)

    @classmethod
    def sweeping(cls, draw: random.Random, number: int) -> _Actor:
        made = cls._stood(draw, number, "right" if number % 2 else "left")
        side = 1 if made.side == "left" else -1
        y = made.feet[1] - draw.uniform(0.66, 0.76) * made.height
        # Who looks into a mirror keeps the hand in it; at the other end it is before the chest.
        outer = min(max(made.feet[0] + side * draw.uniform(0.26, 0.33) * made.height, _EDGE), CAMERA[0] - _EDGE), y
        inner = made.feet[0] + side * draw.uniform(-0.02, 0.12) * made.height, y + draw.uniform(-20, 20)
        begin, end = (outer, inner) if draw.random() < 0.5 else (inner, outer)
        lasts = draw.uniform(0.3, 0.5)
        rests = tuple((2.4 + k * 0.2, (begin[0] + draw.gauss(0, 3), begin[1] + draw.gauss(0, 3))) for k in range(4))
        return replace(made, path=(*rests, (3.0 + lasts, end), (3.6 + lasts, end)))

    @classmethod
    def _stood(cls, draw: random.Random, number: int, side: str) -> _Actor:
        who = replace(appearance(number, 500 + number), height_m=round(draw.uniform(1.55, 1.88), 2))
        feet_row = draw.uniform(1180, 1225)
        height = who.height_m * 1000 * (feet_row - HORIZON * CAMERA[1]) / LENS_MM
        return cls(who, side, (360 + draw.uniform(-35, 35), feet_row), height, (), draw.randrange(10_000))


def _perform(figures: Figures, finder: BodyFinder, spots: Spots, actor: _Actor) -> Iterator[str]:
    """Yield what is understood, look by look: a hot-spot's name, "next", "previous" or ""."""
    gestures, foreground, wall = Gestures(), Foreground(), background(*CAMERA, actor.seed)
    finder.reset()
    joints = skeleton(BodyPose(), actor.who.build)
    rest, shoulder = joints[f"{actor.side}_hand"], joints[f"{actor.side}_shoulder"]
    at_rest = actor.feet[0] + rest[0] * actor.height, actor.feet[1] - rest[1] * actor.height
    times = [0.0, 1.7, *(t for t, _ in actor.path), actor.path[-1][0] + 0.7]
    points = [at_rest, at_rest, *(p for _, p in actor.path), at_rest]
    reach = Reach()
    look = 0
    while (now := look / RATE_HZ) < times[-1]:
        look += 1
        goal = [float(np.interp(now, times, [p[k] for p in points])) for k in range(2)]
        out = (goal[0] - actor.feet[0]) / actor.height * (1 if actor.side == "left" else -1) - abs(shoulder[0])
        arm = reach.to(out, (actor.feet[1] - goal[1]) / actor.height - shoulder[1]) if 1.7 < now < times[-1] - 0.05 else HANGING
        left, right = (arm, HANGING) if actor.side == "left" else (HANGING, arm)
        pose = BodyPose(left, right, lean=0.002 * math.sin(now), rise=0.001 * math.sin(2 * now))
        picture = wall.copy()
        figures.draw_body(picture, actor.who, pose, actor.feet, actor.height)
        told = gestures.feed(sighted(finder, foreground, with_noise(picture, (actor.seed, look)), now), spots.at)
        if told.pressed:  # the ring is full: the hand goes down
            times, points = [now, now + 0.7], [(goal[0], goal[1]), at_rest]
        yield told.pressed or told.swipe


def sighted(finder: BodyFinder, foreground: Foreground, pixels: Picture, time_s: float) -> Posture | None:
    """Return the posture on a frame as the mirror itself sees it, None when nobody is there."""
    body = finder.find(pixels, time_s)
    occupied = foreground.feed(pixels, time_s, body)
    return posture(body, time_s, reaches(body, occupied) if foreground.settled else None) if body is not None else None


@dataclass(frozen=True, slots=True)
class Danced:
    """How often motion was taken for a gesture. hours: of motion that were looked at; by_name: what was pressed or swept, how often."""

    hours: float
    by_name: dict[str, int]

    @property
    def presses_an_hour(self) -> float:
        """False presses in an hour."""
        return sum(count for name, count in self.by_name.items() if name not in SWEEPS) / self.hours

    @property
    def sweeps_an_hour(self) -> float:
        """False sweeps in an hour."""
        return sum(self.by_name.get(name, 0) for name in SWEEPS) / self.hours


def false_gestures(models: ModelStore, video: Path, hours: float, seed: int, tell: Callable[[int], None] = lambda _n: None) -> Danced:
    """Count what is taken for a gesture while people dance as in a video, before the mirror's hot-spots.

    The body is found in each frame of the video once; its motion is then repeated for so many hours, each time as somebody else's: mirrored
    or not, at another place, size, speed and rate of looks.
    """
    finder, foreground = BodyFinder(models), Foreground()
    found: list[Sighting] = []
    size, began_s = CAMERA, 0.0
    for _ in range(2):  # on the second round it is known what is behind the dancer
        found = []
        for number, (time_s, pixels) in enumerate(read_video(video)):
            tell(number)
            size = pixels.shape[1], pixels.shape[0]
            found.append((time_s, sighted(finder, foreground, pixels, began_s + time_s)))
        began_s += found[-1][0] + 1 / RATE_HZ
    return repeated(found, size, hours, seed)


def repeated(found: list[Sighting], size: tuple[int, int], hours: float, seed: int) -> Danced:
    """Count what is taken for a gesture while a motion is repeated for so many hours, each time changed. size: of its pictures."""
    spots, draw, lasted_s = Spots(), random.Random(seed), 0.0
    counted: dict[str, int] = {}
    gestures = Gestures()
    while lasted_s < hours * _HOUR_S:
        change = _Change(draw, size)
        for moved in change.looks(found, lasted_s):
            told = gestures.feed(moved, spots.at)
            name = told.pressed or told.swipe
            if name:
                counted[name] = counted.get(name, 0) + 1
        lasted_s += change.lasts(found)
        if draw.random() < 0.3:
            gestures.reset()  # somebody else steps in
    return Danced(lasted_s / _HOUR_S, counted)


class _Change:
    """How one repetition of a video's motion differs from the video."""

    def __init__(self, draw: random.Random, size: tuple[int, int]) -> None:
        self._mirrored, self._speed, self._rate = draw.random() < 0.5, draw.uniform(0.5, 1.4), draw.uniform(8, 25)
        self._size = size
        self._scale = CAMERA[1] / size[1] * draw.uniform(0.7, 1.25)
        self._middle = 360 + draw.uniform(-170, 170), CAMERA[1] * draw.uniform(0.42, 0.58)

    def lasts(self, found: list[Sighting]) -> float:
        """Seconds that the repetition lasts."""
        return (found[-1][0] - found[0][0]) / self._speed

    def looks(self, found: list[Sighting], since_s: float) -> Iterator[Posture | None]:
        """Yield the postures at this rate of looks, changed."""
        at, step = 0.0, self._speed / self._rate
        for time_s, seen in found:
            if time_s >= at:
                at = max(at + step, time_s)
                yield self._moved(seen, since_s + time_s / self._speed) if seen is not None else None

    def _moved(self, seen: Posture, time_s: float) -> Posture:
        hands = tuple(self._hand(hand) for hand in seen.hands)
        if self._mirrored:
            hands = hands[::-1]
        return Posture(time_s, self._point(seen.trunk), seen.width * self._scale, seen.facing, (hands[0], hands[1]), seen.watched)

    def _hand(self, hand: Hand | None) -> Hand | None:
        if hand is None:
            return None
        return replace(hand, at=self._point(hand.at), held=self._point(hand.held) if hand.held is not None else None)

    def _point(self, point: Point) -> Point:
        x = (point[0] - self._size[0] / 2) * (-1 if self._mirrored else 1)
        return self._middle[0] + x * self._scale, self._middle[1] + (point[1] - self._size[1] / 2) * self._scale
