"""A shop with plates that products share: real weights and geometry with labelled actions, weighed by the physics of `traces`.

The folder holds the labels of a weight-sensing shop: `shelf_events_*.json` (who took what from which plates) and `shelf_store/Plates.json`
(where the plates are, metres). Planogram: a product stands where the labels say it was taken. Actions are replayed in the order of the
labels, 5 to 9 s apart, with simulated weight: no raw trace of the shop is public, so results on these are not results on real weight.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.devices.scale_trace import Action, Trace
from kiosk.devices.simulated.traces import act, seeded
from kiosk.domain.shelf_match import Facing, Hint, LoadCell, ShelfPlan, Sku
from kiosk.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled action of the shop. cells: names of the plates."""

    product: str
    weight_g: float
    cells: tuple[str, ...]
    put_back: bool


@dataclass(frozen=True, slots=True)
class StoreScenario:
    """noise_g: of a raw sample at 10 Hz. spread: of a piece's weight, a share. camera_right: 0 for no camera; camera_even: it always says
    camera_right, instead of being surer of what it sees well. twins: a camera that errs names a product of the same shelf, not any.
    """

    seed: int
    noise_g: float = 2.0
    spread: float = 0.01
    rate_hz: float = 10.0
    camera_right: float = 0.0
    camera_even: bool = False
    twins: bool = True


def read_labels(path: Path) -> list[Labelled]:
    """Read labelled actions; those of goods that nobody could name (no weight) are left out."""
    try:
        lists = json.loads(path.read_text(encoding="utf-8"))["lists"]
        found = [one for event in (event for one in lists for event in one["events"]) for one in _labelled(event)]
        return [one for one in found if one.weight_g > 0]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidValueError(f"{path} cannot be read as labelled shelf events: {error!r}") from error


def _labelled(event: Any) -> list[Labelled]:
    """Return one action a product: where as many plates as products are named, each product is from its own."""
    place, products = event["observation"]["position"], event["observation"]["products"]
    cells = tuple(f"{place['gondola']}-{place['shelf']}-{plate}" for plate in place["plates"])
    apart = len(products) > 1 and len(products) == len(cells)
    put_back = bool(event["putback"])
    return [Labelled(str(p["id"]), float(p["weight"]), (cells[i],) if apart else cells, put_back) for i, p in enumerate(products)]


def read_plates(path: Path) -> dict[str, LoadCell]:
    """Read where the plates of the shop are."""
    found = {}
    for plate in json.loads(path.read_text(encoding="utf-8"))["plates"]:
        shelf = f"{plate['id']['shelf_id']['gondola_id']['id']}-{plate['id']['shelf_id']['shelf_index']}"
        name = f"{shelf}-{plate['id']['plate_index']}"
        at = plate["coordinates"]
        found[name] = LoadCell(name, shelf, 1000 * at["transform"]["translation"]["x"], 1000 * at["dim_x"])
    return found


def plan_of(labels: Iterable[Labelled], plates: dict[str, LoadCell], spread: float) -> ShelfPlan:
    """Return the planogram that the labels tell: plates of one product that overlap are one facing."""
    weights: dict[str, float] = {}
    stands: dict[str, list[set[str]]] = defaultdict(list)
    labels = list(labels)
    taken = {one.product for one in labels if not one.put_back}
    for one in labels:
        weights[one.product] = one.weight_g
        if one.put_back and one.product in taken:
            continue
        joined = set(one.cells)
        for other in [s for s in stands[one.product] if s & joined]:
            stands[one.product].remove(other)
            joined |= other
        stands[one.product].append(joined)
    facings = tuple(Facing(product, tuple(sorted(cells))) for product, sets in stands.items() for cells in sets)
    used = sorted({cell for one in labels for cell in one.cells})
    cells = tuple(plates.get(c) or LoadCell(c, c.rpartition("-")[0], 100.0 * int(c.rpartition("-")[2]), 100.0) for c in used)
    return ShelfPlan(tuple(Sku(p, w, spread * w) for p, w in weights.items()), cells, facings)


def store(labels: Sequence[Labelled], plan: ShelfPlan, scenario: StoreScenario) -> Trace:
    """Return the trace of the labelled actions, in their order."""
    rng = seeded(scenario.seed, "store")
    names = tuple(c.cell for c in plan.cells)
    starts = 12.0 + np.cumsum(rng.uniform(5, 9, len(labels)))
    time_s = np.arange(int((starts[-1] + 10) * scenario.rate_hz)) / scenario.rate_hz
    grams = rng.normal(0, scenario.noise_g * np.sqrt(scenario.rate_hz / 10), (len(time_s), len(names)))
    grams += 5000 + 2 * np.sin(2 * np.pi * time_s[:, None] / rng.uniform(600, 1800, len(names)))
    columns = {name: np.ascontiguousarray(grams[:, i]) for i, name in enumerate(names)}
    truth = []
    for at, one in zip(starts.tolist(), labels, strict=True):
        pieces = (1 if rng.random() < 0.9 else 2) * (1 if one.put_back else -1)
        weight = pieces * one.weight_g * (1 + scenario.spread * rng.standard_normal() / np.sqrt(abs(pieces)))
        shares = rng.dirichlet([4.0] * len(one.cells))
        hand = rng.integers(1 << 31)
        settled = max(act(columns[cell], time_s, at, weight * share, 60.0, np.random.default_rng(hand))
                      for cell, share in zip(one.cells, shares.tolist(), strict=True))
        truth.append(Action(round(settled, 3), one.cells, one.product, pieces))
    hints = _camera(truth, plan, scenario) if scenario.camera_right else ()
    return Trace(plan, names, time_s, np.column_stack([columns[n] for n in names]), tuple(truth), hints)


def _camera(truth: Sequence[Action], plan: ShelfPlan, scenario: StoreScenario) -> tuple[Hint, ...]:
    """A camera that is right as often as it says: surer of some actions than of others, or equally sure of all."""
    rng = seeded(scenario.seed, "camera")
    shelf_of = {c.cell: c.shelf for c in plan.cells}
    hints = []
    for action in truth:
        varied = float(rng.beta(2.0, 2.0 * (1 - scenario.camera_right) / scenario.camera_right))
        sure = scenario.camera_right if scenario.camera_even else varied
        shelf = shelf_of[action.cells[0]]
        others = sorted({f.product for f in plan.facings if not scenario.twins or shelf_of[f.cells[0]] == shelf} - {action.product})
        right = rng.random() < sure or not others
        named = action.product if right else others[int(rng.integers(len(others)))]
        hints.append(Hint(round(action.time_s - 0.5, 3), action.cells, {named: round(sure, 3)}))
    return tuple(hints)
