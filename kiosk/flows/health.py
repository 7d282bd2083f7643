"""What a service says about its own health: states by name, written when they change, so that sync tells HQ."""

from __future__ import annotations

from kiosk.storage.store import Unit

NAMES = ("camera", "scale", "shelf")
_PREFIX = "state."


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device; name is one of NAMES, value ok, lost, or unsure for a shelf that somebody should look at."""
    unit.settings.put(_PREFIX + name, value)


def states(unit: Unit) -> dict[str, str]:
    """Return the states that services noted: name -> ok, lost or unsure."""
    noted = {name: unit.settings.get(_PREFIX + name) for name in NAMES}
    return {name: value for name, value in noted.items() if value}
