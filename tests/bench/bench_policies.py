"""The stock rules' textbook answers beside stockpyl's, where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from kiosk.domain.inventory import (
    Costs,
    best_band,
    best_lot_poisson,
    economic_lot,
    lot_normal,
    newsvendor,
    newsvendor_normal,
    poisson,
    power_band,
)

CASES = ((64.0, 1.0, 9.0, 10.0), (64.0, 1.0, 9.0, 20.0), (5.0, 1.0, 4.0, 6.0))
"""(fixed, holding, shortage, mean) of (s, S) under Poisson demand."""


def main() -> None:
    if importlib.util.find_spec("stockpyl") is None:
        sys.stdout.write("peer left out: stockpyl is not installed here; make bench-peers brings it\n")
        return
    eoq, vendor, ss, rq = (importlib.import_module(f"stockpyl.{name}") for name in ("eoq", "newsvendor", "ss", "rq"))
    worst = 0.0
    theirs = eoq.economic_order_quantity(8, 0.225, 1300)
    ours = economic_lot(1300, 0.225, 8)
    worst = max(worst, abs(ours[0] / theirs[0] - 1), abs(ours[1] / theirs[1] - 1))
    pairs = [(newsvendor_normal(Costs(0.18, 0.70), 50, 8), vendor.newsvendor_normal(0.18, 0.70, 50, 8)[:2]),
             (newsvendor(Costs(200, 270), poisson(18)), vendor.newsvendor_poisson(200, 270, 18)[:2])]
    near, lot, average = power_band(Costs(0.18, 0.70, 2.5), 50, 8), best_lot_poisson(Costs(20, 150, 100), 1.5, 2), \
        lot_normal(Costs(0.225, 7.5, 8), 1300, 150, 1 / 12)
    pairs += [((near.low, near.high), ss.s_s_power_approximation(0.18, 0.70, 2.5, 50, 8)[:2]),
              ((lot.reorder_point, lot.quantity, lot.cost), rq.r_q_poisson_exact(20, 150, 100, 1.5, 2)),
              ((average.reorder_point, average.quantity, average.cost), rq.r_q_eil_approximation(0.225, 7.5, 8, 1300, 150, 1 / 12))]
    worst = max([worst, *(abs(own / their - 1) for mine, told in pairs for own, their in zip(mine, told, strict=True))])
    for fixed, holding, shortage, mean in CASES:
        low, high, rate = ss.s_s_discrete_exact(holding, shortage, fixed, True, mean)
        band = best_band(Costs(holding, shortage, fixed), poisson(mean))
        worst = max(worst, abs(band.cost / rate - 1))
        ours_told = f"ours ({band.low:.0f}, {band.high:.0f}) {band.cost:.4f}"
        sys.stdout.write(f"(s, S) mean {mean:4.0f}: {ours_told}   stockpyl ({low}, {high}) {rate:.4f}\n")
    sys.stdout.write(f"largest relative difference {worst:.1e}   bar 1e-4\n")


if __name__ == "__main__":
    main()
