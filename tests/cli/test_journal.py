"""`kiosk journal`: what an inspector is shown, and what is named when somebody was at the files."""

from __future__ import annotations

import pytest

from kiosk import wire
from kiosk.cli import main
from kiosk.config import load, parse
from kiosk.devices.scale_calibration import write_calibrations
from kiosk.domain.calibration import Calibration
from kiosk.domain.events import SaleCompleted
from kiosk.domain.journal import SettingChanged
from kiosk.flows.closing import HeadTeller, close_due, note_configuration
from kiosk.flows.opening import open_parts
from kiosk.flows.parts import zone_of

TOML = """
[device]
id = "pay-1"
store = "Test"
roles = ["pay"]
[hq]
public_key = "unused"
[storage]
folder = "{folder}"
reserve_mb = 1
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "kiosk.toml"
    path.write_text(TOML.format(folder=tmp_path / "state"))
    parts = open_parts(load(path))
    with parts.store.unit() as unit:
        note_configuration(unit, parts.settings)
        note_configuration(unit, parts.settings)
        for n in range(3):
            sale = SaleCompleted(f"s{n}", f"R{n}", f"i{n}", (), 120, "EUR", {"200": 20}, "cash_desk", "", False, 1)
            unit.journal.append("sale", wire.encode_event(unit.facts.record(sale)))
        close_due(unit, parts.settings, zone_of(parts.settings), parts.clock.now())
        HeadTeller().tell(unit)
    parts.store.close()
    return path


def test_every_change_of_the_configuration_is_a_record_a_new_pin_too(tmp_path):
    text = TOML.format(folder=tmp_path / "state") + '[staff.pins]\nlea = "2468"\n[staff.roles]\nlea = "merchant"\n'
    parts = open_parts(parse(text))
    changes = (text, text.replace('"2468"', '"8642"'), text.replace('"merchant"', '"clerk"'), text)

    def settings_in_journal(unit):
        return [wire.decode_value(record.body, SettingChanged) for record in unit.journal.records() if record.kind == "setting"]

    for n, changed in enumerate(changes, 1):
        with parts.store.unit() as unit:
            for _twice in range(2):
                note_configuration(unit, parse(changed))
            assert [told.what for told in settings_in_journal(unit)] == ["configuration"] * n
    cells = tmp_path / "state" / "scale.json"
    for grams in (1.0, 2.0):
        write_calibrations(cells, {"A1": Calibration(0.0, grams, 500.0, 0.1, "2026-03-02")})
        with parts.store.unit() as unit:
            for _twice in range(2):
                note_configuration(unit, parse(text))
    with parts.store.unit() as unit:
        told = settings_in_journal(unit)
        assert [one.what for one in told[-3:]] == ["configuration", "calibration", "calibration"] and told[-1].value != told[-2].value
        assert not any(pin in one.value for one in told for pin in ("2468", "8642"))
        assert unit.journal.verify() is None
    parts.store.close()


def test_a_day_is_closed_exported_and_verified(config, tmp_path, capsys):
    here = ["--config", str(config)]
    assert main(["journal", "verify", *here]) == 0
    told = capsys.readouterr().out
    assert "sales: 5 records hold, head 5:" in told and "training: no records" in told
    head, key = told.split("head ")[1].split()[0], told.split("key ")[1].strip()
    assert main(["journal", "close", *here]) == 0
    assert "3 sales, 360 EUR" in capsys.readouterr().out
    assert main(["journal", "verify", *here, "--head", head]) == 0
    assert main(["journal", "verify", *here, "--head", head[:-4] + "0000"]) == 1
    assert main(["journal", "verify", *here, "--head", "99:00"]) == 1
    assert "was cut" in capsys.readouterr().out
    out = tmp_path / "day.journal"
    assert main(["journal", "export", str(out), *here]) == 0
    assert main(["journal", "verify", str(out), "--key", key]) == 0
    assert "6 records of pay-1 (sales) hold, 1 to 6" in capsys.readouterr().out
    assert main(["journal", "verify", str(out), "--head", head]) == 0
    capsys.readouterr()
    for told, why in ((head[:-4] + "0000", "record 5: is not the one that HQ was told of"), ("99:00", "record 99: is not in this file")):
        assert main(["journal", "verify", str(out), "--head", told]) == 1
        assert why in capsys.readouterr().out
    day = next(line.split('"name\\":\\"')[1][:10] for line in out.read_text().splitlines() if '"kind":"day"' in line)
    assert main(["journal", "export", str(out), "--period", day, *here]) == 0
    assert main(["journal", "export", str(out), "--period", "1999-01", *here]) == 1
    out.write_bytes(out.read_bytes().replace(b'total_minor\\":120', b'total_minor\\":100', 1))
    assert main(["journal", "verify", str(out)]) == 1
    assert "record 3: its text or its hash was changed" in capsys.readouterr().out
    assert main(["journal", "verify", str(tmp_path / "nowhere")]) == 1
