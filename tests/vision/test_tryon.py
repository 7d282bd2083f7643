"""Dressing the astronaut."""

from functools import cache

import cv2
import numpy as np
import pytest

from kiosk.vision.body import L_SHOULDER, R_SHOULDER, BodyFinder, BodyFound
from kiosk.vision.fit import frame_of
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment as drawn

garment = cache(drawn)


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return read_picture(ModelStore().path("astronaut"))


@pytest.fixture(scope="module")
def body(astronaut) -> BodyFound:
    return BodyFinder(ModelStore()).find(astronaut, None)


@pytest.mark.parametrize("name", ["tshirt_red", "shirt_white", "dress_green", "jumper_mustard"])
def test_the_garment_is_on_the_chest_and_not_on_the_face(astronaut, body, name):
    covered = Dresser().cover_mask(astronaut, body, garment(name)) > 127
    chest = body.landmarks[[L_SHOULDER, R_SHOULDER], :2].mean(axis=0) + np.float32([0, 100])
    x, y = np.round(chest).astype(int)
    assert covered[y - 20:y + 20, x - 20:x + 20].mean() > 0.95
    face = body.landmarks[:11, :2]
    x0, y0, x1, y1 = *face.min(axis=0).astype(int), *face.max(axis=0).astype(int)
    assert covered[y0:y1, x0:x1].mean() < 0.02


def test_only_what_is_covered_changes_and_the_picture_given_stays(astronaut, body):
    before = astronaut.copy()
    dresser, red = Dresser(), garment("tshirt_red")
    dressed = dresser.dress(astronaut, body, red)
    assert np.array_equal(astronaut, before)
    changed = np.abs(dressed.astype(int) - astronaut).max(axis=2) > 60
    covered = dresser.cover_mask(astronaut, body, red) > 0
    assert (changed & ~covered).sum() < 0.02 * covered.sum()
    mean = dressed[covered].mean(axis=0)
    assert mean[0] > 120 and mean[1] < 70


def test_nothing_is_covered_outside_the_person(astronaut, body):
    covered = Dresser().cover_mask(astronaut, body, garment("hoodie_grey")) > 127
    assert (covered & (body.mask(512, 512) < 60)).sum() < 0.01 * covered.sum()


def test_a_coat_reaches_a_little_beyond_the_person_and_no_farther(astronaut, body):
    covered = Dresser().cover_mask(astronaut, body, garment("jacket_blue")) > 127
    near = cv2.dilate(body.mask(512, 512), np.ones((19, 19), np.uint8)) > 60
    assert (covered & (body.mask(512, 512) < 60)).sum() > 0
    assert (covered & ~near).sum() < 0.002 * covered.sum()


def test_a_body_out_of_the_picture_is_left_alone(astronaut, body):
    moved = body.to_picture + np.float32([[0, 0, 5000], [0, 0, 0]])
    away = BodyFound(body.landmarks + np.float32([5000, 0, 0, 0]), body.crop_mask, moved, 1.0)
    assert np.array_equal(Dresser().dress(astronaut, away, garment("tshirt_red")), astronaut)


def test_body_coordinates_go_there_and_back(body):
    frame = frame_of(body)
    s, t = np.meshgrid(np.linspace(-0.8, 0.8, 9, dtype=np.float32), np.linspace(-0.3, 1.4, 12, dtype=np.float32))
    points = frame.to_picture(s, t)
    s2, t2 = frame.to_body(points[..., 0], points[..., 1])
    assert np.allclose(s, s2, atol=1e-3) and np.allclose(t, t2, atol=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_random_bodies_never_break_the_dresser(astronaut, body, seed):
    random = np.random.default_rng(seed)
    landmarks = body.landmarks.copy()
    landmarks[:, :2] = random.uniform(-200, 700, (33, 2))
    odd = BodyFound(landmarks, body.crop_mask, body.to_picture, 0.9)
    dressed = Dresser().dress(astronaut, odd, garment(("tshirt_red", "coat_camel", "dress_green", "jeans_indigo")[seed % 4]))
    assert dressed.shape == astronaut.shape and dressed.dtype == np.uint8
