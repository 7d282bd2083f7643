"""Two simple detectors to compare with, written after what is published about weight-sensing shops.

Moving deviation: an action begins when the standard deviation of the last second passes 20 g, ends when it falls below, and counts when
the mean moved by more than 10 g; pieces are the change over the unit weight, rounded. Nearest weight names the product of the planogram
whose weight (of one piece) is nearest to the change, whatever the place.
"""

from __future__ import annotations

import numpy as np

from kiosk.devices.scale_trace import Trace
from kiosk.domain.shelf_match import ShelfPlan, Sku
from kiosk.evaluation.shelf_score import Detected

DEVIATION_G = 20.0
CHANGE_G = 10.0
_WINDOW_S = 1.0


def moving_deviation(trace: Trace) -> list[Detected]:
    """Return what the moving-deviation detector finds in a trace, named by nearest weight among the products of the cell."""
    found: list[Detected] = []
    rate = (len(trace.time_s) - 1) / max(1e-9, float(trace.time_s[-1] - trace.time_s[0]))
    window = max(3, round(_WINDOW_S * rate))
    for column, cell in enumerate(trace.cells):
        grams = trace.grams[:, column]
        good = np.isfinite(grams)
        views = np.lib.stride_tricks.sliding_window_view(grams[good], window)
        times = trace.time_s[good][window - 1:]
        mean, busy = views.mean(axis=1), views.std(axis=1) > DEVIATION_G
        edges = np.flatnonzero(np.diff(busy.astype(np.int8)))
        if busy[0]:
            edges = edges[1:]
        for begin, end in zip(edges[::2], edges[1::2], strict=False):
            change = float(mean[min(end + window, len(mean) - 1)] - mean[max(0, begin - window)])
            if abs(change) > CHANGE_G:
                sku = nearest(trace.plan, cell, change)
                pieces = round(change / sku.unit_weight_g) or (1 if change > 0 else -1)
                found.append(Detected(float(times[end]), (cell,), sku.product, pieces))
    return sorted(found, key=lambda d: d.time_s)


def nearest(plan: ShelfPlan, cell: str, change_g: float) -> Sku:
    """Return the product whose weight is nearest to the change, among those of the cell when it has just one."""
    here = {f.product for f in plan.facings if cell in f.cells}
    skus = [s for s in plan.products if s.unit_weight_g > 0 and (len(here) != 1 or s.product in here or len(plan.products) > len(plan.cells))]
    return min(skus, key=lambda s: abs(abs(change_g) - s.unit_weight_g))
