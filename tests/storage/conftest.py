"""A store in a folder of its own, with a clock that stands still and ids that count."""

from __future__ import annotations

import itertools

import pytest

from kiosk.domain.events import DeviceHealth, SaleCompleted, StockChanged
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store


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
def open_store(tmp_path, clock):
    opened = []
    ids = itertools.count(1)

    def open_one(path=tmp_path / "kiosk.db", device="kiosk-1", **more):
        opened.append(Store.open(path, device, clock, lambda: f"id-{next(ids):06d}", **more))
        return opened[-1]
    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()
