"""Rendered figures as the networks see them: a body in every frame, strangers that are strangers, and one person that stays one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kiosk.devices.simulated.figure import ACTIONS, IDENTITIES, Figures, HeadPose, appearance, background, body_pose
from kiosk.devices.simulated.portrait import landmarks
from kiosk.domain.frame import Picture
from kiosk.vision.body import BodyFinder
from kiosk.vision.face import FaceFinder, OnnxEmbedder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture

JOINTS = {
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
}  # fmt: skip

SITTINGS = (  # head pose, light, place across, height of the face
    (HeadPose(), 1.0, 320, 180),
    (HeadPose(12, 0, 4, 0, 0.5), 1.15, 380, 150),
    (HeadPose(-12, 6, 0), 0.8, 240, 200),
    (HeadPose(4, -12, -5, 0, 1), 0.9, 320, 170),
)


@pytest.fixture(scope="module")
def store() -> ModelStore:
    return ModelStore()


@pytest.fixture(scope="module")
def figures(store: ModelStore) -> Figures:
    return Figures(store.path("astronaut"))


def _noisy(canvas: Picture, light: float, seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 5, canvas.shape)
    return np.clip(canvas * light + noise, 0, 255).astype(np.uint8)


def test_the_shipped_mesh_is_the_networks_own(store: ModelStore) -> None:
    face = FaceFinder(store).find(read_picture(store.path("astronaut")))[0]
    away = np.abs(face.mesh[:, :2] - landmarks()[:, :2])
    assert away.mean() < 1.0 and away.max() < 3.0


def test_the_body_is_found_in_95_of_100_frames(store: ModelStore, figures: Figures) -> None:
    finder, shop = BodyFinder(store), background(720, 1280, 1)
    found, misses = 0, []
    frames = list(itertools.product(ACTIONS, (0.1, 0.35, 0.5, 0.8)))
    for index, (action, phase) in enumerate(frames):
        canvas, height = shop.copy(), 900 + index * 37 % 150
        joints = figures.draw_body(canvas, appearance(index, index), body_pose(action, phase), (340 + index * 7 % 40, 1240), height)
        body = finder.find(_noisy(canvas, 0.85 + index % 4 * 0.1, index), None)
        if body is None:
            continue
        found += 1
        misses.append([np.hypot(*(body.landmarks[number, :2] - joints[name])) / height for name, number in JOINTS.items()])
    assert found >= 0.95 * len(frames)
    assert np.mean(misses) < 0.03
    assert np.percentile(misses, 95) < 0.07


def test_nobody_is_found_in_an_empty_shop(store: ModelStore) -> None:
    assert BodyFinder(store).find(background(720, 1280, 1).copy(), None) is None
    assert FaceFinder(store).find(background(640, 480, 1).copy()) == []


def test_identities_are_strangers_and_stay_themselves(store: ModelStore, figures: Figures) -> None:
    finder, embedder, shop = FaceFinder(store), OnnxEmbedder(store), background(640, 480, 2)
    people = []
    for identity in range(len(IDENTITIES)):
        seen = []
        for number, (head, light, x, face_height) in enumerate(SITTINGS):
            canvas = shop.copy()
            figures.draw_bust(canvas, appearance(identity, number), head, (x, 230), face_height)
            picture = _noisy(canvas, light, identity * 10 + number)
            faces = finder.find(picture)
            assert len(faces) == 1, (identity, head)
            seen.append(embedder.embed(picture, faces[0]))
        people.append(np.array(seen))
    for person in people:
        assert np.linalg.norm(person[0] - person[1:], axis=1).max() < 0.42
    between = [np.linalg.norm(a[0] - b[0]) for a, b in itertools.combinations(people, 2)]
    assert min(between) > 0.5
    any_pose = [np.linalg.norm(a[:, None] - b[None], axis=-1).min() for a, b in itertools.combinations(people, 2)]
    assert min(any_pose) > 0.46


def test_the_head_turns_as_told(store: ModelStore, figures: Figures) -> None:
    finder = FaceFinder(store)

    def seen(head: HeadPose) -> tuple[float, float, float]:
        canvas = background(640, 480, 2).copy()
        figures.draw_bust(canvas, appearance(1, 1), head, (320, 230), 180)
        face = finder.find(canvas)[0]
        return face.yaw_deg, face.pitch_deg, face.roll_deg

    straight = seen(HeadPose())
    for axis, head in enumerate((HeadPose(yaw_deg=14), HeadPose(pitch_deg=12), HeadPose(roll_deg=10))):
        other = seen(HeadPose(-head.yaw_deg, -head.pitch_deg, -head.roll_deg))
        assert seen(head)[axis] > straight[axis] + 4
        assert other[axis] < straight[axis] - 4


def test_a_blink_shuts_the_eyes(store: ModelStore, figures: Figures) -> None:
    finder = FaceFinder(store)
    gaps = []
    for blink in (0.0, 1.0):
        canvas = background(640, 480, 2).copy()
        figures.draw_bust(canvas, appearance(0, 1), HeadPose(blink=blink), (320, 230), 190)
        mesh = finder.find(canvas)[0].mesh
        gaps.append(float(np.mean(mesh[[145, 374], 1] - mesh[[159, 386], 1]) / np.hypot(*(mesh[33, :2] - mesh[263, :2]))))
    assert gaps[1] < 0.75 * gaps[0]
