"""A shelf camera in the shelf's flow: set up with nobody in view, told to HQ, weighed against the books, and the answer to ties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from kiosk.config import Settings, parse
from kiosk.devices.simulated.shelf_camera import references
from kiosk.devices.simulated.shelf_light import Conditions
from kiosk.devices.simulated.shelf_view import BOARD_MM, ShelfScene
from kiosk.domain.catalog import Cell, Planogram, Plate
from kiosk.domain.events import FacingSeen, ReplenishmentRequested
from kiosk.domain.frame import Frame, Picture
from kiosk.errors import ConfigError, DeviceMissingError, InvalidValueError
from kiosk.flows.eyes import StillEyes
from kiosk.flows.facings import ShelfCamera, boards, reference_folder
from kiosk.flows.facings_setup import take_reference
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.shelf import ShelfFlow
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store
from kiosk.vision.facings_reference import EMPTY, FULL, load, save
from kiosk.wire import decode_batch
from tests.flows.test_shelf_plates import CHIPS, COLA, LEMON, PRICES, TOML, Weights

PLAN = Planogram(1, "shelf-1", (
    Cell("A1", COLA, 12, 3, 6, ("P1", "P2"), "A", 0.0, 292.0), Cell("A2", LEMON, 12, 3, 6, ("P1", "P2"), "A", 304.0, 292.0),
    Cell("A3", CHIPS, 10, 2, 5, ("P3",), "A", 608.0, 292.0)),
    tuple(Plate(f"P{i}", "A", 150.0 * (i - 1), 150.0) for i in (1, 2, 3)))
STOCK = {"A1": 6, "A2": 5, "A3": 8}
SCENE = ShelfScene(12, {c.slot: (c.x_mm, c.x_mm + c.width_mm, c.capacity) for c in PLAN.cells})


def settings_in(folder: Path) -> Settings:
    corners = ", ".join(str(value) for corner in SCENE.board_corners() for value in corner)
    return parse(TOML.format(folder=folder) + f"""
[facings]
kind = "file"
every_s = 1.0
[facings.boards.A]
corners = [{corners}]
length_mm = {BOARD_MM}
""")


class CountedEyes(StillEyes):
    """Eyes that know whether they were given back."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


class Bench:
    """The shelf, its weights and what its camera is shown."""

    def __init__(self, folder: Path) -> None:
        ids = count(1)
        self.clock = ManualClock(datetime(2026, 6, 1, 10, 0, tzinfo=UTC))
        self.settings = settings_in(folder)
        self.store = Store.open(folder / "kiosk.db", "shelf-1", self.clock, lambda: f"id-{next(ids)}", 1)
        self.parts = Parts(self.settings, self.store, self.clock, lambda: f"id-{next(ids)}")
        with self.store.unit() as unit:
            unit.prices.put(PRICES)
            unit.planogram.put(PLAN)
            for cell in PLAN.cells:
                unit.stock.set(cell.slot, cell.gtin, STOCK[cell.slot])
        self.eyes, self.there, self._number = CountedEyes(), dict(STOCK), count(1)
        for which, picture in zip((EMPTY, FULL), references(SCENE), strict=True):
            save(reference_folder(self.settings), which, picture)
        self.shop, self.weights = Shop(self.store, self.clock), Weights(self.clock)
        del self.weights.grams["B1"]
        self.shop.refresh()
        self.flow = ShelfFlow(self.parts, self.shop, lambda _plan: self.weights,
                              camera=ShelfCamera(self.eyes, self.settings, self.clock.monotonic))
        self.pass_s(4)

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.flow.follow(staff_owns_shelf=False)

    def look(self, times: int = 4, person: str = "") -> None:
        """Let the camera look so many times, in other light each, with time between."""
        for _ in range(times):
            n = next(self._number)
            picture = SCENE.look(self.there, Conditions(n, 0.8 + 0.1 * (n % 4), 0.02 * (n % 3), 0.1, 1, 0, person)).picture
            self.eyes.show(Frame(picture, self.clock.monotonic(), n, "shelf-camera"))
            self.pass_s(1.5)

    def told(self, kind: type) -> list[object]:
        with self.store.snapshot() as unit:
            sent = [decode_batch(f"v1/shelf-1/up/{lane}", payload)[0] for lane in ("stock", "health")
                    for _, payload in unit.outbox.batch(lane, 0, 100, 60000)]
        return [one.event for one in sent if isinstance(one.event, kind)]

    def on_hand(self, slot: str) -> int | None:
        with self.store.snapshot() as unit:
            return unit.stock.on_hand(slot)

    def tally(self, name: str) -> int:
        with self.store.snapshot() as unit:
            return unit.tallies.all().get(name, 0)

    def drawn(self) -> dict[str, tuple[str, str]]:
        return {s.slot: (s.state, s.seen) for s in self.flow.board().slots}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_fill_is_told_and_drawn(bench: Bench) -> None:
    bench.look()
    told = {one.slot: one for one in bench.told(FacingSeen) if isinstance(one, FacingSeen) and one.state == "ok"}
    for slot, pieces in STOCK.items():
        assert told[slot].fill == pytest.approx(pieces / SCENE.goods[slot].capacity, abs=0.12)
        assert told[slot].on_hand == pieces
    assert set(bench.drawn().values()) == {("ok", "ok")}


