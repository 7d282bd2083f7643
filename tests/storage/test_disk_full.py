"""A disk that is full at every write in turn: nothing of the unit stays, nothing that stood before is touched, and room heals it."""

from __future__ import annotations

import sqlite3

import pytest

from kiosk.domain.events import PaymentRequested
from kiosk.errors import StorageError, StorageFullError
from kiosk.runtime import ManualClock, new_id
from kiosk.sim.powercut import PowerCut
from kiosk.sim.seller import FULL, GTIN, Pace, Seller
from kiosk.storage.apsw_file import library
from kiosk.storage.store import Store


class FullDisk:
    """Takes `room` more writes, then refuses every one until there is room again."""

    def __init__(self, folder):
        self.room, self.refused = 1 << 30, 0
        self._full = library().FullError("no room")
        self._full.extendedresult = sqlite3.SQLITE_FULL
        self.disk = PowerCut(folder / "durable", lambda _path: None, self._write)

    def _write(self, _path):
        self.room -= 1
        if self.room < 0:
            self.refused += 1
            raise self._full


def contents(store):
    tables = ("outbox", "lanes", "journal", "sales", "receipts", "intents", "stock", "requests", "tallies", "settings", "inbox")
    with store.snapshot():
        return [store._book.db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]


def fits(store, work, full, room):
    full.room = room
    try:
        with store.unit() as unit:
            work(unit)
    except StorageFullError:
        return False
    finally:
        full.room = 1 << 30
    return True


def empties(store, full, room):
    full.room = room
    try:
        store._book.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode != sqlite3.SQLITE_FULL
    finally:
        full.room = 1 << 30
    return True


def shopper(seller, n):
    """What a till writes for one shopper, unit by unit."""
    asked = PaymentRequested(f"intent-{n}", 150, "EUR", "wallet_face", "member-1")
    return (lambda unit: seller._ask(unit, asked, f"sale-{n}"), lambda unit: seller._sell(unit, asked, f"sale-{n}", 1), seller._tidy)


@pytest.fixture
def full(tmp_path):
    try:
        made = FullDisk(tmp_path)
    except StorageError as error:
        pytest.skip(str(error))
    yield made
    made.disk.close()


def test_disk_full_at_every_write_of_a_sale_undoes_it_and_room_heals_it(tmp_path, full):
    store = Store.open(tmp_path / "kiosk.db", "kiosk-1", ManualClock(), new_id, reserve_mb=0, connect=full.disk.connect)
    store._book.db.execute("PRAGMA wal_autocheckpoint = 0")  # it is emptied below, apart: apsw would raise its error after the commit
    with store.unit() as unit:
        for n in range(12):
            unit.stock.set(f"A{n}", GTIN, FULL)
    seller = Seller(store, tmp_path / "record", 3, Pace(sales_per_s=0, health=2))
    works = [work for n in range(8) for work in shopper(seller, n)]
    for work in works:
        before, room = contents(store), 0
        while not fits(store, work, full, room):
            assert contents(store) == before, f"write {room + 1} was refused, and something stayed"
            room += 1
        before, room = contents(store), 0
        while not empties(store, full, room):
            assert contents(store) == before, f"the log was being emptied, write {room + 1} was refused, and something changed"
            room += 1
    assert full.refused > 300
    with store.snapshot() as unit:
        assert unit.sales.totals()[0] == 8 and unit.journal.verify() is None
    assert store._book.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    seller.close()
    again = Store.open(tmp_path / "kiosk.db", "kiosk-1", ManualClock(), new_id, reserve_mb=0)
    with again.snapshot() as unit:
        assert unit.sales.totals()[0] == 8 and not again.rebuilt
    again.close()
