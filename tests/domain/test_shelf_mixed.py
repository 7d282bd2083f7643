"""Plates that products share: what moved is named by weight, place and a witness, or it is said to be unsure."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.domain.shelf_match import Change, Facing, Hint, LoadCell, Matcher, ShelfPlan, Sku
from kiosk.domain.shelf_mixed import Move, ShelfTracker

CELLS = tuple(LoadCell(f"P{i}", "S", 100.0 * i, 100.0) for i in range(1, 7))
PLAN = ShelfPlan((Sku("cola", 350.0, 3.0), Sku("lemon", 351.0, 3.0), Sku("chips", 120.0, 2.0), Sku("gum", 60.0, 1.0)), CELLS, (
    Facing("cola", ("P1", "P2")), Facing("lemon", ("P1", "P2")), Facing("chips", ("P3", "P4")), Facing("gum", ("P5",))))


def matched(grams: dict[str, float], *hints: Hint, carried: tuple[str, ...] = ()) -> tuple[str, int, bool]:
    verdict = Matcher(PLAN).match(Change(grams, 1.0), hints, carried)
    return verdict.product, verdict.pieces, verdict.named


def test_weight_and_place_name_a_product() -> None:
    assert matched({"P3": -50.0, "P4": -71.0}) == ("chips", -1, True)
    assert matched({"P3": -241.0}) == ("chips", -2, True)
    assert matched({"P5": 60.4}) == ("gum", 1, True)


def test_two_pieces_of_one_and_one_piece_of_another_are_told_apart_by_place() -> None:
    assert matched({"P4": -120.3}) == ("chips", -1, True)
    assert matched({"P5": -120.3})[:2] == ("gum", -2)


def test_equal_weights_on_one_place_are_a_tie_until_a_witness_speaks() -> None:
    assert not matched({"P1": -350.4})[2]
    assert matched({"P1": -350.4}, Hint(0.0, ("P1",), {"lemon": 0.97})) == ("lemon", -1, True)
    assert not matched({"P1": -350.4}, Hint(0.0, ("P1",), {"lemon": 0.4}))[2]


def test_a_witness_that_errs_does_not_beat_weight() -> None:
    assert matched({"P3": -120.0}, Hint(0.0, ("P3",), {"cola": 0.95})) == ("chips", -1, True)


def test_what_nobody_knows_is_not_named() -> None:
    assert not matched({"P5": -901.0})[2]


def test_doubt_has_a_budget() -> None:
    """However many doubtful changes come, those named stay right: the sum of doubt is bounded."""
    matcher = Matcher(PLAN)
    doubtful = Hint(0.0, ("P1",), {"lemon": 0.9})
    verdicts = [matcher.match(Change({"P1": -350.5}, 1.0), [doubtful]) for _ in range(200)]
    assert sum(1 - v.odds for v in verdicts if v.named) <= 0.008 * 220


def played(changes: list[tuple[float, dict[str, float]]], hints: tuple[Hint, ...] = (), seconds: float = 60.0) -> list[Move]:
    """Play changes of weight (second, grams by cell) at 10 Hz with 2 g of noise."""
    rng = np.random.default_rng(7)
    tracker = ShelfTracker(PLAN)
    for hint in hints:
        tracker.hint(hint)
    moves = []
    for i in range(int(seconds * 10)):
        for cell in CELLS:
            weight = 4000.0 + sum(grams.get(cell.cell, 0.0) for at, grams in changes if at <= i / 10)
            moves.extend(tracker.feed(cell.cell, i / 10, weight + rng.normal(0, 2.0)))
    return moves + list(tracker.finish())


def test_a_product_across_two_plates_is_one_move() -> None:
    moves = played([(20.0, {"P3": -80.0}), (20.4, {"P4": -40.0})])
    assert [(m.product, m.pieces, set(m.cells)) for m in moves] == [("chips", -1, {"P3", "P4"})]
    assert moves[0].time_s == pytest.approx(20.4, abs=0.5)


def test_a_hint_breaks_a_tie_in_time() -> None:
    moves = played([(20.0, {"P1": -350.0}), (40.0, {"P2": -350.0})], (Hint(19.8, ("P1", "P2"), {"cola": 0.99}),))
    assert [m.product for m in moves] == ["cola", ""]
    assert moves[1].pieces == -1


def test_goods_put_back_in_the_wrong_place_are_not_booked_there() -> None:
    moves = played([(15.0, {"P3": -120.0}), (30.0, {"P5": 120.0})])
    assert moves[0].product == "chips"
    assert moves[1].product != "gum"
