"""How long the stages of a loop take: of each the last few, told as median and 95th of a hundred."""

from __future__ import annotations

from collections import deque

import numpy as np


class Timings:
    """Stages by name, in the order in which they were first seen. Threads may add at once."""

    def __init__(self, kept: int = 300) -> None:
        self._kept = kept
        self._stages: dict[str, deque[float]] = {}

    def add(self, stage: str, seconds: float) -> None:
        """Note how long a stage took this time."""
        self._stages.setdefault(stage, deque(maxlen=self._kept)).append(seconds)

    def milliseconds(self, stage: str) -> tuple[float, float]:
        """Return the median and what 95 of a hundred stay below; zeros for a stage that never ran."""
        seen = list(self._stages.get(stage, ()))
        return (float(np.median(seen)) * 1e3, float(np.percentile(seen, 95)) * 1e3) if seen else (0.0, 0.0)

    def __str__(self) -> str:
        """All stages: "body 17 (22), garment 12 (15) ms"."""
        told = (f"{stage} {middle:.0f} ({most:.0f})" for stage in list(self._stages) for middle, most in [self.milliseconds(stage)])
        return ", ".join(told) + " ms, median (95th of a hundred)" if self._stages else "nothing was timed"
