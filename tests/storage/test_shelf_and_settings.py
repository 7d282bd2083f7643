"""Stock, replenishment requests, price lists, planogram, policy, tallies and texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.domain.catalog import OfflinePolicy, Planogram, PriceList
from kiosk.domain.events import ReplenishmentRequested
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.errors import StorageError
from kiosk.storage.settings import KEPT_LISTS
from kiosk.storage.shelf import SlotStock

TEA, COFFEE = "4006381333931", "5901234123457"
NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


def request(name, slot="A1"):
    return ReplenishmentRequested(name, slot, TEA, 6, 2, 3)


def test_stock_moves_and_never_owes(store):
    with store.unit() as unit:
        assert unit.stock.on_hand("A1") is None
        unit.stock.set("A1", TEA, 3)
        assert unit.stock.move("A1", TEA, -2) == 1
        assert unit.stock.move("A1", TEA, -2) == 0
        assert unit.stock.move("A1", TEA, 5) == 5
        assert unit.stock.move("A2", COFFEE, 4) == 4
        unit.stock.add_on_order("A1", 6)
        unit.stock.add_on_order("A2", -6)
        assert unit.stock.all() == [SlotStock("A1", TEA, 5, 6), SlotStock("A2", COFFEE, 4, 0)]
        assert unit.stock.move("A1", COFFEE, 2) == 2, "another product starts from nothing"


def test_a_slot_asks_once_until_it_is_answered_and_a_refill_closes_it(store):
    with store.unit() as unit:
        unit.requests.open(request("r1"))
        assert unit.requests.open_for("A1") == request("r1")
    with pytest.raises(StorageError, match="A1"), store.unit() as unit:
        unit.requests.open(request("r2"))
    with store.unit() as unit:
        unit.requests.open(request("r3", slot="A2"))
        assert unit.requests.answer(ReplenishmentAnswered("r1", "approved", 6))
        assert not unit.requests.answer(ReplenishmentAnswered("r1", "approved", 6)), "answered once"
        assert unit.requests.answer(ReplenishmentAnswered("r3", "rejected", 6))
        assert [s.on_order for s in unit.stock.all()] == [6, 0]
        unit.requests.fulfil("A1", 6)
        assert unit.stock.all()[0].on_order == 0 and unit.requests.open_for("A1") is None
        unit.requests.open(request("r4"))
        unit.requests.fulfil("A1", 6)
        assert not unit.requests.answer(ReplenishmentAnswered("r4", "approved", 6)), "what was refilled meanwhile is not on order"
        assert unit.requests.answered_count() == 2


def test_price_lists_go_forward_and_hold_from_their_time(store, clock):
    later = PriceList(3, NOW + timedelta(hours=1), "EUR", ())
    with store.unit() as unit:
        assert unit.prices.current(NOW) is None
        assert unit.prices.put(PriceList(2, NOW - timedelta(hours=1), "EUR", ()))
        assert not unit.prices.put(PriceList(2, NOW, "EUR", ())) and not unit.prices.put(PriceList(1, NOW, "EUR", ()))
        assert unit.prices.put(later)
        assert unit.prices.current(NOW).version == 2
        assert unit.prices.current(NOW + timedelta(hours=1)) == later
        assert unit.prices.current(NOW + timedelta(hours=2)) is unit.prices.current(NOW + timedelta(hours=3)), "read once"
        for version in range(4, 4 + 2 * KEPT_LISTS):
            unit.prices.put(PriceList(version, NOW + timedelta(days=version), "EUR", ()))
        assert unit.prices.current(NOW).version == 2, "the list in force stays whatever comes"


def test_a_list_of_a_unit_that_failed_was_never_read(store):
    def put_and_fail():
        with store.unit() as unit:
            unit.prices.put(PriceList(1, NOW, "EUR", ()))
            assert unit.prices.current(NOW).currency == "EUR"
            raise StorageError("fails")
    with pytest.raises(StorageError, match="fails"):
        put_and_fail()
    with store.unit() as unit:
        unit.prices.put(PriceList(1, NOW, "CHF", ()))
        assert unit.prices.current(NOW).currency == "CHF"


def test_the_planogram_goes_forward(open_store):
    one, two = open_store(), open_store()
    with one.unit() as unit:
        assert unit.planogram.get() is None
        assert unit.planogram.put(Planogram(2, "kiosk-1", ()))
        assert not unit.planogram.put(Planogram(1, "kiosk-1", ()))
        assert unit.planogram.get().version == 2
    with two.unit() as unit:
        unit.planogram.put(Planogram(5, "kiosk-1", ()))
    with one.snapshot() as unit:
        assert unit.planogram.get().version == 5


def test_the_policy_remembers_when_it_was_heard(store, clock):
    policy = OfflinePolicy(2, "EUR", 1, 2, 3, 60)
    with store.unit() as unit:
        assert unit.policy.get() is None
        clock.move(5)
        assert unit.policy.put(policy)
        clock.move(5)
        assert not unit.policy.put(OfflinePolicy(1, "EUR", 9, 9, 9, 60))
        assert unit.policy.get() == (policy, 5.0, "boot-1")
        assert not unit.policy.put(policy)
        assert unit.policy.get() == (policy, 10.0, "boot-1"), "heard again is heard now"


def test_tallies_and_texts(store):
    with store.unit() as unit:
        unit.tallies.add("recognised")
        unit.tallies.add("recognised", 2)
        unit.settings.put("out_of_order", "yes")
        unit.settings.put("out_of_order", "no")
        assert unit.tallies.all() == {"recognised": 3}
        assert (unit.settings.get("out_of_order"), unit.settings.get("other")) == ("no", None)
