"""The supplier of a store in a box: what was approved arrives a little later, and is now and then a piece short."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kiosk.devices.simulated.process import WorldClient

DELIVERY_S = 2.0
_EVERY_THIRD = 3
"""Suppliers err: staff shall see it."""


class Deliveries:
    """Goods on their way to one shelf; the world's staff puts them on it."""

    def __init__(self, world: Path) -> None:
        """Name the world's socket."""
        self._world = world
        self._since: dict[str, float] = {}
        self._made = 0

    def look(self, ordered: Mapping[str, int], now: float) -> None:
        """Deliver what has been on order (slot -> pieces) for DELIVERY_S; now: seconds that never jump."""
        self._since = {slot: since for slot, since in self._since.items() if slot in ordered}
        for slot, pieces in ordered.items():
            since = self._since.setdefault(slot, now)
            if since >= 0 and now - since >= DELIVERY_S:
                self._since[slot] = -1.0
                self._made += 1
                short = self._made % _EVERY_THIRD == 0 and pieces > 1
                client = WorldClient(self._world)
                client.act("deliver", slot=slot, pieces=pieces - short, scan=1)
                client.close()
