"""Why facts wait, in words for a technician; and the wish that all of them are sent again."""

from __future__ import annotations

import math

from kiosk.flows.health import silent_for_s
from kiosk.runtime import Clock
from kiosk.storage.store import Unit

STUCK_S = 60
_WISH = "resend"


def reason(unit: Unit, clock: Clock) -> str:
    """Return why what waits has not gone, and what to look at."""
    waiting = sum(unit.outbox.waiting().values())
    if not waiting:
        return "Nothing waits: HQ holds everything."
    oldest_s = unit.outbox.oldest(clock.now())
    link = unit.settings.get("link")
    if link is None:
        return "The sync service has never run here: start it with `systemctl start kiosk@sync`."
    if link == "down":
        silent_s = silent_for_s(unit, clock.boot_id, clock.monotonic())
        since = "since this device started" if math.isinf(silent_s) else f"for {silent_s / 60:.0f} min"
        return f"HQ has not been heard {since}: `kiosk doctor` looks at network, broker and clock. Nothing is lost meanwhile."
    if oldest_s < STUCK_S:
        return "HQ is there; what waits is on its way."
    return "HQ is there, but does not acknowledge what waits: look at its alarms and its quarantine, then `kiosk queue retry`."


def ask_again(unit: Unit, clock: Clock) -> None:
    """Wish that the sync service sends again whatever waits."""
    unit.settings.put(_WISH, f"{clock.boot_id}@{clock.monotonic():.3f}")


def wish(unit: Unit) -> str:
    """Return the last wish, "" when there was none; another text is another wish."""
    return unit.settings.get(_WISH) or ""
