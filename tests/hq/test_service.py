"""HQ as a process of its own with a real broker: killed, restarted, cut off, and nothing is lost or booked twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, Queue

import httpx
import pytest

from kiosk.cli import main
from kiosk.domain.catalog import Planogram, PriceList, check_digit
from kiosk.domain.events import InboxCommitted, MemberEnrolled, PaymentRequested
from kiosk.domain.orders import PaymentAnswered
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.fetch import Fetcher
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay
from kiosk.sync.trust import verifier
from kiosk.wire import ack_topic, decode_ack, decode_manifest, decode_order, decode_state, manifest_topic
from tests.hq.conftest import Device, sale
from tests.hq.test_imports import GOOD, PLAN

DEADLINE_S = 60.0
REAL = "real-1"
TESTS = ("test_sales_survive_kills_of_hq_and_broker", "test_payment_is_answered_and_prices_travel",
         "test_a_reflashed_device_gets_a_fresh_box", "test_commands")


def until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {DEADLINE_S} s: {what}"
        time.sleep(0.01)
    return found


class Hq:
    """The command, as a person or systemd runs it."""

    def __init__(self, folder, broker):
        self.folder, self._broker, self._process = folder, broker, None
        self.url, self._log = "", Path(f"{folder}.log")

    def start(self):
        before = len(self.log().split("console: "))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kiosk", "hq", "serve", "--folder", str(self.folder), "--broker", f"127.0.0.1:{self._broker.port}",
                 "--port", "0", "--group", "demo", "--welcome", "20"],
                env=os.environ | {"KIOSK_BROKER_PASSWORD": "hq-secret", "KIOSK_HQ_TOKEN": "token"}, stderr=log)
        lines = until(lambda: self.log().split("console: ")[before:], "the console's address is logged")
        self.url = lines[-1].split("/ ")[0]
        until(self.report_if_there, "the console answers")

    def log(self):
        return self._log.read_text() if self._log.exists() else ""

    def report_if_there(self):
        try:
            return httpx.get(f"{self.url}/api/report", headers={"authorization": "Bearer token"}).json()
        except httpx.TransportError:
            return None

    def end(self, number):
        self._process.send_signal(number)
        return self._process.wait(DEADLINE_S)

    def run(self, *args):
        """Run a command beside the running HQ and return its exit code."""
        return main(["hq", *args, "--folder", str(self.folder)])

    def fill(self, device):
        """Import products and a planogram for one device."""
        products, plan = self.folder / "products.csv", self.folder / "plan.csv"
        products.write_text(GOOD)
        plan.write_text(PLAN.replace("shelf-1", device))
        assert self.run("import", "products", str(products)) == 0
        assert self.run("import", "planogram", str(plan)) == 0


class Kiosk(Device):
    """A device with a real link to the broker."""

    def __init__(self, broker, name):
        super().__init__(name)
        self.heard = Queue()
        self._link = MqttClient(BrokerAddress("127.0.0.1", broker.port, name, f"{name}-secret"), name, None,
                                lambda *m: self.heard.put(m), lambda: None, lambda: None)
        for topic in (ack_topic(name), f"v1/{name}/down/#", manifest_topic("demo", "pricelist"), "v1/hq/state"):
            self._link.subscribe(topic)
        self._link.start()

    def say(self, message, retain=False):
        until(lambda: self._link.publish(*message, retain), f"{self.name} can publish")

    def hear(self, wanted):
        """Return the first thing that `wanted(topic, payload)` accepts."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                found = wanted(*self.heard.get(timeout=max(0.01, deadline - time.monotonic())))
            except Empty:
                raise AssertionError(f"{self.name} hears nothing of the kind") from None
            if found:
                return found

    def acknowledged(self, lane, seq):
        def wanted(topic, payload):
            acks = decode_ack(payload) if topic == ack_topic(self.name) else []
            return any((a.epoch, a.lane) == (self.epoch, lane) and a.seq >= seq for a in acks)
        self.hear(wanted)

    def order(self, cls):
        def wanted(topic, payload):
            message = decode_order(payload, self.name, lambda *_: True) if "/down/" in topic else None
            return message if message and isinstance(message.order, cls) else None
        return self.hear(wanted)

    def prices(self, version):
        def wanted(topic, payload):
            if topic != manifest_topic("demo", "pricelist"):
                return None
            found = decode_manifest(payload, "demo", lambda *_: True)
            return found if isinstance(found, PriceList) and found.version == version else None
        return self.hear(wanted)

    def stop(self):
        self._link.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    broker = Broker(folder / "broker")
    for name in ("hq", *TESTS):
        broker.add_user(name, f"{name}-secret")
    broker.start()
    hq = Hq(folder / "hq", broker)
    hq.start()
    yield broker, hq
    assert hq.end(signal.SIGTERM) == 0
    assert "Traceback" not in hq.log()
    broker.stop()


