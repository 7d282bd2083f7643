"""What people do before a mirror without meaning anything by it: they put their hair right, hold a bag, point. Rendered."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from kiosk.devices.simulated.figure import Figures, HeadPose, appearance, background
from kiosk.devices.simulated.figure_pose import HANGING, Arm, BodyPose
from kiosk.devices.simulated.figure_reach import Reach
from kiosk.devices.simulated.stage import with_noise
from kiosk.domain.frame import Picture
from kiosk.evaluation.shopper import CAMERA, HORIZON, LENS_MM, RATE_HZ, Danced, Sighting, repeated, sighted
from kiosk.vision.body import BodyFinder
from kiosk.vision.foreground import Foreground
from kiosk.vision.networks import ModelStore


@dataclass(frozen=True, slots=True)
class _Habit:
    """Where a hand goes, in body heights outwards and up from its shoulder, or how an arm is held; for how long; how far it moves there.

    both: the other hand does the same; bag: something hangs from the hand.
    """

    at: tuple[float, float] | Arm
    lasts_s: tuple[float, float]
    fidgets: float = 0.004
    both: bool = False
    bag: bool = False


HABITS: dict[str, _Habit] = {
    "stands": _Habit(HANGING, (3.0, 8.0)),
    "carries a bag": _Habit(HANGING, (4.0, 9.0), bag=True),
    "bag on the forearm": _Habit((0.04, -0.19), (3.0, 7.0), bag=True),
    "holds a strap": _Habit((-0.01, -0.05), (3.0, 7.0)),
    "puts hair right": _Habit((-0.05, 0.11), (2.0, 5.0), 0.02),
    "both hands in the hair": _Habit((-0.05, 0.11), (2.0, 4.0), 0.02, both=True),
    "on the telephone": _Habit((-0.03, 0.05), (4.0, 9.0)),
    "chin in hand": _Habit((-0.08, 0.03), (3.0, 7.0)),
    "looks at a telephone": _Habit((-0.05, -0.12), (4.0, 9.0)),
    "hand on the hip": _Habit(Arm(38, 0, -30, 10), (4.0, 9.0)),
    "both hands on the hips": _Habit(Arm(38, 0, -30, 10), (4.0, 8.0), both=True),
    "pulls at a sleeve": _Habit((0.08, -0.16), (1.5, 3.0), 0.02),
    "points": _Habit((0.26, 0.02), (0.5, 1.2), 0.01),
    "waves": _Habit((0.14, 0.16), (1.0, 2.5), 0.05),
    "stretches": _Habit((0.20, 0.25), (1.0, 2.5), 0.02, both=True),
}
_WAY_S = 0.6
_ONE_S = (16.0, 30.0)
"""How long a hand is on its way, and somebody before the mirror."""


def idle(models: ModelStore, minutes: float, hours: float, seed: int, tell: Callable[[float], None] = lambda _s: None) -> Danced:
    """Count what is taken for a gesture while nobody means one: `minutes` are rendered and repeated, each time changed, for `hours`."""
    figures, finder, draw = Figures(models.path("astronaut")), BodyFinder(models), random.Random(seed)
    found: list[Sighting] = []
    number = 0
    while len(found) < minutes * 60 * RATE_HZ:
        foreground, since_s = Foreground(), len(found) / RATE_HZ
        finder.reset()
        for look, picture in enumerate(_somebody(figures, draw, number)):
            now = since_s + look / RATE_HZ
            found.append((now, sighted(finder, foreground, with_noise(picture, (seed, len(found))), now)))
        found.append((since_s + (look + 1) / RATE_HZ, None))
        number += 1
        tell(len(found) / RATE_HZ)
    return repeated(found, CAMERA, hours, seed)


def _somebody(figures: Figures, draw: random.Random, number: int) -> Iterator[Picture]:
    """Yield what the camera sees of one person: one habit after the other, with arms that hang between them or not."""
    who = replace(appearance(number, 9_000 + draw.randrange(1_000)), height_m=round(draw.uniform(1.55, 1.88), 2))
    feet = 360 + draw.uniform(-130, 130), draw.uniform(1180, 1225)
    height = who.height_m * 1000 * (feet[1] - HORIZON * CAMERA[1]) / LENS_MM
    wall, begun, lasts = background(*CAMERA, draw.randrange(1_000)), 0.0, draw.uniform(*_ONE_S)
    arms, reaches = [HANGING, HANGING], (Reach(), Reach())
    while begun < lasts:
        habit = HABITS[draw.choice(sorted(HABITS))]
        side, held_s = draw.randrange(2), draw.uniform(*habit.lasts_s)
        before = list(arms)
        for look in range(round((held_s + _WAY_S) * RATE_HZ)):
            now = look / RATE_HZ
            way = min(1.0, now / _WAY_S)
            for hand in (0, 1):
                goal = _held(habit, reaches[hand], begun + now) if hand == side or habit.both else HANGING
                arms[hand] = _between(before[hand], goal, way)
            sways = math.sin(0.9 * (begun + now))
            pose = BodyPose(arms[0], arms[1], turn_deg=3 * sways, lean=0.004 * sways, rise=0.001 * sways)
            picture = wall.copy()
            at = figures.draw_body(picture, who, pose, feet, height, HeadPose(yaw_deg=6 * sways))
            if habit.bag:
                _bag(picture, at[("left_hand", "right_hand")[side]], height)
            yield picture
        begun += held_s + _WAY_S


def _held(habit: _Habit, reach: Reach, now: float) -> Arm:
    if isinstance(habit.at, Arm):
        return habit.at
    return reach.to(habit.at[0] + habit.fidgets * math.sin(5.1 * now), habit.at[1] + habit.fidgets * math.sin(3.7 * now))


def _between(first: Arm, second: Arm, share: float) -> Arm:
    angles = ((getattr(first, name), getattr(second, name)) for name in ("upper_out", "upper_ahead", "lower_out", "lower_ahead"))
    return Arm(*(a + share * (b - a) for a, b in angles))


def _bag(picture: Picture, hand: tuple[float, float], height: float) -> None:
    """Draw a paper bag that hangs from a hand."""
    wide, high = 0.13 * height, 0.16 * height
    left, top = max(0, round(hand[0] - wide / 2)), max(0, round(hand[1]))
    part = picture[top:top + round(high), left:left + round(wide)]
    part[:] = np.array((188, 152, 108), np.uint8)
