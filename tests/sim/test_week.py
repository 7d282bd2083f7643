"""A week without HQ: 1.97 million facts wait, go in less than ten minutes, and the process that carries them does not grow."""

from __future__ import annotations

import contextlib
import os
import sys
import time

import pytest

from kiosk.domain.events import Lane
from kiosk.sim.processes import usage
from kiosk.sim.yard import Yard
from tests.bench.bench_queue import direct, fill

FACTS = int(os.environ.get("KIOSK_WEEK_FACTS", "1970000"))
"""3.25 a second for seven days; a smaller number tries the test itself."""
BYTES_A_FACT = 420
PEAK_MB = 60.0
HQ_PEAK_MB = 300.0


@pytest.mark.slow
@pytest.mark.e2e
def test_storm_of_a_week_offline_drains_with_flat_memory(tmp_path, capsys):
    yard = Yard(tmp_path / "yard", 1)
    (kiosk,) = yard.kiosks
    direct(yard)
    store = kiosk.open()
    try:
        fill(store, FACTS // 4)
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
    finally:
        with contextlib.suppress(OSError):
            store.close()
        yard.close()
    with capsys.disabled():
        sys.stdout.write(f"\n  {FACTS} facts: {size / 1e6:.0f} MB on disk ({size / FACTS:.0f} bytes each), gone in {took:.0f} s,"
                         f" money after {money_gone:.0f} s, sync process at most {peak:.1f} MB, HQ at most {hq_peak:.0f} MB\n")
    assert sales == FACTS // 4 and size / FACTS < BYTES_A_FACT and peak < PEAK_MB and hq_peak < HQ_PEAK_MB
