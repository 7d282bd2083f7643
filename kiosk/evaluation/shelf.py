"""`kiosk eval shelf`: how well the shelf knows what was taken and put back, on traces in a folder, beside two simple detectors.

The folder is one trace, or holds folders that are (see devices.scale_trace). Nothing of a trace but its samples, its planogram and its
hints reaches a detector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from kiosk.devices.scale_trace import Trace, read_trace, write_trace
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.devices.simulated.traces_store import StoreScenario, plan_of, read_labels, read_plates, store
from kiosk.domain.shelf_mixed import Move, ShelfTracker
from kiosk.errors import InvalidValueError
from kiosk.evaluation.shelf_peers import moving_deviation, nearest_weight
from kiosk.evaluation.shelf_score import Detected, Tally, score


def our_shelf(trace: Trace) -> list[Detected]:
    """Return what our engine finds, fed as a live shelf is: sample by sample, hints when they come."""
    tracker = ShelfTracker(trace.plan)
    hints = list(reversed(trace.hints))
    moves: list[Move] = []
    for second, grams in zip(trace.time_s.tolist(), trace.grams.tolist(), strict=True):
        while hints and hints[-1].time_s <= second:
            tracker.hint(hints.pop())
        for cell, weight in zip(trace.cells, grams, strict=True):
            moves.extend(tracker.feed(cell, second, weight))
    moves.extend(tracker.finish())
    return [Detected(m.time_s, m.cells, m.product, m.pieces, m.odds) for m in moves]


DETECTORS: dict[str, Callable[[Trace], list[Detected]]] = {
    "shelf": our_shelf, "moving_deviation": moving_deviation, "nearest_weight": nearest_weight}


def traces(folder: Path) -> list[Path]:
    """Return the folders of the traces in `folder`; raise InvalidValueError when there is none."""
    found = [folder] if (folder / "samples.csv").exists() else sorted(p.parent for p in folder.glob("*/samples.csv"))
    if not found:
        raise InvalidValueError(f"{folder} holds no trace: neither samples.csv nor folders with one")
    return found


def evaluate(folder: Path) -> dict[str, Tally]:
    """Return the counts of each detector on one trace; where the trace has hints, "shelf_alone" is ours without them."""
    trace = read_trace(folder)
    if not (folder / "truth.json").exists():
        raise InvalidValueError(f"{folder} has no truth.json: what really happened must be known to judge it (`kiosk shelf plot` draws it)")
    tallies = {name: score(trace, detector(trace)) for name, detector in DETECTORS.items()}
    if trace.hints:
        tallies["shelf_alone"] = score(trace, our_shelf(replace(trace, hints=())))
    return tallies


def total(tallies: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    """Return the counts of each detector over all traces."""
    sums: dict[str, Tally] = {}
    for one in tallies:
        for name, tally in one.items():
            sums[name] = sums.get(name, Tally()) + tally
    return sums


def write_lanes(folder: Path, scenarios: Iterable[LaneScenario]) -> None:
    """Write simulated lanes into folders of their own, named by seed."""
    for scenario in scenarios:
        write_trace(folder / f"lane-{scenario.seed}", lane(scenario))


def write_stores(folder: Path, data: Path, scenarios: Iterable[StoreScenario]) -> None:
    """Write simulated stores into folders of their own. data: holds shelf_events_*.json and shelf_store/Plates.json."""
    files = sorted(data.glob("shelf_events_*.json"))
    if not files:
        raise InvalidValueError(f"{data} holds no shelf_events_*.json")
    labels = [label for file in files for label in read_labels(file)]
    plates = read_plates(data / "shelf_store" / "Plates.json")
    for scenario in scenarios:
        write_trace(folder / f"store-{scenario.seed}", store(labels, plan_of(labels, plates, scenario.spread), scenario))
