"""What a technician lays on the first partition of a card: kiosk.toml, wifi.toml, claim.pem. All mistakes of all files at once."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kiosk.config import Settings, WifiSettings, decode, parse, parse_wifi
from kiosk.errors import ConfigError, refusal

T = TypeVar("T")
_WITHOUT_TLS = re.compile(r"(?m)^\s*tls\s*=\s*false")

CARD_FILE, WIFI_FILE, CLAIM_FILE = "kiosk.toml", "wifi.toml", "claim.pem"
LOG_FILE = "kiosk-provision.log"
"""The answer of the kiosk, in plain words, beside the files."""
MOST_BYTES = 256 * 1024
EXAMPLE_PIN = "0000"


@dataclass(frozen=True, slots=True)
class Card:
    """A card without mistakes. text: of kiosk.toml; wifi_text: of wifi.toml, "" without one; claim: the claim file, b"" without one."""

    text: str
    settings: Settings
    wifi: WifiSettings | None
    wifi_text: str
    claim: bytes


def read_card(folder: Path, certified: str = "") -> Card:
    """Read the files of a card. certified: the device id for which there is a certificate, "" for none.

    Raises ConfigError with every mistake of every file.
    """
    mistakes: list[str] = []
    text, written = _text(folder, CARD_FILE, mistakes), ""
    settings = wifi = None
    if text:
        settings = _try(lambda: parse(text, CARD_FILE), mistakes)
    claim_path, wifi_path = folder / CLAIM_FILE, folder / WIFI_FILE
    if wifi_path.exists():
        written = _text(folder, WIFI_FILE, mistakes)
        wifi = _try(lambda: parse_wifi(written, WIFI_FILE), mistakes) if written else None
        mistakes += [f"{WIFI_FILE}: {wrong}" for wrong in wifi_mistakes(wifi)] if wifi is not None else []
    elif (folder / f"{WIFI_FILE}.txt").exists():
        mistakes.append(_renamed(WIFI_FILE))
    claim = _claim(claim_path, mistakes)
    if settings is not None:
        mistakes += [f"{CARD_FILE}: {wrong}" for wrong in settings_mistakes(settings)]
        if settings.broker.tls and certified != settings.device.id and not settings.setup.code:
            mistakes.append(f"{CARD_FILE}: setup.code is missing: the one-time code with which it gets its certificate")
    if not claim and not certified and (settings.broker.tls if settings is not None else not _WITHOUT_TLS.search(text)):
        mistakes.append(f"{CLAIM_FILE} is missing beside {CARD_FILE}: HQ writes one for all cards of a group")
    if mistakes or settings is None:
        raise ConfigError(str(folder), tuple(mistakes))
    return Card(text, settings, wifi, written, claim)


def settings_mistakes(settings: Settings) -> list[str]:
    """Say what is wrong with settings that are sound one by one, but not together."""
    found: list[str] = []
    if settings.broker.host == "example.com" or settings.broker.host.endswith(".example.com"):
        found.append(f"broker.host = {settings.broker.host!r} is the example's: write the name of HQ's broker")
    if settings.broker.password.reveal() == "change-me" and not settings.broker.tls:
        found.append("broker.password is the example's: write the one that HQ gave")
    for name, pin in settings.staff.pins.items():
        if pin.reveal() == EXAMPLE_PIN:
            found.append(f"staff.pins: the PIN of {name} is the example's: choose another")
        elif not re.fullmatch(r"[0-9]{4,}", pin.reveal()):
            found.append(f"staff.pins: the PIN of {name} has to be four digits or more, and no letters")
    if {"pay", "mirror"} & set(settings.device.roles) and settings.camera.kind == "none":
        found.append(f"camera.kind is none, but the roles {', '.join(settings.device.roles)} need a camera")
    return found + _network_mistakes(settings)


def _network_mistakes(settings: Settings) -> list[str]:
    given = settings.network
    if given.address == "dhcp":
        return []
    net = ipaddress.ip_interface(given.address).network
    found = [f"network.{key} is missing: a fixed address needs it" for key in ("gateway", "dns") if not getattr(given, key)]
    if given.gateway and ipaddress.ip_address(given.gateway) not in net:
        found.append(f"network.gateway = {given.gateway!r} is not in the net of network.address = {given.address!r}")
    return found


def wifi_mistakes(wifi: WifiSettings) -> list[str]:
    """Say what is wrong with a Wi-Fi whose settings are sound one by one; holds no password."""
    found = []
    if not 1 <= len(wifi.ssid.encode()) <= 32:
        found.append("wifi.ssid has 1 to 32 letters")
    password = wifi.password.reveal()
    if wifi.identity and not password:
        found.append("wifi.password is missing: a network with wifi.identity asks for both")
    if not (password + wifi.identity + wifi.domain).isprintable():
        found.append("wifi.identity, wifi.password or wifi.domain holds something that is no letter, such as the end of a line")
    if not wifi.identity and password and not (8 <= len(password) <= 63 and password.isascii()):
        found.append(f"wifi.password has {len(password)} letters; 8 to 63 of the ASCII letters are possible")
    if wifi.identity and wifi.eap != "PWD" and not wifi.ca and not wifi.domain:
        found.append("wifi.ca and wifi.domain are missing: without one of them anybody's network would get the password")
    return [*found, *_authority_mistakes(wifi.ca)]


def _authority_mistakes(text: str) -> list[str]:
    if not text:
        return []
    try:
        if "PRIVATE KEY" not in text:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
            return []
    except (ssl.SSLError, ValueError):
        pass
    return ["wifi.ca is no certificate: between three quotes, copy all from -----BEGIN to END CERTIFICATE-----, and no key"]


def read_claim(path: Path) -> bytes:
    """Read the claim file that HQ wrote; raise ConfigError where it is none."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    except OSError as error:
        raise ConfigError(str(path), (f"cannot be read: {refusal(error)}",)) from error
    if b"-----BEGIN CERTIFICATE-----" not in raw or b"PRIVATE KEY-----" not in raw:
        raise ConfigError(str(path), ("is not what HQ writes: copy it again, without opening it",))
    return raw


def _claim(path: Path, mistakes: list[str]) -> bytes:
    try:
        return read_claim(path) if path.exists() else b""
    except ConfigError as error:
        mistakes += [f"{CLAIM_FILE} {wrong}" for wrong in error.mistakes]
        return b"?"


def _text(folder: Path, name: str, mistakes: list[str]) -> str:
    path = folder / name
    if not path.exists():
        mistakes.append(_renamed(name) if (folder / f"{name}.txt").exists() else f"{name} is missing")
        return ""
    try:
        if path.stat().st_size > MOST_BYTES:
            mistakes.append(f"{name} is {path.stat().st_size} bytes long, more than {MOST_BYTES}: it cannot be what it should")
            return ""
        text = decode(path.read_bytes())
    except UnicodeError:
        mistakes.append(f"{name} is no plain text in UTF-8: in Windows' Notepad, save it with the encoding UTF-8")
        return ""
    except OSError as error:
        mistakes.append(f"{name} cannot be read: {refusal(error)}")
        return ""
    if not text.strip():
        mistakes.append(f"{name} is empty")
    return text if text.strip() else ""


def _renamed(name: str) -> str:
    return f"{name} is missing, but there is {name}.txt: Windows hides the ending; rename it to {name}"


def _try(read: Callable[[], T], mistakes: list[str]) -> T | None:
    try:
        return read()
    except ConfigError as error:
        mistakes.extend(f"{error.path}: {wrong}" for wrong in error.mistakes)
        return None
