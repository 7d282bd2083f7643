"""What frames say of a face: pixels around a nose, eyes that close, and whose face is followed. Everything from the one pinned portrait."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kiosk.devices.simulated.attack_camera import Scene, turned
from kiosk.devices.simulated.attack_head import Head, Subject
from kiosk.devices.simulated.attack_media import Sheet, laid
from kiosk.devices.simulated.portrait import landmarks
from kiosk.vision.face import FaceFinder, FaceFound
from kiosk.vision.liveness import FORGET_S, FaceFollower, openness
from kiosk.vision.networks import ModelStore
from kiosk.vision.parallax import agreement, look_ahead
from kiosk.vision.pictures import read_picture

CALM = Scene(focal_px=480.0, distance_mm=550.0, sigma=2.0, shutter_s=0.0, lamp=0.0, exposure_s=0.0, gain=1.0)
PLACE = np.array([0.0, 0.0, 550.0])


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ModelStore())


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(Subject(read_picture(ModelStore().path("astronaut")), landmarks()))


def on_paper(head: Head, radius_mm: float, turn_deg: float) -> np.ndarray:
    canvas = np.full((360, 480, 3), 120, np.uint8)
    sheet = Sheet(head.mm, (float(head.middle[0]), float(head.middle[1])), radius_mm)
    laid(canvas, head.lids[0], sheet.places(CALM, (turned(turn_deg, 0, 0), PLACE), (0.0, 0.0)))
    return canvas


def only(finder: FaceFinder, picture: np.ndarray) -> FaceFound:
    (face, *_) = finder.find(picture)
    return face


@pytest.mark.parametrize("turn_deg", [-24.0, 24.0])
def test_pixels_around_the_nose_tell_a_head_from_a_photograph_on_a_bottle(head: Head, finder: FaceFinder, turn_deg: float) -> None:
    rest = head.seen(CALM, (turned(0, 0, 0), PLACE), 0.0, (0.0, 0.0))
    seen = head.seen(CALM, (turned(turn_deg, 0, 0), PLACE), 0.0, (0.0, 0.0))
    ahead = look_ahead(rest, only(finder, rest))
    assert ahead is not None
    assert math.isnan(agreement(rest, only(finder, rest), ahead)), "nothing has turned"
    alive = agreement(seen, only(finder, seen), ahead)
    assert alive > 0.02
    for radius_mm in (70.0, 1e6):
        rest, seen = (on_paper(head, radius_mm, angle) for angle in (0.0, 1.5 * turn_deg))
        ahead = look_ahead(rest, only(finder, rest))
        assert ahead is not None
        told = agreement(seen, only(finder, seen), ahead)
        assert math.isnan(told) or told < 0.5 * alive, radius_mm


def test_a_face_that_looks_aside_is_nothing_to_compare_with(head: Head, finder: FaceFinder) -> None:
    aside = head.seen(CALM, (turned(26, 0, 0), PLACE), 0.0, (0.0, 0.0))
    assert look_ahead(aside, only(finder, aside)) is None


def test_eyes_that_close_are_less_open(head: Head, finder: FaceFinder) -> None:
    left, right = (openness(picture, only(finder, picture)) for picture in
                   (head.seen(CALM, (turned(0, 0, 0), PLACE), shut, (0.0, 0.0)) for shut in (0.0, 1.0)))
    assert right[0] < 0.6 * left[0] and right[1] < 0.6 * left[1]


def test_nobody_else_is_taken_for_the_face_that_was_followed(head: Head, finder: FaceFinder) -> None:
    one = head.seen(CALM, (turned(0, 0, 0), np.array([-130.0, 0.0, 650.0])), 0.0, (0.0, 0.0))
    other = np.ascontiguousarray(one[:, ::-1])
    follower = FaceFollower(finder)
    first = follower.see(one, 0.0)
    assert first is not None and first.landmarks[:, 0].mean() < 200
    assert follower.see(other, 0.1) is None, "somebody else, and the one who was followed is gone"
    again = follower.see(one, 0.2)
    assert again is not None and again.landmarks[:, 0].mean() < 200
    later = follower.see(other, 0.3 + FORGET_S)
    assert later is not None and later.landmarks[:, 0].mean() > 280, "after a while it is a new beginning"
