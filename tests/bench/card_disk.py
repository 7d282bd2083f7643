"""A disk as slow as a card: ext4 in a file, of which the kernel lets so many writes a second through. Simulated: no card is in it.

A fast virtual disk answers a sync in .15 ms, and then a bench of durable writes times Python. Cards of class A1, which hardware.md asks
for, promise 500 random writes a second (SD Association, Physical Layer 5.1): 2 ms each.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

WRITES_A_SECOND = 500
_SIZE_MB = 256
_THROTTLE = Path("/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device")


class NoCardDiskError(Exception):
    """This machine cannot make such a disk; says what is missing."""


@contextmanager
def card_disk(folder: Path) -> Iterator[Path]:
    """Give a folder on such a disk, which is kept in a file in `folder` meanwhile. Raises NoCardDiskError."""
    if not _THROTTLE.exists():
        raise NoCardDiskError("the kernel counts no writes here (cgroup v1's blkio.throttle): name a folder on a card by KIOSK_BENCH_DISK")
    image, place = folder / "card.img", folder / "card"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_SIZE_MB << 20)
    with ExitStack() as undo:
        device = _run("losetup", "--find", "--show", str(image))
        undo.callback(_run, "losetup", "--detach", device)
        _run("mkfs.ext4", "-q", device)
        _run("mount", device, str(place))
        undo.callback(_run, "umount", str(place))
        number = _run("lsblk", "--noheadings", "--nodeps", "--output", "MAJ:MIN", device)
        _THROTTLE.write_text(f"{number} {WRITES_A_SECOND}\n")
        undo.callback(_THROTTLE.write_text, f"{number} 0\n")
        yield place


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoCardDiskError(f"{command[0]} cannot be run (root and loop devices are needed): {error}") from error
    return done.stdout.strip()
