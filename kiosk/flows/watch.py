"""What a service that sees shoppers minds between two ticks: its camera's state, and members whom HQ asks to forget."""

from __future__ import annotations

import logging

from kiosk import wire
from kiosk.domain.events import MemberErased
from kiosk.flows.health import set_state
from kiosk.flows.sight import Sight

log = logging.getLogger(__name__)


class Watched:
    """Minds the camera and the vault."""

    def __init__(self, parts: Sight) -> None:
        self._parts = parts
        self._told = ""
        self._dropped = 0
        self._version = -1

    def tick(self) -> None:
        """Tell when the camera's state is another than before; erase whom HQ asks to erase."""
        self._erase()
        state = "lost" if self._parts.eyes.lost else "ok"
        if state == self._told:
            return
        dropped = self._parts.eyes.dropped
        with self._parts.store.unit() as unit:
            set_state(unit, "camera", state)
            unit.tallies.add("dropped_frames", dropped - self._dropped)
        self._told, self._dropped = state, dropped

    def _erase(self) -> None:
        version = self._parts.store.data_version()
        if version == self._version:
            return
        self._version = version
        with self._parts.store.snapshot() as unit:
            queued = unit.erasures.queued()
        for member_id in queued:
            erase(self._parts, member_id, "hq")
            log.info("a member was erased: HQ asked for it")


def erase(parts: Sight, member_id: str, cause: str) -> bool:
    """Destroy a member's template and key, then tell HQ; False when this device held none. It is told all the same: HQ waits for it."""
    held = parts.vault.erase(member_id)
    with parts.store.unit(use_reserve=True) as unit:
        unit.journal.append("member", wire.encode_event(unit.facts.record(MemberErased(member_id, cause))))
        unit.erasures.done(member_id)
    return held
