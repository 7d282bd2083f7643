"""Selling while HQ is silent: clocks jump, the device restarts, and the caps do not get wider."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.config import parse
from kiosk.domain.catalog import OfflinePolicy, PriceList, Product
from kiosk.domain.events import Lane
from kiosk.domain.money import Money
from kiosk.domain.pricing import quote
from kiosk.flows.cashier import ANSWER_WITHIN_S, Cashier, Payer
from kiosk.flows.health import remember_hq
from kiosk.flows.parts import Parts
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store

TEA = "4006381333931"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PRICES = PriceList(1, NOON - timedelta(days=1), "EUR", (Product(TEA, {"en": "Tea"}, Money(1000, "EUR"), 55, 60.0),))
TOML = """
[device]
id = "k"
store = "s"
roles = ["pay"]
timezone = "UTC"
[hq]
public_key = "x"
[storage]
folder = "{}"
reserve_mb = 1
"""


class Jumpy(ManualClock):
    """A clock whose wall jumps when it likes."""

    def jump(self, **delta):
        self._now += timedelta(**delta)


@pytest.fixture
def clock():
    return Jumpy(NOON)


@pytest.fixture
def parts(tmp_path, clock):
    ids = iter(range(10**6))
    store = Store.open(tmp_path / "kiosk.db", "k", clock, lambda: f"id-{next(ids)}", 1)
    with store.unit() as unit:
        unit.policy.put(OfflinePolicy(1, "EUR", 2000, 3000, 6000, max_age_s=3600, from_hour=7, to_hour=22))
        remember_hq(unit, clock.boot_id, clock.monotonic(), clock.now())
    yield Parts(parse(TOML.format(tmp_path)), store, clock, lambda: f"id-{next(ids)}")
    store.close()


def buy(parts, pieces=1, member="ada"):
    """Ask, wait in vain, and return "" when it was sold, else the rule."""
    cashier = Cashier(parts)
    pending = cashier.request(quote({TEA: pieces}, PRICES), Payer("wallet_face", member))
    parts.clock.move(ANSWER_WITHIN_S + 0.1)
    told = cashier.conclude(pending)
    return "" if told.sale else told.reason.removeprefix("offline_")


def test_caps_of_sale_member_and_kiosk(parts):
    assert buy(parts, 3) == "per_sale"
    assert [buy(parts), buy(parts), buy(parts), buy(parts)] == ["", "", "", "per_member"]
    assert [buy(parts, 2, "bo"), buy(parts, 2, "chen"), buy(parts, 1, "chen"), buy(parts, 1, "bo")] == ["", "per_kiosk", "", "per_kiosk"]


def test_only_the_word_of_hq_makes_room_again_not_that_a_sale_was_sent(parts):
    assert [buy(parts, 2), buy(parts, 1), buy(parts)] == ["", "", "per_member"]
    with parts.store.unit() as unit:
        sent = unit.outbox.batch(Lane.MONEY, 0, 100, 1 << 20)
        assert sent and unit.offline.waiting_minor() == 3000
    assert buy(parts) == "per_member"
    with parts.store.unit() as unit:
        unit.outbox.acknowledge(parts.store.epoch, Lane.MONEY, 2)  # the first request and the first sale
        assert (unit.offline.waiting_minor("ada"), unit.offline.waiting_minor("bo")) == (1000, 0)
    assert buy(parts, 2) == ""


@pytest.mark.parametrize("jump", [{"days": -365}, {"days": 365}, {"hours": -2}, {"minutes": -50}])
def test_a_wall_clock_that_jumps_does_not_make_hq_younger(parts, clock, jump):
    clock.move(3590)
    clock.jump(**jump)
    clock.move(20)
    assert buy(parts) in ("too_long_offline", "hours")


@pytest.mark.parametrize("jump", [{"hours": -9}, {"hours": 3}, {"days": -1}, {"hours": 15}])
def test_a_wall_clock_that_jumps_opens_no_window(parts, clock, jump):
    """At eleven at night nothing is sold offline, whatever the clock on the wall says; at noon a wrong one only closes."""
    with parts.store.unit() as unit:
        clock.move(11 * 3600)
        remember_hq(unit, clock.boot_id, clock.monotonic(), clock.now())
    assert buy(parts) == "hours"
    clock.jump(**jump)
    assert buy(parts) == "hours"


def test_a_restart_of_the_device_forgets_that_hq_was_heard(parts, clock):
    assert buy(parts) == ""
    clock.boot_id = "boot-2"
    assert buy(parts) == "too_long_offline"
    with parts.store.unit() as unit:
        remember_hq(unit, clock.boot_id, clock.monotonic(), clock.now())
    assert [buy(parts, 2), buy(parts, 1)] == ["", "per_member"], "what was sold before the restart counts"
