"""What a service says about its own health: states by name, written when they change, so that sync tells HQ."""

from __future__ import annotations

from kiosk.flows.parts import Sight
from kiosk.storage.store import Unit

NAMES = ("camera", "scale")
_PREFIX = "state."


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device; name is one of NAMES, value ok or lost."""
    unit.settings.put(_PREFIX + name, value)


def states(unit: Unit) -> dict[str, str]:
    """Return the states that services noted: name -> ok or lost."""
    noted = {name: unit.settings.get(_PREFIX + name) for name in NAMES}
    return {name: value for name, value in noted.items() if value}


class Watched:
    """Writes what became of the camera, on change only."""

    def __init__(self, parts: Sight) -> None:
        self._parts = parts
        self._told = ""
        self._dropped = 0

    def tick(self) -> None:
        """Look at the camera and tell when its state is another than before."""
        state = "lost" if self._parts.eyes.lost else "ok"
        if state == self._told:
            return
        dropped = self._parts.eyes.dropped
        with self._parts.store.unit() as unit:
            set_state(unit, "camera", state)
            unit.tallies.add("dropped_frames", dropped - self._dropped)
        self._told, self._dropped = state, dropped
