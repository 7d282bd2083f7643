"""The sync process, the broker and HQ are killed in turns: every sale that was announced is at HQ once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from kiosk.domain.events import SaleCompleted

CHILD = """
import sys
from pathlib import Path
from kiosk.domain.events import SaleCompleted
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay
path, port, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
store = Store.open(path, "kiosk-1", SystemClock(), new_id)
address = BrokerAddress("127.0.0.1", port, "kiosk-1", "k")
relay = Relay(Identity("kiosk-1", "shop", new_id(), "1.0", store.epoch, ("pay",)), UpLanes(store), DownBox(store),
              lambda *calls: MqttClient(address, "kiosk-1", *calls), lambda message, signature: True, SystemClock())
relay.start()
n = 0
while True:
    with store.unit() as unit:
        sale = SaleCompleted(f"{name}-{n}", unit.sales.next_receipt("K"), "", (), 100, "EUR", {}, "cash_desk", "", False, 1)
        unit.sales.add(sale)
        unit.facts.record(sale)
    print(sale.sale_id, flush=True)
    n += 1
    for _ in range(3):
        relay.step()
"""


def test_sigkill_in_turns_and_every_announced_sale_is_at_hq_once(tmp_path, broker, hq, make_device):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    rng, announced = random.Random(11), []
    hq.start()
    for attempt in range(4):
        command = [sys.executable, "-c", CHILD, str(tmp_path / "kiosk-1.db"), str(broker.port), f"w{attempt}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            for line in range(rng.randrange(30, 120)):
                announced.append(child.stdout.readline().strip())
                if line == 20 and attempt % 2:
                    broker.kill()
                    broker.start()
            child.send_signal(signal.SIGKILL)
            announced.extend(line.strip() for line in child.stdout if line.endswith("\n"))
    device = make_device()
    device.until(lambda: device.waiting() == 0, "what the killed ones left is freed")
    arrived = [e.sale_id for e in hq.events(SaleCompleted)]
    assert set(announced) <= set(arrived) and len(arrived) == len(set(arrived))
    with device.writer.snapshot() as unit:
        assert {sale.sale_id for sale in unit.sales.recent(10**6)} == set(arrived)
    assert len({e.receipt for e in hq.events(SaleCompleted)}) == len(arrived) and not hq.gaps()
