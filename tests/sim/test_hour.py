"""The shelf of the store in a box as a trace that can be judged, and an hour of it for the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk.devices.display import Presented
from kiosk.devices.scale import Sample
from kiosk.devices.scale_record import Recorder
from kiosk.devices.scale_trace import read_trace
from kiosk.devices.simulated.setup import ShelfCell, WorldSetup
from kiosk.devices.simulated.world import World
from kiosk.domain.shelf_match import Facing, LoadCell, ShelfPlan, Sku
from kiosk.domain.units import Grams
from kiosk.evaluation.shelf import evaluate, our_shelf
from kiosk.evaluation.shelf_replay import replay
from kiosk.evaluation.shelf_score import score
from kiosk.runtime import SystemClock
from kiosk.sim.hour import actions, note_truth, shop_hour

CELLS = (ShelfCell("A1", "9520000000011", 180.0, 12, 12), ShelfCell("A2", "9520000000042", 105.0, 12, 12))
BEGAN_S = 5000.0


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Three minutes of the world's shelf, as the shelf's process records them."""
    world = World(WorldSetup(7, "", "", "", "", "shelf-1", CELLS, (), (), "2468", pace=0.5), None)
    plan = ShelfPlan(tuple(Sku(c.gtin, c.unit_weight_g, 0.02 * c.unit_weight_g) for c in CELLS),
                     tuple(LoadCell(c.slot, c.slot, 0.0, 100.0) for c in CELLS), tuple(Facing(c.gtin, (c.slot,)) for c in CELLS))
    recorder = Recorder(tmp_path / "raw", plan, SystemClock().now)
    for n in range(1800):
        t = n / 10
        recorder.write([Sample(cell, BEGAN_S + t, Grams(g)) for cell, g in world.weights("shelf-1", t).items()])
    recorder.close()
    return tmp_path / "raw", world.truth() | {"began_s": BEGAN_S}


def test_a_recording_of_the_store_in_a_box_is_judged_by_what_really_happened(recording: tuple[Path, dict[str, Any]]) -> None:
    raw, truth = recording
    (piece,) = note_truth(raw, actions(truth))
    trace = read_trace(piece)
    assert 0 <= len(truth["moved"]) - len(trace.truth) <= 1  # the last hand may have come when the recording ended
    figures = evaluate(piece)["shelf"].figures()
    assert figures["true_actions"] > 10
    assert figures["f1"] > 0.9
    assert figures["net_error_per_hour"] == 0


def test_an_hour_of_shop_life_is_there_to_play_and_replays_by_seed() -> None:
    hour = shop_hour(CELLS, 901)
    assert hour.hours == pytest.approx(1.0, abs=0.001)
    assert np.array_equal(hour.grams, shop_hour(CELLS, 901).grams)
    found = our_shelf(hour)
    assert score(hour, found).figures()["net_error_per_hour"] == 0
    played = replay(hour, found)
    kinds = [pair["kind"] for pair in played["pairs"]]
    assert kinds.count("right") > 0.9 * len(kinds) > 30


def test_nobody_takes_anything_before_the_shelf_watches() -> None:
    world = World(WorldSetup(7, "", "", "", "", "shelf-1", CELLS, (), (), "2468", pace=2.0, shelf_waits=True), None)
    world.weights("shelf-1", 60.0)
    assert world.truth()["moved"] == []
    world.presented("shelf-1", Presented("shelf.board", {}), 60.0)
    world.weights("shelf-1", 64.9)
    assert world.truth()["moved"] == []
    world.weights("shelf-1", 90.0)
    assert world.truth()["moved"] != []
