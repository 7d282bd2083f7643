"""The shelf that weighs itself."""

from __future__ import annotations

from kiosk.config import Settings
from kiosk.flows.opening import open_display, open_parts, open_reader, open_store
from kiosk.flows.parts import Shop, zone_of
from kiosk.flows.planning import Planner
from kiosk.flows.ready import Readiness
from kiosk.flows.remote import Servant
from kiosk.flows.scales import open_recorded_scale
from kiosk.flows.shelf import ShelfFlow
from kiosk.flows.stage import Stage
from kiosk.flows.terminal import shelf_terminal
from kiosk.flows.witnesses import open_facings, open_tags
from kiosk.runtime import SystemClock, run_loop


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    parts = open_parts(settings)
    stage = Stage(open_display(settings, "Kiosk - shelf"))
    tags = open_tags(settings, parts.clock.monotonic)
    shop = Shop(parts.store, parts.clock, zone_of(settings))
    shelf = ShelfFlow(parts, shop, lambda plan: open_recorded_scale(settings, plan, parts.clock),
                      tags.hints if tags else lambda _planogram: [], open_facings(settings, parts.clock.monotonic))
    reader = open_reader(settings)
    terminal = shelf_terminal(parts, shop, shelf, reader.read if reader else None)
    readiness = Readiness(parts, shop, "stock")

    servant = Servant(parts, stage.photograph)
    planner = Planner(parts, lambda: open_store(settings, SystemClock()))

    def tick() -> None:
        planner.tick()
        servant.tick()
        terminal.beside(lambda: shelf.follow(terminal.staff_owns_shelf))
        stage.show(readiness.over(terminal.tick(stage.touched())))

    def close() -> None:
        planner.close()
        if reader is not None:
            reader.close()
        shelf.close()
        if tags:
            tags.close()
        stage.close()
        parts.store.close()

    return run_loop("stock", tick, min(settings.display.rate_hz, 15.0), close)
