"""What the store's cameras show, as the kiosk's own networks and scanner see it."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.devices.scanner import CameraScanner
from kiosk.devices.simulated.figure import Figures
from kiosk.devices.simulated.setup import StoreShopper
from kiosk.devices.simulated.shopper import Act
from kiosk.devices.simulated.stage import mirror_view, pay_view, with_noise
from kiosk.devices.simulated.station import Guest
from kiosk.domain.frame import Frame, Picture
from kiosk.vision.body import BodyFinder
from kiosk.vision.face import FaceFinder, OnnxEmbedder
from kiosk.vision.networks import ModelStore

SEED = 7
TEXTS = {"show_item": "4006381333931", "show_code": "K1:0042:abcdefghijklmnopqrstuvwxyz0123456789"}


@pytest.fixture(scope="module")
def store() -> ModelStore:
    return ModelStore()


@pytest.fixture(scope="module")
def figures(store: ModelStore) -> Figures:
    return Figures(store.path("astronaut"))


def guest(identity: int, act: str, screen: str, t: float) -> Guest:
    """Somebody who came long ago and has been doing `act` for half a second."""
    return Guest(StoreShopper("m", identity, "enrolled", True, "12345678"), t - 9.0, Act(act, TEXTS.get(act, "")), t - 0.5, screen)


def noisy(picture: Picture, t: float) -> Picture:
    return with_noise(picture, (SEED, int(t * 1000)))


@pytest.mark.parametrize("kind", TEXTS)
def test_codes_held_by_people_are_read(figures: Figures, kind: str):
    scanner, times = CameraScanner(), [2 + 0.77 * i for i in range(30)]
    read = 0
    for i, t in enumerate(times):
        picture = noisy(pay_view(figures, guest(i % 10, kind, "pay.basket", t), t, SEED), t)
        read += any(code.text == TEXTS[kind] for code in scanner.scan(Frame(picture, t, i, "pay-cam")))
    assert read >= 0.95 * len(times)


def test_bodies_before_the_mirror_are_found(store: ModelStore, figures: Figures):
    finder, times = BodyFinder(store), [1 + 0.7 * i for i in range(40)]
    found = 0
    for i, t in enumerate(times):
        act = "touch" if i % 4 == 0 else "wait"
        found += finder.find(noisy(mirror_view(figures, guest(i % 10, act, "mirror.tryon", t), t, SEED), t), None) is not None
    assert found >= 0.95 * len(times)


def test_a_face_is_the_same_at_the_terminal_and_at_the_mirror(store: ModelStore, figures: Figures):
    finder, embedder = FaceFinder(store), OnnxEmbedder(store)
    seen: dict[int, list[np.ndarray]] = {}
    for identity in (0, 3, 8):
        for view, t in ((pay_view, 2.0), (pay_view, 3.7), (mirror_view, 5.1)):
            picture = noisy(view(figures, guest(identity, "look", "pay.face", t), t, SEED), t)
            faces = finder.find(picture)
            assert len(faces) == 1, (identity, view)
            seen.setdefault(identity, []).append(embedder.embed(picture, faces[0]))
    for identity, vectors in seen.items():
        assert max(np.linalg.norm(vectors[0] - v) for v in vectors) < 0.335
        assert min(np.linalg.norm(vectors[0] - v) for other, vs in seen.items() if other != identity for v in vs) > 0.38
