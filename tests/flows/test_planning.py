"""A day's planning: forecast, reorder points, one request a slot with its reason, and who approves it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np

from kiosk.config import parse
from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.events import Lane
from kiosk.flows.opening import remember
from kiosk.flows.parts import Parts
from kiosk.flows.planning import Planner, due_day, plan_day
from kiosk.flows.planning_days import first_days, history
from kiosk.flows.stock import Movement, move
from kiosk.runtime import ManualClock
from kiosk.storage.demand import DayOfSlot
from kiosk.storage.store import Store
from tests.flows.conftest import PRICES, TEA, TOML, WATER

TODAY = date(2026, 3, 2)
CELLS = (Cell("A1", WATER, 60, 4, 6), Cell("A2", TEA, 24, 4, 6), Cell("A3", TEA, 24, 2, 6))


def shelf(folder: Path, more: str = "") -> Parts:
    settings = parse(TOML.format(folder=folder) + more)
    clock = ManualClock(datetime(2026, 3, 2, 20, 30, tzinfo=UTC))
    numbers = count(1)
    store = Store.open(folder / "kiosk.db", "pay-1", clock, lambda: f"id-{next(numbers):06d}", 1)
    remember(store, settings)
    draws = np.random.default_rng(3)
    with store.unit() as unit:
        unit.prices.put(PRICES)
        unit.planogram.put(Planogram(1, "pay-1", CELLS))
        for slot, gtin, rate in (("A1", WATER, 6.0), ("A2", TEA, 0.6)):
            unit.demand.add([DayOfSlot(slot, gtin, TODAY - timedelta(days=n), int(draws.poisson(rate)), 0.0) for n in range(200)])
        unit.stock.set("A1", WATER, 20)
        unit.stock.set("A2", TEA, 2)
    return Parts(settings, store, clock, lambda: f"id-{next(numbers):06d}")


def test_a_plan_follows_demand_and_asks_once_with_its_reason(tmp_path: Path) -> None:
    parts = shelf(tmp_path)
    made = plan_day(parts, TODAY)
    assert made is not None
    with parts.store.snapshot() as unit:
        water, tea = unit.demand.plan("A1"), unit.demand.plan("A2")
        assert unit.demand.plan("A3") is None, "a slot that never sold keeps the planogram's point"
        assert water.days == 2 and 9 < water.expected < 15 and water.expected < water.target <= 30
        assert tea.target < 8 and tea.point <= tea.target
        assert unit.requests.waiting() == []
    with parts.store.unit() as unit:
        move(unit, Movement("A1", WATER, -14, "pick"), parts.new_id)
        (asked,) = unit.requests.waiting()
        assert asked.quantity % 6 == 0 and 6 + asked.quantity >= water.target > asked.quantity
        assert asked.reason.expected == water.expected and asked.reason.on_hand == 6
        assert unit.outbox.waiting()[Lane.STOCK] == 2
    plan_day(parts, TODAY + timedelta(days=1))
    with parts.store.snapshot() as unit:
        assert unit.requests.waiting() == [asked]


def test_the_evenings_order_is_in_the_queue_of_whoever_approves(tmp_path: Path) -> None:
    parts = shelf(tmp_path, '[replenishment]\napproval = "local"\norder_days = ["mon"]\nlead_days = 2\nservice = 0.99\n')
    made = plan_day(parts, TODAY)
    assert made is not None and [cell.slot for cell, _ in made.order] == ["A1", "A2"]
    with parts.store.snapshot() as unit:
        asked = unit.requests.waiting()
        assert asked[0].reason.days == 9 and asked[0].reason.missed >= 0
        assert asked[0].quantity + 20 <= 60
        assert unit.outbox.waiting()[Lane.STOCK] == 0, "the owner approves; HQ is not asked"
    assert plan_day(parts, TODAY + timedelta(days=1)).order == ()


def test_a_short_record_changes_nothing(tmp_path: Path) -> None:
    parts = shelf(tmp_path)
    with parts.store.unit() as unit:
        unit.planogram.put(Planogram(2, "pay-1", (Cell("B1", TEA, 24, 4, 6),)))
        unit.demand.note("B1", TEA, 2, 5)
    assert plan_day(parts, TODAY) is None
    with parts.store.snapshot() as unit:
        assert unit.demand.plan("B1") is None


def test_days_without_goods_are_no_demand() -> None:
    past = [DayOfSlot("A1", WATER, TODAY - timedelta(days=n), n, 0.9 if n == 1 else 0.2) for n in range(3)]
    past.append(DayOfSlot("A2", TEA, TODAY, 3, 0.0))
    first = first_days(past, [], CELLS)
    assert first == {"A1": TODAY - timedelta(days=2), "A2": TODAY}
    sales = history(past, CELLS[:2], list(first.values()), TODAY)
    np.testing.assert_array_equal(sales, [[2, np.nan, 0], [np.nan, np.nan, 3]])


def test_planning_runs_once_a_day_beside_the_screen(tmp_path: Path) -> None:
    parts = shelf(tmp_path)
    opened = []

    def open_again() -> Store:
        opened.append(1)
        return Store.open(tmp_path / "kiosk.db", "pay-1", parts.clock, parts.new_id, 1)

    planner = Planner(parts, open_again)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        planner.tick()
        with parts.store.snapshot() as unit:
            if unit.demand.plan("A1"):
                break
        time.sleep(0.01)
    planner.close()
    planner.tick()
    assert opened == [1]
    with parts.store.snapshot() as unit:
        assert due_day(unit) is None
    parts.clock.move(86_400)
    with parts.store.snapshot() as unit:
        assert due_day(unit) == TODAY + timedelta(days=1)
