import numpy as np
import pytest

from kiosk.devices.camera.watch import PATIENCE_S, Watch
from kiosk.errors import DeviceLostError

SIZE = (64, 48)


def noisy(seed: int, level: int = 120) -> np.ndarray:
    return np.random.default_rng(seed).integers(level - 5, level + 5, (48, 64, 3)).astype(np.uint8)


FROZEN = noisy(1)
TROUBLES = {
    "no frame comes": lambda _i: None,
    "black": lambda i: np.random.default_rng(i).integers(0, 8, (48, 64, 3)).astype(np.uint8),
    "frozen": lambda _i: FROZEN,
    "shape": lambda i: noisy(i)[:24],
}


@pytest.mark.parametrize("cause", TROUBLES)
def test_trouble_is_told_within_two_seconds_and_ends_with_its_cause(cause):
    watch, t = Watch("till", SIZE), 0.0
    assert watch.look(FROZEN, t)
    told = ""
    while not told:
        t += 0.1
        try:
            assert not watch.look(TROUBLES[cause](round(t * 10)), t)
        except DeviceLostError as error:
            told = str(error)
    assert PATIENCE_S <= t + 0.001 <= 2.0
    assert cause in told
    assert "till" in told
    assert watch.look(noisy(99), t + 0.1)
    assert not watch.look(None, t + 0.2)


def test_a_single_bad_turn_is_forgotten():
    watch = Watch("till", SIZE)
    for i in range(100):
        assert watch.look(noisy(i), i * 1.0)
        assert not watch.look(None, i * 1.0 + 0.5)


def test_a_dark_but_lit_picture_is_good():
    watch = Watch("till", SIZE)
    picture = noisy(1, level=10)
    picture[10:20, 10:30] = 60
    assert watch.look(picture, 0.0)
