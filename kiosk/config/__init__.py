"""kiosk.toml -> frozen settings. Every mistake is reported at once, with its line and the nearest key; secrets are masked on print."""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import re
import tomllib
import types
import typing
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.config.checks import CHECKS, SECRET
from kiosk.config.sections import CHOICES, RANGES, PhoneSettings, PrinterSettings, Secret, Settings, VoiceSettings, WifiFile, WifiSettings
from kiosk.domain.reorder import WEEKDAYS, is_holiday_name
from kiosk.domain.staff import Role
from kiosk.errors import ConfigError, refusal

__all__ = ["PhoneSettings", "PrinterSettings", "Secret", "Settings", "VoiceSettings", "WifiSettings"]
"""What other rooms take from `sections` through this one; everything below is public as its name says."""

IN_FORCE = Path("/etc/kiosk/kiosk.toml")
"""The settings that a kiosk goes by: what it took over from its card, which may hold later ones with mistakes."""
_ROLES = ("pay", "mirror", "stock")


def load(path: Path) -> Settings:
    """Read kiosk.toml; raise ConfigError that lists every mistake."""
    return parse(text_of(path), str(path))


def text_of(path: Path) -> str:
    """Return the text of a file that a person wrote; raise ConfigError where there is none to be read."""
    try:
        return decode(path.read_bytes())
    except UnicodeError as error:
        raise ConfigError(str(path), ("no plain text in UTF-8: in Windows' Notepad, save it with the encoding UTF-8",)) from error
    except OSError as error:
        taken = path != IN_FORCE or not isinstance(error, FileNotFoundError)
        said = f"cannot be read: {refusal(error)}" if taken else "is not there: this machine took over no card; --config names another file"
        raise ConfigError(str(path), (said,)) from error


def decode(raw: bytes) -> str:
    """Return the text of a file as Windows or anybody may have saved it: UTF-8 or UTF-16 with its mark, or UTF-8 without."""
    return raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")


def parse(text: str, name: str = "kiosk.toml") -> Settings:
    """Read the text of a kiosk.toml; `name` is what errors call it."""
    settings: Settings = _parse(text, name, Settings)
    return settings


def parse_wifi(text: str, name: str = "wifi.toml") -> WifiSettings:
    """Read the text of a wifi.toml; raise ConfigError that lists every mistake and holds no password."""
    read: WifiFile = _parse(text, name, WifiFile)
    return read.wifi


def table_of(text: str, name: str) -> dict[str, Any]:
    """Return the TOML of a text, unchecked; raise ConfigError where it is none."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(name, (_unreadable(str(error)),)) from error


def _parse(text: str, name: str, whole: Any) -> Any:
    table = table_of(text, name)
    reader = _Reader(text, whole)
    settings = reader.read(table)
    if reader.mistakes or settings is None:
        raise ConfigError(name, tuple(text for _, text in sorted(reader.mistakes, key=lambda found: found[0])))
    return settings


class _Reader:
    """Collects mistakes instead of stopping at the first."""

    def __init__(self, text: str, whole: Any) -> None:
        """whole: the class that holds all sections of the file."""
        self.mistakes: list[tuple[int, str]] = []
        self._lines, self._whole = _key_lines(text), whole

    def read(self, table: Mapping[str, Any]) -> Any:
        sections = typing.get_type_hints(self._whole)
        self._unknown("", table, sections)
        values: dict[str, Any] = {}
        for section in dataclasses.fields(self._whole):
            given = table.get(section.name, {})
            if not isinstance(given, dict):
                self._say(section.name, f"{section.name} is a section: write [{section.name}]")
                continue
            values[section.name] = self._section(section.name, sections[section.name], given)
        return self._whole(**values) if not self.mistakes else None

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
            self._say(key, f"{key}{'' if _holds_secrets(hint) else f' = {value!r}'} is not {_words(hint)}")
            return None
        if key in CHOICES and kept not in CHOICES[key]:
            choices = [str(choice) for choice in CHOICES[key]]
            near = difflib.get_close_matches(str(value), choices, n=1)
            self._say(key, f"{key} = {value!r} is not one of {', '.join(choices)}" + (f"; did you mean {near[0]}?" if near else ""))
        elif key in RANGES and not RANGES[key][0] <= kept <= RANGES[key][1]:
            self._say(key, f"{key} = {value!r} is not between {RANGES[key][0]} and {RANGES[key][1]}")
        elif key in CHECKS and (wrong := CHECKS[key](kept)):
            self._say(key, f"{key}{'' if key in SECRET else f' = {kept!r}'} {wrong}")
        elif key == "device.timezone" and kept not in zoneinfo.available_timezones():
            near = difflib.get_close_matches(kept, zoneinfo.available_timezones(), n=1)
            self._say(key, f"{key} = {value!r} is no time zone" + (f"; did you mean {near[0]}?" if near else ""))
        elif key == "device.id" and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", kept):
            self._say(key, f"{key} = {value!r} may hold a-z, 0-9, dot, dash and underscore only")
        elif key == "staff.roles" and not set(kept.values()) <= set(Role):
            self._say(key, f"{key} = {dict(kept)!r}: each is one of {', '.join(Role)}")
        elif key == "replenishment.order_days" and (not kept or not set(kept) <= set(WEEKDAYS)):
            self._say(key, f"{key} = {list(kept)!r} may hold {', '.join(WEEKDAYS)}")
        elif key == "replenishment.holidays" and not all(is_holiday_name(day) for day in kept):
            self._say(key, f"{key} = {list(kept)!r}: days such as 12-25 (every year) or 2026-04-06 are expected")
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


def _unreadable(error: str) -> str:
    """Say where a file stops being TOML, without its text: a password may stand there."""
    found = re.search(r"(.*) \(at line (\d+), column (\d+)\)", error)
    where = f"line {found[2]}: not TOML, near column {found[3]}: {found[1].lower()}" if found else f"not TOML: {error.lower()}"
    return where + '; a line reads key = "text" with straight quotes, key = 12 or key = true, and no key stands twice'


def _holds_secrets(hint: Any) -> bool:
    return hint is Secret or Secret in typing.get_args(hint)


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
