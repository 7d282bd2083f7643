"""Spans in which a load cell's weight holds still, found in raw samples of any rate.

Samples are averaged over a tenth of a second. Noise is the median absolute difference of such averages over the last minute, near ones and
ones 0.4 s apart: steps and hands are too few to move a median, slow drift is too small to, and the ratio of the two says how much each
average repeats its neighbour. A plateau goes on while averages agree with its mean, which follows drift; it breaks when two in a row lie
off, or when a fast mean does (a sequential test that finds changes well below the noise of one average).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

BIN_S = 0.1
_CLOSE_S = 0.9 * BIN_S
_APART = 4
_DIFFERENCES = 512
_FOLLOW = 50
"""A plateau's mean forgets averages older than about this many: five seconds, slow enough to be precise, fast enough for drift."""
_GATE = 4.0
"""Standard deviations at which an average does not belong: once in 16,000 by chance."""
_TRIM = 2.5
_BLOCK = 5
_FAST = 0.25
_QUICK = _FAST / (2 - _FAST)
_RELEARN = 32
_GAP_S = 2.0


@dataclass(frozen=True, slots=True)
class Plateau:
    """A span of steady weight. error_g: standard error of `grams`. scatter_g: standard deviation of its averages.

    steady: noise explains its scatter. sway: by how much its means of half a second scatter more than noise explains, standard deviations.
    """

    start_s: float
    end_s: float
    grams: float
    error_g: float
    scatter_g: float
    steady: bool
    sway: float = 0.0

    @property
    def length_s(self) -> float:
        """Seconds from its first to its last average."""
        return self.end_s - self.start_s


