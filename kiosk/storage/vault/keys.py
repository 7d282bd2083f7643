"""Where the device key lies, and whose the vault's folder is."""

from __future__ import annotations

import hmac
import os
import pwd
import secrets
from pathlib import Path

from kiosk.errors import VaultError

KEY_BYTES = 32
CREDENTIAL = "vault.key"
"""The name under which systemd hands the device key over (LoadCredential=)."""


def derived(device_key: bytes, purpose: bytes) -> bytes:
    """Return the 32-byte key for one purpose (HMAC-SHA-256 of the purpose under the device key)."""
    return hmac.digest(device_key, purpose, "sha256")


def private_folder(folder: Path) -> None:
    """Make the vault's folder for its owner alone, or refuse one that somebody else owns or can look into. Raises VaultError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise VaultError(f"the vault's folder {folder} cannot be used: {error.strerror}") from error
    if found.st_uid != os.geteuid():
        raise VaultError(f"the vault's folder {folder} belongs to user {_name(found.st_uid)}: run this as that user")
    if found.st_mode & 0o077:
        raise VaultError(f"the vault's folder {folder} can be looked into by others: `chmod 700 {folder}`")


def device_key(path: Path, may_make: bool, credentials: str = "") -> bytes:
    """Return the device key: the credential `vault.key` of the folder `credentials` when there is one, else the file.

    The file is made when it is missing and `may_make`, for its owner alone. Raises VaultError when there is no key, when others can read
    the file, or when its length is wrong.
    """
    handed = Path(credentials) / CREDENTIAL
    if credentials and handed.exists():
        return _checked(handed, handed.read_bytes())
    if not path.exists():
        if not may_make:
            raise VaultError(f"the device key {path} is missing: put it back, or remove the vault and have members enrol anew")
        make_key(path)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"the device key {path} can be read by others: `chmod 600 {path}`")
    try:
        return _checked(path, path.read_bytes())
    except OSError as error:
        raise VaultError(f"the device key {path} cannot be read: {error.strerror}") from error


def make_key(path: Path) -> None:
    """Write a new device key into a file that only its owner can read; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _checked(path: Path, key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise VaultError(f"the device key {path} has {len(key)} bytes instead of {KEY_BYTES}: put the right one back")
    return key


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
