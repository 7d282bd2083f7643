"""Fill levels read from rendered shelves: the bars on shelves that nothing was tuned on, and each condition for itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kiosk.__main__ import main
from kiosk.devices.simulated.shelf_light import Conditions
from kiosk.devices.simulated.shelf_view import ShelfScene
from kiosk.errors import InvalidValueError
from kiosk.evaluation.facings import FacingTally, evaluate, reader_of
from kiosk.vision.facings import FacingReader


@pytest.mark.parametrize(("seeds", "least_found"), [
    (range(7001, 7005), 0.8),  # so few empty slots that one may be missed
    pytest.param(range(7201, 7231), 0.95, marks=pytest.mark.slow)])
def test_the_bars_on_shelves_of_unseen_seeds(seeds: range, least_found: float) -> None:
    total = FacingTally()
    for seed in seeds:
        total += evaluate(seed, 4)
    figures = total.figures()
    assert figures["fill_error_points"] <= 10
    assert figures["empty_found"] >= least_found
    assert figures["called_empty_wrongly"] <= 0.02
    assert figures["judged_of_those_in_view"] >= 0.8
    assert figures["covered_and_not_judged"] >= 0.95


@pytest.fixture(scope="module", params=(7101,))
def shelf(request: pytest.FixtureRequest) -> tuple[ShelfScene, FacingReader]:
    scene = ShelfScene(request.param)
    return scene, reader_of(scene)


LIGHTS = {"dim": Conditions(5, 0.4), "bright": Conditions(6, 1.5), "warm": Conditions(7, 1.0, 0.25),
          "from one side": Conditions(8, gradient=0.4), "shadows": Conditions(9, shadows=3)}


@pytest.mark.parametrize("name", LIGHTS)
def test_light_makes_no_goods_and_takes_none(shelf: tuple[ShelfScene, FacingReader], name: str) -> None:
    scene, reader = shelf
    full, empty = (reader.read(scene.look(pieces, LIGHTS[name]).picture) for pieces in (scene.full(), scene.empty()))
    assert np.mean([1 - s.fill for s in full if s.counts]) < 0.1
    assert np.mean([s.fill for s in empty if s.counts]) < 0.1
    assert not any(s.empty for s in full)
    assert sum(s.empty for s in empty) >= len(empty) - 1


def test_a_body_in_front_is_not_an_empty_slot(shelf: tuple[ShelfScene, FacingReader]) -> None:
    scene, reader = shelf
    covered = 0
    for seed in range(10):
        look = scene.look(scene.full(), Conditions(seed, person="body"))
        for sight in reader.read(look.picture):
            if look.hidden[sight.slot] > 0.5:
                covered += 1
                assert not sight.counts
            assert not (sight.counts and sight.empty)
    assert covered > 3


def test_half_a_shelf_is_half(shelf: tuple[ShelfScene, FacingReader]) -> None:
    scene, reader = shelf
    look = scene.look({slot: goods.capacity // 2 for slot, goods in scene.goods.items()}, Conditions(3))
    for sight in reader.read(look.picture):
        assert sight.fill == pytest.approx(look.fill[sight.slot], abs=0.3)
        assert not sight.empty


def test_references_that_tell_nothing_are_refused() -> None:
    scene = ShelfScene(7103)
    slots = {slot: (scene.corners(slot), goods.capacity) for slot, goods in scene.goods.items()}
    empty = scene.look(scene.empty(), Conditions(1)).picture
    full = scene.look(scene.full(), Conditions(2)).picture
    with pytest.raises(InvalidValueError, match="hardly differ"):
        FacingReader(empty, scene.look(scene.empty(), Conditions(2)).picture, slots)
    with pytest.raises(InvalidValueError, match="differ in size"):
        FacingReader(empty, np.ascontiguousarray(full[:240]), slots)
    with pytest.raises(InvalidValueError, match="agree nowhere"):
        FacingReader(empty, np.ascontiguousarray(np.random.default_rng(1).integers(0, 255, full.shape, np.uint8)), slots)
    with pytest.raises(InvalidValueError, match="take them again"):
        FacingReader(empty, full, slots).read(np.zeros((10, 10, 3), np.uint8))


def test_the_command_prints_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "facings", "--count", "1", "--looks", "1", "--json"]) == 0
    assert "fill_error_points" in json.loads(capsys.readouterr().out)
