"""A kiosk whose card fills up while HQ is away: it sells down to the reserve and no further, and goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time

import pytest

from kiosk.errors import StorageFullError
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.verdict import judge
from kiosk.sim.yard import Yard
from kiosk.storage.store import Store

CARD_MB, RESERVE_MB, WAIT_S = 8, 1, 90.0


@pytest.fixture
def card(tmp_path):
    """A yard of one kiosk whose database lies on a card of its own, 8 MB small."""
    yard = Yard(tmp_path / "yard", 1, sales_per_s=150.0)
    folder = yard.kiosks[0].database.parent
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CARD_MB}m", "tmpfs", folder], check=False, capture_output=True)
    if mounted.returncode:
        yard.close()
        pytest.skip("mounting a small file system takes root, and a machine that lets it")
    yield yard, folder
    yard.close()
    subprocess.run(["umount", "-l", folder], check=True)


def free(folder):
    return shutil.disk_usage(folder).free


def until(holds, what):
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {WAIT_S:.0f} s in vain until {what}"
        time.sleep(0.05)


def sales_have_stopped(kiosk):
    """Whether a till is refused by now."""
    with contextlib.closing(Store.open(kiosk.database, kiosk.name, SystemClock(), new_id, RESERVE_MB)) as store:
        try:
            with store.unit():
                return False
        except StorageFullError as error:
            return "kept back" in str(error)


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_storm_of_a_card_that_fills_stops_sales_at_the_reserve_and_loses_nothing(card):
    yard, folder = card
    (kiosk,) = yard.kiosks
    yard.open()
    until(lambda: kiosk.count() > 3, "it sells")
    kiosk.line.cut()
    (folder / "filler").write_bytes(bytes(max(0, free(folder) - (RESERVE_MB << 20) - (300 << 10))))
    until(lambda: sales_have_stopped(kiosk), "sales stop")
    sold = kiosk.count()
    assert free(folder) > (RESERVE_MB << 20) // 2, "the reserve is there for what frees rows"
    (folder / "filler").unlink()
    until(lambda: kiosk.count() > sold + 5, "sales go on by themselves")
    yard.mend()
    yard.drain()
    verdict = judge(yard)
    assert verdict.clean, (verdict.lost, verdict.doubled, verdict.wrong)
