"""A shelf whose products share plates, on a real database: named or said to be unsure, and put right by staff or at night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from kiosk.config import parse
from kiosk.devices.scale import Sample
from kiosk.domain.catalog import Cell, Planogram, Plate, PriceList, Product
from kiosk.domain.events import StockChanged
from kiosk.domain.money import Money
from kiosk.domain.shelf_match import Hint
from kiosk.domain.units import Grams
from kiosk.flows.health import states
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.printing import Press
from kiosk.flows.shelf import ShelfFlow
from kiosk.flows.staff import Site, StaffFlow
from kiosk.flows.staff_desk import StaffDoor
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store
from kiosk.wire import decode_batch

COLA, LEMON, CHIPS, GUM = "9520000000011", "9520000000028", "9520000000035", "9520000000042"
WEIGHTS = {COLA: 350.0, LEMON: 351.0, CHIPS: 120.0, GUM: 60.0}
PRICES = PriceList(1, datetime(2026, 1, 1, tzinfo=UTC), "EUR", tuple(
    Product(code, {"en": name}, Money(100, "EUR"), 55, WEIGHTS[code]) for code, name in ((COLA, "Cola"), (LEMON, "Lemon"), (CHIPS, "Chips"),
                                                                                      (GUM, "Gum"))))
PLAN = Planogram(1, "shelf-1", (
    Cell("A1", COLA, 12, 3, 6, ("P1", "P2")), Cell("A2", LEMON, 12, 3, 6, ("P1", "P2")), Cell("A3", CHIPS, 10, 2, 5, ("P3",)),
    Cell("B1", GUM, 20, 4, 5)),
    tuple(Plate(f"P{i}", "A", 150.0 * (i - 1), 150.0) for i in (1, 2, 3)))
TOML = """
[device]
id = "shelf-1"
store = "Test"
roles = ["stock"]
language = "en"
timezone = "Europe/Paris"
[hq]
public_key = "unused"
[storage]
folder = "{folder}"
[staff.pins]
lea = "2468"
"""
STOCK = {"A1": 6, "A2": 5, "A3": 8, "B1": 10}


class Weights:
    """Load cells whose weight a test sets, ten times a second."""

    def __init__(self, clock: ManualClock) -> None:
        self.grams = {"P1": 2000.0, "P2": 6 * 350.0 + 5 * 351.0 - 2000.0, "P3": 8 * 120.0, "B1": 10 * 60.0}
        self._clock, self._rng = clock, np.random.default_rng(3)

    def read(self) -> list[Sample]:
        self._clock.move(0.1)
        return [Sample(c, self._clock.monotonic(), Grams(g + self._rng.normal(0, 1.0))) for c, g in self.grams.items()]

    def close(self) -> None:
        pass


class Bench:
    """The shelf, its books and its plates."""

    def __init__(self, folder: Path, at: datetime) -> None:
        ids = count(1)
        self.clock = ManualClock(at)
        self.store = Store.open(folder / "kiosk.db", "shelf-1", self.clock, lambda: f"id-{next(ids)}", 1)
        self.parts = Parts(parse(TOML.format(folder=folder)), self.store, self.clock, lambda: f"id-{next(ids)}")
        with self.store.unit() as unit:
            unit.prices.put(PRICES)
            unit.planogram.put(PLAN)
            for cell in PLAN.cells:
                unit.stock.set(cell.slot, cell.gtin, STOCK[cell.slot])
        self.shop, self.weights, self.seen = Shop(self.store, self.clock), Weights(self.clock), list[Hint]()
        self.shop.refresh()
        self.flow = ShelfFlow(self.parts, self.shop, lambda _plan: self.weights, self._witness)
        self.pass_s(4)

    def _witness(self, _planogram: Planogram) -> list[Hint]:
        seen, self.seen = self.seen, []
        return seen

    def pass_s(self, seconds: float, staff: bool = False) -> None:
        for _ in range(round(seconds * 10)):
            self.flow.follow(staff)

    def move(self, **grams: float) -> None:
        """Change the weight of plates, and wait until the shelf has made up its mind."""
        for cell, change in grams.items():
            self.weights.grams[cell] += change
        self.pass_s(8)

    @property
    def on_hand(self) -> dict[str, int]:
        with self.store.snapshot() as unit:
            return {s.slot: s.on_hand for s in unit.stock.all()}

    def tally(self, name: str) -> int:
        with self.store.snapshot() as unit:
            return unit.tallies.all().get(name, 0)

    def told(self) -> list[StockChanged]:
        with self.store.snapshot() as unit:
            sent = [decode_batch("v1/shelf-1/up/stock", payload)[0] for _, payload in unit.outbox.batch("stock", 0, 100, 60000)]
        return [one.event for one in sent if isinstance(one.event, StockChanged)]

    def unsure_slots(self) -> set[str]:
        return {s.slot for s in self.flow.board().slots if s.state == "unsure"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, datetime(2026, 6, 1, 10, 0, tzinfo=UTC))
    yield made
    made.store.close()


def test_what_moves_on_a_plate_is_booked_on_its_slot_with_confidence(bench: Bench) -> None:
    bench.move(P3=-240.0)
    bench.move(B1=-60.0)
    assert bench.on_hand == STOCK | {"A3": 6, "B1": 9}
    first, second = bench.told()
    assert (first.slot, first.gtin, first.delta, first.on_hand, first.reason) == ("A3", CHIPS, -2, 6, "pick")
    assert 0.9 < first.confidence <= 1.0
    assert second.slot == "B1"
    assert bench.tally("unsure") == 0


def test_a_tie_is_said_counted_and_shown_until_staff_has_counted(bench: Bench) -> None:
    bench.move(P1=-200.0, P2=-150.0)
    assert bench.on_hand == STOCK
    assert bench.tally("unsure") == 1
    assert bench.unsure_slots() == {"A1", "A2"}
    assert bench.flow.board().alerts == ("unsure",)
    with bench.store.snapshot() as unit:
        assert states(unit)["shelf"] == "unsure"
    visit = StaffFlow(Site(bench.parts, bench.shop, "en", Press(bench.parts, bench.shop)), StaffDoor(bench.parts), "lea")
    visit.tick(["count"])
    bench.pass_s(2, staff=True)
    visit.tick(["slot:A1", "minus", "ok", "back"])
    bench.pass_s(4)
    assert bench.on_hand == STOCK | {"A1": 5}
    assert bench.unsure_slots() == set()
    assert bench.flow.board().alerts == ()
    with bench.store.snapshot() as unit:
        assert states(unit)["shelf"] == "ok"
    assert [(e.reason, e.delta, e.biz_step) for e in bench.told()] == [("count", -1, "stock_taking")]


def test_a_witness_breaks_a_tie(bench: Bench) -> None:
    bench.seen.append(Hint(bench.clock.monotonic() + 0.5, ("P1", "P2"), {LEMON: 0.99}))
    bench.move(P1=-200.0, P2=-151.0)
    assert bench.on_hand == STOCK | {"A2": 4}


def test_a_tag_that_leaves_is_a_pick_where_weight_tells_nothing_and_only_there(bench: Bench) -> None:
    feather = Product("9520000000059", {"en": "Feather"}, Money(100, "EUR"), 55, 0.0)
    with bench.store.unit() as unit:
        unit.prices.put(replace(PRICES, version=2, products=(*PRICES.products, feather)))
        unit.planogram.put(replace(PLAN, version=2, cells=(*PLAN.cells, Cell("C1", feather.gtin, 9, 2, 3))))
        unit.stock.set("C1", feather.gtin, 5)
    bench.shop.refresh()
    bench.pass_s(4)
    bench.seen = [Hint(bench.clock.monotonic(), ("C1", "P1"), {feather.gtin: 0.6, COLA: 0.3}, {feather.gtin: -2, COLA: -1})]
    bench.pass_s(8)
    assert (bench.on_hand["C1"], bench.on_hand["A1"]) == (3, 6)
    bench.seen = [Hint(bench.clock.monotonic(), (), {}, {feather.gtin: 1})]
    bench.pass_s(1)
    assert bench.on_hand["C1"] == 4
    assert [(one.slot, one.reason) for one in bench.told()] == [("C1", "pick"), ("C1", "put_back")]


def test_goods_put_down_elsewhere_stay_in_the_books_of_their_slot_and_staff_is_asked(bench: Bench) -> None:
    bench.move(P3=-120.0)
    assert bench.on_hand["A3"] == 7
    bench.move(P1=120.0)
    assert bench.on_hand == STOCK
    assert bench.tally("astray") == 1
    assert bench.unsure_slots() == {"A1", "A2"}


def test_a_planogram_that_changes_is_followed(bench: Bench) -> None:
    with bench.store.unit() as unit:
        unit.planogram.put(Planogram(2, "shelf-1", (*PLAN.cells[:2], Cell("A3", GUM, 10, 2, 5, ("P3",)), *PLAN.cells[3:]), PLAN.plates))
    bench.pass_s(4)
    bench.move(P3=-60.0)
    assert bench.told()[-1].gtin == GUM


def night(folder: Path, **grams: float) -> Bench:
    """A shelf at one in the morning, Paris time; something changed while nobody weighed: the books do not know."""
    made = Bench(folder, datetime(2026, 6, 1, 23, 0, tzinfo=UTC))
    for cell, change in grams.items():
        made.weights.grams[cell] += change
    made.flow.close()
    made.flow = ShelfFlow(made.parts, made.shop, lambda _plan: made.weights)
    made.pass_s(30)
    assert made.tally("recounts") == 0
    made.clock.move(3 * 3600)
    made.pass_s(60)
    return made


def test_a_quiet_night_with_right_books_changes_nothing(tmp_path: Path) -> None:
    bench = night(tmp_path)
    assert (bench.tally("recounts"), bench.on_hand, bench.told()) == (1, STOCK, [])
    bench.pass_s(60)
    assert bench.tally("recounts") == 1
    bench.store.close()


def test_the_night_finds_what_went_unseen(tmp_path: Path) -> None:
    bench = night(tmp_path, P3=-240.0, B1=60.0)
    assert bench.on_hand == STOCK | {"A3": 6, "B1": 11}
    assert {(e.slot, e.reason, e.delta, e.on_hand) for e in bench.told()} == {("A3", "recount", -2, 6), ("B1", "recount", 1, 11)}
    bench.store.close()


def test_the_night_does_not_guess_between_equals(tmp_path: Path) -> None:
    bench = night(tmp_path, P1=-351.0)
    assert bench.on_hand == STOCK
    assert bench.unsure_slots() == {"A1", "A2"}
    bench.store.close()


def test_a_shelf_that_is_busy_at_night_is_counted_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path, datetime(2026, 6, 1, 1, 30, tzinfo=UTC))
    for _ in range(10):
        bench.move(B1=-60.0)
        bench.move(B1=60.0)
    assert bench.tally("recounts") == 0
    bench.pass_s(30)
    assert (bench.tally("recounts"), bench.on_hand) == (1, STOCK)
    bench.store.close()
