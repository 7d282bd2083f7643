"""The MQTT client against a real mosquitto: comes back, hears its filters again, says False while offline, and the rules of access hold."""

from __future__ import annotations

import queue
import time

import pytest

from kiosk.sim.broker import Broker
from kiosk.sync.mqtt import IN_FLIGHT, BrokerAddress, MqttClient

WAIT_S = 10.0


def until(holds, what):
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {WAIT_S} s in vain until {what}"
        time.sleep(0.005)


class Ear:
    """A client that keeps what it hears."""

    def __init__(self, broker, name, password, version=5, will=None):
        self.heard = queue.Queue()
        self.events = queue.Queue()
        self.client = MqttClient(BrokerAddress("127.0.0.1", broker.port, name, password, version), name, will,
                                 lambda topic, payload: self.heard.put((topic, payload)),
                                 lambda: self.events.put("connected"), lambda: self.events.put("lost"))


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker")
    broker.add_user("hq", "h")
    broker.add_user("kiosk-1", "k")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ears():
    ears = []
    yield ears
    for ear in ears:
        ear.client.stop()


def ear(ears, *args, filters=(), **more):
    made = Ear(*args, **more)
    ears.append(made)
    for topic_filter in filters:
        made.client.subscribe(topic_filter)
    made.client.start()
    assert made.events.get(timeout=WAIT_S) == "connected"
    return made


@pytest.mark.parametrize("version", [5, 3])
def test_comes_back_and_hears_again_after_the_broker_was_killed(broker, ears, version):
    hq = ear(ears, broker, "hq", "h", version, filters=["v1/+/up/#"])
    kiosk = ear(ears, broker, "kiosk-1", "k", version)
    assert kiosk.client.publish("v1/kiosk-1/up/money", b"one")
    assert hq.heard.get(timeout=WAIT_S) == ("v1/kiosk-1/up/money", b"one")
    broker.kill()
    assert kiosk.events.get(timeout=WAIT_S) == "lost"
    assert not kiosk.client.publish("v1/kiosk-1/up/money", b"offline")
    broker.start()
    assert kiosk.events.get(timeout=WAIT_S) == "connected"
    until(lambda: hq.client.connected, "HQ is back")
    assert kiosk.client.publish("v1/kiosk-1/up/money", b"two")
    assert hq.heard.get(timeout=WAIT_S) == ("v1/kiosk-1/up/money", b"two")


def test_an_unconfirmed_message_of_a_lost_connection_is_not_sent_again_by_the_library(broker, ears):
    kiosk = ear(ears, broker, "kiosk-1", "k")
    until(lambda: kiosk.client.in_flight == 0, "nothing is in flight")
    broker.kill()
    kiosk.client.publish("v1/kiosk-1/up/money", b"into the void")
    assert kiosk.events.get(timeout=WAIT_S) == "lost"
    broker.start()
    hq = ear(ears, broker, "hq", "h", filters=["v1/+/up/#"])
    until(lambda: kiosk.client.connected, "the kiosk is back")
    assert kiosk.client.in_flight == 0
    assert kiosk.client.publish("v1/kiosk-1/up/money", b"fresh")
    assert hq.heard.get(timeout=WAIT_S) == ("v1/kiosk-1/up/money", b"fresh")


def test_a_device_cannot_speak_for_another_nor_hear_its_orders(broker, ears):
    broker.add_user("kiosk-2", "k2")
    hq = ear(ears, broker, "hq", "h", filters=["v1/#"])
    thief = ear(ears, broker, "kiosk-2", "k2", filters=["v1/kiosk-1/#", "v1/fleet/#"])
    thief.client.publish("v1/kiosk-1/up/money", b"stolen")
    thief.client.publish("v1/fleet/all/pricelist", b"stolen")
    thief.client.publish("v1/kiosk-2/up/money", b"own")
    assert hq.heard.get(timeout=WAIT_S) == ("v1/kiosk-2/up/money", b"own")
    hq.client.publish("v1/kiosk-1/down/payment", b"secret")
    hq.client.publish("v1/fleet/all/pricelist", b"for all", retain=True)
    assert thief.heard.get(timeout=WAIT_S) == ("v1/fleet/all/pricelist", b"for all")


def test_the_will_is_spoken_when_a_device_is_thrown_out_and_not_when_it_leaves(broker, ears):
    hq = ear(ears, broker, "hq", "h", filters=["v1/+/state"])
    first = ear(ears, broker, "kiosk-1", "k", will=("v1/kiosk-1/state", b"dead"))
    first.client.publish("v1/kiosk-1/state", b"born", retain=True)
    assert hq.heard.get(timeout=WAIT_S)[1] == b"born"
    first.client.stop()
    second = ear(ears, broker, "kiosk-1", "k", will=("v1/kiosk-1/state", b"dead again"))
    ear(ears, broker, "kiosk-1", "k")
    assert hq.heard.get(timeout=WAIT_S)[1] == b"dead again"
    second.client.stop()


def test_what_is_unconfirmed_is_bounded(broker, ears):
    kiosk = ear(ears, broker, "kiosk-1", "k")
    sent = sum(kiosk.client.publish("v1/kiosk-1/up/health", b"x" * 1000) for _ in range(IN_FLIGHT * 20))
    assert sent >= IN_FLIGHT
    assert kiosk.client.in_flight <= IN_FLIGHT
    until(lambda: kiosk.client.in_flight == 0, "all are confirmed")


def test_a_wrong_password_is_no_end(broker, ears):
    late = Ear(broker, "kiosk-3", "right")
    ears.append(late)
    late.client.start()
    broker.add_user("kiosk-3", "right")
    assert late.events.get(timeout=WAIT_S) == "connected"