@pytest.fixture
def store(running, request):
    """The broker, HQ, and a kiosk that only this test knows."""
    kiosk = Kiosk(running[0], request.function.__name__)
    yield *running, kiosk
    kiosk.stop()


@pytest.mark.e2e
def test_sales_survive_kills_of_hq_and_broker(store):
    broker, hq, kiosk = store
    kiosk.say(kiosk.birth(), retain=True)
    first = kiosk.send(sale("s1"), sale("s2"))
    kiosk.say(first)
    kiosk.acknowledged("money", 2)
    hq.end(signal.SIGKILL)
    kiosk.hear(lambda topic, payload: topic == "v1/hq/state" and not decode_state(payload).online)
    hq.start()
    kiosk.hear(lambda topic, payload: topic == "v1/hq/state" and decode_state(payload).online)
    second = kiosk.send(sale("s3"))
    for message in (first, second):
        kiosk.say(message)
    kiosk.acknowledged("money", 3)
    broker.kill()
    broker.start()
    kiosk.say(kiosk.send(sale("s4")))
    until(lambda: hq.report_if_there()["sales"] == 4 or kiosk.say(kiosk.message(kiosk.fact(sale("s4"), seq=4))), "the fourth sale arrives")
    report = hq.report_if_there()
    wanted = {"sales": 4, "total_minor": 2000, "gaps": 0, "duplicates": 0, "even": True}
    assert {k: report[k] for k in wanted} == wanted and report["resent"] >= 2


@pytest.mark.e2e
def test_payment_is_answered_and_prices_travel(store):
    broker, hq, kiosk = store
    kiosk.say(kiosk.birth(), retain=True)
    kiosk.say(kiosk.send(MemberEnrolled("anna", "v1", "fr", 3)))
    kiosk.acknowledged("money", 1)
    times = []
    for n in range(5):
        asked = time.monotonic()
        kiosk.say(kiosk.send(PaymentRequested(f"i{n}", 100, "EUR", "wallet_face", "anna")))
        answer = kiosk.order(PaymentAnswered)
        times.append(time.monotonic() - asked)
        assert (answer.order.intent_id, answer.order.outcome, answer.seq) == (f"i{n}", "authorised", n + 1)
        kiosk.say(kiosk.send(InboxCommitted(answer.downbox, answer.seq)))
    assert sorted(times)[2] < 0.3, times
    hq.fill(kiosk.name)
    kiosk.order(Planogram)
    changed = time.monotonic()
    assert hq.run("publish") == 0
    kiosk.prices(2)
    assert time.monotonic() - changed < 2.0
    broker.kill()
    broker.start()
    kiosk.prices(2)


@pytest.mark.e2e
def test_a_reflashed_device_gets_a_fresh_box(store):
    _broker, hq, kiosk = store
    hq.fill(kiosk.name)
    kiosk.say(kiosk.birth(), retain=True)
    old = kiosk.order(Planogram)
    kiosk.say(kiosk.send(InboxCommitted(old.downbox, old.seq)))
    kiosk.acknowledged("stock", 1)
    kiosk.epoch = "e2"
    kiosk.say(kiosk.birth("s2"), retain=True)
    fresh = kiosk.order(Planogram)
    assert fresh.seq == 1 and fresh.downbox != old.downbox and fresh.order == old.order


@pytest.mark.e2e
def test_commands(store, capsys):
    _broker, hq, kiosk = store
    kiosk.say(kiosk.send(MemberEnrolled("anna", "v1", "fr", 3)))
    kiosk.acknowledged("money", 1)
    assert [hq.run("topup", "anna", "5.50"), hq.run("assign", kiosk.name, "lyon"), hq.run("code", "anna")] == [0, 0, 0]
    assert capsys.readouterr().out.startswith("KM1.")
    assert hq.run("publish", "--offline", "10", "20.50", "100", "12") == 0
    assert capsys.readouterr().out == "offline policy 2\n"
    assert hq.run("topup", "nobody", "5") == 1
    assert "enrol at a pay terminal" in capsys.readouterr().err
    bad = hq.folder / "bad.csv"
    bad.write_text(GOOD.replace("4006381333931", "4006381333932"))
    assert hq.run("import", "products", str(bad)) == 1
    assert "bad.csv:2: GTIN 4006381333932 ends in 2, but its check digit is 1" in capsys.readouterr().out
    assert hq.run("import", "products", str(bad), "--dry-run") == 1


