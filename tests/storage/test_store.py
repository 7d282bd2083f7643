"""The store as a whole: units are all or nothing under kills, full disks, damage and other processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import wire
from kiosk.domain.events import Lane, SaleRefunded, Skipped
from kiosk.domain.orders import MemberErasureOrdered
from kiosk.errors import StorageDamagedError, StorageError, StorageFullError
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.damage import LOST_BASKET
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.schema import CARRIED
from kiosk.storage.store import Store, connect_file

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from kiosk.domain.events import SaleCompleted
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.store import Store
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = Store.open(path, "kiosk-1", SystemClock(), new_id)
for n in range(count):
    with store.unit() as unit:
        sale = SaleCompleted(f"{name}-{n}", unit.sales.next_receipt("K"), "", (), 100, "EUR", {}, "cash_desk", "", False, 1)
        unit.sales.add(sale)
        unit.stock.move("A1", "4006381333931", 1)
        unit.journal.append("note", sale.sale_id.encode())
        unit.facts.record(sale)
    print(sale.sale_id, flush=True)
store.close()
"""


def writer(path, name, count):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(count)], stdout=subprocess.PIPE, text=True, env=environment)


def sell(store, make, n):
    with store.unit() as unit:
        unit.sales.add(make.sale(n))
        unit.stock.move("A1", "4006381333931", 1)
        unit.journal.append("note", bytes(500))
        unit.facts.record(make.sale(n))


def sell_for_ever(store, make):
    for n in itertools.count(1):
        sell(store, make, n)


def in_step(store):
    """The counts of a sale's four traces."""
    with store.snapshot() as unit:
        assert unit.journal.verify() is None
        count, _total = unit.sales.totals()
        return count, unit.stock.on_hand("A1"), unit.outbox.waiting()[Lane.MONEY]


def test_two_processes_write_at_once_and_no_number_is_given_twice(tmp_path, open_store):
    path = tmp_path / "kiosk.db"
    writers = [writer(path, name, 60) for name in ("a", "b")]
    assert [w.wait(60) for w in writers] == [0, 0]
    store = open_store(path)
    assert in_step(store) == (120, 120, 120)
    with store.snapshot() as unit:
        receipts = [sale.receipt for sale in unit.sales.recent(200)]
        assert sorted(receipts) == [f"K-{n:06d}" for n in range(1, 121)]


def test_sigkill_mid_unit_leaves_whole_sales_and_every_one_that_it_announced(tmp_path, open_store):
    path = tmp_path / "kiosk.db"
    announced = set()
    for attempt in range(3):
        with writer(path, f"w{attempt}", 100_000) as process:
            for _ in range(7 * attempt + 3):
                announced.add(process.stdout.readline().strip())
            process.send_signal(signal.SIGKILL)
            announced.update(line.strip() for line in process.stdout if line.endswith("\n"))
        store = open_store(path)
        count, on_hand, waiting = in_step(store)
        assert count == on_hand == waiting
        with store.snapshot() as unit:
            written = {sale.sale_id for sale in unit.sales.recent(10**6)}
        assert announced <= written and len(written) <= len(announced) + attempt + 1
        store.close()


def test_a_write_is_seen_by_the_data_version_whoever_wrote(open_store):
    one, two = open_store(), open_store()
    seen = [one.data_version()]
    for writer_ in (one, two, one):
        with writer_.unit() as unit:
            unit.settings.put("k", "v")
        seen.append(one.data_version())
    with one.snapshot() as unit:
        unit.settings.get("k")
    assert len(set(seen)) == 4 and one.data_version() == seen[-1]


def test_a_snapshot_neither_writes_nor_moves(open_store):
    one, two = open_store(), open_store()
    with one.snapshot() as unit:
        assert unit.settings.get("k") is None
        with two.unit() as other:
            other.settings.put("k", "v")
        assert unit.settings.get("k") is None
    with pytest.raises(StorageError, match=r"kiosk\.db"), one.snapshot() as unit:
        unit.settings.put("k", "w")
    with one.unit() as unit:
        assert unit.settings.get("k") == "v"


