"""`kiosk queue` and `kiosk doctor`, as a technician calls them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kiosk.cli import main
from kiosk.config import IN_FORCE
from kiosk.domain.events import SaleCompleted
from kiosk.runtime import FlooredClock, SystemClock, new_id
from kiosk.storage.store import Store

CONFIG = """
[device]
id = "kiosk-1"
store = "S"
roles = ["stock"]
[storage]
folder = "{folder}"
reserve_mb = {reserve}
[broker]
port = 1
tls = false
[hq]
public_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
[display]
kind = "offscreen"
"""


@pytest.fixture
def kiosk(tmp_path):
    def make(name, sales=0, reserve=1):
        folder = tmp_path / name
        folder.mkdir()
        config = folder / "kiosk.toml"
        config.write_text(CONFIG.format(folder=folder, reserve=reserve))
        store = Store.open(folder / "kiosk.db", "kiosk-1", SystemClock(), new_id)
        with store.unit() as unit:
            for n in range(sales):
                unit.facts.record(SaleCompleted(f"{name}-{n}", "", "", (), 100, "EUR", {}, "cash_desk", "", False, 1))
        store.close()
        return str(config), folder
    return make


def test_status_export_import_retry(kiosk, tmp_path, capsys):
    old, _ = kiosk("old", sales=7)
    new, _ = kiosk("new")
    assert main(["queue", "status", "--config", old]) == 0
    said = capsys.readouterr().out
    assert "money           7" in said and "systemctl start kiosk@sync" in said
    file = str(tmp_path / "queue.jsonl")
    assert main(["queue", "export", "--config", old, file]) == 0
    assert main(["queue", "export", "--config", old, file]) == 1, "nothing is written over"
    assert main(["queue", "import", "--config", new, file]) == 0
    assert "7 fact(s) taken over" in capsys.readouterr().out
    assert main(["queue", "status", "--json", "--config", new]) == 0
    lanes = json.loads(capsys.readouterr().out)["lanes"]
    assert [lane["waiting"] for lane in lanes if lane["lane"] == "money"] == [7, 0]
    assert main(["queue", "retry", "--config", new]) == 0


def test_doctor_says_what_is_wrong_and_what_to_do(kiosk, capsys):
    config, folder = kiosk("a", sales=1, reserve=100_000)
    damaged = folder / "kiosk.db"
    damaged.write_bytes(damaged.read_bytes()[:4096] + b"\xff" * 8192)
    assert main(["doctor", "--json", "--config", config]) == 1
    found = {finding["part"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert not found["disk"]["well"] and "sales have stopped" in found["disk"]["said"]
    assert not found["database"]["well"] and not found["broker"]["well"]
    assert found["configuration"]["well"] and found["clock"]["well"]
    assert all(finding["step"] for finding in found.values() if not finding["well"])
    assert not list(folder.glob("*.damaged*")), "looking changes nothing"
    assert main(["doctor", "--config", config]) == 1
    assert "!!  broker" in capsys.readouterr().out


def test_doctor_tells_ages_by_the_clock_that_the_facts_were_stamped_by(kiosk, capsys):
    config, folder = kiosk("a")
    system = SystemClock()
    shown = system.now() + timedelta(days=10)  # the machine's clock is ten days behind what it must be by now

    def at(moment):
        return json.dumps({"boot": system.boot_id, "base": moment.timestamp(), "at": system.monotonic(), "last": moment.timestamp()})

    (folder / "clock.json").write_text(at(shown))
    store = Store.open(folder / "kiosk.db", "kiosk-1", FlooredClock(system, folder / "clock.json", (), lambda: False), new_id)
    with store.unit() as unit:
        unit.facts.record(SaleCompleted("s1", "K1-1", "i1", (), 0, "EUR", {}, "wallet_face", "m", False, 1))
    store.close()
    (folder / "clock.json").write_text(at(shown + timedelta(hours=2)))
    main(["doctor", "--json", "--config", config])
    found = {finding["part"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert not found["queue"]["well"] and "1 fact(s) wait, the oldest for 72" in found["queue"]["said"]


@pytest.mark.parametrize(("words", "said"), [
    (["queue", "export"], "No such file or directory: look at the path"), (["queue", "import"], "No such file or directory"),
    (["doctor", "--bundle"], "No such file or directory: look at the path"),
])
def test_a_file_that_cannot_be_is_named_with_what_to_do(kiosk, tmp_path, capsys, words, said):
    config, _ = kiosk("a")
    nowhere = str(tmp_path / "nowhere" / "file")
    assert main([*words, nowhere, "--config", config]) == 1
    assert capsys.readouterr().err.startswith(f"kiosk {words[0]}: {nowhere}: {said}")


@pytest.mark.parametrize("words", [["doctor"], ["queue", "status"], ["members", "list"], ["journal", "verify"], ["provision"]])
def test_a_command_goes_by_what_is_in_force_and_not_by_the_card(capsys, words):
    assert not IN_FORCE.exists(), "this is a kiosk"
    assert main(words) == 2
    assert capsys.readouterr().err == ("/etc/kiosk/kiosk.toml: 1 mistake(s)\n"
                                       "  is not there: this machine took over no card; --config names another file\n")
