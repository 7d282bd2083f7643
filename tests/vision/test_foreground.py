"""What stands before the background: an arm that the network loses is found, by what changed."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.devices.simulated.figure import background
from kiosk.vision.body import (
    L_ELBOW,
    L_HIP,
    L_INDEX,
    L_SHOULDER,
    L_WRIST,
    R_ELBOW,
    R_HIP,
    R_INDEX,
    R_SHOULDER,
    R_WRIST,
    BodyFound,
)
from kiosk.vision.foreground import Foreground, reaches

HIGH, WIDE = 1280, 720
WALL = background(WIDE, HIGH, 7)
TRUNK = np.s_[300:1200, 250:470]
UPPER, FORE = np.s_[320:380, 450:600], np.s_[180:380, 545:600]
HAND = (572.0, 210.0)
HUNG = np.s_[320:720, 455:505]


def body(guess=(640.0, 420.0)):
    """Somebody whose trunk the network sees, and a left hand that it guesses."""
    points = np.zeros((33, 4), np.float32)
    for joint, at in {L_SHOULDER: (450, 340), R_SHOULDER: (270, 340), L_ELBOW: (575, 360), R_ELBOW: (250, 520), L_WRIST: guess,
                      L_INDEX: guess, R_WRIST: (250, 680), R_INDEX: (250, 720), L_HIP: (410, 680), R_HIP: (310, 680)}.items():
        points[joint] = (*at, 0.0, 0.9)
    mask = np.zeros((256, 256), np.uint8)
    mask[60:240, 50:94] = 255  # a crop's pixel is five of the picture
    return BodyFound(points, mask, np.array([[5, 0, 0], [0, 5, 0]], np.float32), 1.0)


def frame(*arm):
    """The shop with somebody in it, the arm in stripes of a shirt."""
    picture = WALL.astype(np.int16)
    picture[TRUNK] = (60, 90, 150)
    for part in arm:
        rows = np.arange(HIGH)[part[0]]
        picture[part] = np.where((rows // 12 % 2)[:, None, None] > 0, (230, 225, 215), (170, 40, 40))
    noise = np.random.default_rng(3).normal(0, 6, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def brighter(picture, light):
    return np.clip(picture.astype(np.int16) + light, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def hanging():
    return frame(HUNG)


@pytest.fixture(scope="module")
def lifted():
    return frame(UPPER, FORE)


@pytest.fixture
def foreground(hanging):
    """One that has seen somebody with hanging arms for a second."""
    made = Foreground()
    for look in range(12):
        assert reaches(body((480, 700)), made.feed(hanging, look * 0.08, body((480, 700)))) == (None, None)
    return made


def test_an_arm_that_the_network_has_lost_is_found_by_what_changed(foreground, lifted):
    left, right = reaches(body(), foreground.feed(lifted, 1.0, body()))
    assert left is not None and np.hypot(left[0] - HAND[0], left[1] - HAND[1]) < 30
    assert right is None


def test_a_hand_that_stays_is_not_taken_for_the_wall(foreground, lifted):
    found = [reaches(body(), foreground.feed(lifted, 1.0 + look * 0.08, body()))[0] for look in range(40)]
    assert None not in found


def test_where_the_landmarks_hand_is_farther_from_the_elbow_and_something_is_there_it_is_believed(foreground, lifted):
    left, _ = reaches(body((590, 174)), foreground.feed(lifted, 1.0, body()))
    assert left == pytest.approx((594, 178), abs=5)


def test_light_that_changes_holds_nothing_out(foreground, hanging):
    for light in (8, 14, 20):
        assert reaches(body((480, 700)), foreground.feed(brighter(hanging, light), 1.0, body((480, 700)))) == (None, None)


def test_light_that_changes_hides_no_arm(foreground, lifted):
    assert reaches(body(), foreground.feed(brighter(lifted, 20), 1.0, body()))[0] is not None


def test_another_place_is_learnt_anew(foreground):
    elsewhere = np.full_like(WALL, 20)
    assert reaches(body((480, 700)), foreground.feed(elsewhere, 1.0, body((480, 700)))) == (None, None)


def test_an_elbow_that_is_stuck_out_is_no_hand(foreground):
    akimbo = body((450, 640))
    assert reaches(akimbo, foreground.feed(frame(UPPER), 1.0, akimbo))[0] is None
    folded = body((580, 370))
    assert reaches(folded, foreground.feed(frame(UPPER), 1.08, folded))[0] is None
