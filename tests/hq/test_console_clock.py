"""HQ's page of a sale says whether the device knew the time."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.standing import ClockSet
from tests.hq.conftest import sale
from tests.hq.test_console import site  # noqa: F401


def test_a_sale_of_an_unknown_time_says_so_until_it_is_corrected(site):  # noqa: F811
    def page(sale_id):
        with site.client() as client:
            return client.get(f"/sales/{sale_id}?lang=en").text

    site.send(site.pay.message(replace(site.pay.fact(sale("early")), clock_set=False)))
    assert "the device did not know the time" in page("early") and "did not know" not in page("s1")
    site.send(site.pay.send(ClockSet("boot", 3_600_000)))
    assert "time corrected" in page("early")
