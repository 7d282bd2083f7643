"""The shelf: an hour of 24 cells at 80 samples a second, and accuracy beside a peer. `python -m tests.bench.bench_shelf`

CPU time of this process. Accuracy is on seeds that nothing was tuned on (seeds below 1000 were looked at).
"""

from __future__ import annotations

import sys
import time

from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.shelf import CellTracker
from kiosk.evaluation.shelf import DETECTORS
from kiosk.evaluation.shelf_score import Tally, score

TEST_SEEDS = range(1001, 1013)
LANES = ((30.0, 2.0), (30.0, 5.0), (60.0, 5.0), (60.0, 10.0), (150.0, 10.0), (150.0, 25.0), (500.0, 10.0))


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def calibration() -> float:
    """Seconds of a fixed loop, to compare machines by."""
    start = time.process_time()
    total = 0.0
    for i in range(5_000_000):
        total += i * 0.5
    return time.process_time() - start


def folding(cells: int = 24, rate_hz: float = 80.0) -> float:
    """CPU seconds for an hour of `cells` cells, fed sample by sample; traces are made one cell at a time and not counted."""
    taken = 0.0
    for cell in range(cells):
        trace = lane(LaneScenario(60.0, 10.0, 900 + cell, rate_hz=rate_hz))
        samples = list(zip(trace.time_s.tolist(), trace.grams[:, 0].tolist(), strict=True))
        tracker = CellTracker("A1", 60.0)
        start = time.process_time()
        for second, grams in samples:
            tracker.feed(second, grams)
        taken += time.process_time() - start
    return taken


def accuracy() -> None:
    """A table line per lane: ours, then both peers."""
    say("                                                         |  moving deviation             |  nearest weight")
    say("unit / noise sd   crowded     F1  qty exact  net err/h  |     F1  qty exact  net err/h  |     F1  qty exact  net err/h")
    for leans, bursts in ((0.0, 0.0), (2.0, 0.1)):
        for unit_g, noise_g in LANES:
            totals = [Tally(), Tally(), Tally()]
            for seed in TEST_SEEDS:
                trace = lane(LaneScenario(unit_g, noise_g, seed, leans_per_h=leans, burst_share=bursts))
                totals = [sofar + score(trace, detect(trace)) for sofar, detect in zip(totals, DETECTORS.values(), strict=True)]
            figures = [total.figures() for total in totals]
            sides = [f"{f['f1']:6.3f}      {f['quantity_exact']:5.3f}   {f['net_error_per_hour']:8.2f}" for f in figures]
            say(f"{unit_g:5.0f} g / {noise_g:3.0f} g {'yes' if bursts else 'no':>8}  {'  |'.join(sides)}")


def main() -> None:
    """Print both tables."""
    say(f"calibration loop   {calibration():6.2f} s CPU")
    say(f"24 cells at 80/s   {folding():6.2f} s CPU for one hour (bar: 20 s)")
    accuracy()


if __name__ == "__main__":
    main()
