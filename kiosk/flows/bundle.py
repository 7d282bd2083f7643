"""What a technician may send away: how the device is, without anybody's face, PIN, token or key.

A bundle holds what is named here and nothing else; every text in it is scrubbed besides, because logs may quote what they should not.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from kiosk import __version__
from kiosk.config import Secret, Settings
from kiosk.errors import KioskError
from kiosk.flows.doctor import examine, stamping_clock
from kiosk.flows.opening import open_store
from kiosk.runtime import Clock

LOG_LINES = 500
LOG_S = 20.0
HIDDEN = "***"
_SHORTEST = 4
_PEM = re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|\Z)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONG = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
_CODE = re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b")
_NUMBERS = re.compile(r"(?<![\d.:-])\+?\d(?:[ .]?\d){7,11}(?![\d.:-])")
_NAMED = re.compile(r"(?i)\b(pin|password|passphrase|token|secret|badge|code|key|cookie|authorization)"
                    r"(s?\W{1,4}(?:bearer |basic )?)([^\s,;\"']+)")


def scrubbed(text: str, settings: Settings) -> str:
    """Return a text without this device's secrets, and without whatever looks like a key, a template, a token or a telephone number."""
    for secret in secrets_of(settings):
        text = text.replace(secret, HIDDEN)
    text = _PEM.sub(HIDDEN, text)
    text = _CODE.sub(HIDDEN, text)
    text = _LONG.sub(lambda found: found[0] if _UUID.fullmatch(found[0]) else HIDDEN, text)
    text = _NAMED.sub(lambda found: found[1] + found[2] + HIDDEN, text)
    return _NUMBERS.sub(HIDDEN, text)


def secrets_of(settings: Settings) -> list[str]:
    """Return every secret text of the settings, longest first."""
    found = {secret for secret in _secrets(settings) if len(secret) >= _SHORTEST}
    return sorted(found, key=len, reverse=True)


def make_bundle(settings: Settings, clock: Clock, log_text: str) -> bytes:
    """Return a zip archive: doctor's findings, masked settings, counts of the database, and the log; all of it scrubbed."""
    parts = {
        "about.txt": f"kiosk {__version__}, device {settings.device.id}, {clock.now():%Y-%m-%d %H:%M:%S} UTC, boot {clock.boot_id}\n",
        "doctor.json": json.dumps([dataclasses.asdict(finding) for finding in examine(settings, clock)], indent=2),
        "settings.txt": "\n".join(f"[{name}] {getattr(settings, name)!r}" for name in (f.name for f in dataclasses.fields(settings))),
        "database.json": json.dumps(_database(settings, clock), indent=2),
        "log.txt": log_text,
    }
    import zipfile  # the sync process has use for the rest of this room alone, and has little memory

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, scrubbed(text, settings))
    return packed.getvalue()


def recent_log() -> str:
    """Return the last lines that the services wrote to systemd's journal; says so where there is none."""
    command = ["journalctl", "--unit=kiosk@*", f"--lines={LOG_LINES}", "--output=short-iso", "--no-pager"]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LOG_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no log: {error}\n"


def _database(settings: Settings, clock: Clock) -> dict[str, Any]:
    """Counts alone: no sale, no member, no payload."""
    if not (settings.storage.folder / "kiosk.db").exists():
        return {}
    clock = stamping_clock(settings, clock)
    try:
        with closing(open_store(settings, clock)) as store, store.snapshot() as unit:
            return {"epoch": store.epoch, "waiting": {str(lane): n for lane, n in unit.outbox.waiting().items()},
                    "oldest_s": round(unit.outbox.oldest(clock.now())), "tallies": unit.tallies.all(),
                    "quarantined": unit.quarantine.count(), "link": unit.settings.get("link") or ""}
    except KioskError as error:
        return {"error": str(error)}


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _secrets(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _secrets(inner)
