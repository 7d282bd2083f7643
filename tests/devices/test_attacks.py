"""Rendered attempts from the one portrait that is pinned: they show what they are called, and the same seed shows the same."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kiosk.devices.simulated.attack_camera import HEIGHT, WIDTH, Scene, turned
from kiosk.devices.simulated.attack_head import Head, Subject
from kiosk.devices.simulated.attack_media import Sheet
from kiosk.devices.simulated.attack_ranges import RANGES, Draw, lines
from kiosk.devices.simulated.attacks import ATTACKS, KINDS, render
from kiosk.devices.simulated.portrait import landmarks
from kiosk.domain.challenge import draw
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture

CALM = Scene(focal_px=480.0, distance_mm=550.0, sigma=2.0, shutter_s=0.0, lamp=0.0, exposure_s=0.0, gain=1.0)
AHEAD = turned(0, 0, 0), np.array([0.0, 0.0, 550.0])


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(Subject(read_picture(ModelStore().path("astronaut")), landmarks()))


@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_lasts_as_long_as_its_challenge_and_moves(head: Head, kind: str) -> None:
    challenge = draw(3)
    frames = list(render(kind, head, challenge, 5, "tune"))
    times = [at_s for at_s, _ in frames]
    assert times == sorted(times) and challenge.ends_s - 0.2 < times[-1] < challenge.ends_s
    assert all(picture.shape == (HEIGHT, WIDTH, 3) and picture.dtype == np.uint8 for _, picture in frames)
    assert max(np.abs(picture.astype(int) - frames[0][1]).mean() for _, picture in frames[10:]) > 4
    again = list(render(kind, head, challenge, 5, "tune"))
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(frames, again, strict=True))


def test_the_halves_share_nothing_and_keep_to_the_ranges() -> None:
    tune, test = ({round(Draw(str(seed), half)((0.0, 8.0)) // 1) for seed in range(200)} for half in ("tune", "test"))
    assert tune == {0, 2, 4, 6} and test == {1, 3, 5, 7}
    assert (RANGES.focal_widths, RANGES.bend_radius_mm, RANGES.lux) == ((0.6, 1.4), (50.0, 600.0), (200.0, 1200.0))
    assert any("bend_radius_mm     50 to 600" in line for line in lines())


def test_a_head_that_turns_moves_its_nose_more_than_its_ears(head: Head) -> None:
    still, seen = head.targets(CALM, AHEAD), head.targets(CALM, (turned(20, 0, 0), AHEAD[1]))
    step = 5

    def moved(vertex: int) -> float:
        x, y = np.round(head.mesh[vertex, :2] / step).astype(int)
        return float((seen - still)[y, x, 0])

    assert moved(1) > moved(168) + 5 and moved(1) > 12, "the nose's tip goes to the right, further than its root"
    blinked = head.seen(CALM, AHEAD, 1.0, (0.0, 0.0)).astype(int) - head.seen(CALM, AHEAD, 0.0, (0.0, 0.0))
    changed = np.abs(blinked).max(axis=2) > 25
    assert 40 < changed.sum() < 4000 and np.abs(np.argwhere(changed).mean(axis=0) - (HEIGHT / 2, WIDTH / 2)).max() < 30


def test_a_flat_sheet_is_seen_through_one_homography_and_a_bent_one_is_not() -> None:
    pose = turned(35, 5, 3), np.array([10.0, -5.0, 500.0])
    for sheet, off in ((Sheet(1.0, (100.0, 100.0)), 0.05), (Sheet(1.0, (100.0, 100.0), radius_mm=120.0), 3.0)):
        places = sheet.places(CALM, pose, (0.0, 0.0))[100:260:16, 160:320:16].reshape(-1, 2)
        y, x = np.mgrid[100:260:16, 160:320:16]
        pixels = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
        matrix, _ = cv2.findHomography(pixels, places)
        seen = cv2.perspectiveTransform(pixels[:, None], matrix)[:, 0]
        worst = float(np.linalg.norm(seen - places, axis=1).max())
        assert (worst < off) if sheet.radius_mm > 1e5 else (worst > off)


def test_a_kind_that_nobody_knows_is_refused(head: Head) -> None:
    assert len(ATTACKS) == 5
    with pytest.raises(KeyError):
        next(render("mask", head, draw(1), 1, "tune"))
