"""The pairs protocol: its file format, its judging, and a run on real pictures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import evaluate_pairs, judge_folds, read_pairs, wilson
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore

GOOD = "2\t1\nAda\t1\t2\nAda\t1\tBo_B\t3\nCy\t4\t5\nCy\t4\tAda\t2\n"


def pairs_file(folder: Path, text: str) -> Path:
    path = folder / "pairs.txt"
    path.write_text(text)
    return path


def test_pairs_are_read_with_their_folds(tmp_path: Path) -> None:
    (tmp_path / "Ada_0001.jpg").touch()
    pairs = read_pairs(pairs_file(tmp_path, GOOD), tmp_path)
    assert [(pair.same, pair.fold) for pair in pairs] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    assert pairs[0].first == tmp_path / "Ada_0001.jpg"
    assert pairs[1].second == tmp_path / "Bo_B" / "Bo_B_0003.jpg"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1"),
        ("two 1\n", "line 1"),
        ("2 1\nAda 1 2\n", "1 lines follow"),
        ("1 1\nAda 1 2\nAda 1 Bo 3\n", "at least 2"),
        (GOOD.replace("Cy\t4\t5", "Cy\t4"), "line 4"),
        (GOOD.replace("Ada\t1\t2", "Ada\tone\t2"), "line 2"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidValueError, match=rf"pairs\.txt.*{said}"):
        read_pairs(pairs_file(tmp_path, text), tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r"none\.txt"):
        read_pairs(tmp_path / "none.txt", tmp_path)


def test_each_fold_is_judged_at_the_threshold_of_the_others() -> None:
    distances = np.array([0.1, 0.3, 0.6, 0.8])
    same = np.array([True, False, True, False])
    accuracies, thresholds = judge_folds(distances, same, np.array([0, 0, 1, 1]))
    assert thresholds == pytest.approx([0.7, 0.2])
    assert accuracies == [0.5, 0.5]


def test_a_picture_without_a_face_is_wrong_either_way() -> None:
    distances = np.array([np.nan, 0.9, 0.1, np.nan])
    accuracies, _ = judge_folds(distances, np.array([True, False, True, False]), np.array([0, 0, 1, 1]))
    assert accuracies == [0.5, 0.5]
    assert judge_folds(np.full(4, np.nan), np.array([True, False, True, False]), np.array([0, 0, 1, 1]))[0] == [0.0, 0.0]


def test_the_interval_is_wilsons() -> None:
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


@pytest.mark.skipif("KIOSK_DATA" not in os.environ, reason="KIOSK_DATA is not set")
def test_press_pictures_are_told_apart(tmp_path: Path) -> None:
    faces = Path(os.environ["KIOSK_DATA"]) / "faces" / "lfw_dev"
    lines = (faces / "pairs.txt").read_text().splitlines()
    chosen = [line for start in (1, 301, 601, 901) for line in lines[start : start + 20]]
    pairs = read_pairs(pairs_file(tmp_path, "\n".join(["2 20", *chosen])), faces / "images")
    store = ModelStore()
    seen: list[tuple[int, int]] = []
    report = evaluate_pairs(pairs, FaceFinder(store), make_embedder("onnx", store), lambda done, of: seen.append((done, of)))
    assert report.pairs == 80 and report.not_found == 0
    assert report.accuracy >= 0.95 and report.low < report.accuracy <= report.high
    assert 0.45 < report.threshold < 0.7
    assert seen[-1] == (report.pictures, report.pictures)
