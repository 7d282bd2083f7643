"""`kiosk models` as a person runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.vision.networks import ModelStore


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, filled from the real one."""
    shutil.copytree(ModelStore().cache, tmp_path / "models")
    monkeypatch.setenv("KIOSK_CACHE", str(tmp_path))
    return tmp_path / "models"


def test_list_names_every_model_with_its_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    printed = capsys.readouterr().out
    for entry in ModelStore().entries():
        (line,) = [line for line in printed.splitlines() if line.startswith(entry.name + " ")]
        assert entry.licence in line and entry.package.name in line


def test_verify_is_content_with_a_whole_cache(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    assert str(cache) in capsys.readouterr().out


def test_verify_names_what_is_damaged_and_missing(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (cache / "astronaut.png").write_bytes(b"")
    (cache / "pose_detection.tflite").unlink()
    assert main(["models", "verify"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert "pose_detection.tflite" in printed[0] and "missing" in printed[0]
    assert "astronaut.png" in printed[1] and "damaged" in printed[1]


def test_fetch_has_nothing_to_do_when_all_is_there(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch"]) == 0
    assert capsys.readouterr().out.strip() == f"all {len(ModelStore().entries())} models are in {cache}"


def test_an_evaluation_without_models_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIOSK_CACHE", str(tmp_path))
    (tmp_path / "pairs.txt").write_text("2 1\nA 1 2\nA 1 B 1\nA 1 2\nA 1 B 1\n")
    assert main(["eval", "faces", "--images", str(tmp_path), "--pairs", str(tmp_path / "pairs.txt")]) == 1
    assert "run `kiosk models fetch`" in capsys.readouterr().err
