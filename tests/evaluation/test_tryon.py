"""The try-on figures: on a small made-up set and, where there is one, on real pairs."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.errors import InvalidValueError
from kiosk.evaluation.tryon import PairScore, evaluate, pairs, summary
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_labels, read_picture, write_picture
from kiosk.vision.wardrobe import photo


@pytest.fixture(scope="module")
def finder() -> BodyFinder:
    return BodyFinder(ModelStore())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("image", "cloth", "cloth-mask", "image-parse"):
        (tmp_path / name).mkdir()
    astronaut = read_picture(ModelStore().path("astronaut"))
    labels = np.zeros(astronaut.shape[:2], np.uint8)
    labels[230:512, 60:330] = 5
    empty = np.full_like(astronaut, 200)
    for name, pixels in (("000001", astronaut), ("000002", empty)):
        write_picture(tmp_path / "image" / f"{name}_0.jpg", pixels)
        write_picture(tmp_path / "cloth" / f"{name}_1.jpg", photo("hoodie_grey"))
        cv2.imwrite(str(tmp_path / "cloth-mask" / f"{name}_1.jpg"), (photo("hoodie_grey").min(axis=2) < 230).astype(np.uint8) * 255)
        cv2.imwrite(str(tmp_path / "image-parse" / f"{name}_0.png"), labels)
    return tmp_path


def test_every_pair_counts_and_nobody_found_scores_nothing(folder, finder):
    scores = list(evaluate(folder, finder))
    assert [s.name for s in scores] == ["000001", "000002"]
    assert scores[0].iou > 0.5 and scores[0].dressed
    assert scores[1].iou == 0.0 and not scores[1].dressed
    figures = summary(scores)
    assert figures["pairs"] == 2 and figures["dressed"] == 0.5
    assert figures["mean_iou"] == pytest.approx(scores[0].iou / 2, abs=1e-4)
    assert figures["cut_out_iou"] > 0.9


def test_the_truth_is_never_shown_to_the_method(folder, finder):
    before = [s.iou for s in evaluate(folder, finder)]
    truth = folder / "image-parse" / "000001_0.png"
    cv2.imwrite(str(truth), np.zeros((512, 512), np.uint8))
    (folder / "cloth-mask" / "000001_1.jpg").write_bytes((folder / "cloth-mask" / "000002_1.jpg").read_bytes())
    assert [s.iou for s in evaluate(folder, finder)] == [0.0, 0.0] != before


def test_covered_arms_inside_the_box_are_counted():
    scores = [PairScore("a", 0.8, 1.0, 0.3, 100, 10, True), PairScore("b", 0.6, 1.0, 0.05, 300, 30, True)]
    figures = summary(scores)
    assert figures["wrongly_covered"] == 0.1 and figures["long_sleeve_iou"] == 0.6


def test_what_still_shows_of_the_worn_garment_is_told_by_class():
    scores = [PairScore("a", 0.8, 1.0, 0.3, 0, 0, True, 1000, 100, "short"), PairScore("b", 0.6, 1.0, 0.05, 0, 0, True, 3000, 900, "long")]
    figures = summary(scores)
    assert (figures["own_visible"], figures["own_visible_short"], figures["own_visible_long"]) == (0.25, 0.1, 0.3)
    assert figures["own_visible_none"] == 0.0


def test_a_folder_of_another_layout_is_refused(tmp_path):
    with pytest.raises(InvalidValueError, match="image/ and cloth/"):
        pairs(tmp_path)


def test_palette_numbers_are_read_not_colours(tmp_path):
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes(row) for row in ((0, 5), (14, 2)))
    palette = bytes(v for n in range(20) for v in (n * 3, 255 - n, n * 7 % 256))
    path = tmp_path / "parse.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 3, 0, 0, 0)) + chunk(b"PLTE", palette)
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert read_labels(path).tolist() == [[0, 5], [14, 2]]


@pytest.mark.skipif("KIOSK_DATA" not in os.environ, reason="KIOSK_DATA is not set")
def test_real_pairs_reach_the_bar(finder):
    scores = list(evaluate(Path(os.environ["KIOSK_DATA"]) / "tryon" / "viton_dev", finder, limit=60))
    figures = summary(scores)
    assert figures["dressed"] == 1.0 and figures["mean_iou"] >= 0.66
