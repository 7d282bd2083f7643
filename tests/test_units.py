"""The units as systemd reads them: laid into a tree by the installer, scored, and held against what they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.unit_scores import ONE_SHOTS, SERVICES, assemble, score

ROOT = Path(__file__).parents[1]
ROLES = ("pay", "mirror", "stock", "sync")
TEMPLATE = (ROOT / "systemd/kiosk@.service").read_text()

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    assemble(folder)
    return folder


@pytest.mark.parametrize("unit", SERVICES)
def test_every_instance_is_shut_in(tree, unit):
    assert score(tree, unit) <= 2.0


@pytest.mark.parametrize("unit", ONE_SHOTS)
def test_every_one_shot_is_shut_in_and_says_what_it_keeps(tree, unit):
    assert score(tree, unit) <= 3.0
    found = next(path for folder in ("systemd", "deploy/image/late/usr/lib/systemd/system")
                 if (path := ROOT / folder / re.sub(r"@\w+\.", "@.", unit)).exists())
    assert found.read_text().startswith("#"), f"{unit} has no reason"


def test_a_unit_without_its_sandbox_is_seen(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "tree", symlinks=True)
    weak = tmp_path / "tree/usr/lib/systemd/system/kiosk@.service"
    weak.write_text("\n".join(line for line in weak.read_text().splitlines()
                              if not line.startswith(("ProtectSystem", "Capability", "SystemCall"))))
    assert score(tmp_path / "tree", "kiosk@pay.service") > 2.0


def test_every_unit_is_understood(tree):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={tree}",
                           *(f"{tree}/usr/lib/systemd/system/{name}" for name in (
        "kiosk.target", "kiosk@pay.service", "kiosk-provision.service", "kiosk-keys.service", "kiosk-retry@pay.timer"))],
        capture_output=True, text=True, check=False)
    unknown = [line for line in done.stderr.splitlines() if "Unknown" in line and not re.search(r"Restart(Steps|MaxDelaySec|Mode)", line)]
    assert unknown == []


def test_a_crash_of_one_role_never_takes_the_others_along():
    """Nothing binds one instance to another; the memory of all of them fits into a Pi of 2 GB."""
    texts = [TEMPLATE] + [path.read_text() for role in ROLES for path in sorted((ROOT / f"systemd/kiosk@{role}.service.d").glob("*.conf"))]
    for text in texts:
        assert not re.search(r"(?m)^(Requires|BindsTo|Requisite|PropagatesStopTo|JoinsNamespaceOf)=", text)
    limits = {role: int(re.search(r"MemoryMax=(\d+)M", (ROOT / f"systemd/kiosk@{role}.service.d/role.conf").read_text())[1])
              for role in ROLES}
    assert sum(limits.values()) <= 1200, limits


def test_back_off_ends_within_its_limit_and_then_staff_is_called():
    settings = dict(line.split("=", 1) for line in TEMPLATE.splitlines() if "=" in line and not line.startswith("#"))
    first, steps, longest = float(settings["RestartSec"]), int(settings["RestartSteps"]), float(settings["RestartMaxDelaySec"])
    delays = [min(longest, first * (longest / first) ** (n / steps)) for n in range(int(settings["StartLimitBurst"]) - 1)]
    hangs = float(settings["WatchdogSec"]) * int(settings["StartLimitBurst"])
    assert sum(delays) + hangs < float(settings["StartLimitIntervalSec"]), "a service that hangs at each start would be tried for ever"
    assert settings["RestartMode"] == "direct", "each single failure would call staff"
    for role in ("pay", "mirror", "stock"):
        assert "OnFailure=kiosk-call-staff@%i.service" in (ROOT / f"systemd/kiosk@{role}.service.d/role.conf").read_text()
    assert settings["OnFailure"] == "kiosk-retry@%i.timer"


@pytest.mark.parametrize(("role", "gets", "lacks"), [
    ("pay", ("char-drm", "char-video4linux"), ("char-i2c", "char-gpiochip")),
                                                     ("mirror", ("char-drm", "char-video4linux"), ("char-ttyUSB", "char-i2c")),
    ("stock", ("char-i2c", "char-gpiochip", "char-iio"), ()), ("sync", (), ("char-drm", "char-video4linux", "char-i2c"))])
def test_a_role_gets_its_devices_alone(role, gets, lacks):
    text = (ROOT / f"systemd/kiosk@{role}.service.d/role.conf").read_text()
    assert all(f"DeviceAllow={name}" in text for name in gets)
    assert not any(name in text for name in lacks)
    assert "DevicePolicy=closed" in TEMPLATE


def test_the_table_is_printed():
    done = subprocess.run([sys.executable, "-m", "deploy.unit_scores"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(unit in done.stdout for unit in ("kiosk@pay.service", "kiosk-provision.service"))
