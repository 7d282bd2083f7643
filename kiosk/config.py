"""kiosk.toml -> frozen settings. Every mistake is reported at once, with its line and the nearest key; secrets are masked on print."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
import typing
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.domain.reorder import WEEKDAYS, ReplenishmentSettings
from kiosk.domain.staff import Role
from kiosk.errors import ConfigError

_ROLES = ("pay", "mirror", "stock")


class Secret(str):
    """A text that is never printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    def __str__(self) -> str:
        return "***" if self else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def reveal(self) -> str:
        """Return the text itself, for whoever must send it."""
        return "".join(self)


_NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """[device] id: 1-64 of a-z 0-9 - _ . and the certificate's name; group: whose manifests it follows; language: fr, en or zh.

    timezone: of the store; closing_hour: its business day ends at this hour of the next morning.
    """

    id: str
    store: str
    roles: tuple[str, ...]
    group: str = "all"
    language: str = "fr"
    timezone: str = "Europe/Paris"
    closing_hour: int = 4


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """[storage] folder: database, vault and keys; reserve_mb: sales stop when less room than this is left."""

    folder: Path = Path("/var/lib/kiosk")
    reserve_mb: int = 32


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """[broker] host and port of the MQTT broker; version: 5 or 3 (3.1.1)."""

    host: str = "127.0.0.1"
    port: int = 8883
    username: str = ""
    password: Secret = _NO_SECRET
    version: int = 5
    tls: bool = True
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class HqSettings:
    """[hq] public_key: HQ's Ed25519 key, base64: only what it signed is believed. receipts: address that shows receipts again."""

    public_key: str
    receipts: str = ""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """[camera] kind: none, world (simulated), file, usb or pi; source: file, device path or port; name: what it is called."""

    kind: str = "none"
    source: str = ""
    name: str = "camera"
    width: int = 640
    height: int = 480
    rate_hz: float = 10.0
    rotate: int = 0


@dataclass(frozen=True, slots=True)
class ScaleSettings:
    """[scale] cells: load cell -> where it hangs (hardware.md); calibration: "" is scale.json, record_mb: of raw/, in [storage] folder."""

    kind: str = "none"
    root: Path = Path("/sys/bus/iio/devices")
    cells: Mapping[str, Any] = field(default_factory=dict)
    rate_hz: int = 80
    calibration: str = ""
    record_mb: int = 0


@dataclass(frozen=True, slots=True)
class RfidSettings:
    """[rfid] command: program that prints what a reader reads, and its arguments; antennas: number -> load cells in its field."""

    command: tuple[str, ...] = ()
    antennas: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """[display] kind: window, offscreen; rotate: 0, 90, 180 or 270; snapshot: picture file for the console's live view, off when empty.

    large, contrast: large type and high contrast from the start; shoppers turn to them with the button Aa.
    """

    kind: str = "window"
    width: int = 800
    height: int = 480
    rotate: int = 0
    snapshot: str = ""
    rate_hz: float = 30.0
    large: bool = False
    contrast: bool = False


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """[staff] pins: name -> PIN of four digits or more; badges: name -> code on the badge. A badge or a PIN opens staff mode.

    roles: name -> clerk, manager or technician; whoever is not named is a clerk.
    """

    pins: Mapping[str, Secret] = field(default_factory=dict)
    badges: Mapping[str, Secret] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """[printer] kind: none, file, network, serial or usb (python-escpos). address: file, host, serial port, or vendor:product in hex.

    columns: 48 (80 mm paper) or 32 (58 mm). profile: of python-escpos, for the printer's code pages.
    """

    kind: str = "none"
    address: str = ""
    columns: int = 48
    profile: str = "default"


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """[voice] kind: none or espeak (espeak-ng reads prompts aloud). rate_wpm: words a minute."""

    kind: str = "none"
    rate_wpm: int = 160


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """[identity] backend: onnx (ours) or dlib (extra [dlib]); passive_model: an .onnx file that judges copies, "" for none."""

    backend: str = "onnx"
    passive_model: str = ""


