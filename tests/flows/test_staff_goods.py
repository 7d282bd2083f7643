"""The owner's own orders and goods that come: approved, scanned, counted, told."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from kiosk.config import parse
from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.events import Lane, OrderReason, ReplenishmentRequested
from kiosk.domain.gtin import check_digit
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.flows.opening import remember
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.printing import Press
from kiosk.flows.staff import Site, StaffFlow
from kiosk.flows.staff_desk import StaffDoor
from kiosk.flows.staff_receiving import Held
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store
from tests.flows.conftest import PRICES, TEA, TOML, WATER, screen

CASE = "1" + WATER[:12] + check_digit("1" + WATER[:12])


class Counter:
    """A device without a camera, and what a hand-held scanner reads there."""

    def __init__(self, folder: Path, approval: str) -> None:
        settings = parse(TOML.format(folder=folder) + f'[replenishment]\napproval = "{approval}"\n')
        numbers = count(1)
        self.clock = ManualClock()
        self.store = Store.open(folder / "kiosk.db", "pay-1", self.clock, lambda: f"id-{next(numbers):06d}", 1)
        remember(self.store, settings)
        self.parts = Parts(settings, self.store, self.clock, lambda: f"n-{next(numbers):06d}")
        self.read: list[str] = []
        with self.store.unit() as unit:
            unit.prices.put(PRICES)
            unit.planogram.put(Planogram(1, "pay-1", (Cell("P1", WATER, 24, 4, 6), Cell("P2", TEA, 24, 4, 6))))
            for slot, gtin in (("P1", WATER), ("P2", TEA)):
                unit.stock.set(slot, gtin, 3)
                why = OrderReason(9.5, 3, 14, 3, packs=2, case_pack=6)
                unit.requests.open(ReplenishmentRequested(f"r-{slot}", slot, gtin, 12, 3, 4, why))

    def staff(self, who: str = "lea") -> StaffFlow:
        shop = Shop(self.store, self.clock)
        shop.refresh()
        return StaffFlow(Site(self.parts, shop, "en", Press(self.parts, shop), None, self.scan), StaffDoor(self.parts), who)

    def scan(self) -> list[str]:
        read, self.read = self.read, []
        return read

    def stock(self, slot: str) -> tuple[int, int]:
        with self.store.snapshot() as unit:
            return next((s.on_hand, s.on_order) for s in unit.stock.all() if s.slot == slot)


def test_the_owner_approves_changes_and_rejects_lines_without_any_hq(tmp_path: Path) -> None:
    here = Counter(tmp_path, "local")
    flow = here.staff()
    view = flow.tick(["order"])
    assert screen(view) == "staff.orders" and [(line.slot, line.pieces) for line in view.lines] == [("P1", 12), ("P2", 12)]
    assert view.lines[0].reason.startswith("9.5 expected in 3 days, 14 are enough · 3 on the shelf")
    view = flow.tick(["line:P1", "plus"])
    assert view.lines[0].pieces == 18
    assert flow.tick(["plus"]).lines[0].pieces == 18, "a fourth pack does not fit on the shelf"
    flow.tick(["approve"])
    assert screen(flow.tick(["line:P2", "reject"])) == "staff.menu"
    assert (here.stock("P1"), here.stock("P2")) == ((3, 18), (3, 0))
    with here.store.snapshot() as unit:
        assert unit.requests.waiting() == [] and unit.journal.verify() is None
        assert unit.outbox.waiting()[Lane.STOCK] == 0


def test_order_all_takes_the_proposal_as_it_is(tmp_path: Path) -> None:
    here = Counter(tmp_path, "local")
    assert screen(here.staff().tick(["order", "all"])) == "staff.menu"
    assert (here.stock("P1"), here.stock("P2")) == ((3, 12), (3, 12))


def test_where_hq_approves_or_a_clerk_stands_there_are_no_orders(tmp_path: Path) -> None:
    for folder, approval, who in ((tmp_path / "a", "hq", "lea"), (tmp_path / "b", "local", "nina")):
        folder.mkdir()
        assert "order" not in Counter(folder, approval).staff(who).tick([]).acts


def test_a_delivery_is_scanned_its_differences_told_and_the_shelf_knows(tmp_path: Path) -> None:
    here = Counter(tmp_path, "hq")
    with here.store.unit() as unit:
        for slot in ("P1", "P2"):
            unit.requests.answer(ReplenishmentAnswered(f"r-{slot}", "approved", 12))
    flow = here.staff("nina")
    assert screen(flow.tick(["receive"])) == "staff.receiving"
    assert flow.owns_shelf
    here.read = [CASE, *[WATER] * 5, "4006381333931", "no code at all"]
    view = flow.tick([])
    assert [(line.slot, line.expected, line.received) for line in view.lines] == [("P1", 12, 11), ("P2", 12, 0)]
    assert view.wrong == "no code at all"
    assert view.digit == ""
    here.read = ["4006381333932"]
    view = flow.tick([])
    assert (view.wrong, view.digit) == ("4006381333932", "1")
    here.read = [WATER]
    assert flow.tick(["minus"]).lines[0].received == 11
    view = flow.tick(["ok"])
    assert view.lines == (("P1 · Water", "11 of 12 (−1)"),)
    assert (here.stock("P1"), here.stock("P2")) == ((14, 0), (3, 12)), "what was not scanned at all is still on its way"
    with here.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.STOCK] == 2
        assert unit.tallies.all()["deliveries_differing"] == 1
        assert unit.journal.verify() is None


def test_a_delivery_that_takes_long_to_scan_is_not_lost_while_it_is_scanned(tmp_path: Path) -> None:
    here = Counter(tmp_path, "hq")
    with here.store.unit() as unit:
        unit.requests.answer(ReplenishmentAnswered("r-P1", "approved", 12))
    flow = here.staff("nina")
    flow.tick(["receive"])
    for _ in range(4):
        here.clock.move(40.0)
        here.read = [WATER]
        view = flow.tick([])
    assert screen(view) == "staff.receiving" and view.lines[0].received == 4
    here.clock.move(61.0)
    here.read = ["4006381333931"]
    assert flow.tick([]) is None, "what counts nothing keeps no staff mode open"


@pytest.mark.parametrize(("looks", "counted"), [([["a"], ["a"], ["a"]], 1), ([["a"], [], ["a"]], 1), ([["a"], ["b"], []], 2)])
def test_a_code_held_before_a_camera_counts_once(looks: list[list[str]], counted: int) -> None:
    clock = ManualClock()
    held = Held(lambda: looks.pop(0), clock.monotonic)
    assert sum(len(held()) for _ in range(3)) == counted
    clock.move(2.0)
    looks.append(["a"])
    assert held() == ["a"]
