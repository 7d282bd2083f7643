"""`kiosk eval shelf`: how well the shelf knows what was taken and put back, on traces in a folder, beside two simple detectors.

The folder is one trace, or holds folders that are (see devices.scale_trace). Nothing of a trace but its samples, its planogram and its
hints reaches a detector.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from kiosk.devices.scale_trace import Trace, read_trace
from kiosk.domain.shelf_mixed import Move, ShelfTracker
from kiosk.errors import InvalidValueError
from kiosk.evaluation.shelf_peers import moving_deviation, nearest_weight
from kiosk.evaluation.shelf_score import Detected, Tally, score

DETECTORS: dict[str, Callable[[Trace], list[Detected]]] = {}


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


def _without_hints(trace: Trace) -> list[Detected]:
    return our_shelf(replace(trace, hints=()))


DETECTORS.update({"shelf": our_shelf, "moving_deviation": moving_deviation, "nearest_weight": nearest_weight})


def traces(folder: Path) -> list[Path]:
    """Return the folders of the traces in `folder`; raise InvalidValueError when there is none."""
    found = [folder] if (folder / "samples.csv").exists() else sorted(p.parent for p in folder.glob("*/samples.csv"))
    if not found:
        raise InvalidValueError(f"{folder} holds no trace: neither samples.csv nor folders with one")
    return found


def evaluate(folder: Path) -> Iterator[tuple[str, dict[str, Tally]]]:
    """Yield name of trace -> counts of each detector; where a trace has hints, "shelf_alone" is ours without them."""
    for path in traces(folder):
        trace = read_trace(path)
        tallies = {name: score(trace, detector(trace)) for name, detector in DETECTORS.items()}
        if trace.hints:
            tallies["shelf_alone"] = score(trace, _without_hints(trace))
        yield path.name, tallies


def fold_seconds(trace: Trace) -> float:
    """Return the CPU seconds of this process that our engine takes for a trace."""
    start = time.process_time()
    our_shelf(trace)
    return time.process_time() - start


def sample_count(trace: Trace) -> int:
    """Return how many samples a trace holds."""
    return int(np.isfinite(trace.grams).sum())