@dataclass(frozen=True, slots=True)
class MembersSettings:
    """[members] mode: store (the device's key opens templates) or card (only the member's own code does); vault: folder of the templates,
    <storage.folder>/vault when empty; key: file of the device key, vault.key in that folder when empty and systemd hands none over.

    retention_days: a face that nobody paid with for so long is erased; pin_over_minor: amounts above this ask for the PIN too.
    """

    mode: str = "store"
    vault: str = ""
    key: str = ""
    retention_days: int = 365
    pin_over_minor: int = 5000


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """[phone] port of the pages for shoppers' phones, 0 = off; bind: address of the shop's Wi-Fi, never the internet; name: how phones
    reach it, bind when empty. The pages speak HTTP without TLS: whoever listens on that Wi-Fi can read along.
    """

    port: int = 0
    bind: str = "127.0.0.1"
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """[world] socket of the simulated world, for demos; empty on a real kiosk."""

    socket: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of kiosk.toml."""

    device: DeviceSettings
    hq: HqSettings
    storage: StorageSettings = StorageSettings()
    broker: BrokerSettings = BrokerSettings()
    camera: CameraSettings = CameraSettings()
    scale: ScaleSettings = ScaleSettings()
    rfid: RfidSettings = RfidSettings()
    display: DisplaySettings = DisplaySettings()
    staff: StaffSettings = StaffSettings()
    printer: PrinterSettings = PrinterSettings()
    voice: VoiceSettings = VoiceSettings()
    replenishment: ReplenishmentSettings = field(default_factory=ReplenishmentSettings)
    identity: IdentitySettings = IdentitySettings()
    members: MembersSettings = MembersSettings()
    phone: PhoneSettings = PhoneSettings()
    world: WorldSettings = WorldSettings()


_CHOICES: dict[str, tuple[object, ...]] = {
    "device.language": ("fr", "en", "zh"),
    "camera.kind": ("none", "world", "file", "usb", "pi"),
    "camera.rotate": (0, 90, 180, 270),
    "scale.kind": ("none", "world", "iio", "nau7802", "serial", "trace"),
    "scale.rate_hz": (10, 20, 40, 80, 320),
    "display.kind": ("window", "offscreen"),
    "display.rotate": (0, 90, 180, 270), "broker.version": (3, 5),
    "identity.backend": ("onnx", "dlib"), "replenishment.approval": ("hq", "local"),
    "printer.kind": ("none", "file", "network", "serial", "usb"),
    "printer.columns": (32, 48), "voice.kind": ("none", "espeak"),
    "members.mode": ("store", "card"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "scale.record_mb": (0, 100_000), "broker.port": (1, 65535), "storage.reserve_mb": (1, 100_000), "phone.port": (0, 65535),
    "members.retention_days": (1, 3650), "members.pin_over_minor": (0, 100_000_000), "voice.rate_wpm": (80, 400),
    "camera.width": (64, 4096), "camera.height": (64, 4096), "camera.rate_hz": (0.5, 120), "display.height": (240, 4096),
    "display.rate_hz": (1, 120), "display.width": (240, 4096), "device.closing_hour": (0, 12), "replenishment.service": (0.5, 0.999),
    "replenishment.lead_days": (0, 60), "replenishment.minimum_minor": (0, 10**9)}


def load(path: Path) -> Settings:
    """Read kiosk.toml; raise ConfigError that lists every mistake."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (f"the file cannot be read: {error}",)) from error
    return parse(text, str(path))


