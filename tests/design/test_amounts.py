from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kiosk.design.amounts import clock, money, number, when
from kiosk.domain.money import Money
from kiosk.errors import InvalidValueError

NNBSP, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(("amount", "language", "text"), [
    (Money(1250, "EUR"), "fr", f"12,50{NBSP}€"),
    (Money(1250, "EUR"), "en", "€12.50"),
    (Money(1250, "EUR"), "zh", "€12.50"),
    (Money(123456789, "EUR"), "fr", f"1{NNBSP}234{NNBSP}567,89{NBSP}€"),
    (Money(5, "EUR"), "en", "€0.05"),
    (Money(-199, "EUR"), "en", "-€1.99"),
    (Money(500, "JPY"), "en", "JP¥500"),
    (Money(1500, "CNY"), "zh", "¥15.00"),
    (Money(1234, "KWD"), "en", "KWD1.234"),
])
def test_money_is_written_as_the_language_does(amount, language, text):
    assert money(amount, language) == text


@pytest.mark.parametrize("language", ["fr", "en", "zh"])
def test_no_cent_is_ever_rounded_away(language):
    for minor in (1, 99, 100, 1999, 10**9 + 1):
        digits = "".join(c for c in money(Money(minor, "EUR"), language) if c.isdigit())
        assert int(digits) == minor


def test_numbers_follow_the_language():
    assert number(Decimal("1234.5"), "fr") == f"1{NNBSP}234,5"
    assert number(1234, "en") == "1,234"


def test_times_are_those_of_the_store():
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")
    assert clock(moment, "fr", paris) == "03:30"
    assert when(moment, "fr", paris) == "29/03/2026 03:30"
    assert "29/03/2026" in when(moment, "en", paris)
    assert when(moment, "zh", paris) == "2026/3/29 03:30"
    with pytest.raises(InvalidValueError, match="time zone"):
        when(moment.replace(tzinfo=None), "fr", paris)