def live(broker, hq, path, card):
    """Be a real device with a fresh card until HQ has all its facts and it has all that HQ tells it; return its epoch."""
    store, writer = (Store.open(path / f"{card}.db", REAL, SystemClock(), new_id) for _process in ("sync", "pay"))
    address = BrokerAddress("127.0.0.1", broker.port, REAL, f"{REAL}-secret")
    relay = Relay(Identity(REAL, "demo", new_id(), "1.0", store.epoch, ("pay",)), UpLanes(store), DownBox(store),
                  lambda *calls: MqttClient(address, REAL, *calls), verifier((hq.folder / "hq.pub").read_text()), SystemClock())
    relay.start()
    with writer.unit() as unit:
        unit.facts.record(MemberEnrolled("berta", "v1", "fr", 3))
        asked = PaymentRequested(f"intent-{card}", 500, "EUR", "wallet_face", "berta")
        unit.intents.open(asked, f"sale-{card}")
        unit.facts.record(asked)

    def settled():
        relay.step()
        with store.snapshot() as unit:
            done = unit.planogram.get() and unit.prices.current(SystemClock().now()) and unit.policy.get()
            return done and unit.intents.get(asked.intent_id).state != "asked" and not sum(unit.outbox.waiting().values())

    until(settled, f"the {card} card has planogram, prices and its answer")
    with writer.unit() as unit:
        assert unit.planogram.get().cell("A2").capacity == 8
        assert unit.intents.get(asked.intent_id).state == "authorised"
        unit.facts.record(sale(f"sale-{card}", asked.intent_id, 500, "wallet_face", "berta"))
    until(settled, f"HQ has the {card} card's sale")
    relay.stop()
    store.close()
    writer.close()
    return store.epoch


@pytest.mark.e2e
def test_a_real_device_and_a_real_hq(running, tmp_path):
    broker, hq = running
    broker.add_user(REAL, f"{REAL}-secret")
    hq.fill(REAL)
    assert live(broker, hq, tmp_path, "first") != live(broker, hq, tmp_path, "reflashed")
    report = hq.report_if_there()
    assert report["devices"][REAL] == {"sales": 2, "total_minor": 1000}
    assert (report["gaps"], report["duplicates"], report["even"]) == (0, 0, True)


@pytest.mark.e2e
def test_a_price_list_too_large_for_a_message_is_fetched(running, tmp_path):
    broker, hq = running
    broker.add_user(REAL, f"{REAL}-secret")
    codes = [f"95211{n:07d}" for n in range(900)]
    rows = [f"{code}{check_digit(code)},Produit {n},Product {n},产品 {n},1.00,20,50,," for n, code in enumerate(codes)]
    goods = hq.folder / "many.csv"
    goods.write_text("\n".join(["gtin,name_fr,name_en,name_zh,price,vat,unit_weight_g,picture,garment", *rows]), encoding="utf-8")
    assert [hq.run("import", "products", str(goods)), hq.run("publish")] == [0, 0]
    store = Store.open(tmp_path / "large.db", REAL, SystemClock(), new_id)
    address = BrokerAddress("127.0.0.1", broker.port, REAL, f"{REAL}-secret")
    relay = Relay(Identity(REAL, "demo", new_id(), "1.0", store.epoch, ("pay",)), UpLanes(store), DownBox(store),
                  lambda *calls: MqttClient(address, REAL, *calls), verifier((hq.folder / "hq.pub").read_text()), SystemClock())
    fetcher = Fetcher()
    relay.fetch_with(fetcher)
    relay.start()

    def arrived():
        relay.step()
        with store.snapshot() as unit:
            prices = unit.prices.current(SystemClock().now())
            return prices is not None and len(prices.products) >= 900

    until(arrived, "the large price list is on the kiosk")
    relay.stop()
    fetcher.close()
    store.close()
