"""Traces of a copy: our own cues on the pinned portrait, and a network from outside that joins them and is never needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kiosk.errors import ModelError
from kiosk.vision.copies import cues, open_copies
from kiosk.vision.face import FaceFinder, FaceFound
from kiosk.vision.liveness import EVERY, Witness
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture

PORTRAIT = np.pad(read_picture(ModelStore().path("astronaut"))[:360, 40:420], ((60, 0), (0, 0), (0, 0)), mode="edge")


@pytest.fixture(scope="module")
def face() -> FaceFound:
    (found, *_) = FaceFinder(ModelStore()).find(PORTRAIT)
    return found


def network(path: Path, side: int, says: tuple[float, float]) -> str:
    """Write a network that says the same of every picture: two logits, the first for a living face."""
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])
    nodes = [helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=0),
             helper.make_node("Mul", ["mean", "nought"], ["none"]), helper.make_node("Add", ["none", "says"], ["logits"])]
    constants = [helper.make_tensor("nought", TensorProto.FLOAT, [1, 1], [0.0]),
                 helper.make_tensor("says", TensorProto.FLOAT, [1, 2], says)]
    graph = helper.make_graph(nodes, "copies", [given], [out], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return str(path)


def passive(path: str, face: FaceFound) -> float:
    witness = Witness(open_copies(path))
    seen = [witness.sighting(PORTRAIT, face, 0.1 * number).passive for number in range(EVERY)]
    assert np.isnan(seen[:-1]).all(), "only every so many frames is asked"
    return seen[-1]


def test_no_network_is_needed_and_one_that_is_named_joins_our_own_cues(tmp_path: Path, face: FaceFound) -> None:
    own = passive("", face)
    assert open_copies("") is None and own == pytest.approx(cues(PORTRAIT, face).copied, abs=0.05) and own < 0.3
    assert passive(network(tmp_path / "alive.onnx", 32, (9.0, -9.0)), face) == pytest.approx(own, abs=1e-3)
    assert passive(network(tmp_path / "copy.onnx", 48, (-9.0, 9.0)), face) > 0.99


def test_a_file_that_is_no_passive_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ModelError, match=r"text\.onnx"):
        open_copies(str(tmp_path / "text.onnx"))
    with pytest.raises(ModelError, match=r"takes \(1, 3, S, S\)"):
        open_copies(str(ModelStore().path("face_embedding")))


def test_washed_out_colours_and_the_grid_of_a_screen_are_seen(face: FaceFound) -> None:
    plain = cues(PORTRAIT, face)
    assert cues((PORTRAIT // 4 + 90).astype(np.uint8), face).pale > plain.pale + 0.3
    y, x = np.mgrid[:PORTRAIT.shape[0], :PORTRAIT.shape[1]]
    screen = np.clip(PORTRAIT + 9 * (np.sin(1.9 * x) * np.sin(1.9 * y))[..., None], 0, 255).astype(np.uint8)
    assert cues(screen, face).grid > plain.grid + 0.2
