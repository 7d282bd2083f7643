"""Holds the image of a card against what it must be, without starting it: partitions, files of the boot loader, no secret, no password.

python -m deploy.image.check IMAGE    exit code 1 and a line for each thing that is wrong
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import uuid
import zlib
from dataclasses import dataclass
from pathlib import Path

from deploy.image.layout import AUTOBOOT, BOARDS, CMDLINE, FAT_TYPE, FIRMWARE, MIB, SECTOR, TABLE, starts

MOST_LINES = 200
ROOT_MUST = ("opt/kiosk/.venv/bin/kiosk", "opt/kiosk/cache/models", "usr/lib/systemd/system/kiosk@.service", "etc/fstab",
             "etc/systemd/system/multi-user.target.wants/kiosk.target", "etc/systemd/system/sysinit.target.wants/kiosk-provision.service",
             "etc/systemd/journald.conf.d/kiosk.conf", "usr/local/bin/kiosk")
ROOT_MUST_NOT = ("etc/ssh/ssh_host_rsa_key", "etc/ssh/ssh_host_ecdsa_key", "etc/ssh/ssh_host_ed25519_key", "etc/kiosk/vault.key",
                 "etc/kiosk/journal.key", "etc/kiosk/kiosk.toml", "etc/kiosk/wifi.toml", "var/lib/systemd/random-seed", "root/.ssh",
                 "etc/wpa_supplicant/wpa_supplicant.conf")
BOUND = ("/var/lib/kiosk", "/var/lib/kiosk-vault", "/etc/kiosk")
"""What must lie on the data partition: queue and journal, templates, configuration and keys."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a partition table. kind: GUID; first, last: sectors."""

    name: str
    kind: str
    first: int
    last: int


def read_table(image: Path) -> list[Entry]:
    """Read the partition table (GPT). Raises ValueError with what is wrong with it."""
    with image.open("rb") as file:
        file.seek(SECTOR)
        header = file.read(92)
        if header[:8] != b"EFI PART":
            raise ValueError("it has no GPT partition table")
        size, crc = struct.unpack_from("<II", header, 12)
        if zlib.crc32(header[:16] + bytes(4) + header[20:size]) != crc:
            raise ValueError("the header of its partition table is damaged")
        at, count, length, table_crc = struct.unpack_from("<QIII", header, 72)
        file.seek(at * SECTOR)
        raw = file.read(count * length)
    if zlib.crc32(raw) != table_crc:
        raise ValueError("its partition table is damaged")
    found = []
    for offset in range(0, len(raw), length):
        row = raw[offset:offset + length]
        if any(row[:16]):
            first, last = struct.unpack_from("<QQ", row, 32)
            found.append(Entry(row[56:128].decode("utf-16-le").rstrip("\0"), str(uuid.UUID(bytes_le=row[:16])).upper(), first, last))
    return found


def _partitions(image: Path) -> list[str]:
    try:
        rows = read_table(image)
    except ValueError as error:
        return [str(error)]
    wrong = []
    if [row.name for row in rows] != [partition.name for partition in TABLE]:
        return [f"partitions are {', '.join(row.name for row in rows)}; they must be {', '.join(p.name for p in TABLE)}, in this order"]
    for row, start, partition in zip(rows, starts(), TABLE, strict=True):
        place = (row.first * SECTOR, (row.last + 1 - row.first) * SECTOR)
        if place != (start * MIB, partition.size_mib * MIB):
            wrong.append(f"{row.name} begins at {place[0]} with {place[1]} bytes; it must at {start * MIB} with {partition.size_mib * MIB}")
        if row.kind != partition.kind:
            wrong.append(f"{row.name} is of type {row.kind}; it must be {partition.kind}")
        if not wrong:
            wrong += _label(image, start, partition.label, partition.filesystem, partition.name)
    return wrong


def _label(image: Path, start_mib: int, label: str, filesystem: str, name: str) -> list[str]:
    with image.open("rb") as file:
        file.seek(start_mib * MIB)
        head = file.read(2048)
    if not label:
        return [f"{name} must be empty: there is no second system yet"] if any(head) else []
    if filesystem == FAT_TYPE:
        found = head[71:82].decode("ascii", "replace").strip() if head[82:87] == b"FAT32" else ""
    else:
        found = head[1024 + 120:1024 + 136].rstrip(b"\0").decode("ascii", "replace") if head[1024 + 56:1024 + 58] == b"\x53\xef" else ""
    return [] if found == label else [f"{name} holds no {filesystem} called {label}, but {found or 'something else'}"]


