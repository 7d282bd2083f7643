"""A device that leaves the shop: its keys destroyed, what they opened unreadable, and a signed report that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import Settings
from kiosk.errors import StorageError
from kiosk.flows.opening import open_store, vault_folder
from kiosk.flows.standing import open_identity
from kiosk.runtime import Clock
from kiosk.storage.shred import shred

SYSTEM_KEYS = Path("/etc/kiosk")
"""Where systemd takes the credentials from that it hands to the services."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was destroyed. text: the report (JSON); signature: the device key's over it (base64), chain: its certificate."""

    text: str
    signature: str
    chain: str


def waiting(settings: Settings, clock: Clock) -> int:
    """Return how many facts HQ does not hold yet; they would be lost."""
    if not (settings.storage.folder / "kiosk.db").exists():
        return 0
    with closing(open_store(settings, clock)) as store, store.snapshot() as unit:
        return sum(unit.outbox.waiting().values())


def erase(settings: Settings, clock: Clock, system_keys: Path = SYSTEM_KEYS) -> Report:
    """Destroy keys first, then what they opened, and prove it. Raises StorageError when something can still be read."""
    identity = open_identity(settings)
    secrets = [bytes_of for path in _keys(settings, system_keys) if (bytes_of := _read(path))]
    gone = [path for key in _keys(settings, system_keys) for path in shred(key)]
    vault, folder = vault_folder(settings), settings.storage.folder
    gone += shred(vault)
    held = identity.certificate()
    kept = {identity.file, identity.roots, identity.folder / "hq.pub"}
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path not in (identity.folder, *identity.folder.parents):
                gone += shred(path)
    _prove(folder, secrets, kept)
    text = json.dumps({"device": settings.device.id, "at": clock.now().isoformat(timespec="seconds"), "clock_set": clock.known,
                       "serial": held.serial if held else "", "destroyed": [str(path) for path in gone],
                       "left": [str(path) for path in _files(folder)]}, indent=1)
    signature, chain = identity.sign(text.encode()) if held else ("", "")
    last = _read(identity.file)
    shred(identity.folder)
    _prove(folder, [*secrets, *([last] if last else [])], set())
    if identity.file.exists() or list(_files(vault)):
        raise StorageError(f"{identity.file} or {vault} is still there: erase this device's card by hand")
    return Report(text, signature, chain)


def _keys(settings: Settings, system_keys: Path) -> list[Path]:
    """The keys that open something on this device, but its own, which signs the report."""
    named = Path(settings.members.key) if settings.members.key else vault_folder(settings) / "vault.key"
    handed = sorted(system_keys.glob("*.key*")) if system_keys.is_dir() else []
    return [named, settings.storage.folder / "journal.key", *handed]


def _prove(folder: Path, secrets: list[bytes], besides: set[Path]) -> None:
    """Look into every file that is left for the bytes of a key that should be gone."""
    for path in _files(folder):
        content = _read(path)
        if path not in besides and any(secret in content for secret in secrets):
            raise StorageError(f"{path} still holds a key that was to be destroyed: erase this device's card by hand")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file()) if folder.is_dir() else iter(())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
