"""Files that must not be found again: overwritten, then removed. On a card that wears evenly a copy may stay: keys are what counts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

CHUNK = 1 << 20


def shred(path: Path) -> list[Path]:
    """Overwrite a file with random bytes, on the disk, and remove it; of a folder every file. Return what is gone."""
    if path.is_symlink():
        path.unlink()
        return [path]
    if path.is_dir():
        gone = [found for inner in sorted(path.iterdir()) for found in shred(inner)]
        shutil.rmtree(path)
        return gone
    if not path.exists():
        return []
    size = path.stat().st_size
    with path.open("r+b") as file:
        for start in range(0, size, CHUNK):
            file.write(os.urandom(min(CHUNK, size - start)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    return [path]
