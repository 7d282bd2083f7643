"""What a service that sees shoppers minds between two ticks: its camera's state, and members whom HQ asks to forget."""

from __future__ import annotations

import logging

from kiosk.flows.forget import forget
from kiosk.flows.health import set_state
from kiosk.flows.porter import Porter, Retention
from kiosk.flows.sight import Sight

log = logging.getLogger(__name__)


class Watched:
    """Minds the camera and the vault."""

    def __init__(self, parts: Sight) -> None:
        self._parts = parts
        self._told = ""
        self._dropped = 0
        self._version = -1
        self._porter, self._retention = Porter(parts, parts.vault), Retention(parts, parts.vault)

    def tick(self) -> None:
        """Tell when the camera's state is another than before; erase whom HQ asks to erase; mind the vault's door."""
        self._erase()
        self._porter.tick()
        self._retention.tick()
        if self._parts.phone is not None:
            self._parts.phone.tick(self._parts, self._parts.vault)
        state = "lost" if self._parts.eyes.lost else "ok"
        if state == self._told:
            return
        dropped = self._parts.eyes.dropped
        with self._parts.store.unit(use_reserve=True) as unit:
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
            forget(self._parts, self._parts.vault, member_id, "hq")
            log.info("a member was erased: HQ asked for it")
