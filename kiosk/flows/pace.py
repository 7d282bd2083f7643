"""How fast a mirror shows what it shows, from its own clock: frames a second while somebody is dressed, and an item's way to its card."""

from __future__ import annotations

from kiosk.domain.timings import Timings
from kiosk.flows.parts import Parts
from kiosk.ui import views

FRAMES, FRAMES_MS, CARDS, CARDS_MS = "mirror_frames", "mirror_frames_ms", "mirror_cards", "mirror_cards_ms"
"""Tallies: live pictures that were presented and the time in which they were; cards of items that were held up, and how long they took."""
_PAUSE_S = 1.0
"""Two live pictures that are further apart belong to two times on the screen."""


class Pace:
    """Counts while a mirror is used; `keep` writes it into the tallies, so that a report holds it."""

    def __init__(self, parts: Parts, timings: Timings) -> None:
        """timings: gets the stage "item to card"."""
        self._parts, self._timings = parts, timings
        self.read_s: float | None = None
        self._last_s: float | None = None
        self._frames, self._cards = 0, 0
        self._frames_s = self._cards_s = 0.0

    def presented(self, view: views.View) -> None:
        """Note that a view has just been presented. `read_s`: when an item was read whose card it should be."""
        now = self._parts.clock.monotonic()
        if self.read_s is not None and isinstance(view, views.MirrorCard):
            self._timings.add("item to card", now - self.read_s)
            self._cards, self._cards_s = self._cards + 1, self._cards_s + now - self.read_s
        self.read_s = None  # who touched something at that very moment has another screen, and no card is awaited any more
        live = getattr(view, "picture", None) is not None
        if live and self._last_s is not None and now - self._last_s < _PAUSE_S:
            self._frames, self._frames_s = self._frames + 1, self._frames_s + now - self._last_s
        self._last_s = now if live else None

    @property
    def shown_hz(self) -> float:
        """Live pictures presented in a second since the last time they were kept, 0 for none."""
        return self._frames / self._frames_s if self._frames_s else 0.0

    def keep(self) -> None:
        """Add what was counted to the tallies and begin anew."""
        counted = {FRAMES: self._frames, FRAMES_MS: round(1e3 * self._frames_s), CARDS: self._cards, CARDS_MS: round(1e3 * self._cards_s)}
        self._frames = self._cards = 0
        self._frames_s = self._cards_s = 0.0
        if any(counted.values()):
            with self._parts.store.unit() as unit:
                for name in (name for name, count in counted.items() if count):
                    unit.tallies.add(name, counted[name])
