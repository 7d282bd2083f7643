"""`kiosk members` on a real vault: enrol from pictures, list, export, unlock, erase; as root on a vault that another user owns."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk.cli import main
from kiosk.config import load
from kiosk.devices.simulated.figure import Figures, HeadPose, appearance
from kiosk.domain.events import Lane
from kiosk.flows.opening import open_store, open_vault
from kiosk.runtime import SystemClock
from kiosk.storage.vault import Consent
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import write_picture

TOML = ('[device]\nid = "pay-1"\nstore = "T"\nroles = ["pay"]\nlanguage = "en"\n[hq]\npublic_key = "x"\n'
        '[storage]\nfolder = "{}"\nreserve_mb = 1\n')


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(TOML.format(tmp_path / "state"))
    return path


def members(config: Path, *args: str) -> int:
    return main(["members", args[0], "--config", str(config), *args[1:]])


@pytest.fixture
def figures() -> Figures:
    return Figures(ModelStore().path("astronaut"))


def portrait(figures: Figures, path: Path, identity: int, yaw: float) -> Path:
    picture = np.full((480, 640, 3), 190, np.uint8)
    figures.draw_bust(picture, appearance(identity, 7), HeadPose(yaw_deg=yaw), (320.0, 210.0), 190.0)
    write_picture(path, picture)
    return path


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()


@pytest.mark.parametrize(("digits", "pin", "signed", "why"), [
    ("8123456", "7294", 1, "the last 8 digits"), ("8123456x", "7294", 1, "the last 8 digits"), ("81234567", "1111", 1, "too easy"),
    ("81234567", "7294", -2, "lies ahead"), ("81234567", "7294", 366, "have it signed anew"),
])
def test_a_paper_that_enrols_nobody_is_refused_before_any_picture_is_read(
        config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], digits: str, pin: str, signed: int,
        why: str) -> None:
    monkeypatch.setenv("KIOSK_MEMBER_PIN", pin)
    assert members(config, "enrol", digits, "no-such-picture.png", "--signed", days_ago(signed)) == 1
    assert why in capsys.readouterr().err
    assert members(config, "list") == 0
    assert "0 member(s)" in capsys.readouterr().out


def test_nobody_is_erased_who_is_not_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert members(config, "erase", " ") == 1
    assert "whom to erase is not said" in capsys.readouterr().err
    store = open_store(load(config), SystemClock())
    with store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 0
    store.close()


def test_pictures_of_two_people_enrol_nobody(
        config: Path, tmp_path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(portrait(figures, tmp_path / f"{identity}{yaw}.png", identity, yaw)) for identity, yaw in ((2, 0), (2, 5), (5, 0))]
    monkeypatch.setenv("KIOSK_MEMBER_PIN", "7294")
    assert members(config, "enrol", "81234567", *files, "--signed", days_ago(0)) == 1
    assert "good picture 3 shows somebody else" in capsys.readouterr().err
    assert members(config, "list") == 0
    assert "0 member(s)" in capsys.readouterr().out


def test_enrolled_from_pictures_listed_exported_unlocked_and_erased(
        config: Path, tmp_path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files, signed = [portrait(figures, tmp_path / f"{yaw}.png", 2, yaw) for yaw in (0.0, 5.0, -5.0)], days_ago(20)
    write_picture(tmp_path / "wall.png", np.full((480, 640, 3), 190, np.uint8))
    monkeypatch.setenv("KIOSK_MEMBER_PIN", "7294")
    few = [str(tmp_path / "wall.png"), *map(str, files[:2])]
    assert members(config, "enrol", "81234567", *few, "--signed", signed) == 1
    told = capsys.readouterr()
    assert "wall.png: Look here" in told.out and "2 good picture(s), 3 are needed" in told.err
    assert members(config, "enrol", "81234567", *map(str, files), "--signed", signed, "--member", "anna") == 0
    assert members(config, "list") == 0
    assert f"anna  consent 2026-12 in en at {signed}" in capsys.readouterr().out
    assert members(config, "export", "anna") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["phone_digits"], data["pin_set"], data["consent"]["device"]) == ("81234567", True, "pay-1")
    assert "no picture" in data["template"]
    assert members(config, "export", "anna", "--numbers") == 0
    assert len(json.loads(capsys.readouterr().out)["template"]) == 384
    assert [members(config, "unlock", "anna"), members(config, "erase", "anna"), members(config, "erase", "anna")] == [0, 0, 1]
    store = open_store(load(config), SystemClock())
    with store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 5
    store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"\x89PNG" not in kept and b"\xff\xd8\xff" not in kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_reads_the_key_and_then_becomes_the_vaults_own_user(
        config: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for part in (*tmp_path.parents, tmp_path):
        if part.is_relative_to(tmp_path_factory.getbasetemp().parent):
            part.chmod(0o755)
    settings = load(config)
    vault = open_vault(settings)
    vault.enrol("anna", "81234567", np.zeros(384, np.float32), Consent("v", "en", "2026-01-01T00:00:00+00:00"))
    vault.close()
    open_store(settings, SystemClock()).close()
    for path in (tmp_path / "state", *(tmp_path / "state").rglob("*")):
        os.chown(path, 65534, 65534)
    os.chown(tmp_path / "state" / "vault" / "vault.key", 0, 0)
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    process = context.Process(target=_list, args=(config, told))
    process.start()
    answer = told.get(timeout=30)
    assert "anna" in answer and "as user 65534" in answer
    process.join(30)
    assert {path.stat().st_uid for path in (tmp_path / "state" / "vault").glob("vault.db*")} == {65534}


def _list(config: Path, told: Any) -> None:
    """List the members in a process that may give its user away."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        members(config, "list")
    told.put(f"{said.getvalue()} as user {os.geteuid()}")