def test_units_do_not_nest(store):
    with pytest.raises(StorageError, match="nest"), store.unit(), store.unit():
        pass
    with store.unit() as unit:
        unit.settings.put("k", "v")


def test_below_the_reserve_nothing_is_written_but_what_frees_rows(open_store, make):
    store = open_store(reserve_mb=1 << 30)
    with pytest.raises(StorageFullError, match="MB"), store.unit() as unit:
        unit.sales.add(make.sale(1))
    with store.unit(use_reserve=True) as unit:
        unit.outbox.acknowledge(store.epoch, Lane.MONEY, 0)
        assert unit.sales.totals() == (0, 0)


def test_below_the_reserve_hqs_word_still_frees_rows_and_its_orders_still_come(tmp_path, open_store, make):
    with open_store().unit() as unit:
        unit.facts.record(make.sale(1))
    full = open_store(reserve_mb=1 << 30)
    assert UpLanes(full).acknowledge([wire.Ack(full.epoch, Lane.MONEY, 1)]) == 1
    assert DownBox(full).commit([wire.OrderMessage("a", "kiosk-1", "box", 1, 0, MemberErasureOrdered("m"))]) == 1


def test_a_full_disk_undoes_the_unit_and_room_heals_it(open_store, make):
    """SQLite's own page limit fails as a full disk does (SQLITE_FULL)."""
    store = open_store()
    pages = store._book.number("PRAGMA page_count")
    store._book.db.execute(f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(StorageFullError, match="nothing was written"):
        sell_for_ever(store, make)
    n = store._book.number("SELECT count(*) FROM sales") + 1
    assert in_step(store) == (n - 1, n - 1, n - 1)
    store._book.db.execute("PRAGMA max_page_count = 1000000")
    with store.unit() as unit:
        unit.sales.add(make.sale(n))
        assert unit.facts.record(make.sale(n)).seq == n


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_really_full_disk(tmp_path, open_store, make):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True).returncode:
        pytest.skip("this machine may not mount a small file system")
    try:
        (folder / "other").write_bytes(bytes(200_000))
        store = open_store(folder / "kiosk.db", reserve_mb=0)
        with pytest.raises(StorageFullError):
            sell_for_ever(store, make)
        n = store._book.number("SELECT count(*) FROM sales") + 1
        with store.snapshot() as unit:
            assert unit.stock.on_hand("A1") == unit.outbox.waiting()[Lane.MONEY] == n - 1
        (folder / "other").unlink()
        with store.unit() as unit:
            assert unit.outbox.acknowledge(store.epoch, Lane.MONEY, n - 1) == n - 1
        store.close()
        again = open_store(folder / "kiosk.db", reserve_mb=0)
        with again.snapshot() as unit:
            assert unit.sales.totals()[0] == n - 1
        again.close()
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def facts_of(store, lane=Lane.MONEY):
    with store.snapshot() as unit:
        return [wire.decode_batch(f"v1/kiosk-1/up/{lane}", payload)[0] for _place, payload in unit.outbox.batch(lane, 0, 10**6, 1 << 30)]


def told(facts, epoch):
    numbers = set()
    for fact in (f for f in facts if f.epoch == epoch):
        numbers.add(fact.seq)
        if isinstance(fact.event, Skipped):
            numbers.update(range(fact.event.first, fact.event.last + 1))
    return numbers


def filled(open_store, make, count=400):
    store = open_store()
    with store.unit() as unit:
        for n in range(1, count + 1):
            unit.sales.add(make.sale(n))
            unit.facts.record(make.sale(n))
        unit.outbox.acknowledge(store.epoch, Lane.MONEY, 10)
        unit.sales.next_receipt("K")
        unit.settings.put("out_of_order", "no")
        unit.basket.save(b"4006381333931*2")
    facts = facts_of(store)
    store.close()
    return store.epoch, facts


