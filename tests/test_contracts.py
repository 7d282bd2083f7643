"""The import contracts hold, and each of them fails when it is broken: a rule that cannot fail is no rule."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = [c["name"] for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]]

BREACHES = {
    "Rooms import downwards only, never sideways": ("kiosk/domain/units.py", "import kiosk.wire"),
    "HQ uses nothing of the kiosk but what both share": ("kiosk/hq/trust/signing.py", "import kiosk.storage"),
    "Services never import each other": ("kiosk/services/pay.py", "import kiosk.services.mirror"),
    "The domain is pure": ("kiosk/domain/units.py", "import time"),
    "Flows and services import no vendor library": ("kiosk/flows/stock.py", "import cv2"),
    "Screen libraries live in ui and devices.display": ("kiosk/devices/scale.py", "import pygame"),
    "Hardware libraries live in devices": ("kiosk/flows/stock.py", "import zxingcpp"),
    "OpenCV lives in vision, devices.camera and devices.simulated": ("kiosk/ui/views.py", "import cv2"),
    "Inference runtimes live in vision.networks": ("kiosk/vision/face.py", "import onnxruntime"),
    "MQTT lives in sync.mqtt, HTTP clients in sync.fetch": ("kiosk/sync/relay.py", "import paho.mqtt.client"),
    "Cryptography lives in storage.vault, storage.seal, sync.trust, hq.trust and sim.payments; argon2 in storage.vault and hq.console":
        ("kiosk/hq/wallet.py", "import cryptography"),
    "Databases live in storage, hq.ledger and hq.ingest": ("kiosk/hq/wallet.py", "import sqlite3"),
    "Web frameworks live in hq.console, hq.api and phone; babel in design": ("kiosk/ui/views.py", "import babel"),
    "Payment services' libraries live in hq.tenders": ("kiosk/hq/wallet.py", "import stripe"),
}


def broken(root: Path) -> list[str]:
    """Return the names of the contracts that a tree breaks."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "COLUMNS": "300"})
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    return [name for name in CONTRACTS if f"{name} BROKEN" in told]


def test_every_contract_has_its_breach() -> None:
    assert sorted(BREACHES) == sorted(CONTRACTS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "kiosk", root / "kiosk", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_the_tree_keeps_every_contract(copy: Path) -> None:
    assert broken(copy) == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_broken_contract_is_noticed(copy: Path, name: str) -> None:
    file, line = BREACHES[name]
    path = copy / file
    kept = path.read_text()
    # `from __future__` must stay first, so the breach goes to the end of the file.
    path.write_text(f"{kept}\n\n{line}\n")
    try:
        assert name in broken(copy)
    finally:
        path.write_text(kept)


def test_the_process_that_carries_facts_imports_neither_numbers_nor_pictures_nor_web_pages() -> None:
    """It runs on every kiosk, and memory is what a small board has least of."""
    heavy = ("numpy", "cv2", "pygame", "onnxruntime", "starlette", "sqlite_utils", "zipfile", "sim")
    script = f"import sys, kiosk.services.sync; print([name for name in sys.modules if name.removeprefix('kiosk.').startswith({heavy})])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
