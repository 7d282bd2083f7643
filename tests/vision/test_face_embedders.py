"""One contract for every embedder: what a caller may count on, whichever backend is chosen."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from kiosk.domain.frame import Picture
from kiosk.domain.identity import TEMPLATE_NUMBERS, Policy
from kiosk.errors import ModelError
from kiosk.vision.alignment import views
from kiosk.vision.face import Embedder, FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture

no_dlib = importlib.util.find_spec("dlib") is None
data = os.environ.get("KIOSK_DATA")


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ModelStore())


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return read_picture(ModelStore().path("astronaut"))


needs_dlib = pytest.mark.skipif(no_dlib, reason="dlib is not installed (extra [dlib])")


@pytest.fixture(scope="module", params=["onnx", pytest.param("dlib", marks=needs_dlib)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return make_embedder(request.param, ModelStore())


def vector(picture: Picture, finder: FaceFinder, embedder: Embedder) -> np.ndarray:
    return embedder.embed(picture, finder.find(picture)[0])


def test_it_gives_so_many_numbers_and_always_the_same(astronaut: Picture, finder: FaceFinder, embedder: Embedder) -> None:
    one, other = vector(astronaut, finder, embedder), vector(astronaut, finder, embedder)
    assert one.shape == (TEMPLATE_NUMBERS,) and one.dtype == np.float32 and np.isfinite(one).all()
    assert np.array_equal(one, other)
    assert embedder.name in ("onnx", "dlib")


def test_the_chip_is_what_is_embedded(astronaut: Picture, finder: FaceFinder, embedder: Embedder) -> None:
    face = finder.find(astronaut)[0]
    chip = embedder.chip(astronaut, face)
    assert chip.shape == (150, 150, 3) and chip.dtype == np.uint8
    assert np.array_equal(embedder.embed_chip(chip), embedder.embed(astronaut, face))


def test_a_mirrored_chip_gives_nearly_the_same_numbers(astronaut: Picture, finder: FaceFinder, embedder: Embedder) -> None:
    chip = embedder.chip(astronaut, finder.find(astronaut)[0])
    assert np.abs(embedder.embed_chip(chip[:, ::-1]) - embedder.embed_chip(chip)).max() < 0.02


def test_views_differ_a_little_and_some_are_mirrored(astronaut: Picture, finder: FaceFinder) -> None:
    chip = make_embedder("onnx", ModelStore()).chip(astronaut, finder.find(astronaut)[0])
    seen = views(chip).astype(int)
    assert seen.shape == (6, 150, 150, 3)
    apart = np.array([[np.abs(view - one).mean() for one in (chip, chip[:, ::-1])] for view in seen])
    assert sorted(apart.argmin(axis=1)) == [0] * 3 + [1] * 3
    assert (apart.min(axis=1) > 1).all() and (apart.min(axis=1) < apart.max(axis=1) * 0.7).all()


def test_two_views_look_closer_at_the_middle() -> None:
    chip = np.zeros((150, 150, 3), np.uint8)
    chip[45:105, 45:105] = 255
    sides = np.sqrt((views(chip)[..., 0] / 255).sum(axis=(1, 2))) / 60
    assert np.allclose(sorted(sides), [1.0] * 4 + [1.154] * 2, atol=0.01)


@pytest.mark.parametrize("change", ["mirrored", "brighter", "darker", "noisy", "smaller view"])
def test_the_same_person_stays_near(astronaut: Picture, finder: FaceFinder, embedder: Embedder, change: str) -> None:
    noise = np.random.default_rng(3).normal(0, 6, astronaut.shape)
    changed = {
        "mirrored": astronaut[:, ::-1],
        "brighter": np.clip(astronaut * 1.25 + 10, 0, 255).astype(np.uint8),
        "darker": (astronaut * 0.6).astype(np.uint8),
        "noisy": np.clip(astronaut + noise, 0, 255).astype(np.uint8),
        "smaller view": astronaut[10:310, 80:380],
    }[change]
    assert np.linalg.norm(vector(changed, finder, embedder) - vector(astronaut, finder, embedder)) < 0.3


@pytest.mark.skipif(data is None, reason="KIOSK_DATA is not set")
def test_families_are_told_apart(finder: FaceFinder, embedder: Embedder) -> None:
    folder = Path(str(data)) / "faces" / "families"
    people = ("Family1-Dad", "Family1-Mom", "Family2-Lady", "Family2-Man")
    first, second = ([vector(read_picture(folder / f"{name}{shot}.jpg"), finder, embedder) for name in people] for shot in (1, 2))
    distances = np.linalg.norm(np.array(first)[:, None] - np.array(second)[None], axis=2)
    assert (np.diag(distances) < 0.38).all() and (distances[~np.eye(len(people), dtype=bool)] > 0.43).all()


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """How far the network's last numbers, which both backends show, differ in direction."""
    first, second = (vector[:128] / np.linalg.norm(vector[:128]) for vector in (one, other))
    return float(np.linalg.norm(first - second))


@needs_dlib
def test_both_backends_agree_on_a_chip(astronaut: Picture, finder: FaceFinder) -> None:
    ours, peers = (make_embedder(kind, ModelStore()) for kind in ("onnx", "dlib"))
    chip = ours.chip(astronaut, finder.find(astronaut)[0])
    # Ours averages more views of it; that the networks are equal is shown in test_networks_dlib.
    assert apart(ours.embed_chip(chip), peers.embed_chip(chip)) < 0.15
    one, other = vector(astronaut, finder, ours), vector(astronaut, finder, peers)
    assert apart(one, other) < 0.25
    assert np.linalg.norm(one - other) > 2 * Policy().pin_threshold, "a template of one backend is near nobody who is seen by the other"


def test_an_unknown_embedder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'arc'.*onnx or dlib"):
        make_embedder("arc", ModelStore())
