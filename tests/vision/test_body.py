"""The body finder on the astronaut's portrait, moved, mirrored and taken away."""

import cv2
import numpy as np
import pytest

from kiosk.vision.body import L_HIP, L_SHOULDER, NOSE, R_SHOULDER, BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture


@pytest.fixture(scope="module")
def finder() -> BodyFinder:
    return BodyFinder(ModelStore())


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return read_picture(ModelStore().path("astronaut"))


def shifted(pixels: np.ndarray, x: int, y: int) -> np.ndarray:
    return cv2.warpAffine(pixels, np.float32([[1, 0, x], [0, 1, y]]), (pixels.shape[1], pixels.shape[0]))


def test_a_portrait_has_its_nose_between_its_shoulders(finder, astronaut):
    body = finder.find(astronaut, None)
    assert body is not None and body.score > 0.8
    assert body.landmarks[R_SHOULDER, 0] < body.landmarks[NOSE, 0] < body.landmarks[L_SHOULDER, 0]
    assert body.landmarks[L_HIP, 1] > body.landmarks[L_SHOULDER, 1] + 100
    assert np.linalg.norm(body.landmarks[NOSE, :2] - (222, 130)) < 20


def test_the_mask_holds_the_person_and_not_the_corner(finder, astronaut):
    mask = finder.find(astronaut, None).mask(512, 512)
    assert mask.shape == (512, 512) and mask.dtype == np.uint8
    assert mask[400, 210] > 200 and mask[60, 20] < 60


def test_nobody_in_an_empty_room(finder):
    assert finder.find(np.full((480, 640, 3), 127, np.uint8), None) is None


def test_a_moving_person_is_followed_without_the_detector(astronaut):
    finder = BodyFinder(ModelStore())
    first = finder.find(astronaut, 0.0)
    for step in range(1, 6):
        moved = finder.find(shifted(astronaut, 6 * step, 0), step / 30)
        assert moved is not None
    travelled = moved.landmarks[NOSE, 0] - first.landmarks[NOSE, 0]
    assert 15 < travelled < 36  # smoothed: behind, but not by much


def test_after_an_empty_picture_the_person_is_found_again_elsewhere(astronaut):
    finder = BodyFinder(ModelStore())
    assert finder.find(astronaut, 0.0) is not None
    assert finder.find(np.zeros_like(astronaut), 0.1) is None
    found = finder.find(shifted(astronaut, 80, 20), 0.2)
    assert abs(found.landmarks[NOSE, 0] - 302) < 20


def test_a_still_person_under_noise_moves_less_than_the_network_says(astronaut):
    finder, single = BodyFinder(ModelStore()), BodyFinder(ModelStore())
    random = np.random.default_rng(3)
    followed, raw = [], []
    for step in range(20):
        noisy = np.clip(astronaut + random.normal(0, 6, astronaut.shape), 0, 255).astype(np.uint8)
        for found, places in ((finder.find(noisy, step / 30), followed), (single.find(noisy, None), raw)):
            places.append(found.landmarks[[L_SHOULDER, R_SHOULDER], :2])
    motion, jitter = (np.linalg.norm(np.diff(np.array(places[5:]), axis=0), axis=2).mean() for places in (followed, raw))
    assert motion < 0.6 * jitter


def test_a_body_found_turned_left_to_right_for_one_frame_is_turned_back(astronaut):
    finder = BodyFinder(ModelStore())
    body = finder.find(astronaut, 0.0)
    swapped = body.landmarks.copy()
    swapped[[L_SHOULDER, R_SHOULDER, 23, 24]] = swapped[[R_SHOULDER, L_SHOULDER, 24, 23]]
    assert np.allclose(finder.unswapped(swapped)[[L_SHOULDER, R_SHOULDER], :2], body.landmarks[[L_SHOULDER, R_SHOULDER], :2], atol=1)
    for _ in range(20):
        kept = finder.unswapped(swapped)
        if np.array_equal(kept, swapped):
            break
    assert np.array_equal(kept, swapped)  # what the network keeps saying is believed
