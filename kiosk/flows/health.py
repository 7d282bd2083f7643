"""What a service says about its own health: states by name, written when they change, so that sync tells HQ; and when HQ was heard."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo

from kiosk.runtime import Clock
from kiosk.storage.store import Unit

NAMES = ("camera", "scale", "shelf", "printer")
_PREFIX = "state."
_READY = "ready."
_ROLES = ("pay", "mirror", "stock")


def set_state(unit: Unit, name: str, value: str) -> None:
    """Note a state of the device; name is one of NAMES, value ok, lost, or unsure for a shelf that somebody should look at."""
    unit.settings.put(_PREFIX + name, value)


def states(unit: Unit) -> dict[str, str]:
    """Return the states that services noted: name -> ok, lost or unsure; and under `ready` how long the last start took, as "213 s"."""
    noted = {name: unit.settings.get(_PREFIX + name) for name in NAMES}
    took = [seconds for role in _ROLES if (seconds := ready_in(unit, role)) is not None]
    return {name: value for name, value in noted.items() if value} | ({"ready": f"{max(took)} s"} if took else {})


def note_ready(unit: Unit, role: str, boot_id: str, seconds: int) -> None:
    """Note that a role serves, so many seconds after the machine was switched on."""
    unit.settings.put(_READY + role, f"{boot_id}@{seconds}")


def ready_in(unit: Unit, role: str, boot_id: str = "") -> int | None:
    """Return how many seconds a role took from power to service. boot_id: of this start alone; None when it is not known."""
    boot, _, seconds = (unit.settings.get(_READY + role) or "").partition("@")
    return int(seconds) if seconds and boot_id in ("", boot) else None


def silent_for_s(unit: Unit, boot_id: str, monotonic_s: float) -> float:
    """Return how long HQ has been silent, in monotonic seconds; infinite when it was not heard since this boot (wall clocks may lie)."""
    boot, moment, _wall = _heard(unit)
    return monotonic_s - moment if boot == boot_id else math.inf


def time_now(unit: Unit, clock: Clock) -> datetime:
    """Return the time by which prices go: as HQ's last word and the monotonic clock have it, for the wall clock may be a year off.

    After a start without HQ there is the wall clock alone; earlier than HQ's last word it cannot be.
    """
    boot, moment, wall = _heard(unit)
    if not wall:
        return clock.now()
    heard = datetime.fromtimestamp(wall, UTC)
    return heard + timedelta(seconds=clock.monotonic() - moment) if boot == clock.boot_id else max(heard, clock.now())


def hours_now(unit: Unit, clock: Clock, zone: tzinfo) -> tuple[float, ...]:
    """Return the hour of the store's day by the wall clock, and by the wall clock of when HQ was last heard, counted on monotonically.

    Only the first when HQ was not heard since this boot; then nothing is sold offline anyway.
    """
    boot, moment, wall = _heard(unit)
    clocks = [clock.now()]
    if boot == clock.boot_id and wall:
        clocks.append(datetime.fromtimestamp(wall + clock.monotonic() - moment, UTC))
    locals_ = (moment.astimezone(zone) for moment in clocks)
    return tuple(local.hour + local.minute / 60 for local in locals_)


def remember_hq(unit: Unit, boot_id: str, monotonic_s: float, wall: datetime | None = None) -> None:
    """Note that HQ was heard now. wall: what the wall clock says meanwhile; it is the best there is, for whoever is online is on time."""
    unit.settings.put("hq_heard", f"{boot_id}@{monotonic_s:.0f}@{wall.timestamp() if wall else 0:.0f}")


def _heard(unit: Unit) -> tuple[str, float, float]:
    """Return (boot, monotonic seconds, wall seconds) of when HQ was last heard; an unknown boot when it never was."""
    boot, moment, wall = [*(unit.settings.get("hq_heard") or "").split("@"), "", ""][:3]
    return (boot, float(moment), float(wall or 0)) if moment else ("", 0.0, 0.0)
