"""What the shelf of the store in a box weighed, with the truth beside it: its own recording, and an hour of shop life for the console."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.devices.scale_trace import Action, Trace, read_trace, write_trace, write_truth
from kiosk.devices.simulated.process import WorldClient
from kiosk.devices.simulated.setup import ShelfCell, read_setup
from kiosk.devices.simulated.shelf import SETTLED_AFTER_S
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.shelf_match import Facing, LoadCell, ShelfPlan, Sku
from kiosk.errors import InvalidValueError, WorldError
from kiosk.sim.processes import Child
from kiosk.sim.shop import SHELF, Place

log = logging.getLogger(__name__)

_SEED = 901
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


class Hour:
    """What the store in a box has to show of its shelf: an hour for the console to play, and its own recording with the truth beside it."""

    def __init__(self, place: Place, seconds: float) -> None:
        """Let the hour be made beside the open store; one that closes after so many seconds shows none."""
        self._place, folder = place, place.folder / "hour"
        made = place.hq / "replays" / "an-hour-of-the-shelf.json"
        self._child = Child("hour", ("shelf", "replay", str(folder), str(made)), place.folder, {"OMP_NUM_THREADS": "1"})
        if not seconds:
            write_trace(folder, shop_hour(read_setup(place.folder / "world.json").cells, _SEED))
            self._child.start()

    def close(self, say: Callable[[str], None]) -> None:
        """Put what really happened beside what the shelf weighed, for `kiosk eval shelf`, `kiosk shelf plot` and `replay`."""
        self._child.stop(2.0)
        recording, client = self._place.state(SHELF) / "raw", WorldClient(self._place.socket)
        try:
            if note_truth(recording, actions(client.truth())):
                say(f"the shelf's weight and what really happened: {recording}")
        except (WorldError, InvalidValueError) as error:
            log.error("the shelf's recording stays without its truth: %s", error)
        finally:
            client.close()