def test_a_tie_of_weight_is_settled_by_what_the_camera_sees(bench: Bench) -> None:
    bench.look()
    bench.weights.grams["P1"] -= 2 * 351.0
    bench.there["A2"] -= 2
    bench.pass_s(8)
    assert (bench.tally("unsure"), bench.on_hand("A1"), bench.on_hand("A2")) == (1, 6, 5)
    assert bench.drawn()["A2"][0] == "unsure"
    bench.look(5)
    assert (bench.on_hand("A1"), bench.on_hand("A2"), bench.tally("settled_by_camera")) == (6, 3, 1)
    assert bench.drawn()["A2"][0] != "unsure"


def test_an_arm_before_the_slots_settles_nothing_and_is_no_empty_slot(bench: Bench) -> None:
    bench.look()
    bench.weights.grams["P1"] -= 2 * 351.0
    bench.there["A2"] -= 2
    bench.pass_s(8)
    bench.look(4, person="body")
    assert bench.tally("settled_by_camera") == 0
    assert not any(isinstance(one, FacingSeen) and one.state == "empty" for one in bench.told(FacingSeen))


def test_a_slot_that_looks_empty_is_a_doubt_and_with_its_weight_in_doubt_an_order(bench: Bench) -> None:
    bench.look()
    bench.there["A1"] = 0
    bench.look()
    assert bench.drawn()["A1"] == ("unsure", "empty")
    assert (bench.on_hand("A1"), bench.tally("camera_doubts")) == (6, 1)
    assert bench.told(ReplenishmentRequested) == []
    bench.weights.grams["P2"] -= 133.0
    bench.pass_s(8)
    bench.there |= {"A1": 6, "A2": 0}
    bench.look(5)
    assert [one.slot for one in bench.told(ReplenishmentRequested) if isinstance(one, ReplenishmentRequested)] == ["A2"]


def test_a_camera_without_references_or_with_others_says_nothing(bench: Bench, tmp_path: Path) -> None:
    (reference_folder(bench.settings) / "full.png").unlink()
    camera = ShelfCamera(bench.eyes, bench.settings, bench.clock.monotonic)
    assert camera.look(PLAN) == ()
    other = replace(bench.settings, facings=replace(bench.settings.facings, width=320))
    assert ShelfCamera(bench.eyes, other, bench.clock.monotonic).look(PLAN) == ()


def test_the_camera_stays_open_until_the_shelf_closes(bench: Bench) -> None:
    with bench.store.unit() as unit:
        unit.planogram.put(replace(PLAN, version=2, cells=PLAN.cells[:2], plates=PLAN.plates[:2]))
    bench.pass_s(1)
    assert bench.eyes.closed == 0
    bench.flow.close()
    assert bench.eyes.closed == 1


def shown(pictures: list[Picture]) -> Callable[[], Frame | None]:
    """A camera that shows these, a second apart, then the last one."""
    number = count()

    def frame() -> Frame:
        n = next(number)
        return Frame(pictures[min(n, len(pictures) - 1)], float(n), n, "shelf-camera")

    return frame


def test_reference_pictures_are_kept_for_the_owner_alone_and_never_with_people(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    quiet = [SCENE.look(SCENE.empty(), Conditions(n)).picture for n in range(5)]
    path, _ = take_reference(settings, EMPTY, shown(quiet), lambda _s: None, lambda _picture: False)
    assert path.stat().st_mode & 0o777 == 0o600
    kept = load(reference_folder(settings), EMPTY)
    moving = [*quiet[:4], SCENE.look(SCENE.empty(), Conditions(9, person="arm")).picture]
    with pytest.raises(InvalidValueError, match="moves"):
        take_reference(settings, EMPTY, shown(moving), lambda _s: None, lambda _picture: False)
    with pytest.raises(InvalidValueError, match="somebody is in view"):
        take_reference(settings, EMPTY, shown(quiet), lambda _s: None, lambda _picture: True)
    assert (load(reference_folder(settings), EMPTY) == kept).all()
    with pytest.raises(DeviceMissingError, match="reference full"):
        load(reference_folder(settings), FULL)


def test_somebody_who_stands_still_before_the_second_picture_is_found(bench: Bench) -> None:
    body = [SCENE.look(SCENE.full(), Conditions(3, person="body")).picture] * 5
    with pytest.raises(InvalidValueError, match="before slot"):
        take_reference(bench.settings, FULL, shown(body), lambda _s: None, lambda _picture: False)


@pytest.mark.parametrize("board", ["corners = [1, 2, 3]\nlength_mm = 900", "corners = [0, 0, 9, 9, 9, 0, 0, 9]\nlength_mm = 900",
                                   "corners = [0, 9, 9, 9, 9, 0, 0, 0]"])
def test_a_board_that_cannot_be_is_named(tmp_path: Path, board: str) -> None:
    settings = parse(TOML.format(folder=tmp_path) + f"[facings.boards.top]\n{board}\n")
    with pytest.raises(ConfigError, match=r"facings\.boards\.top"):
        boards(settings)
