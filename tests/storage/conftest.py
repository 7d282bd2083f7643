"""A store in a folder of its own, with a clock that stands still and ids that count."""

from __future__ import annotations

import itertools

import pytest

from kiosk.domain.events import DeviceHealth, SaleCompleted, StockChanged
from kiosk.runtime import ManualClock
from kiosk.storage.apsw_file import connect_apsw
from kiosk.storage.store import Store, connect_file

CONTRACT = ("test_outbox", "test_inbox", "test_till", "test_shelf_and_settings")
"""What every connection has to keep, the one that tries power cuts too."""


class Make:
    """Facts by number."""

    @staticmethod
    def sale(n, total=100):
        return SaleCompleted(f"sale-{n}", f"R-{n}", f"intent-{n}", (), total, "EUR", {"200": 17}, "wallet_face", "m", False, 1)

    @staticmethod
    def stock(n, slot="A1"):
        return StockChanged(slot, "4006381333931", -1, n, "retail_selling", "sale", 1.0)

    @staticmethod
    def health(n):
        return DeviceHealth("1.0", n, {}, 0, {})


@pytest.fixture
def make():
    return Make


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def connect(request):
    """What opens the file: the standard library, and for the contract of the repositories apsw too."""
    if getattr(request, "param", "sqlite3") == "sqlite3":
        return connect_file
    pytest.importorskip("apsw")
    return connect_apsw


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__.rpartition(".")[2] in CONTRACT and "connect" in metafunc.fixturenames:
        metafunc.parametrize("connect", ["sqlite3", "apsw"], indirect=True)


@pytest.fixture
def open_store(tmp_path, clock, connect):
    opened = []
    ids = itertools.count(1)

    def open_one(path=tmp_path / "kiosk.db", device="kiosk-1", **more):
        more.setdefault("connect", connect)
        opened.append(Store.open(path, device, clock, lambda: f"id-{next(ids):06d}", **more))
        return opened[-1]
    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()
