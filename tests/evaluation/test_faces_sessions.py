"""Whole attempts by the shipped policy: one camera and relatives."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.domain.identity import Candidate, Policy, decide
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import embed_files
from kiosk.evaluation.faces_sessions import camera_files, judge_camera, judge_relatives, needed_threshold, relatives_files
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore

POLICY = Policy(threshold=0.443, margin=0.04)


def near(place: np.ndarray, distance: float, rng: np.random.Generator) -> np.ndarray:
    step = rng.normal(size=384)
    return (place + step / np.linalg.norm(step) * distance).astype(np.float32)


def test_the_needed_threshold_is_where_the_policy_begins_to_accept() -> None:
    rng = np.random.default_rng(5)
    policy, accepted = replace(POLICY, margin=0.2), 0
    for _ in range(300):
        places = rng.normal(0, 0.045, (4, 384))
        bucket = [Candidate(str(number), place.astype(np.float32)) for number, place in enumerate(places)]
        frames = [near(places[rng.integers(2)], float(rng.uniform(0.1, 0.8)), rng) for _ in range(3)]
        needed, taken_for = needed_threshold(frames, bucket, policy)
        for threshold in (needed - 1e-6, needed + 1e-6) if np.isfinite(needed) else (2.0, 0.5):
            made = decide(frames, bucket, replace(policy, threshold=threshold))
            assert (made.outcome == "accepted") == (threshold > needed)
            if made.outcome == "accepted":
                assert made.member_id == taken_for
                accepted += 1
    assert accepted > 50


def test_people_who_look_like_themselves_are_recognised_and_others_are_not() -> None:
    rng = np.random.default_rng(6)
    places = rng.normal(0, 0.1, (8, 384))
    report = judge_camera({str(n): [near(place, 0.3, rng) for _ in range(10)] for n, place in enumerate(places)}, POLICY)
    assert (report.people, report.fnir, report.fpir, report.people_refused) == (8, 0.0, 0.0, 0)
    assert report.own_attempts == report.other_attempts == 8 * 10 * 200


def test_a_face_that_is_not_found_counts_against_us() -> None:
    rng = np.random.default_rng(6)
    people: dict[str, list[np.ndarray | None]] = {str(n): [near(place, 0.3, rng) for _ in range(10)]
                                                  for n, place in enumerate(rng.normal(0, 0.1, (8, 384)))}
    people["0"][9] = None
    report = judge_camera(people, POLICY)
    assert report.people_refused == 1
    assert report.fnir == pytest.approx(6 / 10 / 8)


def test_a_brother_who_looks_like_his_sister_is_counted() -> None:
    rng = np.random.default_rng(7)
    place, other = rng.normal(0, 0.1, (2, 384))
    twins = {"Son": [near(place, 0.2, rng)], "Daughter": [near(place, 0.2, rng)]}
    strangers = {"Man": [near(place, 0.2, rng)], "Woman": [near(other, 0.2, rng)]}
    report = judge_relatives({"Family1": twins, "Family2": strangers}, POLICY)
    assert (report.groups, report.people, report.attempts, report.taken_for_another) == (2, 4, 4, 2)
    assert report.nearest < 0.443


def test_folders_and_names_are_read(tmp_path: Path) -> None:
    for person in range(6):
        (tmp_path / f"s{person}").mkdir()
        for number in range(1, 11):
            (tmp_path / f"s{person}" / f"{number}.pgm").touch()
    assert [path.name for path in camera_files(tmp_path)["s3"]][8:] == ["9.pgm", "10.pgm"]
    (tmp_path / "s3" / "7.pgm").unlink()
    with pytest.raises(InvalidValueError, match="s3 has fewer"):
        camera_files(tmp_path)
    for name in ("Family1-Son1", "Family1-Son2", "Family1-Mom1", "Family2-Man1", "man1-person-group", "detection1"):
        (tmp_path / f"{name}.jpg").touch()
    assert {group: sorted(people) for group, people in relatives_files(tmp_path).items()} == {"Family1": ["Mom", "Son"]}
    with pytest.raises(InvalidValueError, match="two people of one group"):
        relatives_files(tmp_path / "s1")


@pytest.mark.skipif("KIOSK_DATA" not in os.environ, reason="KIOSK_DATA is not set")
def test_no_relative_is_taken_for_another_by_the_shipped_policy() -> None:
    groups = relatives_files(Path(os.environ["KIOSK_DATA"]) / "faces" / "families")
    files = [file for people in groups.values() for shots in people.values() for file in shots]
    store = ModelStore()
    found = embed_files(files, FaceFinder(store), make_embedder("onnx", store), lambda _done, _of: None)
    report = judge_relatives({group: {person: [vector for file in shots if (vector := found[file]) is not None]
                                      for person, shots in people.items()} for group, people in groups.items()}, Policy())
    assert report.taken_for_another == 0
    assert report.recognised == report.recognisable > 10
