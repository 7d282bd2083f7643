"""Traces of load cells with stated physics, replayable by seed.

Physics. A piece weighs its unit weight with a spread (standard deviation, a share of the unit). The cell shows the sum, plus white noise
of `noise_g` per raw sample at 10 Hz (more at higher rates, by the root of the rate: the same noise density), plus drift (a sine of DRIFT
units over 10 to 30 minutes and a slow random walk), plus creep (CREEP of every change comes late, with a time constant of a minute).
An action: a hand pushes (or lifts a little) for 0.3 to 1.2 s, rough as hands are, the weight changes within that time and rings out.
Touches push and change nothing; leaning hands push hard, unsteadily, for 2 to 12 s. Bursts are actions 0.6 to 4 s after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.scale_trace import Action, Trace
from kiosk.domain.shelf_match import Facing, LoadCell, ShelfPlan, Sku

DRIFT = 0.1
CREEP = 0.003
_CREEP_S, _RING_HZ, _RING_S, _LEAD_S = 60.0, 4.0, 0.08, 0.5
_SETTLED_S = 0.25
"""After its hand is gone a weight has settled."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LaneScenario:
    """Cells with one product each. noise_g: standard deviation of a raw sample at 10 Hz. Rates are per cell and hour.

    A quarter of the actions are put-backs, a fifth move two or three pieces. burst_share: of actions that another one follows closely.
    """

    unit_g: float
    noise_g: float
    seed: int
    hours: float = 1.0
    cells: int = 1
    rate_hz: float = 10.0
    actions_per_h: float = 40.0
    touches_per_h: float = 20.0
    leans_per_h: float = 0.0
    burst_share: float = 0.0
    spread: float = 0.01
    start_mid_action: bool = False


def lane(scenario: LaneScenario) -> Trace:
    """Return the trace of a lane scenario: the same for the same scenario, always."""
    names = tuple(f"A{i + 1}" for i in range(scenario.cells))
    time_s = np.arange(int(scenario.hours * 3600 * scenario.rate_hz)) / scenario.rate_hz
    columns, truth = [], []
    for i, name in enumerate(names):
        grams, actions = _lane_cell(scenario, name, time_s, np.random.default_rng((scenario.seed, i)))
        columns.append(grams)
        truth.extend(actions)
    plan = ShelfPlan(tuple(Sku(f"product {n}", scenario.unit_g, scenario.spread * scenario.unit_g) for n in names),
                     tuple(LoadCell(n, "A", 100.0 * i, 100.0) for i, n in enumerate(names)),
                     tuple(Facing(f"product {n}", (n,)) for n in names))
    return Trace(plan, names, time_s, np.column_stack(columns), tuple(sorted(truth, key=lambda a: a.time_s)))


def _lane_cell(scenario: LaneScenario, name: str, time_s: _Array, rng: np.random.Generator) -> tuple[_Array, list[Action]]:
    weighs = _ground(time_s, scenario.unit_g, scenario.noise_g, scenario.rate_hz, rng)
    pieces = 60
    weighs += scenario.unit_g * (pieces + scenario.spread * np.sqrt(pieces) * rng.standard_normal())
    truth = []
    for at in _moments(scenario, rng):
        count = 1 if rng.random() < 0.8 else int(rng.integers(2, 4))
        count = count if rng.random() < 0.25 else -count
        if pieces + count < 0:
            continue
        pieces += count
        change = scenario.unit_g * (count + scenario.spread * np.sqrt(abs(count)) * rng.standard_normal())
        settled = act(weighs, time_s, at, change, scenario.unit_g, rng)
        if at >= 0:
            truth.append(Action(round(settled, 3), (name,), f"product {name}", count))
    for at in rng.uniform(0, time_s[-1], rng.poisson(scenario.touches_per_h * scenario.hours)):
        act(weighs, time_s, at, 0.0, scenario.unit_g, rng)
    for at in rng.uniform(0, time_s[-1], rng.poisson(scenario.leans_per_h * scenario.hours)):
        lean(weighs, time_s, at, scenario.unit_g, rng)
    return weighs, truth


def _moments(scenario: LaneScenario, rng: np.random.Generator) -> list[float]:
    end = scenario.hours * 3600 - 8
    moments = list(rng.uniform(12, end, rng.poisson(scenario.actions_per_h * scenario.hours * (1 - scenario.burst_share))))
    moments += [m + rng.uniform(0.6, 4.0) for m in moments if rng.random() < scenario.burst_share]
    return ([-0.3] if scenario.start_mid_action else []) + sorted(float(m) for m in moments if m < end)


def _ground(time_s: _Array, unit_g: float, noise_g: float, rate_hz: float, rng: np.random.Generator) -> _Array:
    """Noise, drift: what the cell shows with nobody near."""
    sine = DRIFT * unit_g * np.sin(2 * np.pi * time_s / rng.uniform(600, 1800) + rng.uniform(0, 6.3))
    knots = np.arange(0.0, time_s[-1] + 31.0, 30.0)
    walk = np.interp(time_s, knots, np.cumsum(rng.normal(0, 0.01 * unit_g, len(knots))))
    noise: _Array = rng.normal(0, noise_g * np.sqrt(rate_hz / 10), len(time_s))
    return noise + sine + walk


def act(weighs: _Array, time_s: _Array, at: float, change_g: float, unit_g: float, rng: np.random.Generator) -> float:
    """Add an action (a touch, when change_g is 0) that begins at `at` to a cell's weight; return when the weight has settled."""
    lasts = rng.uniform(0.3, 1.2)
    near = slice(*np.searchsorted(time_s, [at - _LEAD_S, at + lasts + 1.5]))
    x = time_s[near] - at
    push = rng.uniform(0.3, 4.0) * unit_g * (1 if rng.random() < 0.8 else -0.3)
    hand = np.where((x > 0) & (x < lasts), push * np.sin(np.pi * np.clip(x / lasts, 0, 1)) * (1 + 0.3 * rng.standard_normal(len(x))), 0.0)
    weighs[near] += hand
    moved = at + lasts * rng.uniform(0.4, 0.9)
    after = int(np.searchsorted(time_s, moved))
    y = time_s[after:] - moved
    weighs[after:] += change_g * (1 - CREEP * np.exp(-y / _CREEP_S))
    ring = y[: int(np.searchsorted(y, 1.0))]
    weighs[after:after + len(ring)] -= change_g * np.exp(-ring / _RING_S) * np.cos(2 * np.pi * _RING_HZ * ring)
    return at + lasts + _SETTLED_S


def lean(weighs: _Array, time_s: _Array, at: float, unit_g: float, rng: np.random.Generator) -> None:
    """Add a hand that leans on a cell for some seconds: hard, with a slow sway and a tremor."""
    lasts = rng.uniform(2, 12)
    near = slice(*np.searchsorted(time_s, [at, at + lasts]))
    x = time_s[near] - at
    force = unit_g * np.exp(rng.uniform(np.log(0.5), np.log(20)))
    rise = np.clip(np.minimum(x, lasts - x) / 0.4, 0, 1)
    sway = 1 + 0.2 * np.sin(2 * np.pi * x * rng.uniform(0.2, 0.6) + rng.uniform(0, 6.3)) + 0.06 * rng.standard_normal(len(x))
    weighs[near] += force * rise * sway


def seeded(seed: int, name: str) -> np.random.Generator:
    """Return a generator of its own for `name`: adding one thing to a scenario leaves the others as they were."""
    return np.random.default_rng(Random(f"{seed}/{name}").getrandbits(64))
