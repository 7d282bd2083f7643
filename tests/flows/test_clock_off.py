"""Prices on a kiosk whose wall clock is a year off: the list that HQ put into force is the one that is sold by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.domain.catalog import PriceList
from kiosk.flows.health import remember_hq
from kiosk.flows.parts import Shop
from kiosk.runtime import ManualClock, new_id
from kiosk.storage.store import Store

YEAR_S = 366 * 86_400.0


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store(tmp_path, clock):
    made = Store.open(tmp_path / "kiosk.db", "kiosk-1", clock, new_id, reserve_mb=0)
    with made.unit() as unit:
        for version, days in ((1, -400), (2, -1), (3, 30)):
            unit.prices.put(PriceList(version, clock.now() + timedelta(days=days), "EUR", ()))
    yield made
    made.close()


def in_force(store, clock):
    shop = Shop(store, clock)
    shop.refresh()
    return shop.prices.version


@pytest.mark.parametrize("off_s", [YEAR_S, -YEAR_S])
def test_clock_that_jumps_a_year_after_hq_was_heard_changes_no_price(store, clock, off_s):
    with store.unit() as unit:
        remember_hq(unit, clock.boot_id, clock.monotonic(), clock.now())
    clock.jump(off_s)
    assert in_force(store, clock) == 2
    clock.move(31 * 86_400.0)
    assert in_force(store, clock) == 3, "time goes on by the clock that does not jump"


def test_clock_that_starts_a_year_behind_does_not_go_back_behind_hqs_last_word(store, clock):
    with store.unit() as unit:
        remember_hq(unit, clock.boot_id, clock.monotonic(), clock.now())
    clock.jump(-YEAR_S)
    clock.boot_id = "boot-2"
    assert in_force(store, clock) == 2


def test_clock_behind_every_list_still_sells_by_the_first(store, clock):
    clock.jump(-2 * YEAR_S)
    assert in_force(store, clock) == 1
