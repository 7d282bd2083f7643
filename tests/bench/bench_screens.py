"""Screens and rendered people: CPU per picture once caches are warm, beside a fixed piece of work. `python -m tests.bench.bench_screens`"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from kiosk.devices.simulated.figure import Figures, HeadPose, appearance, background, body_pose
from kiosk.ui.samples import gallery
from kiosk.ui.screens import render
from kiosk.vision.networks import ModelStore

ROUNDS = 9


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def cpu_ms(work: Callable[[], object]) -> float:
    """Median CPU milliseconds of a piece of work that was done once before."""
    work()
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        took.append((time.process_time() - start) * 1e3)
    return statistics.median(took)


def main() -> None:
    """Print the figures."""
    say(f"calibration           {cpu_ms(lambda: sum(n * n % 7 for n in range(200_000))):8.1f} ms python loop of 200,000")
    by_size: dict[tuple[int, int], list[tuple[float, str]]] = {}
    for name, view, sizes in gallery("fr"):
        for size in sizes:
            by_size.setdefault(size, []).append((cpu_ms(lambda view=view, size=size: render(view, size)), name))
    for size, took in sorted(by_size.items()):
        slowest, name = max(took)
        say(f"screens {size[0]}x{size[1]:<6}     {statistics.median(t for t, _ in took):8.1f} ms median of {len(took)}   "
            f"{slowest:.1f} ms the slowest ({name}; bar {25 if size == (720, 1280) else 12} at 800x480 and 720x1280)")
    figures, who = Figures(ModelStore().path("astronaut")), appearance(1, 1)
    small, large = background(640, 480, 1).copy(), background(720, 1280, 1).copy()
    bust = cpu_ms(lambda: figures.draw_bust(small, who, HeadPose(yaw_deg=5), (320, 220), 190))
    body = cpu_ms(lambda: figures.draw_body(large, who, body_pose("sway", 0.2), (360, 1220), 1050))
    say(f"rendered person       {bust:8.1f} ms bust (bar 12)   {body:.1f} ms whole body (bar 25)")


if __name__ == "__main__":
    main()
