"""A table of a whole fleet (fleet.csv) -> a card of each row. A column is a key of kiosk.toml or wifi.toml, e.g. `device.id`."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import typing
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.config import Settings, parse, parse_wifi, table_of, text_of
from kiosk.config.card import WIFI_FILE, settings_mistakes, wifi_mistakes
from kiosk.config.sections import WifiFile
from kiosk.errors import ConfigError

_BOOLS = {"true": True, "yes": True, "false": False, "no": False}
BETWEEN = " "
"""Stands between the texts of a list, e.g. the roles: "pay stock"."""


@dataclasses.dataclass(frozen=True, slots=True)
class MadeCard:
    """The files of one kiosk's card. wifi: text of its wifi.toml, "" when the table says nothing of Wi-Fi."""

    device: str
    kiosk: str
    wifi: str


def read_fleet(path: Path, base: Path | None = None) -> list[MadeCard]:
    """Make a card of each row. base: a kiosk.toml with what all have in common. Raises ConfigError with every mistake of every row."""
    common = table_of(text_of(base), str(base)) if base is not None else {}
    text = text_of(path)
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    mistakes = [f"column {name!r} is no key of kiosk.toml: section.key is expected, e.g. device.id" for name in rows.fieldnames or ()
                if _hint(name) is None]
    made: list[MadeCard] = []
    if not mistakes:
        for number, row in enumerate(rows, 2):
            try:
                made.append(_card(common, row))
            except ConfigError as error:
                mistakes += [f"row {number}: {wrong}" for wrong in error.mistakes]
        mistakes += _doubled(made)
    if not made and not mistakes:
        mistakes = ["it has no rows"]
    if mistakes:
        raise ConfigError(path.name, tuple(mistakes))
    return made


def _card(common: Mapping[str, Any], row: Mapping[str, str | None]) -> MadeCard:
    table = {section: dict(values) if isinstance(values, dict) else values for section, values in common.items()}
    mistakes = []
    for name, cell in row.items():
        if name is None or cell is None:
            mistakes.append("has not as many cells as the table has columns")
        elif cell.strip():
            section, _, key = name.strip().partition(".")
            try:
                table.setdefault(section, {})[key] = _value(_hint(name), cell.strip())
            except ValueError:
                mistakes.append(f"{name} = {cell.strip()!r} is not {'true or false' if _hint(name) is bool else 'a number'}")
    if mistakes:
        raise ConfigError("row", tuple(mistakes))
    wifi = {"wifi": table.pop("wifi")} if "wifi" in table else {}
    kiosk = to_toml(table)
    settings = parse(kiosk)
    together = settings_mistakes(settings)
    if together:
        raise ConfigError("row", tuple(together))
    written = to_toml(wifi)
    if wifi and (wrong := wifi_mistakes(parse_wifi(written))):
        raise ConfigError(WIFI_FILE, tuple(wrong))
    return MadeCard(settings.device.id, kiosk, written)


def _doubled(made: list[MadeCard]) -> list[str]:
    rows = Counter(card.device for card in made)
    return [f"device.id {name!r} stands in {count} rows: each kiosk has its own" for name, count in rows.items() if count > 1]


def _hint(name: str) -> Any:
    """Return the type of `section.key` of kiosk.toml or wifi.toml, None for an unknown one."""
    section, _, key = name.strip().partition(".")
    sections = typing.get_type_hints(Settings) | typing.get_type_hints(WifiFile)
    return typing.get_type_hints(sections[section]).get(key) if section in sections else None


def _value(hint: Any, cell: str) -> Any:
    if hint is bool:
        if cell.lower() not in _BOOLS:
            raise ValueError(cell)
        return _BOOLS[cell.lower()]
    if hint in (int, float):
        return hint(cell)
    if typing.get_origin(hint) is tuple:
        return cell.split(BETWEEN)
    return cell


def to_toml(table: Mapping[str, Any]) -> str:
    """Return a table of sections as TOML; tables inside of sections become sections of their own."""
    lines: list[str] = []
    for section, values in table.items():
        _section(section, values, lines)
    return "\n".join(lines) + "\n" if lines else ""


def _section(name: str, values: Mapping[str, Any], lines: list[str]) -> None:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    if plain or not values:
        lines += [*([""] if lines else []), f"[{name}]", *(f"{_key(key)} = {_literal(value)}" for key, value in plain.items())]
    for key, value in values.items():
        if isinstance(value, dict):
            _section(f"{name}.{_key(key)}", value, lines)


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
