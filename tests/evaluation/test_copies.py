"""`kiosk eval copies`: pictures as they are, counted with their interval, and a video that answers no challenge."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.domain.liveness import LIMITS
from kiosk.errors import InvalidValueError
from kiosk.evaluation.copies import judge_pictures, judge_video, pictures_of
from kiosk.vision.face import FaceFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture, write_picture


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ModelStore())


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return np.ascontiguousarray(read_picture(ModelStore().path("astronaut"))[:360, 40:420])


def test_real_pictures_and_copies_are_counted_apart(tmp_path: Path, finder: FaceFinder, portrait: np.ndarray) -> None:
    framed = np.full((480, 480, 3), 200, np.uint8)
    cv2.rectangle(framed, (150, 120), (330, 340), (10, 10, 12), -1)
    framed[140:320, 162:318] = portrait[34:214, 108:264]
    for name, picture in {"real/Ada_1": portrait, "real/none": portrait * 0 + 80, "fake/Ada_1": framed}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_picture(tmp_path / f"{name}.png", picture)
    living, copy = judge_pictures([tmp_path / "real"], [tmp_path / "fake"], finder, 0.5)
    assert (living.real, living.pictures, living.faceless, living.taken) == (True, 2, 1, 0.0)
    assert (copy.real, copy.pictures, copy.faceless, copy.taken) == (False, 1, 0, 1.0)
    assert copy.auc == living.auc == 1.0 and copy.interval[0] > 0.0 and living.interval[1] < 1.0


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=str(tmp_path)):
        pictures_of(tmp_path)


def test_a_video_of_somebody_who_was_asked_nothing_passes_nothing(tmp_path: Path, finder: FaceFinder, portrait: np.ndarray) -> None:
    film = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, portrait.shape[1::-1])
    for _ in range(45):
        film.write(cv2.cvtColor(portrait, cv2.COLOR_RGB2BGR))
    film.release()
    row = judge_video(tmp_path / "film.avi", finder, LIMITS, 20)
    assert (row.name, row.frames, row.followed, row.plays, row.passed) == ("film.avi", 45, 45, 20, 0)
