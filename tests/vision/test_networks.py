"""The model store: what is pinned, fetched, verified and refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import ModelError
from kiosk.vision.networks import LiteNetwork, ModelStore, OnnxNetwork


@pytest.fixture(scope="module")
def store() -> ModelStore:
    made = ModelStore()
    problems = made.verify()
    assert not problems, "these tests need the models, which `make test` fetches first:\n" + "\n".join(problems)
    return made


@pytest.fixture
def copied(store: ModelStore, tmp_path: Path) -> ModelStore:
    """A store of its own whose two small files may be damaged."""
    cache = tmp_path / "models"
    shutil.copytree(store.cache, cache)
    return ModelStore(cache=cache)


def test_every_entry_is_pinned_licensed_and_described(store: ModelStore) -> None:
    assert {entry.kind for entry in store.entries()} == {"lite", "onnx", "asset"}
    for entry in store.entries():
        assert len(entry.sha256) == 64 and len(entry.package.sha256) == 64, entry.name
        assert entry.licence and entry.input and entry.package.version, entry.name
        card = (store.manifest.parent / entry.card).read_text()
        assert card.startswith(f"# {entry.name}\n") and entry.licence.split()[0] in card and entry.package.version in card, entry.card


def test_no_card_without_a_model(store: ModelStore) -> None:
    assert {path.name for path in store.manifest.parent.glob("*.md")} == {entry.card for entry in store.entries()}


def test_every_network_takes_the_shape_in_the_manifest(store: ModelStore) -> None:
    for entry in store.entries():
        if entry.kind == "lite":
            assert LiteNetwork(store.path(entry.name)).input_shapes == (entry.input,), entry.name
    chips = np.zeros((2, 150, 150, 3), np.uint8)
    assert OnnxNetwork(store.path("face_embedding")).run(chips)[0].shape == (2, 128)


def test_a_damaged_file_is_refused_by_name(copied: ModelStore) -> None:
    path = copied.cache / "face_landmark.tflite"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"face_landmark\.tflite.*damaged.*kiosk models fetch"):
        copied.path("face_mesh")
    assert copied.path("face_detector").is_file()
    assert [str(path) in problem for problem in copied.verify()] == [True]


def test_a_missing_file_is_refused_by_name(copied: ModelStore) -> None:
    (copied.cache / "selfie_segmentation.tflite").unlink()
    with pytest.raises(ModelError, match=r"selfie_segmentation\.tflite.*missing.*kiosk models fetch"):
        copied.path("selfie_segmentation")


def test_an_unknown_name_is_refused_with_the_known_ones(store: ModelStore) -> None:
    with pytest.raises(ModelError, match=r"manifest\.toml.*'face_msh'.*face_mesh"):
        store.path("face_msh")


def test_fetch_asks_for_nothing_when_all_is_there(copied: ModelStore) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.cache.iterdir()}
    lines: list[str] = []
    copied.fetch(lines.append)
    assert len(lines) == 1 and str(copied.cache) in lines[0]
    assert {path: path.stat().st_mtime_ns for path in copied.cache.iterdir()} == before


def test_a_package_that_does_not_exist_is_named(tmp_path: Path, store: ModelStore) -> None:
    text = store.manifest.read_text().replace('version = "0.26.0"', 'version = "0.0.0.dev99"')
    (tmp_path / "manifest.toml").write_text(text)
    cache = tmp_path / "cache"
    shutil.copytree(store.cache, cache)
    (cache / "astronaut.png").unlink()
    with pytest.raises(ModelError, match=r"scikit-image 0\.0\.0\.dev99 could not be downloaded"):
        ModelStore(tmp_path / "manifest.toml", cache).fetch(lambda line: None)
    assert not list(cache.glob("fetch-*")) and not (cache / "astronaut.png").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[packages", "manifest.toml"),
        ("[packages]\n[models.x]\nkind = 'lite'\npackage = 'none'", "'none' is missing"),
        ("[models]", "'packages' is missing"),
    ],
)
def test_a_broken_manifest_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=said):
        ModelStore(path)


def test_a_file_that_is_no_network_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.bin"
    path.write_bytes(b"not a network" * 100)
    for network in (LiteNetwork, OnnxNetwork):
        with pytest.raises(ModelError, match=r"broken\.bin"):
            network(path)


def test_a_picture_of_the_wrong_shape_is_refused(store: ModelStore) -> None:
    with pytest.raises(ModelError, match=r"face_landmark\.tflite takes"):
        LiteNetwork(store.path("face_mesh")).run(np.zeros((1, 128, 128, 3), np.float32))
    with pytest.raises(ModelError, match=r"dlib_face_resnet_384\.onnx takes"):
        OnnxNetwork(store.path("face_embedding")).run(np.zeros((1, 128, 128, 3), np.uint8))


def test_a_network_that_is_opened_tells_nobody(store: ModelStore, tmp_path: Path) -> None:
    quiet = {"CI", "TF_BUILD", "GITHUB_ACTIONS", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet} | {"HOME": str(tmp_path)}
    script = "import sys, pathlib; from kiosk.vision.networks import OnnxNetwork; OnnxNetwork(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", script, str(store.path("face_embedding"))], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == [], "onnxruntime keeps an id of this machine, and what it means to send away"
