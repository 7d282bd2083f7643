"""From the power to the first moment at which a device serves: said on its screen for a minute, and to HQ."""

from __future__ import annotations

import math
from dataclasses import replace

from kiosk.flows.health import note_ready, ready_in, silent_for_s
from kiosk.flows.parts import Parts, Shop
from kiosk.ui.views import OutOfOrder, View

SHOWN_S = 60.0


class Readiness:
    """Watches what one role shows until it serves for the first time since the machine was switched on; a restart of it says nothing."""

    def __init__(self, parts: Parts, shop: Shop, role: str) -> None:
        """role: pay, mirror or stock. In the simulated world nobody switches a machine on: nothing is said there."""
        self._parts, self._shop, self._role = parts, shop, role
        with parts.store.snapshot() as unit:
            known = ready_in(unit, role, parts.clock.boot_id) is not None
        self._done = known or bool(parts.settings.world.socket)
        self._words, self._until_s = "", -math.inf

    def over(self, view: View) -> View:
        """Return what is shown, with a line on it that says in which time the device became ready while that is news."""
        now_s = self._parts.clock.monotonic()
        if not self._done and self._serves(view):
            self._done = True
            self._words, self._until_s = f"ready:{int(now_s) // 60} min {int(now_s) % 60} s", now_s + SHOWN_S
            with self._parts.store.unit(use_reserve=True) as unit:
                note_ready(unit, self._role, self._parts.clock.boot_id, round(now_s))
        if now_s >= self._until_s or view.status.banner:
            return view
        return replace(view, status=replace(view.status, banner=self._words))

    def _serves(self, view: View) -> bool:
        """Whether it has prices, its camera, and HQ, which was heard since the machine started."""
        if isinstance(view, OutOfOrder) or self._shop.prices is None or self._shop.offline or self._parts.camera_lost:
            return False
        with self._parts.store.snapshot() as unit:
            return math.isfinite(silent_for_s(unit, self._parts.clock.boot_id, self._parts.clock.monotonic()))
