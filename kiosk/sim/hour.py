"""What the shelf of the store in a box weighed, with the truth beside it: its own recording, and an hour of shop life for the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.devices.scale_trace import Action, Trace, read_trace, write_truth
from kiosk.devices.simulated.setup import ShelfCell
from kiosk.devices.simulated.shelf import SETTLED_AFTER_S
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.shelf_match import Facing, LoadCell, ShelfPlan, Sku

_NOISE_SHARE, _ACTIONS_PER_H, _TOUCHES_PER_H = 0.05, 30.0, 10.0


def shop_hour(cells: Sequence[ShelfCell], seed: int) -> Trace:
    """Return an hour of a shelf by the physics of `traces`, each cell with its product's weight: replayable by seed."""
    lanes = [lane(LaneScenario(c.unit_weight_g, _NOISE_SHARE * c.unit_weight_g, seed + i, actions_per_h=_ACTIONS_PER_H,
                               touches_per_h=_TOUCHES_PER_H, leans_per_h=1.0, burst_share=0.05)) for i, c in enumerate(cells)]
    plan = ShelfPlan(tuple(Sku(c.gtin, c.unit_weight_g, 0.01 * c.unit_weight_g) for c in cells),
                     tuple(LoadCell(c.slot, c.slot, 0.0, 100.0) for c in cells), tuple(Facing(c.gtin, (c.slot,)) for c in cells))
    truth = [Action(a.time_s, (c.slot,), c.gtin, a.pieces) for c, one in zip(cells, lanes, strict=True) for a in one.truth]
    return Trace(plan, tuple(c.slot for c in cells), lanes[0].time_s, np.column_stack([one.grams[:, 0] for one in lanes]),
                 tuple(sorted(truth, key=lambda a: a.time_s)))


def actions(truth: Mapping[str, Any]) -> list[Action]:
    """Return what really moved on a world's shelf, on the clock of its weights; truth: as the world tells it."""
    settled = truth["began_s"] + SETTLED_AFTER_S
    return [Action(round(settled + at_s, 3), (slot,), gtin, pieces) for at_s, slot, gtin, pieces in truth["moved"]]


def note_truth(recording: Path, moved: Iterable[Action]) -> list[Path]:
    """Write the truth beside each piece of a recording (a folder of traces); return the pieces."""
    pieces = sorted(path.parent for path in recording.glob("*/samples.csv"))
    moved = list(moved)
    for piece in pieces:
        times = read_trace(piece).time_s
        if len(times):
            write_truth(piece, [a for a in moved if times[0] <= a.time_s <= times[-1]])
    return pieces
