import json
import re
import string
from importlib import resources

import pytest

from kiosk.design.words import known, locale_of, say, table
from kiosk.domain.catalog import LANGUAGES
from kiosk.errors import InvalidValueError


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_three_languages_with_the_same_placeholders():
    for key, texts in table().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(t.strip() for t in texts.values()), key
        assert len({frozenset(placeholders(t)) for t in texts.values()}) == 1, key


def test_no_key_is_written_twice_in_a_file():
    for file in (resources.files("kiosk.design") / "strings").iterdir():
        pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=lambda p: p)
        keys = [k for k, _ in pairs]
        assert len(keys) == len(set(keys)), file.name


def test_every_refusal_says_what_to_do_next():
    reasons = [k for k in table() if k.startswith("refused.") and not k.endswith(".more")]
    assert len(reasons) > 8
    assert all(f"{r}.more" in table() for r in reasons)


def test_no_line_of_french_begins_with_a_mark():
    assert say("mirror.ordered.bring_more", "fr", name="robe").endswith("prévenue\u00a0: robe")
    loose = [key for key, texts in table().items() if re.search(r" [:;?!»%]|« ", texts["fr"])]
    assert loose == []
    assert " :" not in "".join(texts["en"] for texts in table().values())


def test_counts_choose_the_plural_form_of_the_language():
    assert say("pay.items", "fr", count=0) == "0 article"
    assert say("pay.items", "en", count=0) == "0 items"
    assert say("pay.items", "en", count=1) == "1 item"
    assert say("pay.items", "zh", count=1) == "1 件商品"


def test_unknown_keys_languages_and_missing_values_are_refused_by_name():
    assert known("pay.items") and known("pay.pay") and not known("refused.by_the_moon")
    with pytest.raises(InvalidValueError, match="by_the_moon"):
        say("refused.by_the_moon", "fr")
    with pytest.raises(InvalidValueError, match="'de'"):
        say("pay.pay", "de")
    with pytest.raises(InvalidValueError, match="amount"):
        say("pay.saved", "fr")
    with pytest.raises(InvalidValueError, match="'de'"):
        locale_of("de")