class Fat:
    """The files of a FAT partition of an image, through mtools."""

    def __init__(self, image: Path, name: str) -> None:
        number = [partition.name for partition in TABLE].index(name)
        self._place = f"{image}@@{starts()[number]}M"

    def names(self) -> list[str]:
        """Return the paths of all files."""
        done = subprocess.run(["mdir", "-b", "-/", "-i", self._place, "::"], capture_output=True, text=True, check=False)
        return [line.removeprefix("::/") for line in done.stdout.splitlines()]

    def text(self, name: str) -> str:
        """Return a file, "" when it is not there."""
        done = subprocess.run(["mtype", "-i", self._place, f"::/{name}"], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""


class Ext4:
    """The files of an ext4 partition of an image, through debugfs: nothing is mounted."""

    def __init__(self, image: Path, name: str) -> None:
        number = [partition.name for partition in TABLE].index(name)
        self._place = f"{image}?offset={starts()[number] * MIB}"

    def _ask(self, command: str) -> str:
        done = subprocess.run(["debugfs", "-R", command, self._place], capture_output=True, text=True, check=False)
        return done.stdout if "not found" not in done.stderr and "Filesystem not open" not in done.stderr else ""

    def there(self, path: str) -> bool:
        """Whether there is something of this name."""
        return bool(self._ask(f'stat "/{path}"'))

    def text(self, path: str) -> str:
        """Return a file, "" when it is not there."""
        return self._ask(f'cat "/{path}"')

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        rows = [line.split("/") for line in self._ask(f'ls -p "/{folder}"').splitlines()]
        return [row[5] for row in rows if len(row) > 5 and row[5] not in (".", "..", "lost+found")]


def _boot(image: Path) -> list[str]:
    card, boot = Fat(image, "KIOSK"), Fat(image, "boot_a")
    wrong = [] if card.text("autoboot.txt") == AUTOBOOT else ["KIOSK: autoboot.txt does not name the slots"]
    extra = sorted(set(card.names()) - {"autoboot.txt", "kiosk.example.toml"})
    wrong += [f"KIOSK: {name} must not be on a fresh card" for name in extra]
    names = boot.names()
    wrong += [f"boot_a: {name} is missing" for name in (*FIRMWARE, *BOARDS, "config.txt", "cmdline.txt") if name not in names]
    config = dict(re.findall(r"(?m)^(\w+)[ =](.+)$", boot.text("config.txt")))
    wrong += [f"boot_a: config.txt must say {key}={value}" for key,
              value in (("arm_64bit", "1"), ("upstream_kernel", "1"), ("disable_splash", "1"))
              if config.get(key) != value]
    wrong += [f"boot_a: config.txt names {config.get(key) or 'nothing'} as {key}, which is not there" for key in ("kernel", "initramfs")
              if config.get(key) not in names]
    return wrong + _cmdline(boot.text("cmdline.txt")) + ([f"boot_b: must be empty, but holds {len(Fat(image, 'boot_b').names())} files"]
                                                         if Fat(image, "boot_b").names() else [])


def _cmdline(text: str) -> list[str]:
    words = text.split()
    wrong = ["boot_a: cmdline.txt must be one line"] if len(text.splitlines()) != 1 else []
    wrong += [f"boot_a: cmdline.txt lacks {word}" for word in CMDLINE.split() if word not in words]
    wrong += ["boot_a: cmdline.txt says cma=, with which a Pi 4 may not boot"] if any(word.startswith("cma=") for word in words) else []
    wrong += [f"boot_a: cmdline.txt says {word}: the root is read-only" for word in words if word == "rw"]
    screen = {"console=tty0", "console=tty1"} & set(words)
    return wrong + (["boot_a: cmdline.txt has a console on the screen: kernel text before the splash"] if screen else [])


def _root(image: Path) -> list[str]:
    root = Ext4(image, "root_a")
    wrong = [f"root_a: {path} is missing" for path in ROOT_MUST if not root.there(path)]
    wrong += [f"root_a: {path} must not be there: it would be the same on every card" for path in ROOT_MUST_NOT if root.there(path)]
    wrong += [f"root_a: {path} must be empty" for path in ("var/log", "home") if root.names(path)]
    if root.text("etc/machine-id").strip() not in ("", "uninitialized"):
        wrong.append("root_a: etc/machine-id would be the same on every card")
    for line in root.text("etc/shadow").splitlines():
        name, _, rest = line.partition(":")
        if not rest.startswith(("*", "!")):
            wrong.append(f"root_a: {name} has a password, or none is asked for")
    if "Storage=volatile" not in root.text("etc/systemd/journald.conf.d/kiosk.conf"):
        wrong.append("root_a: journald must keep its journal in memory")
    bound = {parts[1]: parts for line in root.text("etc/fstab").splitlines() if (parts := line.split()) and not line.startswith("#")}
    for place in BOUND:
        words = bound.get(place)
        if words is None or not words[0].startswith("/data/") or "bind" not in words[3]:
            wrong.append(f"root_a: {place} does not lie on the data partition: an update would lose it")
        elif not Ext4(image, "data").there(words[0].removeprefix("/data/")):
            wrong.append(f"data: the folder {words[0]} is missing")
    names = [name for folder in ("etc", "kiosk", "vault", "system") for name in Ext4(image, "data").names(folder)]
    return wrong + [f"data: {name} must not be on a fresh card" for name in names]


def mistakes(image: Path) -> list[str]:
    """Return what is wrong with an image, nothing for one that may be flashed."""
    wrong = _partitions(image)
    return wrong or _boot(image) + _root(image)


def report(image: Path) -> None:
    """Raise SystemExit with everything that is wrong with an image."""
    wrong = mistakes(image)
    if wrong:
        raise SystemExit("\n".join([f"{image.name}: {len(wrong)} mistake(s)", *wrong[:MOST_LINES]]))


if __name__ == "__main__":
    report(Path(sys.argv[1]))
    sys.stdout.write(f"{sys.argv[1]}: as it must be\n")
