"""Faulty checkouts over a real kiosk's till and a real HQ: nobody is charged twice, no sale is lost, and the screen said which."""

from __future__ import annotations

import json

import pytest

from kiosk.cli import main
from kiosk.sim import checkouts
from kiosk.sim.checkouts import FAULTS, NEVER, STEPS


def test_no_fault_charges_twice_or_loses_a_sale(tmp_path):
    table = checkouts.run(150, 7, tmp_path)
    assert table.wrong == [] and table.count == 150
    assert {fault for fault, _step in table.rows} == set(FAULTS)
    struck = {step for fault, step in table.rows if fault.startswith(("power cut", "restart"))}
    assert struck >= set(STEPS), "the power went at every step"
    assert {outcome for row in table.rows.values() for outcome in row} == {"paid", "paid offline", "not paid"}


@pytest.mark.slow
def test_ten_thousand_faulty_checkouts(capsys):
    assert main(["storm", "checkouts", "--count", "10000", "--seed", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["wrong"] == [] and told["checkouts"] == 10_000 and told["struck"] > 9_000
    assert all(row["step"] == NEVER or row["fault"] in FAULTS for row in told["rows"])
