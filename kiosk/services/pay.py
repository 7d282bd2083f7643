"""The pay terminal."""

from __future__ import annotations

from kiosk.config import Settings
from kiosk.flows.opening import open_display, open_printer, open_store, open_voice
from kiosk.flows.parts import Shop, zone_of
from kiosk.flows.planning import Planner
from kiosk.flows.printing import Press
from kiosk.flows.ready import Readiness
from kiosk.flows.remote import Servant
from kiosk.flows.sight import open_sight
from kiosk.flows.stage import Stage
from kiosk.flows.terminal import pay_terminal
from kiosk.flows.watch import Watched
from kiosk.runtime import SystemClock, run_loop
from kiosk.vision.networks import ModelStore


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    parts = open_sight(settings, ModelStore())
    stage = Stage(open_display(settings, "Kiosk - pay"), open_voice(settings))
    shop = Shop(parts.store, parts.clock, zone_of(settings))
    press = Press(parts, shop, open_printer(settings))
    terminal = pay_terminal(parts, shop, press)
    watched, readiness = Watched(parts), Readiness(parts, shop, "pay")

    servant = Servant(parts, stage.photograph)
    planner = Planner(parts, lambda: open_store(settings, SystemClock()))

    def tick() -> None:
        planner.tick()
        servant.tick()
        terminal.beside(watched.tick)
        stage.show(readiness.over(terminal.tick(stage.touched())))

    def close() -> None:
        planner.close()
        stage.close()
        press.close()
        parts.close()

    return run_loop("pay", tick, settings.display.rate_hz, close)
