"""Steadier points from a jittery source: a speed-adaptive low-pass, free of clocks.

The method is the One-Euro filter (G. Casiez, N. Roussel, D. Vogel, CHI 2012): the cut-off rises with speed, so a still
point is calm and a fast one has little lag.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class OneEuro:
    """Smooths an array of values over time.

    min_cutoff_hz: cut-off for a still value. beta: how much of the speed (in units of `scale` per second) is added to the cut-off.
    """

    def __init__(self, min_cutoff_hz: float = 1.5, beta: float = 8.0, speed_cutoff_hz: float = 1.5) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next value passes unchanged."""
        self._time_s: float | None = None
        self._value: NDArray[np.float64] | None = None
        self._speed: NDArray[np.float64] | None = None

    def smooth(self, value: NDArray[np.float32], time_s: float, scale: float) -> NDArray[np.float32]:
        """Return `value` smoothed; `scale` is the length that makes speeds comparable (a body's torso in pixels).

        A time that does not go forward, or a change of shape, starts afresh.
        """
        now = value.astype(np.float64)
        if self._time_s is None or self._value is None or self._speed is None or time_s <= self._time_s or now.shape != self._value.shape:
            self._time_s, self._value, self._speed = time_s, now, np.zeros_like(now)
            return value
        step_s = time_s - self._time_s
        speed = (now - self._value) / step_s / max(scale, 1e-6)
        weight = _weight(self._speed_cutoff_hz, step_s)
        self._speed = self._speed + weight * (speed - self._speed)
        cutoff = self._min_cutoff_hz + self._beta * np.abs(self._speed)
        weights = 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * step_s))
        self._value = self._value + weights * (now - self._value)
        self._time_s = time_s
        return self._value.astype(np.float32)


def _weight(cutoff_hz: float, step_s: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * step_s))
