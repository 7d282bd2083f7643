"""A disk that loses at a power cut whatever was not synced: a layer under SQLite, written for apsw, that keeps only synced bytes.

SQLite reaches the disk through its VFS (https://sqlite.org/vfs.html). This one is the system's own, but each sync also copies the file to a
second folder, and each delete deletes there too; so that folder holds at any moment what a power cut would leave. It can also show a torn
disk: some blocks of what was written since the last sync, and not others.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.storage.apsw_file import connect_apsw, library

BLOCK = 4096
NAME = "kiosk-powercut"


class PowerCut:
    """Watches every database that is opened through `connect`, and keeps in `durable` what has certainly reached the disk.

    One at a time in a process; `close` when done with it and its databases.
    """

    def __init__(self, durable: Path, on_sync: Callable[[Path], None],
                 on_write: Callable[[Path], None] = lambda _path: None) -> None:
        """Begin to watch. on_sync(path) and on_write(path) are called before a sync or a write counts: moments when a cut hurts most."""
        self.durable, self._on_sync, self._on_write = durable, on_sync, on_write
        durable.mkdir(parents=True, exist_ok=True)
        self._vfs = _vfs(self)

    def connect(self, path: Path) -> Any:
        """Open a database on this disk, as `Store.open` wants it."""
        return connect_apsw(path, NAME)

    def close(self) -> None:
        """Stop watching."""
        self._vfs.unregister()

    def tear(self, path: Path, image: Path, rng: random.Random) -> None:
        """Let some of the blocks that were written to `path` since its last sync reach the file `image`, and others not."""
        old = image.read_bytes() if image.exists() else b""
        new = path.read_bytes()
        blocks = [(new if rng.random() < 0.5 else old)[place:place + BLOCK] for place in range(0, max(len(old), len(new)), BLOCK)]
        image.write_bytes(b"".join(block.ljust(BLOCK, b"\0") for block in blocks[:-1]) + b"".join(blocks[-1:]))

    def synced(self, path: Path) -> None:
        """Called by the layer: the file is on the disk as it now is."""
        if path.exists():
            shutil.copyfile(path, self.durable / path.name)

    def syncing(self, path: Path) -> None:
        """Called by the layer before a sync."""
        self._on_sync(path)

    def writing(self, path: Path) -> None:
        """Called by the layer before a write."""
        self._on_write(path)

    def deleted(self, path: Path) -> None:
        """Called by the layer: the file is gone."""
        (self.durable / path.name).unlink(missing_ok=True)


def _vfs(disk: PowerCut) -> Any:
    """Register the layer with apsw and return it; its classes are made here, for apsw is no part of a kiosk."""
    apsw = library()

    class File(apsw.VFSFile):  # type: ignore[misc, name-defined]
        """An open file whose writes and syncs are seen."""

        def __init__(self, name: Any, flags: list[int]) -> None:
            super().__init__("", name, flags)
            filename = name.filename() if hasattr(name, "filename") else name
            self._path = Path(filename) if filename else None

        def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
            """Write."""
            if self._path is not None:
                disk.writing(self._path)
            super().xWrite(data, offset)

        def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
            """Sync; only then do the file's bytes count."""
            if self._path is not None:
                disk.syncing(self._path)
            super().xSync(flags)
            if self._path is not None:
                disk.synced(self._path)

    class Layer(apsw.VFS):  # type: ignore[misc, name-defined]
        """The system's own layer, with our files."""

        def __init__(self) -> None:
            super().__init__(NAME, "")

        def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - SQLite's name
            """Open a file."""
            return File(name, flags)

        def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
            """Delete a file."""
            super().xDelete(filename, syncdir)
            disk.deleted(Path(filename))

    return Layer()
