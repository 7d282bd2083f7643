"""A kiosk whose wall clock is a year off, in either direction, and is set again while it sells: nothing at HQ hangs on it."""

from __future__ import annotations

import pytest

from kiosk import wire
from kiosk.domain.events import Lane, MemberEnrolled, PaymentRequested, SaleCompleted, SaleLine, StockChanged
from kiosk.hq.ledger import accounts, facts, fleet, trade
from kiosk.hq.wallet import balance_check
from kiosk.runtime import ManualClock, new_id
from kiosk.storage.store import Store
from tests.hq.conftest import AT, GTIN

YEAR_S = 366 * 86_400.0


def sold(n, member="anna"):
    line = SaleLine(GTIN, 1, 100, 0, 100, 55)
    return SaleCompleted(f"sale-{n}", f"K-{n}", f"intent-{n}", (line,), 100, "EUR", {"55": 5}, "wallet_face", member, False, 1)


@pytest.mark.parametrize("off_s", [YEAR_S, -YEAR_S])
def test_clock_a_year_off_and_set_again_loses_and_doubles_nothing(tmp_path, ledger, ingest, stamp, off_s):
    clock = ManualClock(AT)
    store = Store.open(tmp_path / "kiosk.db", "pay-1", clock, new_id, reserve_mb=0)
    clock.jump(off_s)
    with store.unit() as unit:
        unit.facts.record(MemberEnrolled("anna", "v1", "fr", 3))
    for n in range(1, 9):
        if n == 5:
            clock.jump(-off_s)  # HQ's time came: the clock is right from here on
        clock.move(60.0)
        with store.unit() as unit:
            unit.facts.record(PaymentRequested(f"intent-{n}", 100, "EUR", "wallet_face", "anna"))
            unit.sales.add(sold(n))
            unit.facts.record(sold(n))
            unit.facts.record(StockChanged("A1", GTIN, -1, 20 - n, "retail_selling", "sale", 1.0))
    with store.snapshot() as unit:
        assert unit.outbox.oldest(clock.now()) >= 0.0
        batches = {lane: unit.outbox.batch(lane, 0, 1000, 1 << 20) for lane in (Lane.MONEY, Lane.STOCK)}
    messages = [(wire.up_topic("pay-1", lane), wire.encode_batch([fact for _place, fact in batch])) for lane, batch in batches.items()]
    for _again in range(2):
        acks = {ack.lane: ack.seq for ack in ingest.commit(messages, stamp)["pay-1"]}
        assert acks == {Lane.MONEY: 17, Lane.STOCK: 8}
    with ledger.read() as db:
        assert [row["sale_id"] for row in trade.sales(db)] == [f"sale-{n}" for n in range(8, 0, -1)]
        assert trade.stock(db)["pay-1", "A1"]["on_hand"] == 12, "the last count by number, not by time"
        assert facts.gaps(db) == {} and facts.duplicates(db) == 0 and facts.quarantined(db) == [] and balance_check(db).even
        assert accounts.balance(db, "member:anna", "EUR") == (2000 - 800, 0)
        (device,) = fleet.devices(db)
        assert device["last_seen_ms"] == stamp.at_ms, "by HQ's own clock"
    with store.unit() as unit:
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 17) == 17 and unit.outbox.acknowledge(store.epoch, Lane.STOCK, 8) == 8
        assert not any(unit.outbox.waiting().values())
    store.close()
