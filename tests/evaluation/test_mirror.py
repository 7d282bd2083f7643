"""What `kiosk bench mirror` measures, on very few frames: that the figures are what they say they are."""

import numpy as np
import pytest

from kiosk.devices.simulated.figure_pose import HANGING, BodyPose
from kiosk.evaluation.mirror import is_torn, machine, shopper, soak
from kiosk.vision.mannequin import HEIGHT, WIDTH
from kiosk.vision.mannequin import test_body as body_of_ours
from kiosk.vision.networks import ModelStore
from kiosk.vision.wardrobe import garment


@pytest.fixture(scope="module")
def shirt():
    return garment("shirt_white")


def test_the_machine_has_a_name():
    assert "cores" in machine() or "Raspberry" in machine()


def test_a_sound_body_tears_nothing_and_a_reversed_garment_is_seen(shirt):
    from dataclasses import replace

    _, body = body_of_ours()
    assert not is_torn(body, shirt, HEIGHT, WIDTH)
    reversed_trunk = replace(shirt, trunk=np.ascontiguousarray(shirt.trunk[:, ::-1]))
    assert is_torn(body, reversed_trunk, HEIGHT, WIDTH)


def test_the_loop_runs_and_tells_its_memory(shirt):
    used = list(soak(ModelStore(), (shirt,), 3))
    assert [step for step, _ in used] == [0, 1, 2] and all(50 < mb < 2000 for _, mb in used)


def test_the_rendered_shopper_fills_the_camera():
    assert shopper(ModelStore(), BodyPose(HANGING, HANGING)).shape == (1280, 720, 3)
