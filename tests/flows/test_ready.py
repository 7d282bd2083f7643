"""Ready: when a device says so, in which time, and what HQ and its console make of it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import BUILT
from kiosk.config import parse
from kiosk.design.words import say
from kiosk.flows.health import remember_hq, states
from kiosk.flows.opening import device_clock
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.ready import SHOWN_S, Readiness
from kiosk.hq.console.pages import unwell
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store
from kiosk.ui import views
from tests.flows.conftest import PRICES, TOML

STATUS = views.Status("fr")
ATTRACT, BROKEN = views.PayAttract(STATUS), views.OutOfOrder(STATUS, "camera_lost")


class Start:
    """A start of one machine: a boot id, and a database that was there before or not."""

    def __init__(self, folder, boot_id="boot-1", toml=TOML):
        settings = parse(toml.format(folder=folder))
        self.clock = ManualClock(boot_id=boot_id)
        self.store = Store.open(folder / "kiosk.db", "pay-1", self.clock, lambda: "id", reserve_mb=1)
        self.parts = Parts(settings, self.store, self.clock, lambda: "id")
        self.shop = Shop(self.store, self.clock)

    def serve(self, role="pay"):
        return Readiness(self.parts, self.shop, role)

    def hear(self):
        """Prices are there, and HQ was heard."""
        with self.store.unit() as unit:
            unit.prices.put(PRICES)
            remember_hq(unit, self.clock.boot_id, self.clock.monotonic())
        self.shop.refresh()

    def states(self):
        with self.store.snapshot() as unit:
            return states(unit)


@pytest.fixture
def start(tmp_path):
    made = Start(tmp_path)
    yield made
    made.store.close()


def test_a_device_says_in_which_time_it_became_ready_for_a_minute(start):
    ready = start.serve()
    start.clock.move(200)
    assert ready.over(ATTRACT) == ATTRACT and start.states() == {}, "without prices it is not ready"
    start.hear()
    start.clock.move(14)
    assert ready.over(BROKEN) == BROKEN and start.states() == {}, "out of order is not ready"
    assert ready.over(ATTRACT).status.banner == "ready:3 min 34 s"
    assert start.states() == {"ready": "214 s"}
    said = replace(ATTRACT, status=replace(STATUS, banner="basket_lost"))
    assert ready.over(said) == said, "what a shopper must know goes first"
    start.clock.move(SHOWN_S)
    assert ready.over(ATTRACT) == ATTRACT


def test_prices_of_an_earlier_day_are_not_enough_until_hq_is_heard(start, tmp_path):
    start.hear()
    start.store.close()
    again = Start(tmp_path, "boot-2")
    again.shop.refresh()
    ready = again.serve()
    again.clock.move(40)
    assert ready.over(ATTRACT) == ATTRACT
    again.hear()
    assert ready.over(ATTRACT).status.banner == "ready:0 min 40 s"


def test_a_restart_of_the_service_says_nothing_and_the_slowest_role_counts(start):
    start.hear()
    start.clock.move(30)
    start.serve("mirror").over(ATTRACT)
    start.clock.move(30)
    start.serve("pay").over(ATTRACT)
    start.clock.move(3600)
    assert start.serve("pay").over(ATTRACT) == ATTRACT
    assert start.serve("mirror").over(ATTRACT) == ATTRACT
    assert start.states() == {"ready": "60 s"}


def test_nobody_switches_a_simulated_device_on(tmp_path):
    start = Start(tmp_path, toml=TOML + '[world]\nsocket = "/tmp/world"\n')
    start.hear()
    assert start.serve().over(ATTRACT) == ATTRACT and start.states() == {}
    start.store.close()


@pytest.mark.parametrize("language", ["fr", "en", "zh"])
def test_every_language_says_the_time(language):
    assert "3 min 34 s" in say("banner.ready", language, value="3 min 34 s")


def test_at_hq_ready_is_no_trouble():
    assert unwell({"states": json.dumps({"ready": "214 s", "camera": "lost", "scale": "ok"})}) == [("camera", "lost")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user for a while")
def test_a_service_under_a_user_of_its_own_opens_its_clock_beside_a_closed_key():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o2777)
        (folder / "identity").mkdir(mode=0o700)
        (folder / "identity/device.pem").touch(mode=0o600)
        settings = parse(TOML.format(folder=folder))
        os.setresuid(65534, 65534, 0)
        try:
            with pytest.raises(PermissionError):
                (folder / "identity/device.pem").stat()
            assert device_clock(settings).earliest >= BUILT
        finally:
            os.setresuid(0, 0, 0)
