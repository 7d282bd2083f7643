"""The reason of an order line, in words with its numbers."""

import pytest

from kiosk.design.reasons import order_reason
from kiosk.domain.catalog import LANGUAGES
from kiosk.domain.events import OrderReason

FULL = OrderReason(11.5, 9, 18, 5, 2, 2, 0.8, 1, 6, 3, "room", 7, True)


def test_every_number_is_told():
    assert order_reason(FULL, "en") == (
        "11.5 expected in 9 days, 18 are enough · 5 on the shelf, 2 coming · 2 will expire unsold · 0.8 missed before the delivery · "
        "1 pack of 6 · 3 packs would be needed, but only 7 more pieces fit · filled up to the minimum order")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_tells_them(language):
    told = order_reason(FULL, language)
    assert all(number in told for number in ("9", "18", "5", "6", "3", "7"))


def test_without_a_forecast_only_what_is_known_is_told():
    assert order_reason(OrderReason(on_hand=3, packs=2, case_pack=4), "en") == "3 on the shelf, 0 coming · 2 packs of 4"
