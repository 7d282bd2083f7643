"""A machine that starts without the time: the floor, the stamp on what is sold meanwhile, and HQ's correction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk import wire
from kiosk.domain.events import Lane, SaleCompleted, SaleLine, StockChanged
from kiosk.domain.money import Money
from kiosk.domain.standing import ClockSet
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger import clocks
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.runtime import FlooredClock, ManualClock, new_id
from kiosk.storage.ports import UpLanes
from kiosk.storage.store import Store

BUILT, BORN = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)


class Machine:
    """A machine without a battery: its wall clock starts in 1970 and is right once `synced`."""

    def __init__(self, folder, boot_id="boot-1", wall=EPOCH, monotonic=5.0, floors=(BUILT, BORN)):
        self.system = ManualClock(wall, boot_id)
        self.system._monotonic = monotonic
        self.folder, self.floors, self.synced = folder, floors, False
        self.clock = self.open()

    def open(self):
        """Another process of the same boot."""
        return FlooredClock(self.system, self.folder / "clock.json", self.floors, lambda: self.synced)

    def sync(self, now):
        self.system._now, self.synced = now, True
        self.system._monotonic += 2.0


def sale(n):
    return SaleCompleted(f"s{n}", f"R{n}", "", (SaleLine("4006381333931", 1, 100, 0, 100, 200),), 100, "EUR", {}, "cash_desk", "", False, 1)


def test_the_floor_is_the_newest_of_build_certificate_and_last_saved_time(tmp_path):
    machine = Machine(tmp_path)
    assert machine.clock.now() == BORN and not machine.clock.known
    machine.system.move(60)
    assert machine.clock.now() == BORN + timedelta(seconds=60)
    machine.sync(datetime(2026, 7, 1, tzinfo=UTC))
    assert machine.clock.known and machine.clock.now() == datetime(2026, 7, 1, tzinfo=UTC)
    machine.clock.save()
    later = Machine(tmp_path, "boot-2")
    assert later.clock.now() == datetime(2026, 7, 1, tzinfo=UTC), "it goes on from the last time that was saved"
    assert Machine(tmp_path, "boot-3", floors=(datetime(2027, 1, 1, tzinfo=UTC),)).clock.now() == datetime(2027, 1, 1, tzinfo=UTC)


def test_all_processes_of_a_boot_show_the_same_and_damage_costs_nothing(tmp_path):
    machine = Machine(tmp_path)
    machine.system.move(100)
    assert machine.open().now() == machine.clock.now() == BORN + timedelta(seconds=100)
    (tmp_path / "clock.json").write_text("{")
    assert machine.open().now() == BORN


def test_a_wall_clock_below_the_floor_is_not_believed_even_when_somebody_set_it(tmp_path):
    machine = Machine(tmp_path)
    machine.sync(datetime(2020, 1, 1, tzinfo=UTC))
    assert not machine.clock.known and machine.clock.now() >= BORN


@pytest.fixture
def device(tmp_path):
    machine = Machine(tmp_path)
    store = Store.open(tmp_path / "kiosk.db", "kiosk-1", machine.clock, new_id, 0)
    yield machine, store
    store.close()


def messages(store):
    lanes = UpLanes(store)
    return {lane: [payload for _place, payload in lanes.batch(lane, 0, 100, 65536)] for lane in (Lane.MONEY, Lane.STOCK)}


@pytest.mark.parametrize("order", [(Lane.MONEY, Lane.STOCK), (Lane.STOCK, Lane.MONEY)])
def test_sales_before_the_time_is_known_say_so_and_hq_corrects_them_in_whatever_order_they_come(tmp_path, device, order):
    machine, store = device
    with store.unit() as unit:
        unit.facts.record(sale(1))
    machine.system.move(10)
    with store.unit() as unit:
        unit.facts.record_all([sale(2)])
    true = datetime(2026, 8, 1, 12, tzinfo=UTC)
    machine.sync(true)
    with store.unit() as unit:
        unit.facts.record(sale(3))
    sent = messages(store)
    facts = [fact for payload in sent[Lane.MONEY] for fact in wire.decode_batch("v1/kiosk-1/up/money", payload)]
    assert [fact.clock_set for fact in facts] == [False, False, True]
    assert b'"clock":"unset"' in sent[Lane.MONEY][0] and b'"clock"' not in sent[Lane.MONEY][2]
    (told,) = [fact.event for payload in sent[Lane.STOCK] for fact in wire.decode_batch("v1/kiosk-1/up/stock", payload)]
    assert isinstance(told, ClockSet) and told.boot_id == "boot-1"
    ledger = Ledger(tmp_path / "hq.db")
    ingest = Ingest(ledger, Money(0, "EUR"))
    for lane in order:
        ingest.commit([(f"v1/kiosk-1/up/{lane}", payload) for payload in sent[lane]], Stamp(1, new_id))
    with ledger.read() as db:
        times = {row["sale_id"]: row["time_ms"] / 1000 for row in db.execute("SELECT * FROM sales")}
        assert [clocks.clock_of(db, f"s{n}") for n in (1, 2, 3)] == ["corrected", "corrected", "set"]
        raw = [row[0] / 1000 for row in db.execute("SELECT time_ms FROM facts WHERE kind = 'SaleCompleted' ORDER BY seq")]
    assert times == {"s1": true.timestamp() - 12, "s2": true.timestamp() - 2, "s3": true.timestamp()} and raw == list(times.values())
    ledger.close()


def test_the_first_fact_after_the_time_is_known_may_be_of_the_lane_in_which_that_is_told(device):
    machine, store = device
    with store.unit() as unit:
        unit.facts.record(sale(1))
    machine.sync(datetime(2026, 8, 1, tzinfo=UTC))
    with store.unit() as unit:
        moved = unit.facts.record(StockChanged("A1", "4006381333931", -1, 3, "retail_selling", "sale", 1.0))
    told = [wire.decode_batch("v1/kiosk-1/up/stock", payload)[0].event for payload in messages(store)[Lane.STOCK]]
    assert isinstance(told[0], ClockSet) and told[1:] == [moved.event] and moved.seq == 2


def test_until_then_hq_shows_the_sale_as_unsure(tmp_path, device):
    _machine, store = device
    with store.unit() as unit:
        unit.facts.record(sale(1))
    ledger = Ledger(tmp_path / "hq.db")
    Ingest(ledger, Money(0, "EUR")).commit([("v1/kiosk-1/up/money", payload) for payload in messages(store)[Lane.MONEY]], Stamp(1, new_id))
    with ledger.read() as db:
        assert clocks.clock_of(db, "s1") == "unset"
    ledger.close()
