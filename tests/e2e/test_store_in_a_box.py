"""The whole product at once: real broker, HQ, world and kiosks, with everything that chaos knows happening to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kiosk.hq import certificates
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import stamp
from kiosk.hq.trust.authority import Purpose, Subject
from kiosk.hq.trust.folder import ACL_FILE, CA_FILE, Authority, write_file
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from tests.e2e.leaks import found_in, leaks

pytestmark = pytest.mark.e2e


def descendants(pid: int) -> set[int]:
    """The living processes below a process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def words_of(pid: int) -> list[bytes]:
    """What a process was started with; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def listening(pids: set[int]) -> set[str]:
    """Addresses on which processes listen for TCP, as hexadecimal of /proc/net."""
    inodes = set()
    for pid in pids:
        try:
            links = [str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
    addresses = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.add(fields[1].rpartition(":")[0])
    return addresses


class Ear:
    """Hears everything at the store's broker: a name of its own whose certificate HQ's authority issues, and which the rules let read.

    HQ puts new rules in the place of the old ones whenever somebody is let in or out; so the ear looks whether it is still in them. It adds
    to the file that is there and writes none anew: rules that came in between would be lost, and with them whoever they let in.
    """

    def __init__(self, store: int, folder: Path, heard: list[tuple[str, bytes]]) -> None:
        self._store, self._authority, self._closing = store, Authority(folder / "hq"), threading.Event()
        words = next(w for pid in descendants(store) if b"--broker" in (w := words_of(pid)))
        port = int(words[words.index(b"--broker") + 1].rpartition(b":")[2])
        ledger = Ledger(folder / "hq" / "hq.db")
        with ledger.write() as db:
            subject, now = Subject("ear", Purpose.DEVICE), stamp(SystemClock().now(), new_id)
            made, key = certificates.issue(db, self._authority, subject, now, "test")
        ledger.close()
        file = folder / "ear.pem"
        write_file(file, key + made.chain, 0o600)
        address = BrokerAddress("127.0.0.1", port, ca=str(self._authority.broker / CA_FILE), certificate=str(file))
        self._client = MqttClient(address, "ear", None, lambda *message: heard.append(message), lambda: None, lambda: None)
        self._client.subscribe("#")
        self._thread = threading.Thread(target=self._stay_allowed)
        self._thread.start()
        self._client.start()

    def _stay_allowed(self) -> None:
        rules = self._authority.broker / ACL_FILE
        while not self._closing.wait(0.2):
            if "user ear" not in rules.read_text():
                with rules.open("a") as file:
                    file.write("\nuser ear\ntopic read #\n")
                for pid in descendants(self._store):
                    if words_of(pid)[:1] and b"mosquitto" in words_of(pid)[0]:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGHUP)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._client.stop()


def test_a_store_survives_the_loss_of_broker_hq_and_a_card(tmp_path: Path) -> None:
    report_file, folder = tmp_path / "report.json", tmp_path / "store"
    command = [sys.executable, "-m", "kiosk", "demo", "--headless", "--seconds", "50", "--report", str(report_file),
               "--folder", str(folder), *(word for kind in ("reflash", "broker", "hq") for word in ("--chaos", kind))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout
    assert output is not None
    said: list[str] = []
    for line in output:
        said.append(line)
        if line.startswith("Open."):
            break
    family = descendants(process.pid)
    heard = list[tuple[str, bytes]]()
    ear = Ear(process.pid, folder, heard)
    heard_on = listening(family)
    said += output.readlines()
    code = process.wait(180)
    ear.close()
    text = "".join(said)
    assert code == 0, text
    made = json.loads(report_file.read_text())
    assert made["differences"] == [], text
    assert (made["gaps"], made["duplicates"]) == (0, 0)
    assert made["kiosk_sales"] == made["hq_sales"] >= 3, made
    assert made["kiosk_total_minor"] == made["hq_total_minor"] > 0
    assert made["kiosks"]["pay-1"]["epochs"] == 2
    assert made["offline_sales"] == made["offline_posted_once"] >= 1, "nothing was sold while HQ was silent"
    assert made["recognised"] >= 1
    assert made["erasures"]["asked"] == made["erasures"]["gone_everywhere"], "an erased member is still known somewhere"
    assert set(made["evening"]["days"]) == {"pay-1", "mirror-1"}, "staff did not close the day"
    assert made["codes_paid"] >= 1 and made["refunds"] >= 1 and sum(made["services_minor"].values()) >= 0
    assert made["picks"] >= 2
    assert heard_on == {"0100007F"}, "something listens elsewhere than on 127.0.0.1"
    assert len(family) >= 9
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in family):
        time.sleep(0.05)
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assets = [path for path in shop.GOODS.rglob("*") if path.is_file()]
    # What the shelf's camera is set up with: a shelf, full and empty, taken while nobody stands there.
    assets += [folder / "shelf-1" / "state" / "facings" / f"{what}.png" for what in ("full", "empty")]
    assert leaks(folder, assets) == {}, "a picture or an embedding was left behind in a state folder or a log"
    assert len(heard) > 100, "the broker was not listened to"
    assert [topic for topic, payload in heard if found_in(payload)] == [], "a picture or an embedding went over the wire"
