"""A trace and what was found in it as one JSON file, for the console to play: weight once a second, and truth beside what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kiosk.devices.scale_trace import Action, Trace
from kiosk.evaluation.shelf_score import Detected, match, merge

STEP_S = 1.0


def replay(trace: Trace, found: Sequence[Detected]) -> dict[str, Any]:
    """Return the replay. Times are seconds from the trace's first sample.

    pairs: what happened or was found, in order; kind: right, unsure, missed, extra, count (another number), wrong (another product).
    """
    begin = float(trace.time_s[0])
    steps = np.arange(begin, float(trace.time_s[-1]), STEP_S)
    rows = np.minimum(np.searchsorted(trace.time_s, steps), len(trace.time_s) - 1)
    cells = [{"cell": cell, "products": [f.product for f in trace.plan.facings if cell in f.cells],
              "grams": [round(g, 1) if np.isfinite(g) else None for g in trace.grams[rows, i].tolist()]}
             for i, cell in enumerate(trace.cells)]
    return {"seconds": round(float(trace.time_s[-1]) - begin, 1), "step_s": STEP_S, "cells": cells, "pairs": _pairs(trace, found, begin)}


def _pairs(trace: Trace, found: Sequence[Detected], begin: float) -> list[dict[str, Any]]:
    truth = merge(trace.truth)
    matched = match(truth, found)
    pairs = [_pair(one, found[matched[i]] if i in matched else None, begin) for i, one in enumerate(truth)]
    taken = set(matched.values())
    pairs += [_pair(None, one, begin) for j, one in enumerate(found) if j not in taken and one.pieces]
    return sorted(pairs, key=lambda p: float(p["time_s"]))


def _pair(truth: Action | None, seen: Detected | None, begin: float) -> dict[str, Any]:
    kind = ("missed" if seen is None else "extra" if truth is None else "unsure" if not seen.product
            else "wrong" if seen.product != truth.product else "count" if seen.pieces != truth.pieces else "right")
    sides = {name: None if one is None else {"time_s": round(one.time_s - begin, 2), "cells": list(one.cells), "product": one.product,
                                             "pieces": one.pieces} for name, one in (("truth", truth), ("found", seen))}
    return {"time_s": next(side["time_s"] for side in sides.values() if side), "kind": kind, **sides}
