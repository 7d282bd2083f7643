"""Quotes: every line adds up, the best promotion wins, VAT is what the total contains."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.catalog import PriceList, Product, Promotion, check_digit, gtin
from kiosk.domain.money import Money
from kiosk.domain.pricing import quote
from kiosk.errors import InvalidValueError

WATER, TEA = "4006381333931", "5901234123457"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def prices(*promotions: Promotion) -> PriceList:
    products = (Product(WATER, {"en": "Water"}, Money(105, "EUR"), 55, 500.0), Product(TEA, {"en": "Tea"}, Money(399, "EUR"), 200, 80.0))
    return PriceList(7, NOW, "EUR", products, promotions)


def test_three_for_two_and_percent() -> None:
    offers = (Promotion("w", "n_for_m", WATER, {}, take=3, pay=2), Promotion("t", "percent", TEA, {}, percent=10))
    made = quote({WATER: 7, TEA: 1}, prices(*offers))
    assert [line.amount.minor for line in made.lines] == [5 * 105, 399 - 40]
    assert made.saved == Money(2 * 105 + 40, "EUR")
    assert made.total == Money(5 * 105 + 359, "EUR")
    assert made.pricelist_version == 7
    assert made.vat == {55: 27, 200: 60}


def test_of_two_promotions_the_better_one_counts() -> None:
    made = quote({TEA: 2}, prices(Promotion("a", "percent", TEA, {}, percent=10), Promotion("b", "n_for_m", TEA, {}, take=2, pay=1)))
    assert made.lines[0].promotion is not None
    assert made.lines[0].promotion.id == "b"
    assert made.total.minor == 399


@pytest.mark.parametrize("basket", [{"96385074": 1}, {WATER: 0}, {WATER: 100}])
def test_what_cannot_be_sold_is_refused(basket: dict[str, int]) -> None:
    with pytest.raises(InvalidValueError):
        quote(basket, prices())


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 100))
def test_lines_add_up_to_the_total(water: int, tea: int, percent: int) -> None:
    made = quote({WATER: water, TEA: tea}, prices(Promotion("p", "percent", TEA, {}, percent=percent)))
    assert made.total.minor + made.saved.minor == water * 105 + tea * 399
    assert sum(line.amount_minor for line in made.sale_lines()) == made.total.minor
    assert all(0 <= vat <= made.total.minor for vat in made.vat.values())


def test_a_wrong_check_digit_is_refused_and_the_right_one_told() -> None:
    with pytest.raises(InvalidValueError, match="its check digit is 1"):
        gtin("4006381333932")


@pytest.mark.parametrize("text", ["UNKOWN", "120130", "", "40063813339311", "４００６３８１３３３９３１"])
def test_what_is_no_gtin_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        gtin(text)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(body: str, place: int, change: int) -> None:
    good = body + check_digit(body)
    assert gtin(good) == good
    bad = good[:place] + str((int(good[place]) + change) % 10) + good[place + 1:]
    with pytest.raises(InvalidValueError):
        gtin(bad)
