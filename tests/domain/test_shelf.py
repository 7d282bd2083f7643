"""Picks and put-backs out of noisy weight, without a threshold per cell."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.domain.catalog import Cell
from kiosk.domain.replenishment import order_quantity
from kiosk.domain.shelf import CellTracker, Step


def follow(true_pieces: list[int], unit_g: float, noise_g: float, seed: int = 1, drift_g_per_s: float = 0.0) -> list[Step]:
    """Feed 10 Hz samples of a cell whose true number of pieces is given per sample."""
    rng = np.random.default_rng(seed)
    tracker = CellTracker("A1", unit_g)
    samples = ((i / 10, pieces * unit_g + drift_g_per_s * i / 10 + rng.normal(0, noise_g)) for i, pieces in enumerate(true_pieces))
    return [step for t, g in samples for step in tracker.feed(t, g)]


@pytest.mark.parametrize(("unit_g", "noise_g"), [(30.0, 2.0), (60.0, 5.0), (150.0, 10.0), (500.0, 2.0)])
def test_picks_and_put_backs_are_counted(unit_g: float, noise_g: float) -> None:
    steps = follow([10] * 60 + [9] * 60 + [6] * 60 + [7] * 60, unit_g, noise_g)
    assert [step.pieces for step in steps] == [-1, -3, 1]
    assert all(step.confidence > 0.4 for step in steps)


def test_quiet_drift_is_no_pick() -> None:
    assert follow([10] * 6000, 60.0, 2.0, drift_g_per_s=0.2) == []


def test_a_hand_that_leans_on_the_shelf_is_no_put_back() -> None:
    rng = np.random.default_rng(2)
    tracker = CellTracker("A1", 100.0)
    weights = [1000.0] * 60 + list(1000.0 + rng.uniform(200, 2500, 25)) + [1000.0] * 60
    assert [s for i, w in enumerate(weights) for s in tracker.feed(i / 10, w + rng.normal(0, 2))] == []


def test_after_staff_refilled_nothing_is_taken_for_a_put_back() -> None:
    tracker = CellTracker("A1", 100.0)
    for i in range(40):
        tracker.feed(i / 10, 200.0)
    tracker.rebase()
    assert [s for i in range(40) for s in tracker.feed(4 + i / 10, 900.0)] == []


CELL = Cell("A1", "4006381333931", capacity=24, reorder_point=6, case_pack=6)


@pytest.mark.parametrize(("on_hand", "on_order", "expected"), [
    (7, 0, 0), (6, 0, 18), (5, 0, 18), (0, 0, 24), (3, 12, 0), (0, 6, 18), (6, 1, 0)])
def test_orders_fill_the_slot_in_whole_cases(on_hand: int, on_order: int, expected: int) -> None:
    assert order_quantity(CELL, on_hand, on_order) == expected


def test_an_order_never_exceeds_what_fits() -> None:
    for on_hand in range(25):
        for on_order in range(25 - on_hand):
            assert on_hand + on_order + order_quantity(CELL, on_hand, on_order) <= CELL.capacity
