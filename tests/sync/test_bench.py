"""Figures of the queue, printed: durable units a second beside a bare append, facts a second to HQ's word, cost of idling."""

from __future__ import annotations

import os
import sys
import time

import pytest

from kiosk.domain.events import SaleCompleted, SaleLine
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.store import Store

pytestmark = pytest.mark.slow
TEA = "4006381333931"


def sale(n):
    return SaleCompleted(f"sale-{n}", f"K1-{n:06d}", f"intent-{n}", (SaleLine(TEA, 2, 150, 0, 300, 55),), 300, "EUR", {"55": 16},
                         "wallet_face", "member-1", False, 7)


def say(capsys, text):
    with capsys.disabled():
        sys.stdout.write(f"\n  {text}\n")


def test_durable_sales_beside_a_bare_append(tmp_path, capsys, cpu_seconds):
    store = Store.open(tmp_path / "kiosk.db", "kiosk-1", SystemClock(), new_id)
    rounds, ours, bare, cpu = 10, 0.0, 0.0, 0.0
    append = os.open(tmp_path / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for start in range(0, rounds * 30, 30):  # turn about, so that a busy disk hits both
        before, used = time.perf_counter(), cpu_seconds()
        for n in range(start, start + 30):
            with store.unit() as unit:
                unit.sales.add(sale(n))
                unit.stock.move("A1", TEA, -2)
                unit.journal.append("note", b"x" * 200)
                unit.facts.record(sale(n))
        ours, cpu = ours + time.perf_counter() - before, cpu + cpu_seconds() - used
        before = time.perf_counter()
        for _ in range(30):
            os.write(append, b"x" * 700)
            os.fdatasync(append)
        bare += time.perf_counter() - before
    os.close(append)
    store.close()
    count = rounds * 30
    say(capsys, f"durable sale (sale + stock + journal + outbox): {count / ours:.0f}/s, {cpu / count * 1e6:.0f} us of CPU each; "
                f"write + fdatasync: {count / bare:.0f}/s; ratio {bare / ours:.2f}")
    assert bare / ours > 0.2


def test_from_the_outbox_to_hqs_word(device, hq, until, capsys, cpu_seconds):
    count = 20_000
    with device.writer.unit() as unit:
        for n in range(count):
            unit.facts.record(sale(n))
    hq.start()
    until(lambda: hq.client.connected, "HQ hears")
    before, used = time.perf_counter(), cpu_seconds()
    while device.waiting():
        device.step()
        assert time.perf_counter() - before < 120
    took = time.perf_counter() - before
    say(capsys, f"outbox -> broker -> HQ's word -> freed: {count / took:.0f} facts/s, {(cpu_seconds() - used) / count * 1e6:.0f} us of CPU"
                f" a fact with HQ's side in the same process; doubled {hq.doubled}")
    assert len(hq.facts) == count and not hq.gaps()
    assert count / took > 1000


def test_idle(device, hq, capsys, cpu_seconds):
    device.meet(hq.start())
    device.record(sale(1))
    device.until(lambda: device.waiting() == 0, "all is freed")
    used, steps = cpu_seconds(), 2000
    for _ in range(steps):
        device.relay.step()
    per_step = (cpu_seconds() - used) / steps
    say(capsys, f"idle step of the relay: {per_step * 1e6:.0f} us; at 50 a second {per_step * 5000:.2f} % of a core")
    assert per_step * 50 < 0.01
