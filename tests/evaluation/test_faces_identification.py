"""Strangers and members against buckets: the file, the rates, the curve and the sizes of buckets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from kiosk.domain.identity import Policy
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces_buckets import bucket_sizes
from kiosk.evaluation.faces_curve import draw
from kiosk.evaluation.faces_identification import (
    Gallery,
    ShippedFigure,
    attempts,
    distances,
    evaluate_identification,
    figures,
    read_gallery,
)

Vectors = dict[str, "np.ndarray | None"]


def gallery_of(people: int, strangers: int) -> Gallery:
    return Gallery({f"m{n}": [f"m{n}_{shot}" for shot in range(5)] for n in range(people)}, [f"s{n}" for n in range(strangers)])


def embeddings(gallery: Gallery, spread: float) -> Vectors:
    """Everybody at a place of their own, their pictures scattered around it."""
    rng = np.random.default_rng(11)
    made: Vectors = {}
    for files in [*gallery.members.values(), *([file] for file in gallery.strangers)]:
        place = rng.normal(0, 0.08, 384)
        made.update({file: (place + rng.normal(0, spread, 384)).astype(np.float32) for file in files})
    return made


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "identification.json"
    path.write_text(json.dumps({"members": {"Ada": ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]}, "strangers": ["9.jpg"]}))
    assert read_gallery(path).files == ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "9.jpg"]


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"members": {}, "strangers": ["s.jpg"]}', '{"members": {"Ada": ["1", "2", "3"]}, "strangers": ["s"]}',
    '{"members": {"Ada": ["1", "2", "3", "4"]}, "strangers": []}', '{"members": ["Ada"], "strangers": ["s"]}',
])
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(InvalidValueError, match=r"wrong\.json"):
        read_gallery(path)


def test_people_far_apart_are_never_mixed_up() -> None:
    gallery = gallery_of(20, 30)
    report = evaluate_identification(gallery, embeddings(gallery, 0.01), Policy(threshold=0.5, margin=0.0))
    assert [(at.size, at.fpir, at.fnir) for at in report.shipped] == [(size, 0.0, 0.0) for size in (1, 2, 5, "all")]
    assert {(row.size, row.fpir) for row in report.buckets} == {(size, rate) for size in (1, 2, 5, "all") for rate in (0.001, 0.01)}
    for row in report.buckets:
        assert (row.fnir, row.n_probes, row.n_strangers) == (0.0, 40, 30)
        assert row.fpir_seen <= row.fpir
        assert row.interval == (0.0, 0.0)


def test_people_without_a_face_in_the_picture_are_not_recognised() -> None:
    gallery = gallery_of(20, 30)
    vectors = embeddings(gallery, 0.01)
    for number in range(10):
        vectors[f"m{number}_4"] = None
    report = evaluate_identification(gallery, vectors, Policy(threshold=0.5, margin=0.0))
    assert report.not_found == 10
    assert [at.fnir for at in report.shipped][-1] == 0.25
    everybody = [row for row in report.buckets if row.size == "all"]
    assert [row.fnir for row in everybody] == [0.25, 0.25]
    assert all(row.interval[0] < 0.25 < row.interval[1] for row in everybody)


def test_who_is_a_little_too_far_counts_as_asked_for_the_pin_not_as_accepted() -> None:
    gallery = gallery_of(20, 30)
    report = evaluate_identification(gallery, embeddings(gallery, 0.01), Policy(threshold=0.02, pin_threshold=0.5, margin=0.0))
    for at in report.shipped:
        assert (at.fpir, at.fnir, at.others_asked, at.own_asked) == (0.0, 1.0, 0.0, 1.0)


def test_a_member_without_an_enrolled_face_is_not_recognised() -> None:
    gallery = gallery_of(10, 10)
    vectors = embeddings(gallery, 0.01)
    vectors.update({f"m0_{shot}": None for shot in range(3)})
    made = attempts(distances(gallery, vectors), None, margin=0.0)
    assert np.isinf(made.own).sum() == 2


def test_the_rate_is_the_share_of_others_at_the_threshold() -> None:
    gallery = gallery_of(40, 60)
    measured = distances(gallery, embeddings(gallery, 0.08))
    made = attempts(measured, 5, margin=0.0)
    assert len(made.impostor) == 200 * (60 + 70) and len(made.own) == 200 * 10
    for row in figures(made, measured, 5):
        # The same two people meet in many buckets, so that the share grows in steps.
        assert 0.7 * row.fpir < (made.impostor <= row.threshold).mean() == row.fpir_seen <= row.fpir
        assert row.fnir == (made.own > row.threshold).mean()
        assert row.interval[0] <= row.fnir <= row.interval[1]


def test_two_members_too_near_to_each_other_accept_nobody() -> None:
    gallery = gallery_of(2, 3)
    vectors = embeddings(gallery, 0.0)
    vectors.update({f"m1_{shot}": vectors[f"m0_{shot}"] for shot in range(5)})
    measured = distances(gallery, vectors)
    assert np.isinf(attempts(measured, 2, margin=0.04).own).all()
    assert np.isfinite(attempts(measured, 1, margin=0.04).own).all()


def test_bucket_sizes_follow_the_binomial() -> None:
    rows = {(row.digits, row.members): row for row in bucket_sizes()}
    assert len(rows) == 9
    assert rows[4, 10_000].mean == pytest.approx(1.9999)
    assert rows[4, 10_000].median == 2 and rows[4, 10_000].p99 == 5
    assert rows[4, 10_000].small_enough == pytest.approx(0.9963, abs=1e-4)
    assert rows[4, 1_000_000].median == 101 and rows[4, 1_000_000].small_enough < 1e-30
    assert rows[8, 1_000_000].small_enough > 0.999999


def test_the_plot_is_a_picture_with_a_line_a_size() -> None:
    gallery = gallery_of(20, 30)
    report = evaluate_identification(gallery, embeddings(gallery, 0.08), Policy())
    root = ET.fromstring(draw(report.curves, report.buckets, "20 < 30 members"))
    assert sum(item.tag.endswith("circle") for item in root) == 8
    shipped = [ShippedFigure(1, 0.36, 0.001, 0.01, 0.0, 0.0), ShippedFigure(2, 0.36, 0.0, 0.02, 0.0, 0.0)]
    again = ET.fromstring(draw(report.curves, report.buckets, "20 < 30 members", shipped))
    assert sum(item.tag.endswith("circle") for item in again) == 8 + 1 + 1, "one on its curve, none where nobody passed, one in the legend"
    lines = [item for item in root if item.tag.endswith("polyline")]
    assert len(lines) == 4
    for line in lines:
        points = np.array([[float(number) for number in point.split(",")] for point in line.attrib["points"].split()])
        assert (np.diff(points[:, 0]) > 0).all() and (np.diff(points[:, 1]) >= 0).all()  # further right is further down: fewer refused


@pytest.mark.skipif("KIOSK_DATA" not in os.environ, reason="KIOSK_DATA is not set")
def test_the_command_prints_figures_of_real_people(tmp_path: Path) -> None:
    faces = Path(os.environ["KIOSK_DATA"]) / "faces" / "lfw_dev"
    content = json.loads((faces / "identification.json").read_text())
    few = {"members": dict(list(content["members"].items())[:8]), "strangers": content["strangers"][:12]}
    chosen, plot = tmp_path / "few.json", tmp_path / "curve.svg"
    chosen.write_text(json.dumps(few))
    command = [sys.executable, "-m", "kiosk", "eval", "faces", "--images", str(faces / "images"), "--identification", str(chosen), "--json"]
    done = subprocess.run([*command, "--plot", str(plot)], capture_output=True, text=True, check=True)
    made = json.loads(done.stdout)
    assert {"size", "fpir", "fnir", "threshold", "n_probes", "n_strangers", "interval"} <= set(made["buckets"][0])
    assert [row["size"] for row in made["buckets"]] == [1, 1, 2, 2, 5, 5, "all", "all"]
    assert made["buckets"][0]["n_strangers"] == 12 and made["buckets"][0]["fnir"] < 0.2
    assert plot.read_text().startswith("<svg")
