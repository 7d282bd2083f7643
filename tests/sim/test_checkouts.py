"""Faulty checkouts over a real kiosk's till and a real HQ: nobody is charged twice, no sale is lost, and the screen said which."""

from __future__ import annotations

import json
import random

import pytest

from kiosk.cli import main
from kiosk.domain.receipt import token
from kiosk.hq import journals
from kiosk.hq.ledger import facts, receipts
from kiosk.sim import checkouts
from kiosk.sim.checkouts import FAULTS, NEVER, STEPS, Trial
from kiosk.sim.till import TillWorld


def test_no_fault_charges_twice_or_loses_a_sale(tmp_path):
    table = checkouts.run(150, 7, tmp_path)
    assert table.wrong == [] and table.count == 150
    assert {fault for fault, _step in table.rows} == set(FAULTS)
    struck = {step for fault, step in table.rows if fault.startswith(("power cut", "restart"))}
    assert struck >= set(STEPS), "the power went at every step"
    assert {outcome for row in table.rows.values() for outcome in row} == {"paid", "paid offline", "not paid"}


def test_a_shopper_whose_leaving_the_power_undid_has_no_more_patience_than_before(tmp_path):
    # Somebody without money gives up and the power goes in that moment: the basket comes back, and one more "no" is the last.
    world = TillWorld(tmp_path, random.Random(1))
    for _wait in range(20):
        world.step(None, 1.0)
    trial = Trial(world, random.Random(1), 0, "restart", "nowhere")
    trial._poor, trial._tries = True, 0
    verdict = trial.run()
    world.close()
    assert (verdict.outcome, verdict.wrong) == ("not paid", "")


def test_what_the_kiosk_signed_is_what_hq_shows(tmp_path):
    world = TillWorld(tmp_path, random.Random(1))
    for _wait in range(20):
        world.step(None, 1.0)
    assert Trial(world, random.Random(1), 0, "restart", "nowhere").run().outcome == "paid"
    with world.kiosk.parts.store.snapshot() as unit:
        (made,) = unit.sales.recent(1)
    with world.hq.ledger.read() as db:
        assert made.seal is not None and journals.shown(receipts.find(db, token(made))) == made
    for _wait in range(65):  # HQ is never idle here
        world.step(None, 1.0)
    with world.hq.ledger.read() as db:
        assert receipts.count_unchecked(db) == 0 and facts.alarms(db) == [], "no signature waits for more than a minute, however busy HQ is"
    world.close()


def test_one_checkout_of_a_long_run_can_be_run_anew(tmp_path, capsys):
    verdicts = {}
    checkouts.run(6, 7, tmp_path, lambda verdict: verdicts.setdefault(verdict.number, verdict))
    assert checkouts.run_again(5, 7, tmp_path) == verdicts[5]
    assert main(["storm", "checkouts", "--seed", "7", "--again", "5"]) == 0
    assert capsys.readouterr().out.startswith("checkout 5, power cut") and verdicts[5].outcome != ""


def test_the_table_has_a_row_for_each_fault_and_a_column_for_each_step(capsys):
    assert main(["storm", "checkouts", "--count", "12", "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert rows[2:] == list(FAULTS) and "0 double charges, 0 lost sales, 0 other" in lines[-1]
    assert "held" in lines[0] and len({len(line) for line in lines if line.startswith("|")}) == 1


@pytest.mark.slow
def test_ten_thousand_faulty_checkouts(capsys):
    assert main(["storm", "checkouts", "--count", "11500", "--seed", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["wrong"] == [] and told["checkouts"] == 11_500 and told["struck"] >= 10_000
    assert {row["fault"] for row in told["rows"]} == set(FAULTS) and {row["step"] for row in told["rows"]} == {*STEPS, NEVER}
