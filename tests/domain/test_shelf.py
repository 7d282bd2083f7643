"""Picks and put-backs out of noisy weight, without a threshold per cell."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.domain.catalog import Cell
from kiosk.domain.reorder import order_quantity
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


def fed(weights: list[float], unit_g: float, noise_g: float, rate_hz: float = 10.0) -> tuple[list[Step], CellTracker]:
    """Feed true weights, one a sample, with noise."""
    rng = np.random.default_rng(5)
    tracker = CellTracker("A1", unit_g)
    return [step for i, w in enumerate(weights) for step in tracker.feed(i / rate_hz, w + rng.normal(0, noise_g))], tracker


@pytest.mark.parametrize("rate_hz", [4.0, 10.0, 80.0])
def test_samples_may_come_at_any_rate(rate_hz: float) -> None:
    second = int(rate_hz)
    steps, _ = fed([600.0] * 10 * second + [540.0] * 8 * second + [660.0] * 8 * second, 60.0, 5.0 * (rate_hz / 10) ** 0.5, rate_hz)
    assert [step.pieces for step in steps] == [-1, 2]


def test_fast_picks_are_counted_each_and_the_first_two_seconds_are_one() -> None:
    steps, _ = fed([600.0] * 100 + [540.0] * 25 + [480.0] * 12 + [420.0] * 60, 60.0, 5.0)
    assert [step.pieces for step in steps] == [-1, -2]
    assert [step.time_s for step in steps] == pytest.approx([10.0, 13.7], abs=0.6)


def test_a_trace_that_starts_mid_action_counts_from_its_first_plateau() -> None:
    steps, _ = fed([700.0, 900.0, 650.0, 580.0, 610.0] + [540.0] * 60 + [480.0] * 60, 60.0, 5.0)
    assert [step.pieces for step in steps] == [-1]


def test_a_hand_leans_and_takes() -> None:
    rng = np.random.default_rng(3)
    leaning = list(1000.0 + rng.uniform(200, 900, 80))
    steps, _ = fed([1000.0] * 100 + leaning + [900.0] * 60, 100.0, 3.0)
    assert [step.pieces for step in steps] == [-1]


def test_a_touch_is_nothing() -> None:
    steps, _ = fed([600.0] * 100 + [660.0] * 12 + [600.0] * 60, 60.0, 5.0)
    assert steps == []


def test_a_foreign_thing_is_unsure_and_the_count_survives_it() -> None:
    steps, tracker = fed([600.0] * 100 + [627.0] * 100, 60.0, 2.0)
    assert [(step.unsure, step.pieces) for step in steps] == [(True, 0)]
    assert tracker.unsure
    rng = np.random.default_rng(6)
    later = [step for i in range(100) for step in tracker.feed(20 + i / 10, 540.0 + rng.normal(0, 2.0))]
    assert [step.pieces for step in later] == [-1]
    assert not tracker.unsure


def test_samples_that_are_no_numbers_are_passed_over() -> None:
    weights = [600.0] * 100 + [540.0] * 60
    weights[30], weights[31], weights[110] = float("nan"), float("inf"), float("nan")
    assert [step.pieces for step in fed(weights, 60.0, 3.0)[0]] == [-1]


def test_noise_is_learned_from_the_cell() -> None:
    _, tracker = fed([600.0] * 600, 60.0, 7.0)
    assert tracker.noise_g == pytest.approx(7.0, rel=0.2)


def test_confidence_falls_where_the_number_could_be_another() -> None:
    sure, doubtful = fed([600.0] * 100 + [540.0] * 60, 60.0, 3.0)[0][0], fed([600.0] * 100 + [580.0 - 60] * 100, 60.0, 3.0)[0]
    assert sure.confidence > 0.99
    assert [step.pieces for step in doubtful] == [-1]
    assert doubtful[0].confidence < 0.5


def test_a_hand_that_passes_over_a_pick_does_not_make_it_later() -> None:
    rng = np.random.default_rng(4)
    steps, _ = fed([600.0] * 200 + [540.0] * 15 + list(540.0 + rng.uniform(60, 300, 45)) + [540.0] * 80, 60.0, 4.0)
    assert [(step.pieces, step.time_s) for step in steps] == [(-1, pytest.approx(20.0, abs=0.6))]


@pytest.mark.parametrize("begins", [0.0, 1.6, 3.1])
def test_a_hand_that_leans_with_a_piece_s_weight_sways_and_is_no_put_back_even_in_noise(begins: float) -> None:
    leaning = [600.0 + 66.0 * (1 + 0.3 * np.sin(2 * np.pi * 0.4 * i / 10 + begins)) for i in range(60)]
    steps, _ = fed([600.0] * 200 + leaning + [600.0] * 100, 60.0, 10.0)
    assert steps == []
