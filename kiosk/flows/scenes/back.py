"""Back view: eight seconds to turn round, kept in memory, and then shown again and again until the scene ends."""

from __future__ import annotations

from kiosk.flows.scene import Booth
from kiosk.flows.tryon import RING_S
from kiosk.ui import views
from kiosk.vision.replay import Ring

NAME = "back"


class Back:
    """Records first, plays afterwards; what was recorded is gone when the scene ends."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._began_s = 0.0
        self._ring = Ring(RING_S)

    def enter(self) -> None:
        """Begin to record."""
        self._ring.clear()
        self._began_s, self._booth.fitting.ring = self._booth.now_s, self._ring

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        if any(target in ("done", "back_view") for target in targets):
            return "tryon"
        if "again" in targets:
            self.enter()
        if not self._recording and self._booth.fitting.ring is not None:
            self._booth.fitting.ring = None
        return NAME

    @property
    def _recording(self) -> bool:
        return self._booth.now_s - self._began_s < RING_S

    def view(self) -> views.View:
        """Return what to show."""
        booth, since_s = self._booth, self._booth.now_s - self._began_s
        if self._recording:
            return views.MirrorBack(booth.status, booth.fitting.picture(), True, since_s / RING_S, booth.held)
        span_s = max(self._ring.span_s, 0.1)
        at_s = (since_s - RING_S) % span_s
        return views.MirrorBack(booth.status, self._ring.at(at_s), False, at_s / span_s, booth.held)

    def leave(self) -> None:
        """Forget what was recorded."""
        self._booth.fitting.ring = None
        self._ring.clear()
