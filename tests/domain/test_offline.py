"""The signed offline policy: every cap holds, and each refusal names its rule."""

from __future__ import annotations

import math

import pytest

from kiosk.domain.basket import pack, unpack
from kiosk.domain.catalog import OfflinePolicy
from kiosk.domain.money import Money
from kiosk.domain.offline import Exposure, verdict
from kiosk.errors import InvalidValueError

POLICY = OfflinePolicy(1, "EUR", per_sale_minor=2000, per_member_minor=5000, per_kiosk_minor=100000, max_age_s=86400)


@pytest.mark.parametrize(("policy", "minor", "member", "exposure", "rule"), [
    (POLICY, 2000, "m", Exposure(0, 0, 10.0), ""),
    (None, 1, "m", Exposure(0, 0, 10.0), "no_policy"),
    (POLICY, 1, "", Exposure(0, 0, 10.0), "member_unknown"),
    (POLICY, 2001, "m", Exposure(0, 0, 10.0), "per_sale"),
    (POLICY, 1001, "m", Exposure(4000, 4000, 10.0), "per_member"),
    (POLICY, 1, "m", Exposure(0, 100000, 10.0), "per_kiosk"),
    (POLICY, 1, "m", Exposure(0, 0, 86401.0), "too_long_offline"),
    (POLICY, 1, "m", Exposure(0, 0, math.inf), "too_long_offline"),
])
def test_caps(policy: OfflinePolicy | None, minor: int, member: str, exposure: Exposure, rule: str) -> None:
    assert verdict(policy, Money(minor, "EUR"), member, exposure) == rule


def test_another_currency_is_refused() -> None:
    assert verdict(POLICY, Money(1, "USD"), "m", Exposure(0, 0, 1.0)) == "currency"


def test_an_open_basket_comes_back() -> None:
    basket = {"4006381333931": 2, "5901234123457": 99, "2112345012346": 1, "981234567890": 1}
    assert unpack(pack(basket)) == basket


@pytest.mark.parametrize("text", ["4006381333931", "4006381333931*0", "4006381333931*100", "*1", "x*1", "4006381333931*²"])
def test_a_damaged_basket_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        unpack(text)


@pytest.mark.parametrize(("window", "hours", "rule"), [
    ((0, 24), (), ""), ((7, 22), (7.0, 7.0), ""), ((7, 22), (21.9,), ""), ((7, 22), (22.0, 21.0), "hours"), ((7, 22), (12.0, 3.0), "hours"),
    ((7, 22), (3.0, 12.0), "hours"), ((7, 22), (), "hours"), ((22, 6), (23.0, 1.0), ""), ((22, 6), (23.0, 12.0), "hours"),
    ((8, 8), (9.0,), "hours"),
])
def test_every_clock_has_to_lie_in_the_window(window: tuple[int, int], hours: tuple[float, ...], rule: str) -> None:
    policy = OfflinePolicy(1, "EUR", 2000, 5000, 100000, 86400, *window)
    assert verdict(policy, Money(1, "EUR"), "m", Exposure(0, 0, 1.0, hours)) == rule
