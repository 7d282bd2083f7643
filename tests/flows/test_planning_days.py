"""What the evening's plan knows beside past sales: offers, prices, holidays, categories, and when goods expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from kiosk.config import parse
from kiosk.domain.catalog import Cell, Planogram, PriceList, Product, Promotion
from kiosk.domain.money import Money
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.errors import ConfigError
from kiosk.flows.opening import remember
from kiosk.flows.parts import Parts
from kiosk.flows.planning import plan_day
from kiosk.flows.stock import Movement, move
from kiosk.runtime import ManualClock
from kiosk.storage.demand import DayOfSlot, TermsOfDay
from kiosk.storage.store import Store
from tests.flows.conftest import TEA, TOML, WATER

TODAY = date(2026, 3, 2)
DAYS = 308
NEW = "4006381333931"
CELLS = (Cell("A1", WATER, 90, 4, 1), Cell("A2", TEA, 90, 4, 1), Cell("A3", NEW, 90, 4, 1))
GOODS = (Product(WATER, {"en": "Water"}, Money(100, "EUR"), 55, 515.0, category="drinks"),
         Product(TEA, {"en": "Tea"}, Money(200, "EUR"), 55, 60.0, category="drinks"),
         Product(NEW, {"en": "New"}, Money(150, "EUR"), 55, 60.0, category="drinks"))
OFFER = Promotion("w", "percent", WATER, {"en": "-20 %"}, percent=20)


class Device:
    """A shelf of two products with a year behind them: `day` -> (pieces of water a day, its price, offered), tea sells 4 a day."""

    def __init__(self, folder: Path, water, more: str = "", goods=GOODS) -> None:
        settings = parse(TOML.format(folder=folder) + f"[replenishment]\nservice = 0.95\n{more}")
        self.clock = ManualClock(datetime(2026, 3, 2, 20, 30, tzinfo=UTC))
        numbers = count(1)
        self.store = Store.open(folder / "kiosk.db", "pay-1", self.clock, lambda: f"id-{next(numbers):06d}", 1)
        remember(self.store, settings)
        self.goods = goods
        draws = np.random.default_rng(5)
        with self.store.unit() as unit:
            unit.planogram.put(Planogram(1, "pay-1", CELLS))
            for n in range(DAYS):
                day = TODAY - timedelta(days=n)
                rate, price, offered = water(day)
                unit.demand.add([DayOfSlot("A1", WATER, day, int(draws.poisson(rate)), 0.0),
                                 DayOfSlot("A2", TEA, day, int(draws.poisson(4)), 0.0)])
                unit.demand.keep_terms([TermsOfDay("A1", WATER, day, price, offered), TermsOfDay("A2", TEA, day, 200, False)])
            for slot, gtin in (("A1", WATER), ("A2", TEA)):
                unit.stock.set(slot, gtin, 0)
        self.parts = Parts(settings, self.store, self.clock, lambda: f"id-{next(numbers):06d}")
        self.publish(1, datetime(2025, 1, 1, tzinfo=UTC))

    def publish(self, version: int, at: datetime, offers=(), price: int = 100) -> None:
        goods = (replace(self.goods[0], price=Money(price, "EUR")), *self.goods[1:])
        with self.store.unit() as unit:
            unit.prices.put(PriceList(version, at, "EUR", goods, offers))

    def plan(self, slot: str = "A1"):
        assert plan_day(self.parts, TODAY) is not None
        with self.store.snapshot() as unit:
            return unit.demand.plan(slot)


def test_an_offer_that_begins_tomorrow_is_ordered_for_this_evening(tmp_path: Path) -> None:
    here = Device(tmp_path, lambda day: (12 if day.toordinal() % 5 == 0 else 4, 100, day.toordinal() % 5 == 0))
    here.publish(2, datetime(2026, 3, 3, tzinfo=UTC), (OFFER,))
    assert here.plan().expected == pytest.approx(24, rel=0.2), "twelve a day, three times the usual demand"
    assert here.plan("A2").expected == pytest.approx(8, rel=0.2)


def test_without_an_offer_ahead_the_past_ones_count_for_nothing(tmp_path: Path) -> None:
    here = Device(tmp_path, lambda day: (12 if day.toordinal() % 5 == 0 else 4, 100, day.toordinal() % 5 == 0))
    assert here.plan().expected == pytest.approx(8, rel=0.2)


def test_a_price_that_rises_tomorrow_lowers_the_order(tmp_path: Path) -> None:
    here = Device(tmp_path, lambda day: (6 * (1.5 if day.month % 2 else 1.0) ** -2, 150 if day.month % 2 else 100, False))
    usual = here.plan().expected
    assert usual == pytest.approx(12, rel=0.2)
    here.publish(2, datetime(2026, 3, 3, tzinfo=UTC), price=150)
    assert here.plan().expected == pytest.approx(usual * 1.5 ** -2, rel=0.2)


def test_a_holiday_ahead_is_one_as_its_likes_were_and_brings_no_goods(tmp_path: Path) -> None:
    days = [(TODAY - timedelta(days=n)).isoformat() for n in (20, 60, 130, 200, 250, 300)]
    names = ", ".join(f'"{day}"' for day in [*days, "03-05"])
    here = Device(tmp_path, lambda day: (16 if day.isoformat() in days else 4, 100, False), f"holidays = [{names}]\n")
    plan = here.plan()
    assert plan.days == 3, "what is ordered tomorrow comes after the holiday, so tonight's has to last a day longer"
    assert plan.expected > 12 + 4


@pytest.mark.parametrize("day", ["12-32", "x", "2026-2-1", "2026-13-01"])
def test_a_holiday_that_is_no_day_is_named(tmp_path: Path, day: str) -> None:
    with pytest.raises(ConfigError, match=r"replenishment\.holidays"):
        parse(TOML.format(folder=tmp_path) + f'[replenishment]\nholidays = ["{day}"]\n')


def test_a_new_product_learns_from_its_category_until_it_has_a_record(tmp_path: Path) -> None:
    here = Device(tmp_path, lambda _day: (4, 100, False))
    assert here.plan("A3").expected == pytest.approx(8, rel=0.25), "its first evening: like water and tea"
    with here.store.unit() as unit:
        unit.demand.keep_terms([TermsOfDay("A3", NEW, TODAY - timedelta(days=n), 150, False) for n in range(60)])
    assert here.plan("A3").expected == 0, "two months there and never sold"


def test_without_a_category_a_product_that_never_sold_keeps_the_planograms_point(tmp_path: Path) -> None:
    here = Device(tmp_path, lambda _day: (4, 100, False), goods=(*GOODS[:2], replace(GOODS[2], category="")))
    assert here.plan("A3") is None


def test_goods_that_expire_are_ordered_for_the_days_they_keep_and_old_ones_do_not_count(tmp_path: Path) -> None:
    weekly = 'order_days = ["mon"]\nlead_days = 1\n'
    (tmp_path / "long").mkdir()
    long = Device(tmp_path / "long", lambda _day: (4, 100, False), weekly).plan()
    assert long.days == 8 and long.target > 28 and long.most == -1
    here = Device(tmp_path, lambda _day: (4, 100, False), weekly, (replace(GOODS[0], keeps_days=3), *GOODS[1:]))
    here.clock.move(-2 * 86_400)
    with here.store.unit() as unit:
        move(unit, Movement("A1", WATER, 10, "refill"), here.parts.new_id)
    here.clock.move(2 * 86_400)
    made = plan_day(here.parts, TODAY)
    assert made is not None
    line = next(line for cell, line in made.order if cell.slot == "A1")
    plan = next(plan for plan in made.plans if plan.slot == "A1")
    assert line.reason.expiring == 10, "they came the day before yesterday: today was their last day"
    assert line.reason.limit == "expiry" and line.pieces == plan.most, "one day of waiting and three of keeping"
    assert 8 < plan.most < 18
    with here.store.unit() as unit:
        asked = unit.requests.open_for("A1")
        unit.requests.answer(ReplenishmentAnswered(asked.request_id, "approved", asked.quantity))
        move(unit, Movement("A1", WATER, -10, "waste"), here.parts.new_id)
        assert unit.requests.open_for("A1") is None, "what is on order is all that can be sold before it expires"
