"""The rules of the match, traces in files, and the bars on lanes of seeds that nothing was tuned on."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.__main__ import main
from kiosk.devices.scale_trace import Action, Trace, read_trace, write_trace
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.devices.simulated.traces_store import StoreScenario, plan_of, read_labels, read_plates, store
from kiosk.errors import InvalidValueError
from kiosk.evaluation.shelf import evaluate, our_shelf
from kiosk.evaluation.shelf_peers import moving_deviation
from kiosk.evaluation.shelf_score import Detected, Tally, match, merge, score


def action(time_s: float, pieces: int, cell: str = "A1") -> Action:
    return Action(time_s, (cell,), "tea", pieces)


def seen(time_s: float, pieces: int, cell: str = "A1", product: str = "tea") -> Detected:
    return Detected(time_s, (cell,), product, pieces)


def scored(truth: list[Action], found: list[Detected]) -> dict[str, float]:
    base = lane(LaneScenario(60.0, 5.0, 1, hours=0.01))
    return score(replace(base, truth=tuple(truth)), found).figures()


def test_actions_under_two_seconds_are_one_and_may_cancel_out() -> None:
    assert [(a.time_s, a.pieces) for a in merge([action(10, -1), action(11.9, -2), action(13.9, 1)])] == [(11.9, -3), (13.9, 1)]
    assert merge([action(10, -1), action(11, 1)]) == []
    assert len(merge([action(10, -1), action(11, -1, "A2")])) == 2


def test_a_match_is_one_to_one_in_the_cell_within_four_seconds_with_the_sign() -> None:
    truth = [action(10, -1), action(30, -1)]
    assert match(truth, [seen(13.9, -2)]) == {0: 0}
    assert match(truth, [seen(14.1, -1), seen(10, 1), seen(10, -1, "A2")]) == {}
    assert match(truth, [seen(9, -1), seen(10.5, -1)]) == {0: 1}


def test_figures_add_up() -> None:
    figures = scored([action(10, -1), action(30, -2), action(50, -1), action(70, 1), action(90, -1)],
                     [seen(10, -1), seen(30, -1), seen(51, -1, product=""), seen(71, 1), seen(91, -1, product="mint")])
    assert (figures["precision"], figures["recall"], figures["quantity_exact"]) == (1.0, 1.0, 0.8)
    assert (figures["identified"], figures["wrong"], figures["unsure"]) == (0.5, 0.25, 0.25)


def test_a_lane_replays_by_seed() -> None:
    one, same, other = (lane(LaneScenario(60.0, 5.0, seed, hours=0.1)) for seed in (4, 4, 5))
    assert np.array_equal(one.grams, same.grams)
    assert one.truth == same.truth
    assert not np.array_equal(one.grams, other.grams)


def test_a_trace_survives_its_files(tmp_path: Path) -> None:
    trace = lane(LaneScenario(60.0, 5.0, 3, hours=0.1, cells=2))
    trace.grams[5, 1] = np.nan
    write_trace(tmp_path / "t", trace)
    back = read_trace(tmp_path / "t")
    assert (back.plan, back.cells, back.truth) == (trace.plan, trace.cells, trace.truth)
    assert np.allclose(back.grams, trace.grams, atol=0.001, equal_nan=True)


@pytest.mark.parametrize(("name", "text", "says"), [
    ("samples.csv", "time_s,A1\n1,2,3\n", "as long"), ("samples.csv", "time_s,A1\n1,2\n1,3\n", "must grow"),
    ("samples.csv", "time_s,A1\n1,oops\n", "samples.csv cannot be read"), ("planogram.json", "{", "planogram.json"),
    ("planogram.json", '{"products": [], "cells": [], "facings": [{"product": "x", "cells": ["A1"]}]}', "not listed"),
    ("truth.json", '{"actions": [{}]}', "truth.json")])
def test_a_bad_file_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    write_trace(tmp_path, lane(LaneScenario(60.0, 5.0, 3, hours=0.01)))
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValueError, match=says):
        read_trace(tmp_path)


@pytest.mark.parametrize(("unit_g", "noise_g"), [(30.0, 5.0), (60.0, 10.0), (150.0, 5.0)])
def test_lanes_meet_the_bars_up_to_noise_of_a_sixth_of_a_piece(unit_g: float, noise_g: float) -> None:
    total = Tally()
    for seed in range(801, 805):
        trace = lane(LaneScenario(unit_g, noise_g, seed))
        total += score(trace, our_shelf(trace))
    figures = total.figures()
    assert figures["f1"] >= 0.98
    assert figures["quantity_exact"] >= 0.97
    assert figures["net_error_per_hour"] == 0


def test_the_count_stays_right_in_a_crowd() -> None:
    trace = lane(LaneScenario(60.0, 10.0, 811, leans_per_h=2.0, burst_share=0.3, start_mid_action=True))
    assert score(trace, our_shelf(trace)).net_error == 0


def test_the_peer_collapses_where_noise_passes_its_threshold() -> None:
    trace = lane(LaneScenario(150.0, 25.0, 801))
    assert score(trace, moving_deviation(trace)).figures()["f1"] < 0.4
    assert score(trace, our_shelf(trace)).figures()["f1"] >= 0.98


def data() -> Path:
    if "KIOSK_DATA" not in os.environ:
        pytest.skip("set KIOSK_DATA to the folder of evaluation data")
    return Path(os.environ["KIOSK_DATA"]) / "stock"


def store_trace(camera_right: float) -> Trace:
    scenario = StoreScenario(821, camera_right=camera_right)
    labels = read_labels(data() / "shelf_events_dev.json")
    return store(labels, plan_of(labels, read_plates(data() / "shelf_store" / "Plates.json"), scenario.spread), scenario)


def test_real_weights_on_shared_plates_are_rarely_wrong() -> None:
    trace = store_trace(0.8)
    alone, helped = score(trace, our_shelf(replace(trace, hints=()))).figures(), score(trace, our_shelf(trace)).figures()
    assert alone["wrong"] <= 0.02
    assert helped["wrong"] <= 0.02
    assert helped["identified"] >= 0.926
    assert helped["identified"] + helped["wrong"] + helped["unsure"] == pytest.approx(1.0, abs=0.001)


def test_the_command_writes_traces_and_prints_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "shelf", str(tmp_path), "--write", "lane", "--count", "2", "--noise-g", "5", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["shelf"]["f1"] >= 0.97
    assert set(figures) == {"shelf", "moving_deviation", "nearest_weight"}


@pytest.mark.parametrize(("name", "text", "says"), [
    ("samples.csv", "time_s,A1\n", "cannot be read"), ("samples.csv", "", "cannot be read"),
    ("truth.json", '{"actions": [{"time_s": 3, "cells": ["Z9"], "product": "x", "pieces": -1}]}', "no cell Z9")])
def test_what_a_trace_lacks_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    write_trace(tmp_path, lane(LaneScenario(60.0, 5.0, 3, hours=0.01)))
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValueError, match=says):
        read_trace(tmp_path)


def test_a_trace_without_truth_is_not_judged(tmp_path: Path) -> None:
    write_trace(tmp_path, lane(LaneScenario(60.0, 5.0, 3, hours=0.01)))
    (tmp_path / "truth.json").unlink()
    with pytest.raises(InvalidValueError, match=r"has no truth\.json"):
        evaluate(tmp_path)


def test_odd_tables_of_others_are_read_as_they_are_meant(tmp_path: Path) -> None:
    """A byte-order mark, blanks in the head, another rate, samples that are not there, and times that begin at noon."""
    trace = lane(LaneScenario(60.0, 5.0, 9, hours=0.25, rate_hz=20.0))
    rng = np.random.default_rng(1)
    kept = rng.random(len(trace.time_s)) < 0.8
    odd = replace(trace, time_s=trace.time_s[kept] + 43_200.0, grams=trace.grams[kept],
                  truth=tuple(replace(a, time_s=a.time_s + 43_200.0) for a in trace.truth))
    odd.grams[rng.random(len(odd.grams)) < 0.05] = np.nan
    write_trace(tmp_path, odd)
    table = tmp_path / "samples.csv"
    table.write_text("\ufeff" + table.read_text().replace("time_s,A1", "time_s, A1 ", 1), encoding="utf-8")
    figures = evaluate(tmp_path)["shelf"].figures()
    assert figures["f1"] >= 0.95
    assert figures["net_error_per_hour"] == 0