MARKS = {"outbox": b'"receipt":"R-200"', "sales": b"sale-200", "settings": b"out_of_order", "basket": b"4006381333931*2"}


def page_of(path, table):
    """The place of the first page that holds the mark of a table, and not a fact's when it is not the outbox's."""
    size = 4096
    pages = [path.read_bytes()[place:place + size] for place in range(0, path.stat().st_size, size)]
    number = next(n for n, page in enumerate(pages) if MARKS[table] in page and (b"SaleCompleted" in page) == (table == "outbox"))
    return number * size, size


@pytest.mark.parametrize("table", ["outbox", "sales", "settings", "basket"])
def test_a_damaged_page_costs_its_rows_and_nothing_else(tmp_path, open_store, make, table):
    path = tmp_path / "kiosk.db"
    epoch, before = filled(open_store, make)
    place, size = page_of(path, table)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * size)
    store = open_store()
    assert store.rebuilt and store.epoch != epoch
    assert (tmp_path / "kiosk.db.damaged-1").exists()
    after = facts_of(store)
    with store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == len(after)
    carried = {f.seq: f for f in after if not isinstance(f.event, Skipped)}
    assert all(carried[f.seq] == f for f in before if f.seq in carried), "what was carried over is as it was"
    assert len(carried) > len(before) * 0.8
    top = max(f.seq for f in after)
    assert told(after, epoch) == set(range(11, top + 1)), "each number of the former epoch is there or covered"
    with store.unit() as unit:
        assert unit.facts.record(make.sale(1000)).seq == 1
        assert unit.outbox.acknowledge(epoch, Lane.MONEY, top) == len(after), "HQ's word for the former epoch frees its rows"
        assert unit.journal.verify() is None
        assert table == "settings" or unit.sales.next_receipt("K") == "K-000002"
        assert unit.basket.load() == (LOST_BASKET if table == "basket" else b"4006381333931*2")
    store.close()
    assert open_store().rebuilt, "it stays known"


def spoil(store, path, table):
    """Write over the first page of a table; the store is closed."""
    (root,) = store._book.db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    store.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_receipts_go_on_after_the_highest_that_is_known_when_their_count_is_damaged(tmp_path, open_store, make):
    store = open_store()
    with store.unit() as unit:
        for n in (1, 2):
            unit.sales.add(replace(make.sale(n), receipt=unit.sales.next_receipt("K1")))
        refund = SaleRefunded("r1", "sale-1", unit.sales.next_receipt("K1-R"), (), 1, "EUR", {}, "cash_desk", "", "x", "lea")
        unit.refunds.add(refund, ())
    spoil(store, tmp_path / "kiosk.db", "receipts")
    with open_store().unit() as unit:
        assert (unit.sales.next_receipt("K1"), unit.sales.next_receipt("K1-R")) == ("K1-000003", "K1-R-000002")


def test_facts_whose_epoch_lost_its_name_are_told_from_the_first_number_on(tmp_path, open_store, make):
    epoch, _before = filled(open_store, make)
    store = open_store()
    with store.unit() as unit:
        unit.offline.add(unit.facts.record(make.sale(401)), "m", 100)
    spoil(store, tmp_path / "kiosk.db", "epochs")
    store = open_store()
    facts = facts_of(store)
    (named,) = {fact.epoch for fact in facts} - {store.epoch}
    assert named != epoch and told(facts, named) == set(range(1, max(f.seq for f in facts) + 1)), "HQ holds nothing under that name"
    with store.unit() as unit:
        assert unit.offline.waiting_minor() == 100
        assert unit.outbox.acknowledge(named, Lane.MONEY, max(f.seq for f in facts)) == len(facts)
        assert unit.offline.waiting_minor() == 0


