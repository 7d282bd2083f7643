"""`kiosk eval liveness`: halves, counts, the curve, and a small run on the one portrait that is pinned."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.domain.liveness import LIMITS, Verdict
from kiosk.errors import InvalidValueError
from kiosk.evaluation.liveness import HALVES, Plan, evaluate_folder, faces_of, figure
from kiosk.evaluation.liveness_curve import draw
from kiosk.vision.face import FaceFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture, write_picture


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ModelStore())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portrait under names of several people, and a picture of nobody."""
    made = tmp_path_factory.mktemp("faces")
    portrait = read_picture(ModelStore().path("astronaut"))[:320, 60:400]
    for name in ("Ada_0001", "Ada_0002", "Bo_0001", "Cy_0001", "Di_0001"):
        write_picture(made / f"{name}.jpg", portrait)
    write_picture(made / "Nobody_0001.jpg", portrait * 0 + 90)
    return made


def test_nobody_is_in_both_halves_and_everybody_once(folder: Path, finder: FaceFinder) -> None:
    tune, test = (faces_of(folder, half, finder) for half in HALVES)
    assert len(tune) + len(test) == 4 and tune and test


def test_a_folder_without_faces_is_named(tmp_path: Path, finder: FaceFinder) -> None:
    with pytest.raises(InvalidValueError, match=str(tmp_path)):
        faces_of(tmp_path, "test", finder)


def test_wrong_is_an_attack_that_passes_and_a_person_who_does_not() -> None:
    verdicts = [Verdict(True, "live")] * 3 + [Verdict(False, "flat")]
    assert (figure("print", verdicts).wrong, figure("genuine", verdicts, passes_wrongly=False).wrong) == (3, 1)
    assert figure("print", verdicts).rules == {"live": 3, "flat": 1}


def test_a_small_run_counts_every_kind_and_paper_does_not_pass(folder: Path, finder: FaceFinder) -> None:
    done: list[int] = []
    report = evaluate_folder(folder, Plan(2, 1, "test"), LIMITS, 1, lambda at, _of: done.append(at))
    assert done[-1] == 2
    assert report.people == len(faces_of(folder, "test", finder))
    assert [row.kind for row in report.apcer] == ["print", "bent_print", "phone", "cut_eyes", "phone_turn"]
    assert report.source == "rendered" and all(row.attempts == 2 for row in (report.bpcer, *report.apcer))
    assert report.apcer[0].wrong == 0 and report.replays.wrong == 0
    assert draw(report.margins, "title").count("<polyline") == 5
