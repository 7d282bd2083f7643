"""A small card of the right form for tests, and what spoils one: no root, no mount, no emulator."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from deploy.image import check, layout
from deploy.image.disk import make_image
from deploy.image.layout import MIB, TABLE, starts

MISSING = [name for name in ("mcopy", "mkfs.vfat", "mke2fs", "debugfs", "sfdisk")
           if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
LACKING = f"not installed: {', '.join(MISSING)} (packages mtools, dosfstools, e2fsprogs, fdisk)"
LATE = Path(check.__file__).parent / "late"
SHADOW = "root:*:20000:0:99999:7:::\ntechnician:!*:20000::::::\n"


def tree(folder: Path) -> Path:
    """Lay what the checker looks at, and what the boot loader reads."""
    shutil.copytree(LATE, folder)
    for name in (*check.ROOT_MUST, "usr/lib/raspi-firmware/start4.elf", "usr/lib/raspi-firmware/fixup4.dat", "boot/vmlinuz-6",
                 "boot/initrd.img-6",
                 *(f"usr/lib/linux-image-6/broadcom/{board}" for board in layout.BOARDS), "opt/kiosk/deploy/kiosk.example.toml"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(name)
    for name in ("var/log", "home", "opt/kiosk/cache/models-here"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/machine-id").write_text("uninitialized\n")
    (folder / "etc/shadow").write_text(SHADOW)
    return folder


def make_card(folder: Path) -> Path:
    """Make the image of a card that passes the checker."""
    data = folder / "data"
    for name in ("kiosk", "vault", "etc", "system", "timesync"):
        (data / name).mkdir(parents=True)
    (folder / "work").mkdir()
    make_image(tree(folder / "tree"), data, folder / "work", folder / "good.img")
    return folder / "good.img"


def copied(image: Path, to: Path) -> Path:
    """Copy an image without its empty stretches."""
    subprocess.run(["cp", "--sparse=always", str(image), str(to)], check=True)
    return to


def fat(image: Path, partition: str, *command: str) -> None:
    number = [row.name for row in TABLE].index(partition)
    subprocess.run([command[0], "-i", f"{image}@@{starts()[number]}M", *command[1:]], check=True, capture_output=True)


def lay(image: Path, partition: str, name: str, text: str) -> None:
    source = image.with_suffix(".lay")
    source.write_text(text)
    fat(image, partition, "mcopy", "-o", str(source), f"::/{name}")


def debugfs(image: Path, partition: str, *commands: str) -> None:
    number = [row.name for row in TABLE].index(partition)
    for command in commands:
        subprocess.run(["debugfs", "-w", "-R", command, f"{image}?offset={starts()[number] * MIB}"], check=True, capture_output=True)


def put(image: Path, partition: str, name: str, text: str) -> None:
    source = image.with_suffix(".put")
    source.write_text(text)
    debugfs(image, partition, f"rm {name}", f"write {source} {name}")


def poke(image: Path, offset: int, raw: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(raw)
