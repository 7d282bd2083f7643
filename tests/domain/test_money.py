"""Money adds up in integers and refuses to mix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.money import Money, exponent, share
from kiosk.errors import InvalidValueError


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("minor", [1.0, "1", True])
def test_only_integers_are_money(minor: object) -> None:
    with pytest.raises(InvalidValueError):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["eur", "EURO", "", "12", "ÉUR"])
def test_only_iso_codes_are_currencies(code: str) -> None:
    with pytest.raises(InvalidValueError):
        Money(1, code)


def test_exponents_follow_iso_4217() -> None:
    assert (exponent("EUR"), exponent("JPY"), exponent("KWD")) == (2, 0, 3)


@pytest.mark.parametrize(("amount", "part", "whole", "expected"), [
    (5, 1, 2, 3), (-5, 1, 2, -3), (1200, 200, 1200, 200), (1, 1, 3, 0), (2, 1, 3, 1)])
def test_shares_round_half_away_from_zero(amount: int, part: int, whole: int, expected: int) -> None:
    assert share(amount, part, whole) == expected


@given(st.integers(-10**9, 10**9), st.integers(0, 1000), st.integers(1, 2000))
def test_shares_are_within_half_a_unit(amount: int, part: int, whole: int) -> None:
    assert abs(share(amount, part, whole) * whole - amount * part) * 2 <= whole


def test_exponents_agree_with_unicodes_table() -> None:
    from babel.numbers import get_currency_precision

    # CLDR rounds some currencies as shops do today; ISO 4217 is what payment services count in.
    by_iso = ("BHD", "CLP", "DJF", "EUR", "GBP", "ISK", "JOD", "JPY", "KRW", "KWD", "LYD",
              "OMR", "PYG", "RWF", "TND", "UGX", "USD", "VND", "XPF")
    assert {code: exponent(code) for code in by_iso} == {code: get_currency_precision(code) for code in by_iso}
