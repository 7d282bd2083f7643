"""A technician's card -> this device's configuration. Taken over whole or not at all, once for each card.

A power cut at any step is made good by the next start. What the system reads (networks, time, login key, roles) is written anew at every
start, into memory.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.config import Settings, WifiSettings, decode, load, parse_wifi
from kiosk.config.card import CARD_FILE, CLAIM_FILE, LOG_FILE, WIFI_FILE, Card, read_card
from kiosk.errors import ConfigError
from kiosk.flows import network
from kiosk.sync.trust.identity import DEVICE

log = logging.getLogger(__name__)

KEPT, STAMP = "kiosk.toml", "card.sha256"
OUTCOME = "kiosk/setup.json"
"""What came of it, for the screen; under the folder `run`."""
UNIT = "/usr/lib/systemd/system/kiosk@.service"
UNITS = Path("/etc/systemd/system")
_STEPS = ("Correct this on the card with any computer and switch the kiosk on again,",
          "or put the corrected files onto a USB stick and plug it in.")


@dataclass(frozen=True, slots=True)
class Places:
    """card: the partition that technicians write; etc: what stays (/etc/kiosk); run: memory (/run); state: where the certificate lies.

    manager: who runs the network, see `flows.network`.
    """

    card: Path
    etc: Path
    run: Path
    state: Path
    manager: str = network.NETWORKD


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a card. state: taken | known | kept | mistakes; kept: it has mistakes, and an earlier one stays in force."""

    state: str
    device: str = ""
    mistakes: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether this device has a configuration."""
        return self.state != "mistakes"


def first_boot(places: Places, lasts: Callable[[], bool] = lambda: True) -> Outcome:
    """Take over the card and let the system know. lasts: whether what is written to `etc` will be there after a restart."""
    if not lasts():
        said = "the partition `data` of this SD card cannot be read: take another card, and keep this one: unsent sales may be on it"
        return _tell(places, Outcome("mistakes", "", (said,)))
    old = _kept(places)
    try:
        card = read_card(places.card, _certified(places, old))
        outcome = _take(places, card)
    except ConfigError as error:
        outcome = Outcome("mistakes" if old is None else "kept", old.device.id if old else "", error.mistakes)
    settings = _kept(places)
    if settings is not None:
        _write_system(places, settings)
    return _tell(places, outcome)


def network_manager(units: Path = UNITS) -> str:
    """Return who runs the network of this system, by what is enabled in it."""
    there = (units / "multi-user.target.wants" / "NetworkManager.service").is_symlink()
    return network.NETWORK_MANAGER if there else network.NETWORKD


def _kept(places: Places) -> Settings | None:
    try:
        return load(places.etc / KEPT)
    except ConfigError:
        return None


def _kept_wifi(places: Places) -> WifiSettings | None:
    try:
        return parse_wifi((places.etc / WIFI_FILE).read_text(encoding="utf-8"))
    except (OSError, ConfigError):
        return None


def _certified(places: Places, old: Settings | None) -> str:
    return old.device.id if old is not None and (places.state / "identity" / DEVICE).exists() else ""


def _take(places: Places, card: Card) -> Outcome:
    """Write what the card says where it stays; the stamp comes last, so that a cut before it has everything written again."""
    stamp = hashlib.sha256(card.text.encode() + card.claim).hexdigest()
    path = places.etc / STAMP
    if card.wifi is None and path.exists() and path.read_text() == stamp:
        return Outcome("known", card.settings.device.id)
    places.etc.mkdir(parents=True, exist_ok=True)
    if card.wifi is not None:
        _put(places.etc / WIFI_FILE, card.wifi_text, 0o600)
        erase(places.card / WIFI_FILE)
    if card.claim:
        _put(places.etc / CLAIM_FILE, card.claim.decode(), 0o640)
    _put(places.etc / KEPT, card.text, 0o640)
    _put(path, stamp, 0o644)
    return Outcome("taken", card.settings.device.id)


def erase(path: Path) -> None:
    """Overwrite a file and remove it. Flash memory may keep old cells: that is told in the documentation."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _write_system(places: Places, settings: Settings) -> None:
    """Write what systemd and its services read, into memory."""
    texts = {"systemd/timesyncd.conf.d/kiosk.conf": network.time_servers(settings), "kiosk/environment": network.environment(settings),
             "kiosk/authorized_keys": f"{settings.setup.ssh_key}\n" if settings.setup.ssh_key else "",
             "kiosk/hostname": settings.device.id.replace("_", "-").replace(".", "-")[:63].strip("-") + "\n"}
    files = network.files(settings, _kept_wifi(places), places.manager) | {name: network.Written(text) for name, text in texts.items()}
    for name, file in files.items():
        path = places.run / name
        path.unlink(missing_ok=True)
        if file.text:
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(path, file.text, 0o600 if file.secret else 0o644)
    wants = places.run / "systemd/system/kiosk.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for link in wants.iterdir():
        link.unlink()
    for role in (*settings.device.roles, "sync"):
        (wants / f"kiosk@{role}.service").symlink_to(UNIT)


def _tell(places: Places, outcome: Outcome) -> Outcome:
    """Write the outcome for the screen, and in plain words onto the card where it is news."""
    path = places.run / OUTCOME
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, json.dumps({**asdict(outcome), "language": _language(places.card / CARD_FILE)}), 0o644)
    if outcome.state != "known":
        text = "\r\n".join(_words(outcome)) + "\r\n"
        beside = places.card / LOG_FILE
        try:
            if not beside.exists() or beside.read_bytes() != text.encode():
                _put(beside, text, 0o644)
        except OSError as error:
            log.warning("%s cannot be written: %s", beside, error)
    return outcome


def _language(path: Path) -> str:
    """Return the language that a card asks for, however wrong the rest of it is."""
    try:
        found = re.search(r"(?m)^\s*language\s*=\s*[\"'](fr|en|zh)[\"']", decode(path.read_bytes()))
    except (OSError, UnicodeError):
        found = None
    return found.group(1) if found else "en"


def _words(outcome: Outcome) -> list[str]:
    if outcome.state == "taken":
        return [f"OK {outcome.device}", "The card was taken over. wifi.toml, if there was one, is erased."]
    count = "1 mistake:" if len(outcome.mistakes) == 1 else f"{len(outcome.mistakes)} mistakes:"
    numbered = [f"{number}. {mistake}" for number, mistake in enumerate(outcome.mistakes, 1)]
    kept = [f"Until then {outcome.device} goes on with the card before this one."] if outcome.state == "kept" else []
    return [count, *numbered, "", *_STEPS, *kept]


def _put(path: Path, text: str, mode: int) -> None:
    """Write a file so that after a power cut the old one or the new one is there, never half of one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
