"""What a service says about its own health: states by name, written when they change, so that sync tells HQ."""

from __future__ import annotations

from kiosk.storage.store import Unit

NAMES = ("camera", "scale", "printer")
_PREFIX = "state."


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device; name is one of NAMES, value ok or lost."""
    unit.settings.put(_PREFIX + name, value)


def states(unit: Unit) -> dict[str, str]:
    """Return the states that services noted: name -> ok or lost."""
    noted = {name: unit.settings.get(_PREFIX + name) for name in NAMES}
    return {name: value for name, value in noted.items() if value}
