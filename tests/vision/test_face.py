"""Finding a face and its mesh, on the one portrait that is pinned."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from kiosk.domain.frame import Picture
from kiosk.errors import InvalidValueError
from kiosk.vision.alignment import cut, face_chip, head_pose_deg, similarity
from kiosk.vision.face import FaceFinder, FaceFound, Region
from kiosk.vision.networks import ModelStore
from kiosk.vision.networks.dlib_backend import DlibFaces
from kiosk.vision.pictures import read_picture

# Where the portrait's eyes and mouth are, read off the picture by hand, in pixels.
LEFT_EYE, RIGHT_EYE, MOUTH = (203, 101), (247, 104), (222, 146)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ModelStore())


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return read_picture(ModelStore().path("astronaut"))


@pytest.fixture(scope="module")
def face(finder: FaceFinder, astronaut: Picture) -> FaceFound:
    return finder.find(astronaut)[0]


def turned(picture: Picture, degrees: float) -> Picture:
    """The picture turned clockwise about the portrait's face."""
    return cv2.warpAffine(picture, cv2.getRotationMatrix2D((225, 120), -degrees, 1), (512, 512))


def test_one_face_is_found_with_a_mesh_where_eyes_and_mouth_are(finder: FaceFinder, astronaut: Picture) -> None:
    (face,) = finder.find(astronaut)
    assert face.score > 0.8
    assert face.mesh.shape == (468, 3) and face.mesh.dtype == np.float32
    for vertices, place in (((33, 133), LEFT_EYE), ((362, 263), RIGHT_EYE), ((13, 14), MOUTH)):
        assert np.linalg.norm(face.mesh[list(vertices), :2].mean(axis=0) - place) < 5, vertices
    x, y, width, height = face.box
    assert (face.mesh[:, :2] >= (x - 0.01, y - 0.01)).all() and (face.mesh[:, :2] <= (x + width + 0.01, y + height + 0.01)).all()
    assert face.size_px == pytest.approx(43, abs=2)


def test_the_nose_is_nearer_than_the_ears(face: FaceFound) -> None:
    assert face.mesh[1, 2] < min(face.mesh[234, 2], face.mesh[454, 2]) - 0.2 * face.box[2]


def test_pose_is_told_in_degrees(finder: FaceFinder, astronaut: Picture, face: FaceFound) -> None:
    assert abs(face.yaw_deg) < 10 and abs(face.pitch_deg) < 12 and abs(face.roll_deg) < 6
    for degrees in (-25, -10, 10, 25):
        leaning = finder.find(turned(astronaut, degrees))[0]
        assert leaning.roll_deg - face.roll_deg == pytest.approx(degrees, abs=3)


def test_a_turned_mesh_tells_the_turn(face: FaceFound) -> None:
    middle = face.mesh - face.mesh.mean(axis=0)
    for axis, place in (((0, 1, 0), 0), ((1, 0, 0), 1), ((0, 0, 1), 2)):
        rotation, _ = cv2.Rodrigues(np.array(axis, np.float64) * np.radians(15))
        change = np.subtract(head_pose_deg((middle @ rotation.T).astype(np.float32)), head_pose_deg(middle))
        assert abs(change[place]) == pytest.approx(15, abs=4), axis
        assert np.abs(np.delete(change, place)).max() < 5, axis


def test_a_nose_to_the_right_is_a_positive_yaw_and_a_raised_one_a_positive_pitch(face: FaceFound) -> None:
    """Depth grows away from the camera, so a turn that carries the near nose to the right has this sign."""
    middle = face.mesh - face.mesh.mean(axis=0)
    for step, place in ((np.array([1.0, 0, 0]), 0), (np.array([0, -1.0, 0]), 1)):
        sheared = middle - np.outer(middle[:, 2], step * 0.3).astype(np.float32) + np.outer(middle @ step, (0, 0, 0.3)).astype(np.float32)
        moved = (sheared[1] - sheared[[33, 263, 10, 152]].mean(axis=0)) - (middle[1] - middle[[33, 263, 10, 152]].mean(axis=0))
        assert moved @ step > 0
        assert head_pose_deg(sheared)[place] > head_pose_deg(middle)[place] + 10


def test_a_mirrored_face_looks_the_other_way(finder: FaceFinder, astronaut: Picture, face: FaceFound) -> None:
    mirrored = finder.find(np.ascontiguousarray(astronaut[:, ::-1]))[0]
    assert mirrored.box[0] + mirrored.box[2] / 2 == pytest.approx(511 - face.box[0] - face.box[2] / 2, abs=2)
    assert mirrored.yaw_deg == pytest.approx(-face.yaw_deg, abs=3)
    assert mirrored.roll_deg == pytest.approx(-face.roll_deg, abs=2)


def test_a_blurred_face_has_a_lower_figure(finder: FaceFinder, astronaut: Picture, face: FaceFound) -> None:
    figures = [face.blur] + [finder.find(cv2.GaussianBlur(astronaut, (0, 0), sigma))[0].blur for sigma in (1.0, 2.0, 4.0)]
    assert all(softer < sharper / 1.5 for sharper, softer in itertools.pairwise(figures))


