"""From raw weight samples of one cell to picks and put-backs.

Each cell learns its own noise (median absolute deviation of sample-to-sample differences, so steps and touches do not count) and follows
slow drift while nothing happens. A step is a new plateau that stays: a window of samples whose spread is no more than noise explains and
whose median differs from the old plateau by clearly more than noise. A hand that leans on the shelf never makes a plateau.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

WINDOW = 10
"""Samples of a plateau: one second at 10 Hz."""
_NOISE_WINDOW = 120
_MIN_NOISE_G = 0.3
_DRIFT_GAIN = 0.02


@dataclass(frozen=True, slots=True)
class Step:
    """Pieces moved: negative was taken. residual_g: what the pieces' weight does not explain; confidence 0..1."""

    cell: str
    time_s: float
    pieces: int
    grams: float
    residual_g: float
    confidence: float


class CellTracker:
    """Follows one cell that holds one product."""

    def __init__(self, cell: str, unit_weight_g: float) -> None:
        self._cell = cell
        self._unit_g = unit_weight_g
        self._recent: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._changes: deque[float] = deque(maxlen=_NOISE_WINDOW)
        self._plateau: float | None = None
        self._last: float | None = None

    @property
    def noise_g(self) -> float:
        """Estimated standard deviation of one raw sample, grams."""
        if len(self._changes) < WINDOW:
            return _MIN_NOISE_G
        # A difference of two samples has sqrt(2) times the noise of one; 1.4826 turns a median deviation into a standard deviation.
        return max(_MIN_NOISE_G, 1.4826 * float(np.median(np.abs(self._changes))) / 2**0.5)

    @property
    def grams(self) -> float | None:
        """Weight of the present plateau, None until there is one."""
        return self._plateau

    def feed(self, time_s: float, grams: float) -> Step | None:
        """Take one raw sample; return the step that it completes, if any."""
        if self._last is not None:
            self._changes.append(grams - self._last)
        self._last = grams
        self._recent.append((time_s, grams))
        if len(self._recent) < WINDOW:
            return None
        values = np.array([g for _, g in self._recent])
        noise = self.noise_g
        # The range of ten normal samples is 3.1 sd on average; 5.5 sd is passed by fewer than one window in a thousand.
        if float(np.ptp(values)) > 5.5 * noise:
            return None
        level = float(np.mean(values))
        if self._plateau is None:
            self._plateau = level
            return None
        return self._judge(level, noise)

    def _judge(self, level: float, noise: float) -> Step | None:
        assert self._plateau is not None  # noqa: S101 - feed() calls this only with a plateau
        delta = level - self._plateau
        pieces = round(delta / self._unit_g)
        if pieces == 0:
            # Drift and creep: the plateau follows slowly, so that a slow change never adds up to a piece.
            self._plateau += _DRIFT_GAIN * delta
            return None
        residual = delta - pieces * self._unit_g
        spread = noise * (1 / WINDOW) ** 0.5 * 2**0.5 + 0.01 * abs(pieces) * self._unit_g + 0.5
        if abs(residual) > max(0.35 * self._unit_g, 4 * spread):
            return None
        self._plateau = level
        confidence = float(np.clip(1.0 - abs(residual) / (0.5 * self._unit_g), 0.05, 0.99))
        return Step(self._cell, self._recent[0][0], pieces, delta, residual, confidence)

    def rebase(self) -> None:
        """Forget the plateau: staff refilled or counted, the next quiet second is the new one."""
        self._plateau = None
        self._recent.clear()
