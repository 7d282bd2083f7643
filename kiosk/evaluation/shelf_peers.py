"""Two simple detectors to compare with, written after what is published about weight-sensing shops.

Moving deviation: an action begins when the standard deviation of the last second passes 20 g, ends when it falls below, and counts when
the mean moved by more than 10 g; pieces are the change over the unit weight, rounded. The product is the cell's, where one product stands
there; else the nearest in weight of those that do. Nearest weight: the same actions, named by the product of the whole planogram whose
weight (of one to three pieces) is nearest to the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.scale_trace import Trace
from kiosk.domain.shelf_match import Sku
from kiosk.evaluation.shelf_score import Detected

DEVIATION_G = 20.0
CHANGE_G = 10.0
_WINDOW_S = 1.0


def moving_deviation(trace: Trace) -> list[Detected]:
    """Return what the moving-deviation detector finds."""
    on = {cell: [trace.plan.sku(f.product) for f in trace.plan.facings if cell in f.cells] for cell in trace.cells}
    return _detect(trace, lambda cell: [sku for sku in on[cell] if sku.unit_weight_g > 0])


def nearest_weight(trace: Trace) -> list[Detected]:
    """Return the same actions, named by weight alone."""
    skus = [sku for sku in trace.plan.products if sku.unit_weight_g > 0]
    return _detect(trace, lambda _cell: skus)


def _detect(trace: Trace, candidates: Callable[[str], Sequence[Sku]]) -> list[Detected]:
    found = []
    for column, cell in enumerate(trace.cells):
        good = np.isfinite(trace.grams[:, column])
        choice = candidates(cell)
        for time_s, change in _changes(trace.time_s[good], trace.grams[good, column]):
            if choice:
                sku, pieces = min(((s, n) for s in choice for n in (1, 2, 3)), key=lambda c: abs(abs(change) - c[1] * c[0].unit_weight_g))
                if len(choice) == 1:
                    pieces = max(1, round(abs(change) / sku.unit_weight_g))
                found.append(Detected(time_s, (cell,), sku.product, pieces if change > 0 else -pieces))
    return sorted(found, key=lambda d: d.time_s)


def _changes(time_s: NDArray[np.float64], grams: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
    """Yield when a disturbance of one cell ended, and by how much its mean moved."""
    if len(time_s) < 3:
        return
    window = max(3, round(_WINDOW_S * (len(time_s) - 1) / max(1e-9, float(time_s[-1] - time_s[0]))))
    views = np.lib.stride_tricks.sliding_window_view(grams, min(window, len(grams)))
    times, mean, busy = time_s[min(window, len(grams)) - 1:], views.mean(axis=1), views.std(axis=1) > DEVIATION_G
    edges = np.flatnonzero(np.diff(busy.astype(np.int8)))
    edges = edges[1:] if busy[0] else edges
    for begin, end in zip(edges[::2], edges[1::2], strict=False):
        change = float(mean[min(end + window, len(mean) - 1)] - mean[max(0, begin - window)])
        if abs(change) > CHANGE_G:
            yield float(times[end]), change
