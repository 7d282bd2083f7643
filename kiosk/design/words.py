"""What people read, in French, English and Chinese: `strings/*.json`, one file an area, {key: {"fr": ..., "en": ..., "zh": ...}}.

Placeholders are `{name}`. A text that depends on a count has one key per plural form, e.g. `pay.items.one` and `pay.items.other`, and is
asked for as `say("pay.items", language, count=2)`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from babel import Locale

from kiosk.domain.catalog import LANGUAGES
from kiosk.errors import InvalidValueError

_LOCALES = {"fr": "fr_FR", "en": "en_GB", "zh": "zh_Hans_CN"}
_HELD = re.compile(r" (?=[:;?!»%])|(?<=«) ")
"""Spaces of French at which no line breaks."""


def locale_of(language: str) -> str:
    """Return the locale whose conventions a language of the product follows; raise InvalidValueError for an unknown one."""
    try:
        return _LOCALES[language]
    except KeyError as error:
        raise InvalidValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}") from error


@cache
def table() -> dict[str, dict[str, str]]:
    """Return every text: key -> language -> text. Raises InvalidValueError when two files have the same key."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted((resources.files("kiosk.design") / "strings").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".json"):
            continue
        area: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        for key in sorted(texts.keys() & area.keys()):
            raise InvalidValueError(f"{file.name}: the key {key!r} stands in another file already")
        texts.update({key: {**said, "fr": _HELD.sub("\u00a0", said["fr"])} for key, said in area.items()})
    return texts


def known(key: str) -> bool:
    """Return whether there is a text for this key."""
    return key in table() or f"{key}.other" in table()


def say(key: str, language: str, **values: object) -> str:
    """Return the text of `key` in `language`, filled in; raise InvalidValueError for an unknown key or a value that is missing."""
    texts = table().get(key)
    if texts is None and isinstance(count := values.get("count"), int):
        form = Locale.parse(locale_of(language)).plural_form(count)
        texts = table().get(f"{key}.{form}") or table().get(f"{key}.other")
    if texts is None:
        raise InvalidValueError(f"there is no text with the key {key!r}")
    locale_of(language)
    try:
        return texts[language].format(**values)
    except KeyError as error:
        raise InvalidValueError(f"the text {key!r} needs a value for {error}") from error


def country(code: str, language: str) -> str:
    """Return the name of a country (ISO 3166, two letters) in `language`; the code itself where it has none."""
    return str(Locale.parse(locale_of(language)).territories.get(code, code))
