"""Whether the device knew the time of a sale, and which day it counts to: the one on the wall of HQ, not of Greenwich."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kiosk.domain.standing import ClockSet
from kiosk.hq.service import local_zone
from kiosk.runtime import ManualClock
from tests.hq.conftest import sale
from tests.hq.test_console import Site, site  # noqa: F401


def test_a_sale_of_an_unknown_time_says_so_until_it_is_corrected(site):  # noqa: F811
    def page(sale_id):
        with site.client() as client:
            return client.get(f"/sales/{sale_id}?lang=en").text

    site.send(site.pay.message(replace(site.pay.fact(sale("early")), clock_set=False)))
    assert "the device did not know the time" in page("early") and "did not know" not in page("s1")
    site.send(site.pay.send(ClockSet("boot", 3_600_000)))
    assert "time corrected" in page("early")


@pytest.mark.parametrize(("zone", "nine"), [("Asia/Shanghai", 1), ("America/New_York", 14), ("Europe/Paris", 8)])
def test_a_day_begins_at_midnight_on_the_wall(tmp_path, zone, nine):
    morning = datetime(2026, 3, 2, nine, tzinfo=UTC)  # 9 o'clock there
    made = Site(tmp_path, clock=ManualClock(morning), zone=ZoneInfo(zone))
    try:
        for name, hours, total in (("late", 8.5, 700), ("early", 9.5, 11)):  # half past midnight, and half an hour before it
            sold = replace(made.pay.fact(sale(name, total=total)), time=morning - timedelta(hours=hours))
            made.send(made.pay.message(sold))
        with made.client() as client:
            fleet, sales = (client.get(f"/{path}?lang=fr").text for path in ("fleet", "sales"))
        day = re.findall(r"<tr><td>(\d\d/\d\d/2026)</td>.*?<td class=\"n muted\">(\d)</td>.*?strong\">([\d,]+)", sales)
        assert day == [("02/03/2026", "2", "12,00"), ("01/03/2026", "1", "0,11")]
        assert re.search(r"12,00\s€</b> <span class=\"muted\">2 ventes", sales) and "<b>2</b><span>ventes aujourd" in fleet
    finally:
        made.server.stop()
        made.ledger.close()


def test_the_hour_of_a_sale_does_not_change_with_the_season(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    hours = [datetime(2026, month, 15, tzinfo=local_zone()).utcoffset() for month in (1, 7)]
    assert hours == [timedelta(hours=1), timedelta(hours=2)]
    monkeypatch.setenv("TZ", "XYZ-3")
    assert datetime(2026, 1, 1, tzinfo=local_zone()).utcoffset() is not None, "a zone that only the machine knows"