def test_light_hardly_changes_the_blur_figure(finder: FaceFinder, astronaut: Picture, face: FaceFound) -> None:
    dim = finder.find((astronaut * 0.5).astype(np.uint8))[0]
    assert dim.blur == pytest.approx(face.blur, rel=0.25)


def test_the_larger_of_two_faces_comes_first(finder: FaceFinder, astronaut: Picture) -> None:
    both = np.zeros((512, 900, 3), np.uint8)
    both[:, :512] = astronaut
    both[:320, 580:] = cv2.resize(astronaut, (320, 320), interpolation=cv2.INTER_AREA)
    large, small = finder.find(both)
    assert large.box[0] < 512 < small.box[0]
    assert small.size_px / large.size_px == pytest.approx(320 / 512, rel=0.1)


@pytest.mark.parametrize("side", [256, 200])
def test_a_face_far_away_is_found_by_the_closer_look(finder: FaceFinder, astronaut: Picture, side: int) -> None:
    frame = np.full((480, 640, 3), 90, np.uint8)
    frame[100 : 100 + side, 300 : 300 + side] = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
    (face,) = finder.find(frame)
    assert face.size_px == pytest.approx(43 * side / 512, rel=0.1)


def test_a_tiny_face_is_found_in_a_region(finder: FaceFinder, astronaut: Picture) -> None:
    frame = np.full((1280, 720, 3), 90, np.uint8)
    frame[60:220, 300:460] = cv2.resize(astronaut, (160, 160), interpolation=cv2.INTER_AREA)
    assert finder.find(frame) == []
    (face,) = finder.find(frame, Region(270, 30, 220, 220))
    assert np.linalg.norm(np.array(face.box[:2]) + np.array(face.box[2:]) / 2 - (300 + 225 * 160 / 512, 60 + 123 * 160 / 512)) < 5


def test_a_region_may_reach_outside_or_miss_the_picture(finder: FaceFinder, astronaut: Picture, face: FaceFound) -> None:
    (found,) = finder.find(astronaut, Region(-100, -100, 600, 500))
    assert np.abs(found.mesh - face.mesh).max() < 4
    assert finder.find(astronaut, Region(600, 0, 50, 50)) == []
    assert finder.find(astronaut, Region(300, 300, 200, 200)) == []


def test_pictures_without_a_face_give_none(finder: FaceFinder) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    for picture in (noise, np.zeros((240, 320, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8), np.zeros((5, 400, 3), np.uint8)):
        assert finder.find(picture) == []


def test_what_is_no_picture_is_refused(finder: FaceFinder) -> None:
    for array in (np.zeros((10, 10), np.uint8), np.zeros((10, 10, 4), np.uint8), np.zeros((10, 10, 3), np.float32)):
        with pytest.raises(InvalidValueError, match="a picture is"):
            finder.find(array)


def test_tiles_cover_their_region() -> None:
    region = Region(7, 9, 640, 480)
    covered = np.zeros((489, 647), bool)
    for tile in region.tiles():
        assert tile.width == tile.height == 320 and tile.x >= 7 and tile.y >= 9
        covered[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = True
    assert covered[9:, 7:].all() and not covered[:9].any() and not covered[:, :7].any()


def test_a_similarity_is_recovered() -> None:
    points = np.random.default_rng(2).uniform(0, 100, (5, 2)).astype(np.float32)
    matrix = np.array([[1.2, -0.5, 7], [0.5, 1.2, -3]])
    assert np.allclose(similarity(points, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)), matrix, atol=1e-4)


def test_shrinking_averages_and_keeps_the_place() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    small = cut(stripes, np.array([[0.25, 0, 0], [0, 0.25, 0]]), 100)
    assert np.abs(small[2:-2, 2:-2].astype(int) - 127).max() < 30
    edge = np.zeros((400, 400, 3), np.uint8)
    edge[:, 200:] = 255
    row = cut(edge, np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]]), 100)[50, :, 0].astype(int)
    assert row[48] < 5 and row[51] > 250 and row[49] + row[50] == pytest.approx(255, abs=3)


def test_the_chip_lies_where_dlib_itself_cuts_it(astronaut: Picture, face: FaceFound) -> None:
    pytest.importorskip("dlib", reason="dlib is not installed (extra [dlib])")
    peer, ours = (cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float32)
                  for chip in (DlibFaces().chip(astronaut, face.box), face_chip(astronaut, face.mesh)))
    window = cv2.createHanningWindow((150, 150), cv2.CV_32F)
    found = {}
    for size in (0.9, 1.0, 1.1):
        resized = cv2.warpAffine(ours, cv2.getRotationMatrix2D((74.5, 74.5), 0.0, size), (150, 150))
        found[size] = cv2.phaseCorrelate(peer, resized, window)
    (right, down), _fit = found[1.0]
    assert max(abs(right), abs(down)) < 2.5
    assert max(found, key=lambda size: found[size][1]) == 1.0, "it is as large as dlib's, not a tenth larger or smaller"
