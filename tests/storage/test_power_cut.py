"""Power cuts at every sync, on a disk that keeps only what was synced and on one that tears: no announced sale is lost, none is half."""

from __future__ import annotations

import itertools
import random
import shutil
import sqlite3

import pytest

from kiosk.domain.events import Lane, SaleCompleted
from kiosk.errors import WorldError
from kiosk.runtime import ManualClock
from kiosk.sim.powercut import PowerCut
from kiosk.storage.store import Store

TEA = "4006381333931"


def sale(name):
    return SaleCompleted(name, "", "", (), 100, "EUR", {}, "cash_desk", "", False, 1)


def sell(store, name):
    with store.unit() as unit:
        unit.sales.add(sale(name))
        unit.stock.move("A1", TEA, 1)
        unit.journal.append("note", bytes(300))
        unit.facts.record(sale(name))


def held(path, ids):
    """What a store shows after the power came back: it is whole, and its traces of a sale agree."""
    store = Store.open(path, "kiosk-1", ManualClock(), ids)
    try:
        with store.snapshot() as unit:
            assert not store.rebuilt and unit.journal.verify() is None
            sales = {s.sale_id for s in unit.sales.recent(10**6)}
            assert len(sales) == (unit.stock.on_hand("A1") or 0)
            assert len(unit.outbox.batch(Lane.MONEY, 0, 10**6, 1 << 30)) == unit.outbox.waiting()[Lane.MONEY]
        return sales, store.epoch
    finally:
        store.close()


@pytest.mark.parametrize("synchronous", ["as it is", "OFF"])
@pytest.mark.parametrize("torn", [False, True])
def test_a_cut_before_any_sync_loses_nothing_that_was_announced(tmp_path, synchronous, torn):
    ids = (f"id-{n}" for n in itertools.count()).__next__
    rng, cuts, announced, lost = random.Random(3), [], [], 0

    def cut(path):
        if not (tmp_path / "durable" / path.name).exists() or rng.random() < 0.6:
            return
        if torn:
            disk.tear(path, rng)
        image = tmp_path / f"cut-{len(cuts)}"
        shutil.copytree(tmp_path / "durable", image)
        cuts.append((image, len(announced)))

    try:
        disk = PowerCut(tmp_path / "durable", cut)
    except WorldError as error:
        pytest.skip(str(error))

    def connect(path):
        return sqlite3.connect(disk.address(path), uri=True, isolation_level=None)
    store = Store.open(tmp_path / "kiosk.db", "kiosk-1", ManualClock(), ids, connect=connect)
    if synchronous == "OFF":
        store._book.db.execute("PRAGMA synchronous = OFF")
    store._book.db.execute("PRAGMA wal_autocheckpoint = 40")
    for n in range(120):
        sell(store, f"sale-{n}")
        announced.append(f"sale-{n}")
        if n % 30 == 7:
            with store.unit() as unit:
                unit.outbox.acknowledge(store.epoch, Lane.MONEY, n)
    cuts.append((tmp_path / "durable", len(announced)))
    store.close()
    disk.close()
    for image, count in cuts:
        sales, epoch = held(image / "kiosk.db", ids) if (image / "kiosk.db").exists() else (set(), None)
        lost += len(set(announced[:count]) - sales)
    if synchronous == "OFF":
        assert lost > 0, "this disk would not notice a store that does not sync"
    else:
        assert len(cuts) > 30 and lost == 0 and epoch == store.epoch
