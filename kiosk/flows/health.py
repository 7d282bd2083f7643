"""What a service says about its own health: states by name, written when they change, so that sync tells HQ."""

from __future__ import annotations

from kiosk.flows.parts import Sight
from kiosk.storage.store import Unit

_PREFIX = "state."


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device, e.g. camera: ok or lost."""
    unit.settings.put(_PREFIX + name, value)


class Watched:
    """Writes what became of the camera, on change only."""

    def __init__(self, parts: Sight) -> None:
        self._parts = parts
        self._told = ""

    def tick(self) -> None:
        """Look at the camera and tell when its state is another than before."""
        state = "lost" if self._parts.eyes.lost else "ok"
        if state == self._told:
            return
        with self._parts.store.unit() as unit:
            set_state(unit, "camera", state)
        self._told = state
