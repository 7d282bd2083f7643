"""Everything that a real relay and HQ's side publish at a real broker is as deploy/asyncapi.yaml says."""

from __future__ import annotations

import json
import queue
import time

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay

WAIT_S = 20.0


def test_every_published_message_is_in_the_asyncapi_file(tmp_path, envelopes, orders, manifests, schemas):
    broker = Broker(tmp_path / "broker")
    broker.add_user("hq", "h")
    broker.add_user("kiosk-1", "k")
    broker.start()
    heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
    hq = MqttClient(BrokerAddress("127.0.0.1", broker.port, "hq", "h"), "hq", None, lambda *message: heard.put(message), lambda: None,
                    lambda: None)
    hq.subscribe("v1/#")
    hq.start()
    store = Store.open(tmp_path / "kiosk.db", "kiosk-1", SystemClock(), new_id)
    with store.unit() as unit:
        for envelope in envelopes.values():
            unit.facts.record(envelope.event)
    address = BrokerAddress("127.0.0.1", broker.port, "kiosk-1", "k")
    relay = Relay(Identity("kiosk-1", "shop", new_id(), "1.0", store.epoch, ("pay",)), UpLanes(store), DownBox(store),
                  lambda *calls: MqttClient(address, "kiosk-1", *calls), lambda _message, _signature: True, SystemClock())
    deadline = time.monotonic() + WAIT_S
    while not hq.connected:
        assert time.monotonic() < deadline, "HQ's side does not connect"
        time.sleep(0.005)
    relay.start()
    wanted = {"v1/kiosk-1/up/money", "v1/kiosk-1/up/stock", "v1/kiosk-1/up/health", "v1/kiosk-1/state", "v1/kiosk-1/ack"}
    wanted |= {f"v1/kiosk-1/down/{kind}" for kind in wire.ORDER_KINDS} | {f"v1/fleet/shop/{kind}" for kind in wire.MANIFEST_KINDS}
    for order in orders.values():
        hq.publish(wire.down_topic("kiosk-1", wire.order_kind(order.order)), wire.encode_order(order, lambda _body: b"signature"))
    for kind, manifest in manifests.items():
        hq.publish(wire.manifest_topic("shop", kind), wire.encode_manifest("shop", manifest, lambda _body: b"signature"))
    hq.publish(wire.ack_topic("kiosk-1"), wire.encode_ack([wire.Ack(store.epoch, lane, 1) for lane in Lane]))
    try:
        seen = set()
        while wanted - seen:
            assert time.monotonic() < deadline, f"never published: {wanted - seen}"
            relay.step()
            while not heard.empty():
                topic, payload = heard.get()
                schemas.check_message(topic, json.loads(payload))
                seen.add(topic)
    finally:
        relay.stop()
        hq.stop()
        store.close()
        broker.stop()
