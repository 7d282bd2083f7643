"""`make unit-scores`: how far every unit is shut in, by systemd's own measure (0 best, 10 worst), on a tree as the installer lays it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICES = tuple(f"kiosk@{role}.service" for role in ("pay", "mirror", "stock", "sync"))
ONE_SHOTS = ("kiosk-provision.service", "kiosk-keys.service", "kiosk-claim.service", "kiosk-grow.service", "kiosk-splash.service",
             "kiosk-stick@sda1.service", "kiosk-broker-trust.service", "kiosk-setup.service", "kiosk-call-staff@pay.service")
BROKER = "mosquitto.service"
MOST = {**dict.fromkeys(SERVICES, 2.0), **dict.fromkeys(ONE_SHOTS, 3.0), BROKER: 2.0}
"""The highest score that a unit may have."""


def assemble(tree: Path) -> None:
    """Lay all units into a tree: the installer's, the image's, and Debian's unit of the broker where it is installed."""
    subprocess.run(["sh", str(ROOT / "deploy/install.sh"), "--root", str(tree)], check=True, capture_output=True)
    shutil.copytree(ROOT / "deploy/image/late", tree, dirs_exist_ok=True)
    for folder in (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system")):
        if (folder / BROKER).exists():
            shutil.copy(folder / BROKER, tree / "usr/lib/systemd/system" / BROKER)
            break


def score(tree: Path, unit: str) -> float:
    """Return the score of a unit of a tree. Raises ValueError when systemd cannot tell."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--root={tree}", "--no-pager", unit], capture_output=True,
                          text=True,
                          check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    if not found:
        raise ValueError(f"{unit}: systemd-analyze says {done.stderr.strip() or done.stdout.strip()}")
    return float(found[1])


def main() -> int:
    """Print the table; 1 when a unit is not shut in far enough."""
    if shutil.which("systemd-analyze") is None:
        sys.stdout.write("systemd-analyze is not installed\n")
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        assemble(tree)
        for unit, most in MOST.items():
            if unit == BROKER and not (tree / "usr/lib/systemd/system" / BROKER).exists():
                sys.stdout.write(f"{unit:32}   -   (mosquitto is not installed here)\n")
                continue
            found = score(tree, unit)
            failed += found > most
            sys.stdout.write(f"{unit:32} {found:4.1f}   at most {most}{'' if found <= most else '   TOO OPEN'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
