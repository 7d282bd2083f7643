"""What a service says about its own health: states by name, written when they change, so that sync tells HQ; and when HQ was heard."""

from __future__ import annotations

import math

from kiosk.storage.store import Unit

NAMES = ("camera", "scale", "shelf", "printer")
_PREFIX = "state."


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device; name is one of NAMES, value ok, lost, or unsure for a shelf that somebody should look at."""
    unit.settings.put(_PREFIX + name, value)


def states(unit: Unit) -> dict[str, str]:
    """Return the states that services noted: name -> ok, lost or unsure."""
    noted = {name: unit.settings.get(_PREFIX + name) for name in NAMES}
    return {name: value for name, value in noted.items() if value}


def silent_for_s(unit: Unit, boot_id: str, monotonic_s: float) -> float:
    """Return how long HQ has been silent, in monotonic seconds; infinite when it was not heard since this boot (wall clocks may lie)."""
    heard = unit.settings.get("hq_heard") or ""
    boot, _, moment = heard.partition("@")
    return monotonic_s - float(moment) if boot == boot_id and moment else math.inf


def remember_hq(unit: Unit, boot_id: str, monotonic_s: float) -> None:
    """Note that HQ was heard now."""
    unit.settings.put("hq_heard", f"{boot_id}@{monotonic_s:.0f}")
