"""dlib's network in our hands: read out of dlib's format, and equal to dlib itself on the same chip."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from kiosk.errors import ModelError
from kiosk.vision.networks import ModelStore, OnnxNetwork
from kiosk.vision.networks.dlib_format import onnx_from_dlib

needs_dlib = pytest.mark.skipif(importlib.util.find_spec("dlib") is None, reason="dlib is not installed (extra [dlib])")


@pytest.fixture(scope="module")
def weights() -> bytes:
    """The bytes of dlib's own file, which the extra [dlib] installs."""
    if importlib.util.find_spec("face_recognition_models") is None:
        pytest.skip("face_recognition_models is not installed (extra [dlib])")
    import face_recognition_models

    with open(face_recognition_models.face_recognition_model_location(), "rb") as file:  # noqa: PTH123 - the package hands out a text
        return file.read()


@needs_dlib
def test_embeddings_equal_dlibs_on_random_chips() -> None:
    from kiosk.vision.networks.dlib_backend import DlibFaces

    random = np.random.default_rng(7)
    noise = random.integers(0, 256, (3, 150, 150, 3), np.uint8)
    smooth = np.repeat(np.repeat(random.integers(0, 256, (3, 15, 15, 3), np.uint8), 10, axis=1), 10, axis=2)
    flat = np.stack([np.zeros((150, 150, 3), np.uint8), np.full((150, 150, 3), 255, np.uint8)])
    chips = np.concatenate([noise, smooth, flat])
    ours = OnnxNetwork(ModelStore().path("face_embedding")).run(chips)[0]
    assert ours.shape == (8, 128) and ours.dtype == np.float32
    assert np.abs(ours - DlibFaces().descriptors(chips)).max() < 1e-5


def test_converting_again_gives_the_same_bytes(weights: bytes) -> None:
    store = ModelStore()
    assert onnx_from_dlib(weights) == store.path("face_embedding").read_bytes()


def test_bytes_that_are_not_the_network_are_refused(weights: bytes) -> None:
    with pytest.raises(ModelError, match="dlib's face network cannot be read"):
        onnx_from_dlib(b"")
    with pytest.raises(ModelError, match="dlib's face network cannot be read"):
        onnx_from_dlib(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match="dlib's face network cannot be read"):
        onnx_from_dlib(weights.replace(b"affine_", b"affino_", 1))
    with pytest.raises(ModelError, match="dlib's face network cannot be read"):
        onnx_from_dlib(weights[: weights.index(b"fc_2") + 7])
