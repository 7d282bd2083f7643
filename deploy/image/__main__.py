"""`make image`: builds the card of a kiosk, step by step, and says which step it is at. Root on a Debian machine; see README."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.image import check, outputs, rootfs
from deploy.image.disk import make_image

TOOLS = {"mmdebstrap": "mmdebstrap", "mcopy": "mtools", "mkfs.vfat": "dosfstools", "mke2fs": "e2fsprogs", "debugfs": "e2fsprogs",
         "sfdisk": "fdisk",
         "arch-test": "arch-test", "qemu-aarch64-static": "qemu-user-static", "bmaptool": "bmap-tools", "xz": "xz-utils",
         "systemd-sysusers": "systemd"}
"""Program -> Debian package that has it."""


def missing_tools() -> list[str]:
    """Return the Debian packages that this machine lacks."""
    return sorted({package for program, package in TOOLS.items() if shutil.which(program) is None})


def prepare() -> None:
    """Install what is missing and have the kernel run arm64 programs. Raises SystemExit with what to do."""
    if os.geteuid() != 0:
        raise SystemExit("make image needs root: it makes files of many owners. sudo make image")
    lacking = missing_tools()
    if lacking:
        rootfs.run("apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq", "--no-install-recommends", *lacking,
                   "binfmt-support",
                   extra={"DEBIAN_FRONTEND": "noninteractive"})
    if subprocess.run(["arch-test", "arm64"], capture_output=True, check=False).returncode:
        if not Path("/proc/sys/fs/binfmt_misc/register").exists():
            rootfs.run("mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc")
        rootfs.run("update-binfmts", "--import", "qemu-aarch64")


class Progress:
    """Says each step, and how long the one before it took."""

    def __init__(self, count: int) -> None:
        self._count, self._number = count, 0
        self._began = time.monotonic()

    def step(self, name: str, work: Callable[[], None]) -> None:
        """Do a step."""
        self._number += 1
        sys.stdout.write(f"[{self._number}/{self._count}] {name} ... ")
        sys.stdout.flush()
        began = time.monotonic()
        work()
        sys.stdout.write(f"{time.monotonic() - began:.0f} s (since the start {time.monotonic() - self._began:.0f} s)\n")
        sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """Build the image and everything beside it, then hold it against the checker."""
    parser = argparse.ArgumentParser(prog="make image", description="Build the image of a card.")
    parser.add_argument("--out", type=Path, default=rootfs.ROOT / "build" / "image", help="where everything goes (default: build/image)")
    parser.add_argument("--base", type=Path, help="a tar of Debian that an earlier build left there (debian.tar): not made anew")
    parser.add_argument("--quick", action="store_true", help="only the bare .img, for `make image-test`")
    args = parser.parse_args(argv)
    prepare()
    out: Path = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    root, data, work, image = out / "root", out / "data", out / "work", out / "kiosk-debian-pi4.img"
    work.mkdir(exist_ok=True)
    tar = args.base or out / "debian.tar"
    progress = Progress(8)
    progress.step("Debian 13 for arm64" if args.base is None else "Debian, as it was", lambda: rootfs.debian(tar)
                  if args.base is None else None)
    progress.step("unpack it", lambda: rootfs.unpack(tar, root))
    progress.step("the product, its units and users", lambda: rootfs.product(root))
    progress.step("Python packages from the lock, compiled", lambda: rootfs.python(root, str(Path(sys.executable).parent / "uv")))
    progress.step("networks, verified", lambda: rootfs.models(root))

    def image_of_it() -> None:
        rootfs.settle(root, data)
        outputs.manifests(root, image)
        make_image(root, data, work, image)

    progress.step("file systems and partitions", image_of_it)
    progress.step("the checker", lambda: check.report(image))
    progress.step("compress, sum", lambda: None if args.quick else outputs.pack(image))
    for path in (root, data, work):
        shutil.rmtree(path, ignore_errors=True)
    sys.stdout.write(outputs.told(image))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
