"""The pay terminal."""

from __future__ import annotations

from kiosk.config import Settings
from kiosk.flows.opening import open_display
from kiosk.flows.parts import Shop, zone_of
from kiosk.flows.sight import open_sight
from kiosk.flows.stage import Stage
from kiosk.flows.terminal import pay_terminal
from kiosk.flows.watch import Watched
from kiosk.runtime import run_loop
from kiosk.vision.networks import ModelStore


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    parts = open_sight(settings, ModelStore())
    stage = Stage(open_display(settings, "Kiosk - pay"))
    terminal = pay_terminal(parts, Shop(parts.store, parts.clock, zone_of(settings)))
    watched = Watched(parts)

    def tick() -> None:
        watched.tick()
        stage.show(terminal.tick(stage.touched()))

    def close() -> None:
        stage.close()
        parts.close()

    return run_loop("pay", tick, settings.display.rate_hz, close)
