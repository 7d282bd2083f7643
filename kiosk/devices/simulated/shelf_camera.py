"""What the camera over the simulated store's shelf sees: goods as they lie, the light of the day, and hands that reach in."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kiosk.devices.simulated.setup import WorldSetup
from kiosk.devices.simulated.shelf_light import Conditions
from kiosk.devices.simulated.shelf_view import ShelfScene
from kiosk.domain.frame import Picture

_SCENE = 6
"""Seed of goods, board and camera: chosen by eye."""
_CLOUD_S, _HAND_SEEDS = 90.0, 1000


def watched_board(setup: WorldSetup) -> ShelfScene:
    """Return the board that a store's shelf camera sees."""
    capacity = {cell.slot: cell.capacity for cell in setup.cells}
    return ShelfScene(_SCENE, {one.slot: (one.left_mm, one.right_mm, capacity[one.slot]) for one in setup.seen})


def board_view(board: ShelfScene, pieces: Mapping[str, int], reaching: str, t: float) -> Picture:
    """Return the picture at time `t`: (480, 640, 3) uint8 RGB. reaching: slot that a hand is in, "" for none."""
    cloud = math.sin(2 * math.pi * t / _CLOUD_S)
    arm = "arm" if reaching in board.slots else ""
    # The same goods stand as they stood; only where a hand reaches in is another picture of it every second.
    seed = int(t) % _HAND_SEEDS if arm else 1
    here = {slot: min(pieces.get(slot, 0), goods.capacity) for slot, goods in board.goods.items()}
    given = Conditions(seed, 1.0 + 0.25 * cloud, 0.05 * cloud, 0.1, 1, 1, arm, at=reaching if arm else "")
    return board.look(here, given).picture


def references(board: ShelfScene) -> tuple[Picture, Picture]:
    """Return the board as a technician pictures it at set-up: empty, and full."""
    return board.look(board.empty(), Conditions(1)).picture, board.look(board.full(), Conditions(2, 0.9, 0.05)).picture
