"""What the tests of this room share: a real broker, a store with its relay, and a stand-in for HQ that dedups and looks for gaps."""

from __future__ import annotations

import os
import queue
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import wire
from kiosk.domain.events import Skipped
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay

WAIT_S = 30.0


def wait_until(holds, what, step=lambda: time.sleep(0.002), wait_s=WAIT_S):
    deadline = time.monotonic() + wait_s
    while not holds():
        assert time.monotonic() < deadline, f"waited {wait_s} s in vain until {what}"
        step()


class StandInHq:
    """Keeps each fact once by its key, knows what is missing, and says what it holds. `silent` holds back its word."""

    def __init__(self, port, version=5):
        self.key = Ed25519PrivateKey.generate()
        self.facts, self.skips, self.order, self.unreadable = {}, [], [], []
        self.marks, self.doubled, self.session, self.silent = {}, 0, new_id(), False
        self.births = queue.Queue()
        address = BrokerAddress("127.0.0.1", port, "hq", "h", version)
        will = wire.encode_state(wire.DeviceState(False, self.session, "1", "", ()))
        self.client = MqttClient(address, "hq", ("v1/hq/state", will), self._heard, self._born, lambda: None)
        self.client.subscribe("v1/+/up/+")
        self.client.subscribe("v1/+/state")

    def start(self):
        self.client.start()
        return self

    def _born(self):
        self.client.publish("v1/hq/state", wire.encode_state(wire.DeviceState(True, self.session, "1", "", ())), retain=True)

    def _heard(self, topic, payload):
        if topic.endswith("/state"):
            if topic != "v1/hq/state":
                self.births.put(wire.decode_state(payload))
            return
        device = topic.split("/")[1]
        touched = set()
        for fact in wire.decode_batch(topic, payload):
            if isinstance(fact, wire.Unreadable):
                self.unreadable.append(fact)
                continue
            self._take(fact)
            touched.add((fact.device, fact.epoch, fact.lane))
        if not self.silent:
            acks = [wire.Ack(epoch, lane, self._mark((device, epoch, lane))) for _, epoch, lane in touched]
            self.client.publish(wire.ack_topic(device), wire.encode_ack(acks))

    def _take(self, fact):
        key = (fact.device, fact.epoch, fact.lane, fact.seq)
        if key in self.facts:
            assert self.facts[key].id == fact.id, "the same key with another id"
            self.doubled += 1
            return
        self.facts[key] = fact
        self.order.append(fact)
        if isinstance(fact.event, Skipped):
            self.skips.append((fact.device, fact.epoch, fact.lane, fact.event.first, fact.event.last))

    def _mark(self, stream):
        mark, moved = self.marks.get(stream, 0), True
        while moved:
            moved = False
            if (*stream, mark + 1) in self.facts:
                mark, moved = mark + 1, True
            for *skipped, first, last in self.skips:
                if tuple(skipped) == stream and first <= mark + 1 <= last:
                    mark, moved = last, True
        self.marks[stream] = mark
        return mark

    def events(self, kind):
        return [fact.event for fact in self.order if isinstance(fact.event, kind)]

    def gaps(self):
        """Numbers below the highest of each stream that are neither here nor covered."""
        streams = {key[:3] for key in self.facts}
        return {s for s in streams if self._mark(s) < max(k[3] for k in self.facts if k[:3] == s)}

    def send(self, device, order, box="box-1", seq=1, ident=None, sign=None):
        message = wire.OrderMessage(ident or new_id(), device, box, seq, 0, order)
        self.client.publish(wire.down_topic(device, wire.order_kind(order)), wire.encode_order(message, sign or self.key.sign))

    def publish(self, manifest, group="shop"):
        topic = wire.manifest_topic(group, wire.manifest_kind(manifest))
        self.client.publish(topic, wire.encode_manifest(group, manifest, self.key.sign), retain=True)


class Device:
    """A device's store and its relay, stepped by the test."""

    def __init__(self, folder, port, verify, name="kiosk-1", version=5):
        self.store = Store.open(folder / f"{name}.db", name, SystemClock(), new_id)
        self.writer = Store.open(folder / f"{name}.db", name, SystemClock(), new_id)
        address = BrokerAddress("127.0.0.1", port, name, "k", version)
        who = Identity(name, "shop", new_id(), "1.0", self.store.epoch, ("pay", "stock"))
        self.relay = Relay(who, UpLanes(self.store), DownBox(self.store), lambda *calls: MqttClient(address, name, *calls), verify,
                           SystemClock())
        self.relay.start()

    def record(self, *events):
        with self.writer.unit() as unit:
            return [unit.facts.record(event) for event in events]

    def meet(self, hq):
        """Step until HQ has said to this device that it is there."""
        self.until(lambda: hq.client.connected and self.relay.hq_online, "HQ is there")

    def step(self):
        if not self.relay.step():
            time.sleep(0.002)

    def until(self, holds, what, wait_s=WAIT_S):
        wait_until(holds, what, self.step, wait_s)

    def intent(self, intent_id):
        with self.writer.snapshot() as unit:
            return unit.intents.get(intent_id)

    def commands(self):
        with self.writer.snapshot() as unit:
            return unit.device_orders.queued()

    def waiting(self):
        with self.writer.snapshot() as unit:
            return sum(unit.outbox.waiting().values())

    def close(self):
        self.relay.stop()
        self.store.close()
        self.writer.close()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker")
    broker.add_user("hq", "h")
    broker.add_user("kiosk-1", "k")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def hq(broker):
    hq = StandInHq(broker.port)
    yield hq
    hq.client.stop()


@pytest.fixture
def verify(hq):
    def verify(message, signature):
        return hq.key.sign(message) == signature  # Ed25519 is deterministic (RFC 8032)
    return verify


@pytest.fixture
def device(tmp_path, broker, verify):
    device = Device(tmp_path, broker.port, verify)
    yield device
    device.close()


@pytest.fixture
def make_device(tmp_path, broker, verify):
    made = []

    def make(**more):
        made.append(Device(tmp_path, broker.port, verify, **more))
        return made[-1]
    yield make
    for device in made:
        device.close()


@pytest.fixture
def until():
    return wait_until


@pytest.fixture
def cpu_seconds():
    def used():
        times = os.times()
        return times.user + times.system
    return used
