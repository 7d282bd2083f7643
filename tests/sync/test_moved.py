"""The replacement of a broken kiosk runs already when the broken one's queue is put into it: HQ gets every fact once."""

from __future__ import annotations

from kiosk.domain.events import SaleCompleted
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.moving import export_queue, import_queue
from kiosk.storage.store import Store


def sale(name):
    return SaleCompleted(name, "", "", (), 100, "EUR", {}, "cash_desk", "", False, 1)


def test_moved_facts_go_out_beside_the_kiosks_own(tmp_path, device, hq):
    old = Store.open(tmp_path / "old" / "kiosk.db", "kiosk-1", SystemClock(), new_id)
    with old.unit() as unit:
        unit.facts.record_all([sale(f"old-{n}") for n in range(250)])
    lines = []
    export_queue(old, lines.append)
    old.close()
    device.meet(hq.start())
    device.record(*(sale(f"new-{n}") for n in range(20)))
    device.until(lambda: device.waiting() == 0, "the kiosk's own have gone")
    import_queue(device.writer, b"".join(lines).splitlines(keepends=True), "q")
    device.until(lambda: device.waiting() == 0, "those of the broken one have gone too")
    names = [event.sale_id for event in hq.events(SaleCompleted)]
    assert sorted(names) == sorted({f"old-{n}" for n in range(250)} | {f"new-{n}" for n in range(20)})
    assert not hq.gaps()
