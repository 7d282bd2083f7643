"""Holds two images of a card against each other, file by file: a rebuilt one is equal, or each file in which it differs is named.

python -m deploy.image.compare A B    exit code 1 when they differ; nothing is mounted, no root is needed

Compared are the partition table, and of each file its type, rights, owner, time stamp and content. Not compared is where a file system lays
its blocks, and when its inodes were written.
"""

from __future__ import annotations

import filecmp
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.image.check import read_table
from deploy.image.layout import FAT_TYPE, MIB, TABLE, starts

MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in which two images differ.

    place: partition:/path; what: table | only in A | only in B | type | rights | owner | time | content.
    """

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Node:
    """What stands about a file beside its content. mode: type and rights in octal, "" where the file system has none."""

    mode: str
    owner: str


def _ext4_nodes(place: str) -> dict[str, Node]:
    """Return every path of an ext4 file system, level by level, through debugfs."""
    found: dict[str, Node] = {}
    level = [("", "2")]
    while level:
        asked = "".join(f"ls -p <{inode}>\n" for _path, inode in level)
        said = subprocess.run(["debugfs", "-f", "-", place], input=asked, capture_output=True, text=True, check=True).stdout
        below: list[tuple[str, str]] = []
        answers = re.split(r"(?m)^debugfs: ls -p <\d+>$", said)[1:]
        for (parent, _inode), answer in zip(level, answers, strict=True):
            for row in (line.split("/") for line in answer.splitlines() if line.startswith("/")):
                if row[5] in (".", ".."):
                    continue
                path = f"{parent}/{row[5]}"
                found[path] = Node(row[2], f"{row[3]}:{row[4]}")
                if row[2].startswith("04"):
                    below.append((path, row[1]))
        level = below
    return found


def _unpack(image: Path, number: int, folder: Path) -> dict[str, Node]:
    """Copy the files of a partition out into a folder; return what stands about each."""
    partition, start = TABLE[number], starts()[number]
    folder.mkdir()
    if partition.filesystem == FAT_TYPE:
        subprocess.run(["mcopy", "-s", "-m", "-n", "-Q", "-i", f"{image}@@{start}M", "::/", str(folder)], capture_output=True, check=False)
        return {f"/{path.relative_to(folder)}": Node("04" if path.is_dir() else "10", "") for path in folder.rglob("*")}
    place = f"{image}?offset={start * MIB}"
    # Owners cannot be given away without root, which debugfs complains of and which does not matter: they are in the answer.
    subprocess.run(["debugfs", "-R", f"rdump / {folder}", place], capture_output=True, check=True)
    return _ext4_nodes(place)


def _differs(one: Path, other: Path, ours: Node, theirs: Node) -> list[str]:
    if ours.mode[:2] != theirs.mode[:2]:
        return ["type"]
    what = [name for name, differs in (("rights", ours.mode != theirs.mode), ("owner", ours.owner != theirs.owner)) if differs]
    if ours.mode.startswith("12"):
        return what + (["content"] if one.readlink() != other.readlink() else [])
    if not (one.exists() and other.exists()):
        return what
    if int(one.lstat().st_mtime) != int(other.lstat().st_mtime):
        what.append("time")
    if one.is_file() and not filecmp.cmp(one, other, shallow=False):
        what.append("content")
    return what


def _partition(one: Path, other: Path, number: int, folder: Path) -> list[Difference]:
    name = TABLE[number].name
    ours, theirs = (_unpack(image, number, folder / f"{name}-{letter}") for image, letter in ((one, "a"), (other, "b")))
    found = [Difference(f"{name}:{path}", f"only in {'A' if path in ours else 'B'}") for path in sorted(ours.keys() ^ theirs.keys())]
    for path in sorted(ours.keys() & theirs.keys()):
        pair = [folder / f"{name}-{letter}{path}" for letter in "ab"]
        found += [Difference(f"{name}:{path}", what) for what in _differs(*pair, ours[path], theirs[path])]
    return found


def differences(one: Path, other: Path) -> list[Difference]:
    """Return everything in which two images differ. Raises ValueError when one has no partition table."""
    if read_table(one) != read_table(other):
        return [Difference("the partition table", "table")]
    found = []
    for number, partition in enumerate(TABLE):
        if partition.label:
            with tempfile.TemporaryDirectory(dir=one.parent) as folder:
                found += _partition(one, other, number, Path(folder))
    return found


def told(found: list[Difference]) -> str:
    """Return the differences in words, one a line."""
    lines = [f"{difference.place}: {difference.what}" for difference in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"and {len(found) - MOST_LINES} more")
    return "\n".join([*lines, f"{len(found)} difference(s)" if found else "equal to the last file"]) + "\n"


def main(argv: list[str]) -> int:
    """Compare two images; 1 when they differ."""
    found = differences(Path(argv[0]), Path(argv[1]))
    sys.stdout.write(told(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
