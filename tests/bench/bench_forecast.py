"""Processor time and memory of a shop's forecast beside statsforecast's smoothers, where they are installed."""

from __future__ import annotations

import importlib
import importlib.util
import resource
import sys
from time import process_time

import numpy as np

from kiosk.domain.demand import forecast

ITEMS, DAYS, HORIZON = 500, 365, 28
BAR_SECONDS, BAR_MEGABYTES = 0.3, 60.0
ROUNDS = 5


def sales() -> np.ndarray:
    draws = np.random.default_rng(1)
    return draws.poisson(draws.gamma(0.5, 0.8, (ITEMS, 1)), (ITEMS, DAYS)).astype(float)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def least(action) -> float:
    """Return the least processor time of some rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        action()
        times.append(process_time() - began)
    return min(times)


def calibration() -> float:
    numbers = np.arange(2_000_000, dtype=float)
    return least(lambda: float(np.sqrt(numbers).sum()))


def main() -> None:
    shop = sales()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours = least(lambda: forecast(shop, HORIZON).window(0, 7).quantile(0.95))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    say(f"calibration loop (2e6 square roots)   {calibration() * 1000:8.1f} ms")
    say(f"ours, {ITEMS} x {DAYS} days, {HORIZON} ahead       {ours:8.3f} s   bar {BAR_SECONDS} s")
    say(f"memory on top                         {grown:8.1f} MB  bar {BAR_MEGABYTES:.0f} MB")
    if importlib.util.find_spec("statsforecast") is None:
        say("peers left out: statsforecast is not installed here; make bench-peers brings it")
        return
    models = importlib.import_module("statsforecast.models")
    peers = {"SES": models.SimpleExponentialSmoothingOptimized(),
             "IMAPA": models.IMAPA(), "ADIDA": models.ADIDA(), "TSB": models.TSB(0.1, 0.1)}
    for name, model in peers.items():
        seconds = least(lambda model=model: [model.forecast(row, HORIZON) for row in shop])
        say(f"{name:37} {seconds:8.3f} s   ratio {ours / seconds:.2f} (level only, no distribution)")


if __name__ == "__main__":
    main()