def test_a_fact_that_no_longer_says_what_was_written_is_covered_and_not_sent(tmp_path, open_store, make):
    epoch, _before = filled(open_store, make)
    store = open_store()
    store._book.db.execute("UPDATE outbox SET data = CAST(replace(CAST(data AS TEXT), ':100,', ':900,') AS BLOB)"
                           " WHERE n = (SELECT max(n) - 5 FROM outbox)")
    spoil(store, tmp_path / "kiosk.db", "arrivals")
    facts = facts_of(open_store())
    assert {fact.event.total_minor for fact in facts if not isinstance(fact.event, Skipped)} == {100}
    assert told(facts, epoch) == set(range(11, max(f.seq for f in facts) + 1))


def test_every_table_is_carried_over_but_what_proves_itself_and_what_is_made_anew(store):
    tables = {name for (name,) in store._book.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables - set(CARRIED) == {"meta", "journal", "journal_unsigned", "training", "sqlite_sequence", "_sqlite_migrations"}


def test_a_file_that_is_no_database_is_set_aside(tmp_path, open_store, make):
    filled(open_store, make)
    (tmp_path / "kiosk.db").write_bytes(os.urandom(50_000))
    store = open_store()
    assert store.rebuilt
    assert in_step(store) == (0, None, 0)
    with store.snapshot() as unit:
        assert unit.basket.load("mirror") == LOST_BASKET, "a basket may have been open: the screen says that it is lost"


def test_a_rebuild_that_was_broken_off_goes_on(tmp_path, open_store, make):
    epoch, before = filled(open_store, make)
    (tmp_path / "kiosk.db").rename(tmp_path / "kiosk.db.damaged-1")
    connect_file(tmp_path / "kiosk.db").close()
    store = open_store()
    assert store.rebuilt and [f for f in facts_of(store) if not isinstance(f.event, Skipped)] == before
    assert store.epoch != epoch


def test_who_has_a_damaged_file_open_is_told_to_start_again(tmp_path, open_store, make):
    running = open_store()
    running._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "kiosk.db").open("r+b") as file:
        file.write(b"garbage" * 100)
    store = open_store()
    with store.unit() as unit:
        unit.settings.put("k", "v")
    with pytest.raises(StorageDamagedError, match="start this service again"), running.unit() as unit:
        unit.facts.record(make.sale(1))
    with pytest.raises(StorageDamagedError):
        running.data_version()


def test_a_file_of_another_device_is_refused(store, open_store):
    with pytest.raises(StorageError, match="kiosk-2"):
        open_store(device="kiosk-2")


def test_an_injected_connection_is_used(open_store):
    seen = []

    def connect(path):
        seen.append(path)
        return connect_file(path)
    open_store(connect=connect)
    assert seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_services_of_one_group_share_the_file_and_others_do_not(tmp_path, tmp_path_factory, monkeypatch):
    for part in (*tmp_path.parents, tmp_path):
        if part.is_relative_to(tmp_path_factory.getbasetemp().parent):
            part.chmod(0o755)
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 4001, 4000)
    folder.chmod(0o2770)
    context = multiprocessing.get_context("fork")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))  # as systemd hands the journal's key to each service
    (tmp_path / "journal.key").write_bytes(bytes(range(32)))

    def run(user, group):
        told = context.Queue()
        process = context.Process(target=_write_as, args=(user, group, folder, told))
        process.start()
        process.join(30)
        return told.get(timeout=30)

    assert [run(4001, 4000), run(4002, 4000)] == ["1", "2"]
    assert run(4003, 4003) == "PermissionError"


def _write_as(user, group, folder, told):
    """Become somebody else and count one more; the count, or what went wrong, goes into `told`."""
    os.umask(0o007)
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    try:
        store = Store.open(folder / "kiosk.db", "pay-1", SystemClock(), new_id, 1)
        with store.unit() as unit:
            unit.tallies.add("n")
        with store.snapshot() as unit:
            told.put(str(unit.tallies.all()["n"]))
    except OSError as error:
        told.put(type(error).__name__)
