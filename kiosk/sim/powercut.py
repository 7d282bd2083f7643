"""A disk that loses at a power cut whatever was not synced: SQLite's own file system layer, with its syncs watched.

SQLite reaches the disk through a table of functions (its VFS, https://sqlite.org/vfs.html). This one is the system's own, but each sync
also copies the file to a second folder; so that folder holds at any moment what a power cut would leave. Between two syncs it can also
show a torn disk: some blocks of what was written since, and not others.
"""

from __future__ import annotations

import ctypes
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.errors import WorldError

BLOCK = 4096
_NAME = b"kiosk-powercut"
_OK = 0
_POINTER = ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, _POINTER, ctypes.c_int, ctypes.POINTER(ctypes.c_int))
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_char_p, ctypes.c_int)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int)


class _Vfs(ctypes.Structure):
    _fields_ = (("version", ctypes.c_int), ("file_size", ctypes.c_int), ("longest_path", ctypes.c_int), ("following", _POINTER),
                ("name", ctypes.c_char_p), ("data", _POINTER), ("open", _OPEN), ("delete", _DELETE),
                *((f"other_{n}", _POINTER) for n in range(14)))


class _Methods(ctypes.Structure):
    """The functions of an open file: close, read, write, truncate, sync, and fourteen that are left as they are."""

    _fields_ = (("version", ctypes.c_int), *((f"first_{n}", _POINTER) for n in range(4)), ("sync", _SYNC),
                *((f"other_{n}", _POINTER) for n in range(14)))


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class PowerCut:
    """Watches every database that is opened at one of its addresses, and keeps in `durable` what has certainly reached the disk.

    One at a time in a process; `close` when done with it and its databases.
    """

    def __init__(self, durable: Path, on_sync: Callable[[Path], None]) -> None:
        """Begin to watch. on_sync(path) is called before each sync of a file counts: the moment when a cut hurts most."""
        self._durable, self._on_sync = durable, on_sync
        durable.mkdir(parents=True, exist_ok=True)
        self._paths: dict[int, Path] = {}
        self._tables: dict[int, tuple[_Methods, Any, Any]] = {}
        self._library = _sqlite()
        self._library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        self._system = self._library.sqlite3_vfs_find(None).contents
        self._vfs = _Vfs.from_buffer_copy(self._system)
        self._vfs.name = _NAME
        self._vfs.open, self._vfs.delete = _OPEN(self._open), _DELETE(self._delete)
        if self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 0) != _OK:
            raise WorldError("SQLite does not take the disk that loses power")

    def address(self, path: Path) -> str:
        """Return the URI under which `sqlite3.connect(..., uri=True)` opens `path` on this disk."""
        return f"file:{path}?vfs={_NAME.decode()}"

    def close(self) -> None:
        """Stop watching."""
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))

    def tear(self, path: Path, rng: random.Random) -> None:
        """Let some of the blocks that were written to `path` since its last sync reach the disk, and others not."""
        target = self._durable / path.name
        old = target.read_bytes() if target.exists() else b""
        new = path.read_bytes()
        blocks = [(new if rng.random() < 0.5 else old)[place:place + BLOCK] for place in range(0, max(len(old), len(new)), BLOCK)]
        target.write_bytes(b"".join(block.ljust(BLOCK, b"\0") for block in blocks[:-1]) + b"".join(blocks[-1:]))

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        """Open a file. SQLite keeps the very pointer to the name, so it goes on as it came."""
        code: int = self._system.open(vfs, name, file, flags, out)
        opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if code == _OK and name is not None and opened.methods:
            self._paths[file] = Path(ctypes.string_at(name).decode())
            opened.methods = ctypes.pointer(self._watched(ctypes.addressof(opened.methods.contents)))
        return code

    def _watched(self, methods: int) -> _Methods:
        """Return a copy of a file's table of functions whose sync is ours."""
        if methods not in self._tables:
            original = _Methods.from_address(methods)
            copy, sync = _Methods.from_buffer_copy(original), original.sync

            def watched(file: int, flags: int) -> int:
                path = self._paths[file]
                self._on_sync(path)
                code: int = sync(file, flags)
                if code == _OK and path.exists():
                    shutil.copyfile(path, self._durable / path.name)
                return code

            copy.sync = _SYNC(watched)
            self._tables[methods] = (copy, copy.sync, sync)
        return self._tables[methods][0]

    def _delete(self, vfs: int, name: bytes, sync_folder: int) -> int:
        code: int = self._system.delete(vfs, name, sync_folder)
        (self._durable / Path(name.decode()).name).unlink(missing_ok=True)
        return code


def _sqlite() -> ctypes.CDLL:
    """Return the very library that this process' sqlite3 module uses."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.split(maxsplit=5)[-1]
        if Path(path).name.startswith("libsqlite3.so"):
            return ctypes.CDLL(path)
    raise WorldError("this Python carries SQLite inside itself: the disk that loses power cannot get between")
