"""HQ's signature: one Ed25519 key pair (RFC 8032). The private half never leaves this machine; devices are given the public half."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kiosk.errors import TrustError

KEY_FILE = "hq.key"
PUBLIC_FILE = "hq.pub"


class SigningKey:
    """The key pair in a folder: `hq.key` (32 raw bytes, mode 0600) and `hq.pub` (the public 32 bytes in base64, one line)."""

    def __init__(self, folder: Path) -> None:
        """Read the key, or make one when there is none; raise TrustError when it is damaged or others may read it."""
        path = folder / KEY_FILE
        if not path.exists():
            _write_new(path)
        if path.stat().st_mode & 0o077:
            raise TrustError(f"{path} can be read by others: chmod 600 it")
        try:
            self._key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        except ValueError as error:
            raise TrustError(f"{path} is damaged: put back a copy; devices refuse the orders of a new key") from error
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = base64.b64encode(public).decode()
        (folder / PUBLIC_FILE).write_text(self.public + "\n")

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of signature over a message."""
        return self._key.sign(message)


def signed_by(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 key with these public bytes (base64) made a signature; a key that cannot be read made none."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write_new(path: Path) -> None:
    raw = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
