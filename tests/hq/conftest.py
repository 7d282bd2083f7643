"""A ledger on disk, and a device that numbers its facts as the real one does."""

from datetime import UTC, datetime
from itertools import count

import pytest

from kiosk.domain.events import LANE_OF, Lane, SaleCompleted, SaleLine
from kiosk.domain.money import Money
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.wire import DeviceState, Envelope, encode_batch, encode_event, encode_state, state_topic, up_topic

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
GTIN = "4006381333931"


class Device:
    """What a kiosk sends, without the kiosk."""

    def __init__(self, name="pay-1", epoch="e1"):
        self.name, self.epoch = name, epoch
        self._seq = {lane: count(1) for lane in Lane}

    def fact(self, event, lane=None, seq=None, event_id=None):
        lane = lane or LANE_OF[type(event)]
        number = seq or next(self._seq[lane])
        return Envelope(event_id or f"{self.name}-{self.epoch}-{lane}-{number}", self.name, self.epoch, lane, number, "boot", AT, event)

    def message(self, *facts):
        return up_topic(self.name, facts[0].lane), encode_batch([encode_event(f) for f in facts])

    def send(self, *events):
        return self.message(*(self.fact(e) for e in events))

    def birth(self, session="s1", online=True):
        return state_topic(self.name), encode_state(DeviceState(online, session, "0.1.0", self.epoch, ("pay",)))


def sale(sale_id="s1", intent="", total=500, tender="cash_desk", member=""):
    line = SaleLine(GTIN, 2, total // 2, 0, total, 200)
    return SaleCompleted(sale_id, f"R-{sale_id}", intent, (line,), total, "EUR", {"200": 83}, tender, member, False, 1)


class Ids:
    def __init__(self):
        self._n = count(1)

    def __call__(self):
        return f"id-{next(self._n)}"


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / "hq.db")
    yield made
    made.close()


@pytest.fixture
def stamp():
    return Stamp(1_772_445_600_000, Ids())


@pytest.fixture
def ingest(ledger):
    return Ingest(ledger, Money(2000, "EUR"))


@pytest.fixture(autouse=True)
def _at_the_desk(request):
    """Log the browser of a test into its console: whoever tests the way in drops the cookie first."""
    if {"site", "browser"} <= set(request.fixturenames):
        site, browser = request.getfixturevalue("site"), request.getfixturevalue("browser")
        browser.get(f"{site.url}/static/mark.svg")
        browser.add_cookie({"name": SESSION_COOKIE, "value": site.word, "httpOnly": True, "sameSite": "Strict"})
