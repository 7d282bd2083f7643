"""Storms over real processes: whatever is killed or cut, HQ ends up with exactly what the kiosks recorded."""

from __future__ import annotations

import json

import pytest

from kiosk.sim.plot import storm_plot
from kiosk.sim.storm import KINDS, MIXED, Storm
from kiosk.sim.verdict import judge
from kiosk.sim.yard import Yard

ALONE = [kind for kind in KINDS if kind != MIXED]


@pytest.fixture
def yard(tmp_path):
    made = []

    def open_yard(kiosks):
        made.append(Yard(tmp_path / "yard", kiosks))
        made[-1].open()
        return made[-1]
    yield open_yard
    for one in made:
        one.close()


def told(rows):
    return [(row.kind, row.lost, row.doubled, row.wrong, row.sentences) for row in rows]


@pytest.mark.e2e
def test_sigkill_and_cuts_in_any_order_fifty_times(yard):
    storm = Storm(yard(3), seed=7)
    rows = storm.run([MIXED], 50, lambda *_: None)
    assert told(rows) == [(MIXED, 0, 0, 0, ())]
    assert rows[0].sales > 20 and len(storm.trace.blows) == 50
    picture = storm_plot(storm.trace)
    assert picture.count("<polyline") == 2 and picture.startswith("<svg")


@pytest.mark.e2e
def test_storm_verdict_sees_what_is_lost_doubled_and_wrong(yard):
    """The judge itself: HQ's books and a kiosk's record are falsified, and it says so."""
    place = yard(1)
    kiosk = place.kiosks[0]
    storm = Storm(place, seed=1)
    storm.run(["network"], 2, lambda *_: None)
    assert judge(place).clean
    with kiosk.record.open("ab") as record:
        record.write(json.dumps(["no-epoch", ["money", 1, "x", "sale-x"]]).encode() + b"\n")
    with place.ledger.write() as db:
        db.execute("UPDATE stock SET on_hand = on_hand + 1")
        sale = db.execute("SELECT sale_id FROM sales").fetchone()[0]
        db.execute("DELETE FROM sale_lines WHERE sale_id = ?", (sale,))
        db.execute("DELETE FROM sales WHERE sale_id = ?", (sale,))
    verdict = judge(place)
    assert any("no-epoch" in s for s in verdict.lost) and any(sale in s for s in verdict.lost)
    assert any("slot" in s for s in verdict.wrong) and any("add up" in s for s in verdict.wrong)



@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.parametrize("kind", ALONE)
def test_sigkill_storm_of_one_kind(yard, kind):
    """150 blows of each of seven kinds: 1,050 in all."""
    rows = Storm(yard(3), seed=11).run([kind], 150, lambda *_: None)
    assert told(rows) == [(kind, 0, 0, 0, ())]