def parse(text: str, name: str = "kiosk.toml") -> Settings:
    """Read the text of a kiosk.toml; `name` is what errors call it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(name, (f"not TOML: {error}",)) from error
    reader = _Reader(text)
    settings = reader.read(table)
    if reader.mistakes or settings is None:
        raise ConfigError(name, tuple(text for _, text in sorted(reader.mistakes, key=lambda found: found[0])))
    return settings


class _Reader:
    """Collects mistakes instead of stopping at the first."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[tuple[int, str]] = []
        self._lines = _key_lines(text)

    def read(self, table: Mapping[str, Any]) -> Settings | None:
        sections = typing.get_type_hints(Settings)
        self._unknown("", table, sections)
        values: dict[str, Any] = {}
        for section in dataclasses.fields(Settings):
            given = table.get(section.name, {})
            if not isinstance(given, dict):
                self._say(section.name, f"{section.name} is a section: write [{section.name}]")
                continue
            values[section.name] = self._section(section.name, sections[section.name], given)
        return Settings(**values) if not self.mistakes else None

    def _section(self, section: str, cls: Any, given: Mapping[str, Any]) -> Any:
        hints = typing.get_type_hints(cls)
        self._unknown(section, given, hints)
        values: dict[str, Any] = {}
        for entry in dataclasses.fields(cls):
            key = f"{section}.{entry.name}"
            if entry.name in given:
                values[entry.name] = self._value(key, hints[entry.name], given[entry.name])
            elif entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING:
                self._say(section, f"{key} is missing")
        return cls(**values) if not self.mistakes else None

    def _unknown(self, section: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for key in given:
            if key not in known:
                full = f"{section}.{key}" if section else key
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                self._say(full, f"{full} is not known" + (f"; did you mean {section + '.' if section else ''}{near[0]}?" if near else ""))

    def _value(self, key: str, hint: Any, value: Any) -> Any:
        kept = _convert(hint, value)
        if kept is _WRONG:
            self._say(key, f"{key} = {value!r} is not {_words(hint)}")
            return None
        if key in _CHOICES and kept not in _CHOICES[key]:
            choices = [str(choice) for choice in _CHOICES[key]]
            near = difflib.get_close_matches(str(value), choices, n=1)
            self._say(key, f"{key} = {value!r} is not one of {', '.join(choices)}" + (f"; did you mean {near[0]}?" if near else ""))
        elif key in _RANGES and not _RANGES[key][0] <= kept <= _RANGES[key][1]:
            self._say(key, f"{key} = {value!r} is not between {_RANGES[key][0]} and {_RANGES[key][1]}")
        elif key == "device.timezone" and kept not in zoneinfo.available_timezones():
            near = difflib.get_close_matches(kept, zoneinfo.available_timezones(), n=1)
            self._say(key, f"{key} = {value!r} is no time zone" + (f"; did you mean {near[0]}?" if near else ""))
        elif key == "device.id" and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", kept):
            self._say(key, f"{key} = {value!r} may hold a-z, 0-9, dot, dash and underscore only")
        elif key == "staff.roles" and not set(kept.values()) <= set(Role):
            self._say(key, f"{key} = {dict(kept)!r}: each is one of {', '.join(Role)}")
        elif key == "replenishment.order_days" and (not kept or not set(kept) <= set(WEEKDAYS)):
            self._say(key, f"{key} = {list(kept)!r} may hold {', '.join(WEEKDAYS)}")
        elif key == "device.roles" and (not kept or not set(kept) <= set(_ROLES)):
            self._say(key, f"{key} = {list(kept)!r} may hold {', '.join(_ROLES)}")
        return kept

    def _say(self, key: str, text: str) -> None:
        line = self._lines.get(key, self._lines.get(key.split(".", maxsplit=1)[0], 0))
        self.mistakes.append((line, f"line {line}: {text}" if line else text))


_WRONG = object()


def _convert(hint: Any, value: Any) -> Any:
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is Secret and isinstance(value, str):
        return Secret(value)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (str, int, bool):
        return value if type(value) is hint else _WRONG
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if origin is not None and issubclass(origin, Mapping) and isinstance(value, dict):
        inner = typing.get_args(hint)[1]
        kept = {name: value[name] if inner is Any else _convert(inner, value[name]) for name in value}
        return _WRONG if any(item is _WRONG for item in kept.values()) else types.MappingProxyType(kept)
    return _WRONG


def _words(hint: Any) -> str:
    names = {str: "a text", Secret: "a text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
    return names.get(hint, "a list of texts" if typing.get_origin(hint) is tuple else "a table of texts")


def _key_lines(text: str) -> dict[str, int]:
    """Return the line of every `section.key` and `section`: tomllib does not tell."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            section = header.group(1)
            lines.setdefault(section.split(".")[0], number)
            lines.setdefault(section, number)
        elif key := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line):
            lines.setdefault(f"{section}.{key.group(1)}" if section else key.group(1), number)
    return lines
