"""A shopper's phone in the simulated store: it erases on a real page, and the watch says when every kiosk has forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.config import PhoneSettings, load
from kiosk.flows.opening import open_vault
from kiosk.hq.ledger import accounts, fleet
from kiosk.hq.ledger import members as rows
from kiosk.hq.ledger.members import Place
from kiosk.hq.ledger.store import Ledger
from kiosk.phone.app import make_app
from kiosk.phone.counter import Counter
from kiosk.phone.page import Pages
from kiosk.phone.server import PhoneServer
from kiosk.phone.tokens import Tokens
from kiosk.phone.visits import Visits
from kiosk.runtime import ManualClock
from kiosk.sim import shop
from kiosk.sim.phone import Phone
from kiosk.storage.vault import Consent

TEMPLATE = np.random.default_rng(1).normal(size=384).astype(np.float32)
CONSENT = Consent("2026-11", "fr", "2026-01-02T09:00:00+00:00")


class Terminal:
    """The pages of the pay terminal of a store whose two vaults know Jana; a thread stands for the terminal's loop."""

    def __init__(self, place: shop.Place) -> None:
        self.place, self.tokens, self._counter, self._stop = place, Tokens(ManualClock().monotonic), Counter(), threading.Event()
        place.hq.mkdir(parents=True)
        for device in shop.CAMERAS:
            shop.write_config(place, device, place.broker_port)
            self.vault(device, lambda vault: vault.enrol("jana", "36620915", TEMPLATE, CONSENT))
        self.hq(lambda db: accounts.add_member(db, ("jana", shop.PAY, "v", "fr", 0, 1)))
        for device in shop.CAMERAS:
            self.hq(lambda db, device=device: (fleet.add_device(db, device, 1), rows.set_holder(db, "jana", Place(device, "e"), "held", 1)))
        visits = Visits(ManualClock().monotonic)
        self.server = PhoneServer(make_app(Pages(self.tokens, self._counter, "Lumière", "fr", visits)), PhoneSettings(port=0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def vault(self, device, work):
        vault = open_vault(load(self.place.config(device)))
        try:
            return work(vault)
        finally:
            vault.close()

    def hq(self, work):
        ledger = Ledger(self.place.hq / "hq.db")
        with ledger.write() as db:
            work(db)
        ledger.close()

    def _serve(self) -> None:
        while not self._stop.wait(0.01):
            self._counter.serve(self)

    def export(self, member_id):
        return self.vault(shop.PAY, lambda vault: vault.export(member_id))

    def erase(self, member_id):
        return self.vault(shop.PAY, lambda vault: vault.erase(member_id))

    def close(self) -> None:
        self._stop.set()
        self._thread.join(30)
        self.server.stop()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(shop.Place(tmp_path, 1, 1, window=False))
    yield made
    made.close()


def test_a_phone_erases_and_the_watch_ends_when_every_kiosk_and_hq_say_so(terminal: Terminal) -> None:
    phone = Phone(terminal.place)
    pages = [f"{terminal.server.address}/in/{terminal.tokens.issue('jana')}"]
    phone.look(pages)
    assert terminal.vault(shop.PAY, lambda vault: "jana" not in vault), "the phone has erased"
    assert phone.waits and phone.report()["asked"] == 1 and phone.report()["gone_everywhere"] == 0
    assert phone.differences() == ["jana was erased by phone and is still known somewhere"]
    terminal.vault(shop.MIRROR, lambda vault: vault.erase("jana"))
    phone.look(pages)
    assert phone.report()["gone_everywhere"] == 1 and phone.waits, "the kiosks' words are not at HQ yet"
    for device in shop.CAMERAS:
        terminal.hq(lambda db, device=device: rows.acknowledge(db, "jana", Place(device, "e"), "phone", 2))
    phone.look(pages)
    report = phone.report()
    assert not phone.waits and phone.differences() == []
    assert (report["asked"], report["gone_everywhere"], report["told_by_all"]) == (1, 1, 1) and report["gone_s"] <= report["told_s"]


def test_an_address_that_does_not_open_erases_nobody(terminal: Terminal) -> None:
    phone = Phone(terminal.place)
    phone.look([f"{terminal.server.address}/in/no-such-token", "http://127.0.0.1:9/in/nobody-listens"])
    assert phone.report()["asked"] == 0 and not phone.waits
    assert terminal.vault(shop.PAY, lambda vault: "jana" in vault)
