"""Power cuts at every sync and between writes, over the till's own code: what was announced is there, whole, when the power comes back."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from kiosk.errors import StorageError
from kiosk.runtime import ManualClock, new_id
from kiosk.sim.cuts import Cuts, Way, row
from kiosk.sim.powercut import PowerCut
from kiosk.storage.store import Store


def storm(folder, shoppers, way):
    try:
        cuts = Cuts(folder, way)
    except StorageError as error:
        pytest.skip(str(error))
    return cuts.run(lambda _cuts, turn: turn >= shoppers)


@pytest.mark.parametrize("torn", [False, True])
def test_power_cut_loses_nothing_that_was_announced(tmp_path, torn):
    cuts = storm(tmp_path, 20, Way(torn))
    assert cuts.cuts > 100 and cuts.announced > 60 and cuts.sales > 10 and cuts.missing == []


def test_power_cut_is_a_line_of_the_crash_table(tmp_path):
    pytest.importorskip("apsw")
    line = row(tmp_path, 16, 3)
    assert (line.kind, line.lost, line.doubled, line.wrong, line.sentences) == ("power", 0, 0, 0, ())
    assert line.count >= 16 and line.announced > 4 and len(list(tmp_path.iterdir())) == 2, "a whole disk and a torn one"


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True])
def test_power_cut_a_thousand_times_loses_nothing(tmp_path, torn):
    cuts = storm(tmp_path, 200, Way(torn, seed=6))
    assert cuts.cuts >= 1000 and cuts.missing == []


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_power_cut_shows_a_store_that_does_not_sync(tmp_path, synchronous):
    """The test can fail: without FULL, what was announced is lost."""
    cuts = storm(tmp_path, 20, Way(synchronous=synchronous))
    assert sum("is not in the outbox" in missing for missing in cuts.missing) > 10 and any("sale" in missing for missing in cuts.missing)


def test_power_cut_while_a_file_is_made_leaves_none_or_a_whole_one(tmp_path):
    images = []

    def cut(_path):
        if any((tmp_path / "durable").iterdir()):
            shutil.copytree(tmp_path / "durable", tmp_path / f"image-{len(images)}")
            images.append(tmp_path / f"image-{len(images)}" / "kiosk.db")
    try:
        disk = PowerCut(tmp_path / "durable", cut)
    except StorageError as error:
        pytest.skip(str(error))
    Store.open(tmp_path / "kiosk.db", "kiosk-1", ManualClock(), new_id, connect=disk.connect).close()
    disk.close()
    assert images
    for image in images:
        store = Store.open(image, "kiosk-1", ManualClock(), new_id)
        with store.unit() as unit:
            unit.settings.put("k", "v")
        assert not store.rebuilt
        store.close()
        assert sqlite3.connect(image).execute("PRAGMA integrity_check").fetchone() == ("ok",)
