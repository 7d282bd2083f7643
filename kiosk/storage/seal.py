"""The key with which a device signs its journal: Ed25519 (RFC 8032), made on the device, in a file that only its user reads."""

from __future__ import annotations

import base64
import binascii
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kiosk.errors import StorageError

KEY_FILE = "journal.key"
KEY_BYTES = 32
SYSTEM_KEY = Path("/etc/kiosk") / KEY_FILE
"""Where a device's first start makes it, for root alone; systemd hands it to the services as a credential."""


class JournalKey:
    """The key pair of a device's journal. public: base64 of the public 32 bytes."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        """Use `JournalKey.open`."""
        self._private = private
        self.public = base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    @classmethod
    def open(cls, folder: Path, system: Path = SYSTEM_KEY) -> JournalKey:
        """Read the key, or make one when there is none: 32 raw bytes in `journal.key`, mode 0600.

        systemd's credential of that name (LoadCredentialEncrypted=journal.key) counts before the file, and where there is no file the
        system's own, which root's commands may read: they sign as the services do. Raises StorageError when the key is damaged or others
        may read it.
        """
        credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / KEY_FILE
        path = credential if credential.exists() else folder / KEY_FILE
        if not path.exists() and os.access(system, os.R_OK):
            path = system
        if not path.exists():
            _write_new(path)
        if path is not credential and path.stat().st_mode & 0o077:
            raise StorageError(f"the journal's key {path} can be read by others: `chmod 600 {path}`")
        raw = path.read_bytes()
        if len(raw) != KEY_BYTES:
            raise StorageError(f"the journal's key {path} has {len(raw)} bytes instead of {KEY_BYTES}: put a copy back, or remove it; the"
                               " journal then says that another key signs from there on")
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of signature over a message."""
        return self._private.sign(message)


def verify(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the key with these base64 public bytes made a signature over a message; a key that cannot be read made none."""
    key = _public(public)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _public(text: str) -> Ed25519PublicKey | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Ed25519PublicKey.from_public_bytes(raw) if len(raw) == KEY_BYTES and base64.b64encode(raw).decode() == text else None


def _write_new(path: Path) -> None:
    raw = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)  # never over a key that another process has just made
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
