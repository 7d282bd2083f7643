"""Offers: the best for the shopper by an oracle that tries everything, whatever the order, never below zero, explained to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.catalog import PriceList, Product, Promotion
from kiosk.domain.embedded import CodeFormat
from kiosk.domain.gtin import check_digit
from kiosk.domain.money import Money, share
from kiosk.domain.pricing import Quote, quote
from kiosk.domain.promotion import Occasion, occasion
from kiosk.errors import InvalidValueError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A, B, C = (f"952000000{n:03d}" + check_digit(f"952000000{n:03d}") for n in (1, 2, 3))
COUPON, OTHER_COUPON = (f"99000000000{n}" + check_digit(f"99000000000{n}") for n in (1, 2))
PARIS = ZoneInfo("Europe/Paris")


def product(code: str, minor: int, vat: int = 55, **more: object) -> Product:
    return Product(code, {"en": code}, Money(minor, "EUR"), vat, 100.0, **more)


def prices(*promotions: Promotion, goods: tuple[Product, ...] = (), formats: tuple[CodeFormat, ...] = ()) -> PriceList:
    return PriceList(1, NOW, "EUR", goods or (product(A, 105), product(B, 399, 200), product(C, 250, 100)), promotions, formats)


PIECE = st.one_of(
    st.builds(lambda g, n: Promotion("", "percent", g, {}, percent=n), st.sampled_from([A, B, C]), st.integers(1, 100)),
    st.builds(lambda g, take, less: Promotion("", "n_for_m", g, {}, take=take, pay=max(1, take - less)), st.sampled_from([A, B, C]),
              st.integers(2, 4), st.integers(1, 3)),
    st.builds(lambda g, n: Promotion("", "price", g, {}, price_minor=n), st.sampled_from([A, B, C]), st.integers(1, 500)),
    st.builds(lambda g, n: Promotion("", "bundle", "", {}, gtins=tuple(g), price_minor=n),
              st.lists(st.sampled_from([A, B, C]), min_size=2, max_size=3), st.integers(1, 900)))
WHOLE = st.builds(lambda percent, n, t, c: Promotion("", "basket", "", {}, percent=n if percent else 0, off_minor=0 if percent else 7 * n,
                                                     threshold_minor=t if not c else 0, coupon=c),
                  st.booleans(), st.integers(1, 100), st.integers(1, 2000), st.sampled_from(["", "", COUPON]))
OFFERS = st.lists(st.one_of(PIECE, WHOLE), max_size=5).map(
    lambda found: tuple(Promotion(f"p{i}", p.kind, p.gtin, {}, p.percent, p.take, p.pay, p.gtins, p.price_minor, p.threshold_minor,
                                  p.off_minor, coupon=p.coupon) for i, p in enumerate(found)))
BASKETS = st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 4), min_size=1).flatmap(
    lambda goods: st.booleans().map(lambda shown: {**goods, **({COUPON: 1} if shown else {})}))


def ways(pieces: tuple[int, ...], costs: dict[str, int], offers: list[Promotion]) -> Iterator[int]:
    """What pieces of A, B, C can cost: every piece alone at full price or in any offer, in every possible way."""
    left = {code: n for code, n in zip((A, B, C), pieces, strict=True) if n}
    if not left:
        yield 0
        return
    code = next(iter(left))
    take: list[tuple[dict[str, int], int]] = [({code: 1}, costs[code])]
    for p in offers:
        if p.kind == "bundle" and code in p.gtins:
            take.append(({c: p.gtins.count(c) for c in p.gtins}, p.price_minor))
        elif p.kind == "n_for_m" and p.gtin == code:
            take.append(({code: p.take}, p.pay * costs[code]))
        elif p.gtin == code and p.kind == "percent":
            take.append(({code: 1}, costs[code] - share(costs[code], p.percent, 100)))
        elif p.gtin == code and p.kind == "price":
            take.append(({code: 1}, p.price_minor))
    for used, cost in take:
        if all(left.get(c, 0) >= n for c, n in used.items()):
            rest = tuple(left.get(c, 0) - used.get(c, 0) for c in (A, B, C))
            yield cost + min(ways(rest, costs, offers))


def least(basket: dict[str, int], offers: tuple[Promotion, ...]) -> int:
    costs = {A: 105, B: 399, C: 250}
    goods = {c: n for c, n in basket.items() if c in costs}
    full = sum(costs[c] * n for c, n in goods.items())
    due = min(ways(tuple(goods.get(c, 0) for c in (A, B, C)), costs, list(offers)))
    whole = [p for p in offers if p.kind == "basket" and full >= p.threshold_minor and (not p.coupon or p.coupon in basket)]
    coupons, free = [p for p in whole if p.coupon], [p for p in whole if not p.coupon]
    results = []
    for chosen in ([], *([p] for p in free)):
        left = due
        for p in sorted([*coupons, *chosen], key=lambda p: (not p.percent, p.id)):
            left -= min(left, share(left, p.percent, 100) if p.percent else p.off_minor)
        results.append(left)
    return min(results)


@settings(max_examples=250, deadline=None)
@given(BASKETS, OFFERS)
def test_nothing_is_cheaper_than_what_is_asked(basket: dict[str, int], offers: tuple[Promotion, ...]) -> None:
    listed = prices(*offers)
    made = quote({k: v for k, v in basket.items() if k != COUPON or listed.coupon(k)}, listed)
    assert made.total.minor == least(basket, offers)


@settings(max_examples=100, deadline=None)
@given(BASKETS, OFFERS)
def test_the_order_of_scanning_changes_nothing_and_everything_adds_up(basket: dict[str, int], offers: tuple[Promotion, ...]) -> None:
    listed = prices(*offers)
    basket = {k: v for k, v in basket.items() if k != COUPON or listed.coupon(k)}
    made = [quote(dict(order), listed) for order in list(permutations(basket.items()))[:12]]
    first = made[0]
    for other in made[1:]:
        assert (other.total, other.saved, other.vat, other.unused) == (first.total, first.saved, first.vat, first.unused)
        assert sorted(other.lines, key=lambda x: x.code) == sorted(first.lines, key=lambda x: x.code)
    lines = first.sale_lines()
    assert sum(line.amount_minor for line in lines) == first.total.minor >= 0
    assert sum(line.discount_minor for line in lines) == first.saved.minor
    for line in lines:
        assert line.amount_minor == line.quantity * line.unit_minor - line.discount_minor >= 0
        assert sum(line.offers.values()) == line.discount_minor
    for rate, tax in first.vat.items():
        assert tax == share(sum(x.amount_minor for x in lines if x.vat_permille == rate), rate, 1000 + rate)


def discounts(made: Quote) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in made.lines:
        for applied in line.offers:
            found[applied.promotion.id] = found.get(applied.promotion.id, 0) + applied.saved_minor
    return found


def test_a_bundle_takes_pieces_from_a_worse_offer_and_only_so_often() -> None:
    offers = (Promotion("menu", "bundle", "", {}, gtins=(A, B), price_minor=400), Promotion("ten", "percent", A, {}, percent=10))
    assert discounts(quote({A: 3, B: 1}, prices(*offers))) == {"menu": 104, "ten": 2 * 11}
    assert discounts(quote({A: 7, B: 7}, prices(offers[0]))) == {"menu": 5 * 104}


def test_a_threshold_counts_full_prices_and_the_better_basket_offer_wins() -> None:
    offers = (Promotion("a", "basket", "", {}, percent=10, threshold_minor=399), Promotion("b", "basket", "", {}, off_minor=50,
              threshold_minor=399), Promotion("half", "percent", B, {}, percent=50))
    assert discounts(quote({B: 1}, prices(*offers))) == {"half": 200, "b": 50}
    assert discounts(quote({B: 4}, prices(*offers))) == {"half": 800, "a": 80}
    assert discounts(quote({A: 3}, prices(*offers))) == {}


def test_the_odd_cent_falls_on_the_same_line_whatever_was_scanned_first() -> None:
    twins = (product(A, 100, 55), product(B, 100, 200))
    listed = prices(Promotion("cent", "basket", "", {}, off_minor=1, threshold_minor=1), goods=twins)
    first, second = quote({A: 1, B: 1}, listed), quote({B: 1, A: 1}, listed)
    assert {line.code: line.amount.minor for line in first.lines} == {line.code: line.amount.minor for line in second.lines}
    assert first.vat == second.vat


def test_coupons_come_on_top_and_one_that_does_nothing_is_told() -> None:
    offers = (Promotion("c", "basket", "", {}, off_minor=9999, coupon=COUPON),
              Promotion("d", "percent", C, {}, percent=20, coupon=OTHER_COUPON))
    made = quote({A: 2, COUPON: 1, OTHER_COUPON: 1}, prices(*offers))
    assert (made.total.minor, made.unused) == (0, (OTHER_COUPON,))
    assert quote({A: 2}, prices(*offers)).total.minor == 210
    with pytest.raises(InvalidValueError, match="must begin with"):
        Promotion("e", "basket", "", {}, off_minor=5, coupon=A)


def test_member_prices_are_for_members() -> None:
    listed = prices(Promotion("m", "price", A, {}, price_minor=90, member=True))
    assert quote({A: 1}, listed).total.minor == quote({A: 1}, listed, Occasion(1, 0)).total.minor == 105
    assert quote({A: 1}, listed, Occasion(1, 0, member=True)).total.minor == 90


@pytest.mark.parametrize(("utc", "cheap"), [
    ("2026-03-27T16:00", True), ("2026-03-27T15:59", False),        # Friday before the change: 17:00 in Paris is 16:00 UTC
    ("2026-03-30T15:00", True), ("2026-03-30T14:59", False),        # Monday after it: 15:00 UTC
    ("2026-10-23T16:59", True), ("2026-10-26T17:00", True),         # and back in autumn
    ("2026-10-26T18:00", False), ("2026-03-28T16:30", False),       # over at 19:00; not on Saturday
])
def test_happy_hour_follows_the_clock_on_the_wall(utc: str, cheap: bool) -> None:
    listed = prices(Promotion("h", "percent", A, {}, percent=50, days="12345", from_min=17 * 60, until_min=19 * 60))
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (quote({A: 1}, listed, occasion(moment, PARIS)).saved.minor > 0) == cheap


def test_hours_over_midnight_belong_to_the_day_they_began_on() -> None:
    late = Promotion("n", "percent", A, {}, percent=50, days="5", from_min=22 * 60, until_min=2 * 60)
    assert [late.holds(Occasion(day, minute), frozenset()) for day, minute in ((5, 1330), (6, 60), (6, 120), (5, 60), (4, 1330))] == [
        True, True, False, False, False]


def test_deposits_are_paid_taxed_alone_and_never_discounted() -> None:
    goods = (product(A, 100, 200, deposit_minor=25, deposit_vat_permille=0),)
    made = quote({A: 2, COUPON: 1}, prices(Promotion("all", "basket", "", {}, percent=100, coupon=COUPON), goods=goods))
    assert made.total.minor == 50
    assert made.vat == {0: 0, 200: 0}
    told = [(x.kind, x.quantity, x.amount_minor, x.vat_permille) for x in made.sale_lines()]
    assert told == [("goods", 2, 0, 200), ("deposit", 2, 50, 0)]


HAM = "220034000000" + check_digit("220034000000")
FORMATS = (CodeFormat("21", "weight", 5, 5, 3), CodeFormat("22", "price", 4, 5, 2, verifier=True))


def weighed() -> PriceList:
    listed = "2100012" + "00000"
    cheese = product(listed + check_digit(listed), 1290, sold_by="weight")
    return prices(Promotion("c", "price", cheese.gtin, {}, price_minor=1000), Promotion("h", "percent", HAM, {}, percent=10),
                  Promotion("a", "percent", A, {}, percent=50), goods=(cheese, product(HAM, 100), product(A, 105)), formats=FORMATS)


def test_goods_with_their_weight_or_price_in_the_code() -> None:
    listed = weighed()
    cheese = next(p.gtin for p in listed.products if p.sold_by == "weight")
    pack, ham = FORMATS[0].write(cheese, 482), FORMATS[1].write(HAM, 735)
    made = quote({pack: 1, ham: 2}, listed)
    weight, price = made.lines
    assert (weight.grams, weight.unit.minor, weight.amount.minor) == (482, 622, 482)
    assert (price.grams, price.unit.minor, price.discount.minor) == (0, 735, 2 * 74)
    assert made.sale_lines()[0].kilo_minor == 1290
    assert listed.product(cheese) is None, "goods sold by weight need a weight"
    wrong = pack[:9] + str((int(pack[9]) + 1) % 10) + pack[10:]
    assert listed.product(wrong) is None


@given(st.integers(1, 99999), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_never_another_price(value: int, place: int, change: int) -> None:
    code = FORMATS[1].write(HAM, value)
    read = FORMATS[1].read(code)
    assert read is not None and (read.gtin, read.value) == (HAM, value)
    wrong = code[:place] + str((int(code[place]) + change) % 10) + code[place + 1:]
    assert FORMATS[1].read(wrong) is None
    again = wrong[:-1] + check_digit(wrong[:-1])
    if place >= 7:  # a value that was changed with the last digit put right is still caught by the digit over the value
        assert FORMATS[1].read(again) is None


@pytest.mark.parametrize(("value", "digit"), [("2875", "9"), ("14685", "6")])
def test_gs1s_own_examples_of_value_check_digits(value: str, digit: str) -> None:
    from kiosk.domain.embedded import value_check_digit

    assert value_check_digit(value) == digit


@pytest.mark.parametrize("make", [
    lambda: CodeFormat("31", "weight", 5, 5, 3), lambda: CodeFormat("21", "weight", 5, 3, 3), lambda: CodeFormat("21", "size", 5, 5, 3),
    lambda: CodeFormat("21", "price", 5, 5, 3), lambda: prices(formats=(CodeFormat("2", "weight", 5, 5, 3, True), FORMATS[0])),
    lambda: prices(*(Promotion(f"b{i}", "bundle", "", {}, gtins=(A, B), price_minor=5) for i in range(5))),
    lambda: Promotion("x", "basket", "", {}, off_minor=5), lambda: Promotion("x", "bundle", "", {}, gtins=(A,), price_minor=5),
    lambda: Promotion("x", "percent", A, {}, percent=5, days="8"),
    lambda: Promotion("x", "percent", A, {}, percent=5, from_min=60, until_min=60),
    lambda: product(A, 5, sold_by="litre"), lambda: product(A, 5, deposit_minor=-1), lambda: product(A, 5, min_age=100)])
def test_what_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(InvalidValueError):
        make()
