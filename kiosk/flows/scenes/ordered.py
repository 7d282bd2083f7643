"""Ordered: reserved, on its way home, or on its way from the stock room; goes by itself."""

from __future__ import annotations

from kiosk.flows.scene import Booth
from kiosk.ui import views

NAME = "ordered"
_STAYS_S = 15.0


class Ordered:
    """Tells it once."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._until_s = 0.0

    def enter(self) -> None:
        """Begin to tell."""
        self._until_s = self._booth.now_s + _STAYS_S

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        return "tryon" if "done" in targets or self._booth.now_s >= self._until_s else NAME

    def view(self) -> views.View:
        """Return what to show."""
        what, number, name = self._booth.ordered
        return views.MirrorOrdered(self._booth.status, what, number, name)

    def leave(self) -> None:
        """Nothing is held."""
