"""Whose history it is: a card written anew, an old one put back, a damaged one, and two cards that go on from one; nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
import time

import pytest

from kiosk.hq.ledger import facts
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.processes import Child
from kiosk.sim.verdict import judge
from kiosk.sim.yard import Yard
from kiosk.storage.store import Store

pytestmark = pytest.mark.e2e
WAIT_S = 90.0
MARK = "here the damage strikes"


@pytest.fixture
def yard(tmp_path):
    made = Yard(tmp_path / "yard", 1)
    made.open()
    yield made
    made.close()


def until(holds, what):
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {WAIT_S:.0f} s in vain until {what}"
        time.sleep(0.05)


def sell(yard, count=8):
    (kiosk,) = yard.kiosks
    yard.mend()
    goal = kiosk.count() + count
    until(lambda: kiosk.count() >= goal, f"{count} more are sold")


def take_card_out(yard):
    kiosk = yard.kiosks[0]
    kiosk.seller.kill()
    kiosk.sync.kill()
    return kiosk.database.parent


def alarms(yard):
    with yard.ledger.read() as db:
        return {row["kind"] for row in facts.alarms(db)}


@pytest.mark.slow
def test_storm_of_a_card_reflashed_then_the_old_card_put_back_with_what_it_had_not_sent(yard):
    sell(yard)
    yard.act(1)
    yard.drain()
    yard.mend()
    yard.broker.kill()
    sell_in_the_dark(yard)
    state = take_card_out(yard)
    old = state.rename(state.with_name("old"))
    yard.broker.start()
    yard.fill(yard.kiosks[0])
    sell(yard)
    yard.act(2)
    yard.drain()
    sell(yard)  # and forget who is to be forgotten: a card that is taken out takes along what it was told and has not done
    yard.drain()
    assert "card_returned" not in alarms(yard)
    new = take_card_out(yard).rename(state.with_name("new"))
    old.rename(state)
    sell(yard)
    yard.drain()
    verdict = judge(yard)
    assert verdict.clean, (verdict.lost, verdict.doubled, verdict.wrong)
    assert "card_returned" in alarms(yard) and new.exists()
    assert len({epoch for epoch, _facts in yard.kiosks[0].announced()}) == 2


def sell_in_the_dark(yard):
    """Sell while nobody hears it: only a card that waits for something can lose it."""
    (kiosk,) = yard.kiosks
    kiosk.seller.start()
    goal = kiosk.count() + 8
    until(lambda: kiosk.count() >= goal, "8 are sold in the dark")


def test_storm_of_a_damaged_file_that_is_rebuilt_and_hq_hears_of_it_and_still_gets_its_orders_through(yard):
    sell(yard)
    kiosk = yard.kiosks[0]
    kiosk.line.cut()
    yard.act(1)  # an erasure that the card does not hear before it is damaged
    sell_in_the_dark(yard)
    take_card_out(yard)
    with contextlib.closing(kiosk.open()) as store:
        with store.unit() as unit:
            unit.settings.put("mark", MARK)
        store._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kiosk.database.write_bytes(spoilt(kiosk.database.read_bytes()))
    sell(yard)
    yard.drain()
    with contextlib.closing(kiosk.open()) as store:
        assert store.rebuilt
    verdict = judge(yard)
    assert verdict.doubled == [] and verdict.lost == [], (verdict.lost, verdict.doubled)
    with yard.ledger.read() as db:
        assert "rebuilt" in db.execute("SELECT states FROM devices").fetchone()[0]


def spoilt(content):
    """Damage that a check finds and that costs no fact: the page of a table that only counts."""
    size = 4096
    pages = [content[place:place + size] for place in range(0, len(content), size)]
    number = next(n for n, page in enumerate(pages) if n and MARK.encode() in page)
    return b"".join(b"\xff" * size if n == number else page for n, page in enumerate(pages))


@pytest.mark.slow
def test_storm_of_two_cards_that_go_on_from_one_at_the_same_time(yard, tmp_path):
    sell(yard)
    state = take_card_out(yard)
    (kiosk,) = yard.kiosks
    clone = tmp_path / "clone"
    shutil.copytree(state, clone)
    config = tmp_path / "clone.toml"
    config.write_text(kiosk.config.read_text().replace(str(state), str(clone)))
    record = tmp_path / "clone.jsonl"
    seller = Child("clone-seller", ("sell", "--config", str(config), "--record", str(record)), tmp_path, {})
    sync = Child("clone-sync", ("run", "sync", "--config", str(config)), tmp_path, {})
    try:
        for child in (seller, sync):
            child.start()
        sell(yard, 20)
        until(lambda: record.exists() and record.read_bytes().count(b"\n") > 30, "both sell")
        seller.stop()
        kiosk.seller.stop()
        kiosk.sync.kill()  # each alone: at once they push one another off the line
        sync.start()
        until(lambda: not waiting(clone), "the clone's queue has drained")
        sync.kill()
        kiosk.sync.start()
        until(lambda: not waiting(state), "the first card's queue has drained")
    finally:
        seller.kill()
        sync.kill()
    sold = sold_on(clone) + sold_on(state)
    with yard.ledger.read() as db:
        booked = [row[0] for row in db.execute("SELECT sale_id FROM sales")]
        assert not facts.gaps(db) and not facts.duplicates(db)
    assert set(booked) == set(sold) and len(booked) == len(set(booked)) and len(set(sold)) < len(sold)
    assert "conflict" in alarms(yard)


def open_card(folder):
    return Store.open(folder / "kiosk.db", "kiosk-1", SystemClock(), new_id)


def sold_on(folder):
    with contextlib.closing(open_card(folder)) as store, store.snapshot() as unit:
        return [sale.sale_id for sale in unit.sales.recent(10**6)]


def waiting(folder):
    with contextlib.closing(open_card(folder)) as store, store.snapshot() as unit:
        return sum(unit.outbox.waiting().values())