class PlateauFinder:
    """Folds raw samples of one cell. After a feed that returned True: `broken` is the plateau that just ended, if one did."""

    def __init__(self, floor_g: float) -> None:
        """floor_g: the least noise assumed, for cells whose resolution hides it."""
        self._floor_g = max(floor_g, 1e-3)
        self.noise_g = self._floor_g
        self.broken: Plateau | None = None
        self._repeat = 1.0
        self._near: deque[float] = deque(maxlen=_DIFFERENCES)
        self._far: deque[float] = deque(maxlen=_DIFFERENCES)
        self._recent: deque[float] = deque(maxlen=_APART)
        self._learned = 0
        self._open_s = -math.inf
        self._sum, self._count = 0.0, 0
        self.restart()

    def restart(self) -> None:
        """Forget the present plateau, keep what is known about noise."""
        self._n = 0
        self._mean = self._quick = 0.0
        self._kept: deque[float] = deque(maxlen=_FOLLOW)
        self._start_s = self._end_s = 0.0
        self._strike: float | None = None
        self._strike_s = 0.0
        self.broken = None

    @property
    def length_s(self) -> float:
        """Seconds that the present plateau has lasted."""
        return self._end_s - self._start_s

    @property
    def plateau(self) -> Plateau:
        """The present plateau, as far as it goes, without what a hand left at its beginning and end."""
        kept = list(self._kept)
        if self._n > len(kept):
            return self._plateau(kept, self._mean)
        first, last = self._trim(kept)
        kept = kept[first:last]
        return self._plateau(kept, sum(kept) / max(1, len(kept)))

    def _plateau(self, kept: list[float], mean: float) -> Plateau:
        error = self.noise_g * math.sqrt(self._repeat / max(1, len(kept)))
        scatter = math.sqrt(sum((x - mean) ** 2 for x in kept) / max(1, len(kept) - 1))
        steady, sway = self._steady(kept, mean, scatter) if len(kept) >= _APART else (False, 0.0)
        return Plateau(self._start_s, self._end_s, mean, error, scatter, steady, sway)

    def _trim(self, kept: list[float]) -> tuple[int, int]:
        """Return where the middle of a young plateau begins and ends: at most a third goes, at each end what is off the rest's mean."""
        first, last, most = 0, len(kept), len(kept) // 3
        total = sum(kept)
        while last - first > len(kept) - most and last - first > _APART:
            mean = total / (last - first)
            begins, ends = abs(kept[first] - mean), abs(kept[last - 1] - mean)
            if max(begins, ends) < _TRIM * self.noise_g:
                break
            if begins >= ends:
                total -= kept[first]
                first += 1
            else:
                last -= 1
                total -= kept[last]
        return first, last

    def _steady(self, kept: list[float], mean: float, scatter: float) -> tuple[bool, float]:
        """Return whether averages, and means of five, scatter as noise does, and by how much the latter do not: a hand sways slowly, within
        the noise of one average.

        Allowed is four standard deviations of a sample variance above what is expected.
        """
        n, variance = len(kept), self.noise_g**2
        if scatter**2 > variance * (1 + 4 * math.sqrt(2 * self._repeat / n)):
            return False, math.inf
        blocks = [sum(kept[i:i + _BLOCK]) / _BLOCK for i in range(0, n - _BLOCK + 1, _BLOCK)]
        sway = sum((x - mean) ** 2 for x in blocks) / max(1, len(blocks) - 1)
        beyond = (sway / (variance * min(1.0, self._repeat / _BLOCK)) - 1) / math.sqrt(2 / max(1, len(blocks) - 1))
        return beyond <= 4, beyond

    def feed(self, time_s: float, grams: float) -> bool:
        """Take one raw sample; return True when it completes an average (of the samples before it)."""
        if time_s - self._open_s < _CLOSE_S and self._count and time_s >= self._open_s:
            if math.isfinite(grams):
                self._sum += grams
                self._count += 1
            return False
        if not math.isfinite(grams) or not math.isfinite(time_s):
            return False
        closed, opened = self._count > 0, self._open_s
        average = self._sum / self._count if closed else 0.0
        self._open_s, self._sum, self._count = time_s, grams, 1
        if closed:
            self._fold(opened, average)
        return closed

    def _fold(self, time_s: float, x: float) -> None:
        self.broken = None
        self._learn(x)
        if self._n and not 0 <= time_s - self._end_s < _GAP_S:
            self._break(time_s, [x], time_s)
            return
        if self._n == 0:
            self._begin(time_s, [x], time_s)
            return
        noise, n = self.noise_g, min(self._n, _FOLLOW)
        off = x - self._mean
        if abs(off) > _GATE * noise * math.sqrt(1 + self._repeat / n):
            if self._strike is not None:
                self._break(self._strike_s, [self._strike, x], time_s)
            else:
                self._strike, self._strike_s = x, time_s
            return
        self._strike = None
        self._end_s = time_s
        self._n += 1
        self._kept.append(x)
        n = min(self._n, _FOLLOW)
        self._mean += off / n
        self._quick += _FAST * (x - self._quick)
        swayed = self._quick - self._mean
        if n >= 4 and abs(swayed) > _GATE * noise * math.sqrt(self._repeat * (_QUICK + 1 / n)):
            self._break(time_s - 2 * BIN_S, list(self._kept)[-3:], time_s)

    def _break(self, start_s: float, fresh: list[float], end_s: float) -> None:
        self.broken = self.plateau
        self._begin(start_s, fresh, end_s)

    def _begin(self, start_s: float, fresh: list[float], end_s: float) -> None:
        self._n = len(fresh)
        self._mean = self._quick = sum(fresh) / len(fresh)
        self._kept = deque(fresh, maxlen=_FOLLOW)
        self._start_s, self._end_s = start_s, end_s
        self._strike = None

    def _learn(self, x: float) -> None:
        recent = self._recent
        if recent:
            self._near.append(abs(x - recent[-1]))
            if len(recent) == _APART:
                self._far.append(abs(x - recent[0]))
        recent.append(x)
        self._learned += 1
        if self._learned % (_RELEARN if self._learned > 4 * _RELEARN else 4) == 0:
            near, far = _deviation(self._near), _deviation(self._far)
            self.noise_g = max(near, far, self._floor_g)
            # What two neighbours share: 0 for white noise.
            shared = min(0.9, max(0.0, 1 - (near / far) ** 2)) if far > self._floor_g and len(self._far) >= 64 else 0.0
            # A median over 512 wavers by about a tenth: less than that is no sign of anything.
            self._repeat = (1 + shared) / (1 - shared) if shared > 0.2 else 1.0


def _deviation(differences: deque[float]) -> float:
    """Return the standard deviation of one average from absolute differences of two (hence sqrt(2)).

    The median of normal differences is 0.6745 of their deviation, their 0.7 quantile 1.0364; the latter counts where a converter's coarse
    steps make most differences 0.
    """
    if not differences:
        return 0.0
    ordered = sorted(differences)
    return (ordered[len(ordered) // 2] / 0.6745 or ordered[int(0.7 * len(ordered))] / 1.0364) / math.sqrt(2)
