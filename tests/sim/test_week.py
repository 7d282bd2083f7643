"""A week without HQ: 1.97 million facts are made, what waits goes in less than ten minutes, and the sync process does not grow."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import replace
from functools import partial

import pytest

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.hq.ledger import facts
from kiosk.sim.processes import usage
from kiosk.sim.yard import Yard
from tests.bench.bench_queue import direct, mixture

FACTS = int(os.environ.get("KIOSK_WEEK_FACTS", "1970000"))
"""3.25 a second for seven days; a smaller number tries the test itself."""
GROUP = 500
BYTES_A_FACT = 520
"""On disk, with the journal's record of each sale, which stays."""
PEAK_MB = 60.0
HQ_PEAK_MB = 300.0


def produce(store, count):
    """Make facts as a kiosk does: signed sales in its journal, stock that is compacted and health that is a ring when too much waits."""
    for first in range(0, count // 4, GROUP):
        with store.unit() as unit:
            for n in range(first, min(count // 4, first + GROUP)):
                sold, *others = mixture(n)
                unit.facts.record_sealed(sold, partial(sealed, unit))
                unit.facts.record_all(others)


def sealed(unit, fact):
    return replace(fact.event, seal=unit.journal.sealed("sale", wire.encode_event(fact)))


@pytest.mark.slow
@pytest.mark.e2e
def test_storm_of_a_week_offline_drains_with_flat_memory(tmp_path, capsys):
    yard = Yard(tmp_path / "yard", 1)
    (kiosk,) = yard.kiosks
    direct(yard)
    store = kiosk.open()
    try:
        produce(store, FACTS)
        with store.snapshot() as unit:
            waited = unit.outbox.waiting()
        store._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = kiosk.database.stat().st_size
        began = time.monotonic()
        yard.open(selling=False)
        money_gone = peak = hq_peak = 0.0
        while True:
            with store.snapshot() as unit:
                waiting = unit.outbox.waiting()
            if not money_gone and not waiting[Lane.MONEY]:
                money_gone = time.monotonic() - began
            peak = max(peak, (usage("sync", kiosk.sync.pid) or usage("self", os.getpid())).peak_mb if kiosk.sync.pid else 0.0)
            hq_peak = max(hq_peak, yard.hq.measure().peak_mb)
            if not any(waiting.values()):
                break
            assert time.monotonic() - began < 1800, waiting
            yard.mend_services()
            time.sleep(0.2)
        took = time.monotonic() - began
        with yard.ledger.read() as db:
            sales = db.execute("SELECT count(*) FROM sales").fetchone()[0]
            gaps, numbers = facts.gaps(db), sum(facts.marks(db, kiosk.name, store.epoch).values())
    finally:
        with contextlib.suppress(OSError):
            store.close()
        yard.close()
    with capsys.disabled():
        sys.stdout.write(f"\n  {FACTS} facts, of which {sum(waited.values())} wait: {size / 1e6:.0f} MB with their journal,"
                         f" gone in {took:.0f} s, money after {money_gone:.0f} s; sync at most {peak:.1f} MB, HQ {hq_peak:.0f} MB\n")
    assert waited[Lane.MONEY] >= FACTS // 4 == sales and not gaps and numbers >= FACTS, "what was dropped is told as skipped"
    assert size / FACTS < BYTES_A_FACT and peak < PEAK_MB and hq_peak < HQ_PEAK_MB
