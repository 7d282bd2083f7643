"""The tree keeps its word: README's room map, no weights, no evaluation data, no address of a registry, no path of a machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name]


def test_the_room_map_equals_the_tree() -> None:
    told = set(re.findall(r"^\| `(kiosk/[\w/]+/|[\w.]+/)` \|", README, re.MULTILINE))
    rooms = {f"kiosk/{path.name}/" for path in (ROOT / "kiosk").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    top = {name.split("/", 1)[0] + "/" for name in tracked() if "/" in name} - {"kiosk/"}
    assert told == rooms | top


def test_every_file_that_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_command_that_readme_shows_exists() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in re.findall(r"`make ([\w-]+)", README):
        assert command in targets, command
    from kiosk.cli import COMMANDS

    for command in re.findall(r"`kiosk ([\w-]+)", README):
        assert command in COMMANDS, command


def test_pictures_stand_in_the_gallery_alone_and_weights_nowhere() -> None:
    for name in tracked():
        suffix = Path(name).suffix.lower()
        assert suffix not in {".tflite", ".onnx", ".dat", ".npy", ".npz", ".mp4", ".db", ".gz", ".whl"}, name
        assert suffix not in {".png", ".jpg", ".jpeg", ".webp"} or name.startswith("tests/gallery/"), name
        assert re.fullmatch(r"[A-Za-z0-9._/@-]+", name), name


def test_no_registry_and_no_machine_is_named() -> None:
    forbidden = re.compile(r"pypi\.(org|python)|files\.pythonhosted|deb\.debian\.org|registry\.npmjs|/home/[a-z]+/|/root/", re.IGNORECASE)
    for name in tracked():
        if name != "tests/test_tree.py" and Path(name).suffix != ".jpg":
            text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
            assert not forbidden.search(text), f"{name}: {forbidden.search(text)}"


def test_files_and_functions_keep_the_house_numbers() -> None:
    import ast

    for path in (ROOT / "kiosk").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{path}: {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 50, f"{path}:{node.lineno} {node.name} is too long"
