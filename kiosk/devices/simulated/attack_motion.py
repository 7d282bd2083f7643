"""How somebody moves who does what the ring asks: late by a reaction, never quite still, blinking by himself now and then."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiosk.devices.simulated.attack_ranges import RANGES, Draw
from kiosk.domain.challenge import Ask, Challenge

_OWN_BLINK_S = 0.16
_OWN_BLINKS_PER_S = 0.22


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a head or a sheet is. Degrees and millimetres as in attack_camera; near: 1.0 at rest, 1.3 that much nearer; shut: 0..1."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    x_mm: float
    y_mm: float
    near: float
    shut: float


@dataclass(frozen=True, slots=True)
class _Answer:
    ask: Ask
    from_s: float
    to_s: float


class Motion:
    """One answer to a challenge. turn_deg: how far left and right are turned; blinks: whether eyes close at all."""

    def __init__(self, draw: Draw, challenge: Challenge, turn_deg: float, *, blinks: bool) -> None:
        self._turn_deg, self._blinks = turn_deg, blinks
        self._sway_mm, self._sway_deg = draw(RANGES.sway_mm), draw(RANGES.sway_deg)
        self._approach, self._move_s, self._blink_s = draw(RANGES.approach), draw(RANGES.move_s), draw(RANGES.blink_s)
        lag, spread = draw(RANGES.lag_s), draw(RANGES.lag_spread_s)
        late = [lag + spread * draw.chance.random() for _ in range(len(challenge.steps) + 1)]
        starts = [step.from_s + late[number] for number, step in enumerate(challenge.steps)]
        ends = [*starts[1:], challenge.steps[-1].to_s + late[-1]]
        self._answers = [_Answer(step.ask, start, end) for step, start, end in zip(challenge.steps, starts, ends, strict=True)]
        self._waves = [[(draw.chance.uniform(0.2, 1.4), draw.chance.uniform(0, 2 * math.pi)) for _ in range(2)] for _ in range(6)]
        self._coupled = draw.chance.uniform(-0.18, 0.18), draw.chance.uniform(-0.12, 0.12)
        self._own = []
        at_s = draw.chance.expovariate(_OWN_BLINKS_PER_S)
        while at_s < challenge.ends_s:
            self._own.append(at_s)
            at_s += draw.chance.expovariate(_OWN_BLINKS_PER_S)

    def at(self, time_s: float) -> Stance:
        """Return the stance at a time."""
        turn = near = shut = 0.0
        for answer in self._answers:
            on = _eased((time_s - answer.from_s) / self._move_s) - _eased((time_s - answer.to_s) / self._move_s)
            if answer.ask is Ask.LEFT:
                turn += on
            elif answer.ask is Ask.RIGHT:
                turn -= on
            elif answer.ask is Ask.CLOSER:
                near += on
            elif self._blinks:
                shut = max(shut, _lid((time_s - answer.from_s) / self._blink_s))
        if self._blinks:
            shut = max([shut, *(_lid((time_s - own) / _OWN_BLINK_S) for own in self._own)])
        sway = [sum(math.sin(2 * math.pi * hertz * time_s + phase) for hertz, phase in waves) / 2 for waves in self._waves]
        yaw = self._turn_deg * turn
        return Stance(yaw + self._sway_deg * sway[0], self._coupled[0] * yaw + self._sway_deg * sway[1],
                      self._coupled[1] * yaw + self._sway_deg * sway[2], self._sway_mm * sway[3], self._sway_mm * sway[4],
                      (1 + (self._approach - 1) * near) * (1 + 0.01 * sway[5]), shut)


def _eased(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _lid(share: float) -> float:
    """How far a lid is down: quickly shut, a moment so, quickly open; share: 0..1 of the blink."""
    return min(1.0, max(0.0, 4.0 * min(share, 1 - share)))
