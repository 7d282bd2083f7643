"""Facts in the outbox: numbered without a hole, freed by HQ's word alone, and every dropped number is covered."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from uuid import RFC_4122, UUID

import pytest

from kiosk import wire
from kiosk.domain.events import InboxCommitted, Lane, ReplenishmentRequested, Skipped, StaffActed
from kiosk.errors import StorageError
from kiosk.storage.identifiers import packed, series, unpacked
from kiosk.storage.outbox import COMPACT_ROWS, RING_ROWS, holes, is_whole

ALL = 1_000_000


def rows(store, lane):
    with store.snapshot() as unit:
        payloads = [payload for _place, payload in unit.outbox.batch(lane, 0, ALL, 1 << 30)]
    return wire.decode_batch(f"v1/{store.device}/up/{lane}", b"[" + b",".join(payloads) + b"]") if len(payloads) < 300 else [
        wire.decode_batch(f"v1/{store.device}/up/{lane}", p)[0] for p in payloads]


def numbers_told(store, lane):
    told = set()
    for fact in rows(store, lane):
        told.add(fact.seq)
        if isinstance(fact.event, Skipped):
            told.update(range(fact.event.first, fact.event.last + 1))
    return told


def record(store, *events):
    with store.unit() as unit:
        return [unit.facts.record(event) for event in events]


def test_numbers_run_without_a_hole_by_lane_and_a_failed_unit_gives_its_number_back(store, make):
    def sell_twice():
        with store.unit() as unit:
            unit.facts.record(make.sale(0))
            unit.sales.add(make.sale(0))
            unit.sales.add(make.sale(0))
    with pytest.raises(StorageError, match="already"):
        sell_twice()
    envelopes = record(store, make.sale(1), make.stock(1), make.sale(2))
    assert [(e.lane, e.seq) for e in envelopes] == [(Lane.MONEY, 1), (Lane.STOCK, 1), (Lane.MONEY, 2)]
    assert rows(store, Lane.MONEY) == [envelopes[0], envelopes[2]]


def test_an_acknowledgement_frees_up_to_its_number_and_only_in_its_lane(store, make):
    record(store, make.sale(1), make.sale(2), make.sale(3), make.stock(1))
    with store.unit() as unit:
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 2) == 2
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 1) == 0
    with store.snapshot() as unit:
        assert unit.outbox.waiting() == {Lane.MONEY: 1, Lane.STOCK: 1, Lane.HEALTH: 0}
    assert [fact.event.sale_id for fact in rows(store, Lane.MONEY)] == ["sale-3"]


def test_a_word_that_comes_late_takes_nothing_back(store, make):
    with store.unit() as unit:
        unit.facts.record_all([make.sale(n) for n in range(1, 6)])
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 5) == 5
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 3) == 0
        assert unit.facts.record(make.sale(6)).seq == 6, "no number is given twice"
        assert unit.outbox.waiting()[Lane.MONEY] == 1


def test_a_word_for_another_epoch_or_for_a_number_never_given_out_frees_nothing_and_is_counted(store, make):
    record(store, make.sale(1))
    with store.unit() as unit:
        assert unit.outbox.acknowledge("another-epoch", Lane.MONEY, 1) == 0
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 2) == 0
        assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, 10**30) == 0
        assert unit.outbox.acknowledge(store.epoch, Lane.HEALTH, 0) == 0
    with store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 1
        assert unit.tallies.all() == {"acks_foreign": 2, "acks_impossible": 2}


def test_a_batch_keeps_to_its_size_but_never_stands_still(store, make):
    record(store, *(make.sale(n) for n in range(20)))
    with store.snapshot() as unit:
        size = len(unit.outbox.batch(Lane.MONEY, 0, 1, 1)[0][1])
        assert len(unit.outbox.batch(Lane.MONEY, 0, 100, size * 3 + 10)) == 3
        assert len(unit.outbox.batch(Lane.MONEY, 0, 5, ALL)) == 5
        place = unit.outbox.batch(Lane.MONEY, 0, 5, ALL)[-1][0]
        assert len(unit.outbox.batch(Lane.MONEY, place, 100, ALL)) == 15
        assert unit.outbox.first(Lane.MONEY) == unit.outbox.batch(Lane.MONEY, 0, 1, ALL)[0][0] and unit.outbox.first(Lane.STOCK) == 0


def test_a_fact_that_fits_no_message_is_refused_when_it_is_recorded(store):
    with pytest.raises(StorageError, match="does not fit"):
        record(store, StaffActed("opened", "x" * wire.BATCH_BYTES, {}))


def test_health_is_a_ring_and_what_it_drops_is_covered(store, make):
    for start in range(0, 3 * RING_ROWS, 50):
        record(store, *(make.health(n) for n in range(start, start + 50)))
    kept = rows(store, Lane.HEALTH)
    with store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.HEALTH] == len(kept)
    assert len(kept) <= RING_ROWS + 1
    assert kept[-1].event == make.health(3 * RING_ROWS - 1)
    assert numbers_told(store, Lane.HEALTH) == set(range(1, kept[-1].seq + 1))
    assert sum(isinstance(fact.event, Skipped) for fact in kept) == 1


def test_stock_is_compacted_to_the_latest_of_each_slot_and_what_it_drops_is_covered(store, make):
    requests = [ReplenishmentRequested(name, "A1", "4006381333931", 6, 1, 2) for name in ("r1", "r2")]
    with store.unit() as unit:
        first = [unit.facts.record(make.stock(n, f"A{n % 5}")) for n in range(50)]
        unit.outbox.acknowledge(store.epoch, Lane.STOCK, 10)
        unit.facts.record_all(requests)
        for n in range(3 * COMPACT_ROWS):
            unit.facts.record(make.stock(n, f"A{n % 5}"))
            if n % 500 == 0:
                unit.facts.record(InboxCommitted("box", n + 1))
    kept = rows(store, Lane.STOCK)
    assert len(kept) < COMPACT_ROWS + 100
    assert [fact.event for fact in kept if isinstance(fact.event, ReplenishmentRequested)] == requests, "no later one takes their place"
    assert numbers_told(store, Lane.STOCK) == set(range(11, kept[-1].seq + 1))
    assert [f.id for f in kept if f.seq < 50] == [e.id for e in first if e.seq in {f.seq for f in kept}], "kept facts are as they were"
    with store.snapshot() as unit:
        assert 0 < len(unit.outbox.covers(Lane.STOCK)) < 20
        assert unit.outbox.waiting()[Lane.STOCK] == len(kept)


def test_money_is_never_dropped(store, make):
    with store.unit() as unit:
        for n in range(2 * COMPACT_ROWS):
            unit.facts.record(make.sale(n))
    assert [f.seq for f in rows(store, Lane.MONEY)] == list(range(1, 2 * COMPACT_ROWS + 1))


def test_the_age_of_the_oldest_never_turns_negative(store, clock, make):
    with store.snapshot() as unit:
        assert unit.outbox.oldest(clock.now()) == 0.0
    record(store, make.sale(1))
    clock.move(90)
    with store.snapshot() as unit:
        assert unit.outbox.oldest(clock.now()) == 90.0
        assert unit.outbox.oldest(clock.now() - timedelta(days=365)) == 0.0


@pytest.mark.parametrize(("acked", "kept", "following", "runs"), [
    (0, [], 1, []), (0, [1, 2], 3, []), (0, [], 4, [(1, 3)]), (2, [5], 6, [(3, 4)]), (0, [2, 4], 6, [(1, 1), (3, 3), (5, 5)]),
    (9, [3], 10, []),
])
def test_holes(acked, kept, following, runs):
    assert holes(acked, kept, following) == runs


def test_many_at_once_are_as_one_by_one(open_store, tmp_path, make):
    events = [make.sale(1), *(make.stock(n, f"A{n % 7}") for n in range(3 * COMPACT_ROWS)), *(make.health(n) for n in range(3 * RING_ROWS)),
              *chain.from_iterable((make.stock(n, f"B{n % 7}"), make.health(n), InboxCommitted("box", n + 1)) for n in range(900))]
    together, apart = open_store(tmp_path / "a.db"), open_store(tmp_path / "b.db")
    with together.unit() as unit:
        unit.facts.record_all(events[:4000])
        unit.facts.record_all(events[4000:])
    record(apart, *events)
    for lane in Lane:
        ours, theirs = rows(together, lane), rows(apart, lane)
        assert [(f.seq, f.event) for f in ours] == [(f.seq, f.event) for f in theirs]
        with together.snapshot() as unit:
            assert unit.outbox.waiting()[lane] == len(ours)
    kept, single = ([tuple(row) for row in store._book.db.execute("SELECT * FROM outbox ORDER BY n")] for store in (together, apart))
    assert all(is_whole(row) for row in kept), "their checksums are of what they say"
    assert [row[:3] for row in kept] == [row[:3] for row in single], "place, kind and slot"


@pytest.mark.parametrize("first", ["0192f0c1-7e3a-7cc4-8d5e-0123456789ab", "0192f0c1-7e3a-7cc4-bfff-fffffffffffe"])
def test_a_series_is_of_ids_like_the_first_and_none_comes_twice(first):
    ids = [unpacked(kept) for kept in series(lambda: first, 5)]
    assert len(set(ids)) == 5 and ids == sorted(ids)
    assert all(ident[:20] == first[:20] and UUID(ident).version == 7 and UUID(ident).variant == RFC_4122 for ident in ids)


def test_a_series_of_other_ids_asks_for_each():
    names = iter(["mine-1", "mine-2", "mine-3"])
    assert series(lambda: next(names), 2) == ["mine-1", "mine-2"] and series(lambda: next(names), 0) == []
    assert next(names) == "mine-3"


def test_what_a_text_holds_cannot_part_a_value_from_itself(store, make):
    strange = [make.stock(n, text) for n, text in enumerate(("A\n1", "\r\n", "\u2028", '"}\n{"', "%d %b", ""))]
    with store.unit() as unit:
        unit.facts.record_all(strange)
    assert [fact.event for fact in rows(store, Lane.STOCK)] == strange


@pytest.mark.parametrize("name", ["id-1", "0192f0c1-7e3a-7cc4-8d5e-0123456789ab", "0192F0C1-7E3A-7CC4-8D5E-0123456789AB",
                                  "0192f0c17e3a-7cc4-8d5e-0123456789ab-", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"])
def test_identifiers_come_back_as_they_were(name):
    assert unpacked(packed(name)) == name
