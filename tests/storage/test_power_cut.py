"""Power cuts at every sync and between writes, over the till's own code: what was announced is there, whole, when the power comes back."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3

import pytest

from kiosk.domain.events import Lane
from kiosk.domain.intent import IntentState
from kiosk.domain.orders import MemberErasureOrdered
from kiosk.errors import StorageError
from kiosk.runtime import ManualClock, new_id
from kiosk.sim.powercut import PowerCut
from kiosk.sim.seller import FULL, GTIN, Pace, Seller
from kiosk.storage.outbox import unpacked
from kiosk.storage.places import parts
from kiosk.storage.store import Store
from kiosk.wire import OrderMessage

BOX = "box-1"


class Cuts:
    """Cuts the power at every sync and, now and then, between two writes; looks at once at what came through."""

    def __init__(self, folder, torn):
        self.folder, self.torn, self.rng = folder, torn, random.Random(5)
        self.image = folder / "image"
        self.cuts = self.lost = 0
        self.sentences = []
        self.acked = dict.fromkeys(Lane, 0)
        self.ordered = 0
        self.disk = PowerCut(folder / "durable", self.cut, lambda path: self.rng.random() < 0.06 and self.cut(path))

    def cut(self, path):
        if not (self.disk.durable / "kiosk.db").exists() or not (self.folder / "record").exists():
            return
        self.cuts += 1
        shutil.rmtree(self.image, ignore_errors=True)
        shutil.copytree(self.disk.durable, self.image)
        if self.torn:
            self.disk.tear(path, self.image / path.name, self.rng)
        shutil.copy(self.folder / "journal.key", self.image / "journal.key")
        announced = [json.loads(line) for line in (self.folder / "record").read_bytes().splitlines()]
        missing = self.missing(announced)
        self.lost += len(missing)
        self.sentences += missing

    def missing(self, announced):
        """What was announced before the cut and is not on the disk after it."""
        store = Store.open(self.image / "kiosk.db", "kiosk-1", ManualClock(), new_id, reserve_mb=0)
        try:
            with store.snapshot() as unit:
                return list(self.faults(store, unit, announced))
        finally:
            store.close()

    def faults(self, store, unit, announced):
        assert not store.rebuilt, "the file was found damaged"
        if unit.journal.verify() is not None:
            yield "the journal's chain is broken"
        rows = store._book.db.execute("SELECT n, id FROM outbox").fetchall()
        there = {(lane, seq): unpacked(ident) for (lane, _epoch, seq), ident in ((parts(n), ident) for n, ident in rows)}
        for _epoch, *facts in announced:
            for lane, seq, ident, _name in facts:
                if seq > self.acked[Lane(lane)] and there.get((lane, seq)) != ident:
                    yield f"{lane} {seq} {ident} is not in the outbox"
        sales = {sale.sale_id: sale for sale in unit.sales.recent(10**6)}
        told = [name for _epoch, *facts in announced for _lane, _seq, _id, name in facts if name and not name.startswith("gone-")]
        yield from (f"sale {name} is lost" for name in told if name not in sales)
        for sale in unit.sales.recent(3):
            if unit.intents.get(sale.intent_id).state not in (IntentState.CAPTURED, IntentState.OFFLINE_CAPTURED):
                yield f"sale {sale.sale_id} stands and its intent was not captured"
        receipts = [sale.receipt for sale in sales.values()]
        assert len(set(receipts)) == len(receipts)
        if store._book.number("SELECT count(*) FROM journal WHERE kind = 'sale'") != len(sales):
            yield "journal and sales differ"
        if unit.inbox.mark(BOX) < self.ordered:
            yield f"order {self.ordered} was committed and is gone"


def storm(folder, turns, torn=False, synchronous="FULL"):
    try:
        cuts = Cuts(folder, torn)
    except StorageError as error:
        pytest.skip(str(error))
    try:
        store = Store.open(folder / "kiosk.db", "kiosk-1", ManualClock(), new_id, reserve_mb=0, connect=cuts.disk.connect)
        store._book.db.execute("PRAGMA wal_autocheckpoint = 60")
        store._book.db.execute(f"PRAGMA synchronous = {synchronous}")
        with store.unit() as unit:
            for n in range(12):
                unit.stock.set(f"A{n}", GTIN, FULL)
        seller = Seller(store, folder / "record", 3, Pace(sales_per_s=0, health=2))
        for n in range(1, turns + 1):
            seller.turn()
            with store.unit() as unit:
                unit.inbox.commit(OrderMessage(f"order-{n}", "kiosk-1", BOX, n, 0, MemberErasureOrdered(f"gone-{n}")))
            cuts.ordered = n
            if n % 7 == 0:
                acknowledge(store, cuts)
        seller.close()
    finally:
        cuts.disk.close()
    return cuts


def acknowledge(store, cuts):
    with store.unit() as unit:
        waiting = {lane: parts(unit.outbox.batch(lane, 0, 10**6, 1 << 30)[-1][0])[2] for lane in Lane if unit.outbox.waiting()[lane]}
        for lane, seq in waiting.items():
            # From here on the rows may be there or not: HQ holds them.
            cuts.acked[lane] = seq - 2
            unit.outbox.acknowledge(store.epoch, lane, seq - 2)


@pytest.mark.parametrize("torn", [False, True])
def test_power_cut_loses_nothing_that_was_announced(tmp_path, torn):
    cuts = storm(tmp_path, 20, torn)
    assert cuts.cuts > 100 and cuts.sentences == []


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True])
def test_power_cut_a_thousand_times_loses_nothing(tmp_path, torn):
    cuts = storm(tmp_path, 200, torn)
    assert cuts.cuts >= 1000 and cuts.sentences == []


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_power_cut_shows_a_store_that_does_not_sync(tmp_path, synchronous):
    """The test can fail: without FULL, what was announced is lost."""
    assert storm(tmp_path, 20, synchronous=synchronous).lost > 10


def test_power_cut_while_a_file_is_made_leaves_none_or_a_whole_one(tmp_path):
    images = []

    def cut(_path):
        if any((tmp_path / "durable").iterdir()):
            shutil.copytree(tmp_path / "durable", tmp_path / f"image-{len(images)}")
            images.append(tmp_path / f"image-{len(images)}" / "kiosk.db")
    try:
        disk = PowerCut(tmp_path / "durable", cut)
    except StorageError as error:
        pytest.skip(str(error))
    Store.open(tmp_path / "kiosk.db", "kiosk-1", ManualClock(), new_id, connect=disk.connect).close()
    disk.close()
    assert images
    for image in images:
        store = Store.open(image, "kiosk-1", ManualClock(), new_id)
        with store.unit() as unit:
            unit.settings.put("k", "v")
        assert not store.rebuilt
        store.close()
        assert sqlite3.connect(image).execute("PRAGMA integrity_check").fetchone() == ("ok",)
