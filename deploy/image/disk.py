"""A root file system -> the image of a card: no loop device, no mount, so that it runs in any container."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from deploy.image.layout import AUTOBOOT, CMDLINE, FAT_TYPE, MIB, TABLE, config_txt, sfdisk_script, size_mib, starts

EPOCH = "1767225600"
"""Time stamp of what is made here (2026-01-01), so that two builds of the same thing are the same."""
_ENVIRONMENT = {"MTOOLS_SKIP_CHECK": "1", "E2FSPROGS_FAKE_TIME": EPOCH, "SOURCE_DATE_EPOCH": EPOCH, "LC_ALL": "C.UTF-8"}


def tool(*arguments: str, text: str | None = None) -> str:
    """Run a tool of the host and return what it prints. Raises CalledProcessError with what it complained of."""
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False, env=os.environ | _ENVIRONMENT)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:2])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def forget_when(root: Path) -> None:
    """Give everything that is newer than the build's one time stamp that time stamp: two builds differ by nothing else in it."""
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in (".", *folders, *files)):
            if path.lstat().st_mtime > int(EPOCH):
                os.utime(path, (int(EPOCH), int(EPOCH)), follow_symlinks=False)


def fill_boot(root: Path, folder: Path) -> None:
    """Gather what the boot loader of a slot reads: firmware, board descriptions, kernel, initramfs, config.txt, cmdline.txt."""
    folder.mkdir(parents=True)
    firmware = root / "usr/lib/raspi-firmware"
    kernel, = sorted((root / "boot").glob("vmlinuz-*"))
    initrd, = sorted((root / "boot").glob("initrd.img-*"))
    boards = sorted((root / "usr/lib").glob("linux-image-*/broadcom/bcm*.dtb"))
    for path in [*sorted(firmware.iterdir()), *boards, kernel, initrd]:
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            shutil.copy(path, folder / path.name)
    (folder / "config.txt").write_text(config_txt(kernel.name, initrd.name))
    (folder / "cmdline.txt").write_text(CMDLINE + "\n")


def fill_card(folder: Path, example: Path) -> None:
    """Gather what a technician finds: which slot starts, and the example of a kiosk.toml."""
    folder.mkdir(parents=True)
    (folder / "autoboot.txt").write_text(AUTOBOOT)
    shutil.copy(example, folder / "kiosk.example.toml")


def make_fat(path: Path, label: str, size_mib_: int, folder: Path) -> None:
    """Make a FAT32 file system with the files of a folder."""
    path.unlink(missing_ok=True)
    tool("mkfs.vfat", "--invariant", "-C", "-F", "32", "-s", "1", "-n", label, str(path), str(size_mib_ * 1024))
    for item in sorted(folder.iterdir()):
        tool("mcopy", "-s", "-Q", "-m", "-i", str(path), str(item), "::/")


def make_ext4(path: Path, label: str, size_mib_: int, folder: Path | None = None) -> None:
    """Make an ext4 file system with the files of a folder; its id and the seed of its folders follow from the label."""
    path.unlink(missing_ok=True)
    id_ = f"6b696f73-6b00-4000-8000-{label.encode().hex()[:12]:0>12}"
    given = ("-d", str(folder)) if folder is not None else ()
    tool("mke2fs", "-q", "-t", "ext4", "-L", label, "-U", id_, "-E", f"hash_seed={id_},lazy_itable_init=0", "-m", "1",
         *given, str(path), f"{size_mib_}M")


def assemble(image: Path, parts: dict[str, Path]) -> None:
    """Write the partition table and the file systems, by name of the partition; what is not given stays empty."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(size_mib() * MIB)
    tool("sfdisk", "-q", str(image), text=sfdisk_script())
    for start, partition in zip(starts(), TABLE, strict=True):
        if partition.name in parts:
            if parts[partition.name].stat().st_size > partition.size_mib * MIB:
                raise SystemExit(f"{partition.name}: its file system is larger than the partition")
            tool("dd", f"if={parts[partition.name]}", f"of={image}", "bs=1M", f"seek={start}", "conv=notrunc,sparse", "status=none")


def make_image(root: Path, data: Path, work: Path, image: Path) -> None:
    """Make the image of a card. root: its root file system, which loses its /boot thereby; data: of the data partition."""
    for name in ("card", "boot"):
        shutil.rmtree(work / name, ignore_errors=True)
    fill_boot(root, work / "boot")
    fill_card(work / "card", root / "opt/kiosk/deploy/kiosk.example.toml")
    shutil.rmtree(root / "boot")
    (root / "boot/firmware").mkdir(parents=True)
    for place in (root, data, work / "card", work / "boot"):
        forget_when(place)
    parts = {}
    for partition in TABLE:
        path = work / f"{partition.name}.part"
        if partition.filesystem == FAT_TYPE:
            empty = work / "empty"
            empty.mkdir(exist_ok=True)
            folder = {"KIOSK": work / "card", "boot_a": work / "boot"}.get(partition.name, empty)
            make_fat(path, partition.label, partition.size_mib, folder)
        elif partition.label:
            make_ext4(path, partition.label, partition.size_mib, {"root_a": root, "data": data}.get(partition.name))
        else:
            continue
        parts[partition.name] = path
    assemble(image, parts)
    for path in parts.values():
        path.unlink()
