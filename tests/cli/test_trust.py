"""From an empty HQ to a device that obeys it, by the commands that people type: real broker, real HQ, real sync process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.hq.ledger import facts
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.trust import SigningKey
from kiosk.hq.trust.folder import CA_FILE, Authority
from kiosk.sim.broker import Broker
from kiosk.sim.processes import Child, free_port

WAIT_S = 60.0
HOST = "127.0.0.1"
TOML = """
[device]
id = "till-1"
store = "store-1"
roles = ["pay"]
[storage]
folder = "{folder}/state"
[broker]
host = "127.0.0.1"
port = {port}
identity = "{folder}/identity"
[hq]
public_key = "{key}"
"""


class Town:
    """An HQ's folder, its broker, and what `kiosk hq` says about them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.hq, self._capsys = folder, folder / "hq", capsys
        self.children: list[Child] = []
        self.broker: Broker | None = None

    def says(self, *words: str, code: int = 0) -> str:
        """Run a command, and return what it printed."""
        self._capsys.readouterr()
        assert main(list(words)) == code, self._capsys.readouterr()
        out, err = self._capsys.readouterr()
        return out + err

    def ca(self, *words: str, code: int = 0) -> str:
        return self.says("hq", "ca", "--folder", str(self.hq), *words, code=code)

    def start(self, name: str, *words: str) -> Child:
        child = Child(name, words, self.folder, {"SDL_VIDEODRIVER": "dummy"})
        self.children.append(child)
        child.start()
        return child

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline, f"waited {WAIT_S:.0f} s in vain until {what}"
            if self.broker is not None:
                self.broker.apply_trust()
            time.sleep(0.1)

    def online(self) -> bool:
        ledger = Ledger(self.hq / "hq.db")
        try:
            with ledger.read() as db:
                row = db.execute("SELECT online FROM devices WHERE id = 'till-1'").fetchone()
                return bool(row and row["online"])
        finally:
            ledger.close()

    def alarms(self) -> set[str]:
        ledger = Ledger(self.hq / "hq.db")
        try:
            with ledger.read() as db:
                return {str(row["kind"]) for row in facts.alarms(db)}
        finally:
            ledger.close()


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Town]:
    made = Town(tmp_path, capsys)
    yield made
    for child in reversed(made.children):
        child.stop()
    if made.broker is not None:
        made.broker.stop()


def open_town(town: Town) -> Broker:
    """Make the authority and what is issued first, and start broker and HQ."""
    assert "carry it away" in town.ca("init", "--root", str(town.folder / "stick"))
    town.ca("issue", "--server", HOST, "localhost")
    town.ca("issue", "--hq", "--out", str(town.folder / "hq.pem"))
    town.ca("issue", "--claim", "--out", str(town.folder / "claim.pem"))
    broker = town.broker = Broker(town.folder / "broker", trust=Authority(town.hq).broker)
    broker.start()
    town.start("hq", "hq", "serve", "--folder", str(town.hq), "--broker", f"{HOST}:{broker.port}", "--port", str(free_port()),
               "--broker-ca", str(Authority(town.hq).broker / CA_FILE), "--broker-certificate", str(town.folder / "hq.pem"))
    config = town.folder / "kiosk.toml"
    config.write_text(TOML.format(folder=town.folder, port=broker.port, key=SigningKey(town.hq).public))
    config.chmod(0o600)
    return broker


def test_a_device_is_admitted_obeys_and_is_let_in_no_more(town: Town) -> None:
    open_town(town)
    config = str(town.folder / "kiosk.toml")
    (code,) = town.ca("codes", "1").split()
    asked = threading.Thread(target=main, args=(["provision", "--config", config, "--claim", str(town.folder / "claim.pem"), "--code", code,
                                                 "--wait", str(WAIT_S)],))
    asked.start()
    town.until(lambda: "store store-1, key" in town.ca("claims"), "HQ lists who waits for approval")
    assert "has its certificate when it asks again" in town.ca("approve", "till-1")
    asked.join(WAIT_S)
    assert not asked.is_alive() and "nothing to do" in town.says("provision", "--config", config)
    assert (town.folder / "identity").stat().st_mode & 0o077 == 0
    town.start("sync", "run", "sync", "--config", config)
    town.until(town.online, "the device reports to HQ")

    told = town.says("hq", "command", "--folder", str(town.hq), "till-1", "doctor", "--wait", str(WAIT_S))
    assert told.startswith("till-1: done") and "broker" in told
    assert town.says("hq", "command", "--folder", str(town.hq), "till-1", "lock", "--wait", str(WAIT_S)).startswith("till-1: done")
    picture = town.says("hq", "command", "--folder", str(town.hq), "till-1", "screenshot", "--wait", "1", code=1)
    assert "no answer within 1 s" in picture, "there is no screen here"
    listed = town.says("hq", "command", "--folder", str(town.hq), "till-1").splitlines()
    assert [line.split()[2] for line in listed] == ["screenshot", "lock", "doctor"] and all("command line" in line for line in listed)

    assert "1 certificate(s) revoked" in town.ca("revoke", "till-1")
    assert "REVOKED" in town.ca("status") and not town.online()
    town.until(lambda: "refuses a message of till-1: Not authorized" in town.children[-1].log.read_text(), "the broker has let it go")
    refused = town.says("hq", "command", "--folder", str(town.hq), "till-1", "doctor", "--wait", "1", code=1)
    assert "no answer within 1 s" in refused and not town.online()


def test_both_keys_are_changed_by_hand(town: Town) -> None:
    assert "no certificate authority" in town.ca("status", code=1)
    stick, new = town.folder / "stick", town.folder / "new stick"
    os.environ["KIOSK_ROOT_PASSPHRASE"] = "correct horse"
    try:
        town.ca("init", "--root", str(stick))
        town.ca("issue", "--hq", "--out", str(town.folder / "hq.pem"))
        before = town.ca("status")
        assert "A new key issues" in town.ca("rotate", "issuing", "--root", str(stick))
        assert town.ca("status").count("\nissuing ") == 2
        assert "--new-root FOLDER" in town.ca("rotate", "root", "--root", str(stick), code=1)
        assert "Both roots are believed" in town.ca("rotate", "root", "--root", str(stick), "--new-root", str(new))
        assert town.ca("status").count("root   ") == 2
        os.environ["KIOSK_ROOT_PASSPHRASE"] = "wrong"
        assert "passphrase" in town.ca("rotate", "issuing", "--root", str(new), code=1)
    finally:
        del os.environ["KIOSK_ROOT_PASSPHRASE"]
    assert before.splitlines()[0] in town.ca("status")
    assert "--out FILE" in town.ca("issue", "--claim", code=1)
