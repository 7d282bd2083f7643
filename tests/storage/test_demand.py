"""Daily sales by slot: local days, spells without goods, a record that survives and forgets."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk.domain.reorder import SlotPlan
from kiosk.runtime import ManualClock
from kiosk.storage.demand import KEPT_DAYS, TIMEZONE, DayOfSlot

TEA, COFFEE = "4006381333931", "5901234123457"


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 3, 1, 22, 30, tzinfo=UTC))


def test_days_are_the_shops_own(store, clock):
    with store.unit() as unit:
        unit.demand.note("A1", TEA, 2, 5)
        unit.settings.put(TIMEZONE, "Asia/Shanghai")
        unit.demand.note("A1", TEA, 1, 4)
        unit.demand.note("A1", TEA, -1, 5)
        assert unit.demand.days() == [DayOfSlot("A1", TEA, date(2026, 3, 1), 2, 0.0), DayOfSlot("A1", TEA, date(2026, 3, 2), 0, 0.0)]


def test_time_without_goods_is_shared_out_among_the_days(store, clock):
    with store.unit() as unit:
        unit.demand.note("A1", TEA, 3, 0)
    clock.move(1.5 * 3600)
    with store.unit() as unit:
        unit.demand.close_days()
        assert [d.empty for d in unit.demand.days()] == pytest.approx([1.5 / 24])
    clock.move(36 * 3600)
    with store.unit() as unit:
        unit.demand.note("A1", TEA, 0, 8)
        assert [d.empty for d in unit.demand.days()] == pytest.approx([1.5 / 24, 1.0, 0.5])
    clock.move(10 * 3600)
    with store.unit() as unit:
        unit.demand.close_days()
        assert sum(d.empty for d in unit.demand.days()) == pytest.approx(1.5625)


def test_a_record_survives_is_kept_for_so_long_and_ends_with_another_product(store, open_store, clock):
    today = clock.now().date()
    with store.unit() as unit:
        unit.demand.add([DayOfSlot("A1", TEA, today - timedelta(days=n), 1, 0.0) for n in (0, KEPT_DAYS, KEPT_DAYS + 1)])
        unit.demand.close_days()
    with open_store().snapshot() as unit:
        assert [d.day for d in unit.demand.days()] == [today - timedelta(days=KEPT_DAYS), today]
    with store.unit() as unit:
        unit.demand.note("A1", COFFEE, 1, 7)
        assert [(d.gtin, d.sold) for d in unit.demand.days()] == [(COFFEE, 1)]


def test_new_plans_replace_all_others(store):
    plan = SlotPlan("A1", TEA, "2026-03-01", 3, 9, 4.5, 3)
    with store.unit() as unit:
        unit.demand.keep_plans([plan, SlotPlan("A2", TEA, "2026-03-01", 1, 2, 1.0, 3)])
        unit.demand.keep_plans([plan])
        assert (unit.demand.plan("A1"), unit.demand.plan("A2")) == (plan, None)
