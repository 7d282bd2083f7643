"""A broken kiosk's queue moves to its replacement: every fact once, under the history in which it was written."""

from __future__ import annotations

import pytest

from kiosk import wire
from kiosk.domain.events import Lane, Skipped
from kiosk.errors import StorageError
from kiosk.storage.moving import Moved, export_queue, import_queue, reports
from kiosk.storage.outbox import RING_ROWS


@pytest.fixture
def broken(open_store, tmp_path, make):
    """A card with 20 sales of which HQ holds 5, 4 changes of stock, and a health ring that has turned over."""
    store = open_store(tmp_path / "old" / "kiosk.db")
    with store.unit() as unit:
        unit.facts.record_all([make.sale(n) for n in range(1, 21)])
        unit.facts.record_all([make.stock(n, f"A{n}") for n in range(4)])
        for n in range(RING_ROWS + 50):
            unit.facts.record(make.health(n))
        unit.outbox.acknowledge(store.epoch, Lane.MONEY, 5)
    return store


def exported(store):
    lines = []
    count = export_queue(store, lines.append)
    return count, b"".join(lines).splitlines(keepends=True)


def facts(store, epoch):
    with store.snapshot() as unit:
        items = [item for lane in Lane for _n, payload in unit.outbox.batch(lane, 0, 10**6, 1 << 30)
                 for item in wire.decode_batch(wire.up_topic("kiosk-1", lane), payload)]
    return [item for item in items if item.epoch == epoch]


def test_everything_moves_and_keeps_its_key(broken, open_store, make):
    count, lines = exported(broken)
    new = open_store()
    with new.unit() as unit:
        unit.facts.record(make.sale(100))
    assert import_queue(new, lines, "queue.jsonl") == Moved(count, 0)
    assert facts(new, broken.epoch) == facts(broken, broken.epoch)
    assert len(facts(new, new.epoch)) == 1
    with broken.snapshot() as old, new.unit() as unit:
        was, now = old.outbox.waiting(), unit.outbox.waiting()
        assert now == was | {Lane.MONEY: was[Lane.MONEY] + 1}
        assert unit.outbox.acknowledge(broken.epoch, Lane.MONEY, 20) == 15
        assert unit.facts.record(make.sale(101)).seq == 2
        assert unit.journal.verify() is None
        shown = {(r.lane, r.present): r for r in reports(unit, unit.outbox.book.clock.now())}
    assert shown[Lane.MONEY, True].waiting == 2 and (Lane.MONEY, False) not in shown
    assert shown[Lane.HEALTH, False].waiting == was[Lane.HEALTH]
    assert any(isinstance(f.event, Skipped) for f in facts(new, broken.epoch)), "what the ring dropped stays covered"


def test_twice_is_once(broken, open_store):
    count, lines = exported(broken)
    new = open_store()
    import_queue(new, lines, "q")
    with new.unit() as unit:
        unit.outbox.acknowledge(broken.epoch, Lane.MONEY, 10)
        waiting = unit.outbox.waiting()
    assert import_queue(new, lines, "q") == Moved(0, count)
    with new.snapshot() as unit:
        assert unit.outbox.waiting() == waiting, "what HQ holds does not come back"


def test_what_the_broken_kiosk_brought_to_hq_itself_after_all_waits_no_more(broken, open_store, make):
    new = open_store()
    import_queue(new, exported(broken)[1], "q")
    with broken.unit() as unit:
        unit.outbox.acknowledge(broken.epoch, Lane.MONEY, 20)
        unit.facts.record(make.sale(21))
        unit.outbox.acknowledge(broken.epoch, Lane.MONEY, 21)
    assert import_queue(new, exported(broken)[1], "q").new == 0
    with new.unit() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 0 and unit.outbox.first(Lane.MONEY) == 0


def test_a_fact_of_before_the_time_was_known_says_so_on_the_replacement_too(open_store, clock, tmp_path, make):
    broken = open_store(tmp_path / "old" / "kiosk.db")
    for known in (False, False, True):
        clock.known = known
        clock.move(1)
        with broken.unit() as unit:
            unit.facts.record(make.sale(clock.monotonic()))
    with broken.unit() as unit:
        unit.facts.record(make.stock(1))
        broken._book.db.execute("UPDATE unset_clocks SET until = (SELECT max(at) FROM outbox)")
    new = open_store()
    import_queue(new, exported(broken)[1], "q")
    assert [fact.clock_set for fact in facts(new, broken.epoch)] == [False, False, True, True]


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda lines: lines[:-1], "kiosk"), (lambda lines: [*lines[:-1], lines[-1][:-1]], "cut short"), (lambda _lines: [], "cut short"),
    (lambda lines: [*lines[:9], lines[9].replace(b"300", b"900"), lines[9], *lines[11:]], "damaged on its way"),
])
def test_a_file_that_is_not_whole_is_refused(broken, open_store, spoil, reason):
    _count, lines = exported(broken)
    new = open_store()
    with pytest.raises(StorageError, match=reason):
        import_queue(new, spoil(lines), "q")
    with new.snapshot() as unit:
        assert not any(unit.outbox.waiting().values())


def test_another_device_and_the_card_itself_are_refused(broken, open_store, tmp_path):
    _count, lines = exported(broken)
    with pytest.raises(StorageError, match="give the replacement the broken kiosk's id"):
        import_queue(open_store(tmp_path / "b" / "kiosk.db", device="kiosk-2"), lines, "q")
    with pytest.raises(StorageError, match="this very card"):
        import_queue(broken, lines, "q")
