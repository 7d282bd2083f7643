"""What `kiosk bench mirror` measures, on very few frames: that the figures are what they say they are."""

import subprocess
import sys

import numpy as np
import pytest

from kiosk.devices.simulated.figure_pose import HANGING, BodyPose
from kiosk.evaluation.live import live
from kiosk.evaluation.mirror import is_torn, machine, shopper, soak
from kiosk.vision.mannequin import HEIGHT, WIDTH
from kiosk.vision.mannequin import test_body as body_of_ours
from kiosk.vision.networks import ModelStore
from kiosk.vision.wardrobe import garment

SOAK = """
from kiosk.evaluation.mirror import memory_mb, soak
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import use_threads
from kiosk.vision.wardrobe import garment
use_threads(1)
used = [mb for _, mb in soak(ModelStore(), (garment("shirt_white"), garment("tshirt_red")), 200_000)]
print(max(used), 100 * (used[-1] / used[len(used) // 5] - 1))
"""


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


@pytest.mark.slow
def test_eight_hours_of_frames_need_no_more_memory_at_their_end(shirt):
    """200,000 frames in a process of its own: the most that it ever used, and how much more at the end than after a fifth."""
    done = subprocess.run([sys.executable, "-c", SOAK], capture_output=True, text=True, timeout=7200, check=True)
    most, growth = (float(word) for word in done.stdout.split()[-2:])
    assert most <= 500 and growth < 1


def test_the_loop_that_lives_shows_frames_and_dresses_them(shirt):
    standing = shopper(ModelStore(), BodyPose(HANGING, HANGING))
    assert standing.shape == (1280, 720, 3)
    seen = live(ModelStore(), [standing], shirt, (360, 640), 1.5)
    assert seen.shown_hz > 0 and seen.dressed_hz > 0 and seen.late_p95_ms > 0
