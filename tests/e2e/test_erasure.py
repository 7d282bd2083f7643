"""The store in a box lets a member erase the own face by phone, and refuses the picture of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.sim.demo import Options, StoreInABox

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_who_erases_by_phone_is_gone_from_every_kiosk_within_a_minute(tmp_path: Path) -> None:
    store = StoreInABox(Options(seconds=90.0, folder=tmp_path / "store"), lambda _text: None)
    try:
        store.open()
        store.run(lambda: False)
    finally:
        made = store.close()
    assert made is not None and made["differences"] == [], made
    erasures = made["erasures"]
    assert erasures["asked"] == erasures["gone_everywhere"] == erasures["told_by_all"] == 1, erasures
    assert 0 < erasures["gone_s"] <= erasures["told_s"] < 60
    assert made["spoofs"]["tried"] == made["spoofs"]["refused"] >= 1 and made["spoofs"]["paid"] == 0
