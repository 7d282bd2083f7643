"""The magic mirror."""

from __future__ import annotations

from kiosk.config import Settings
from kiosk.devices.presence import MotionSensor
from kiosk.flows.held_up import HeldUp, open_tag_reader
from kiosk.flows.meshed import faster_meshed
from kiosk.flows.mirror import MirrorFlow, Senses
from kiosk.flows.opening import open_display, open_glass, open_printer, open_reader, open_store, open_voice
from kiosk.flows.parts import Shop, zone_of
from kiosk.flows.planning import Planner
from kiosk.flows.printing import Press
from kiosk.flows.ready import Readiness
from kiosk.flows.remote import Servant
from kiosk.flows.sight import open_sight
from kiosk.flows.stage import Stage
from kiosk.flows.terminal import mirror_terminal
from kiosk.flows.wardrobe import FOLDER, Wardrobe
from kiosk.flows.watch import Watched
from kiosk.runtime import SystemClock, run_loop, share_heap
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import use_threads


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    share_heap()
    use_threads(1)
    models = ModelStore()
    parts = open_sight(settings, models)
    title, glass = "Kiosk - mirror", open_glass(settings, "Kiosk - mirror")
    meshed = glass is not None and faster_meshed(glass[1], parts.clock.monotonic)
    stage = Stage(glass[0] if glass else open_display(settings, title), open_voice(settings), glass[0] if glass and meshed else None)
    shop = Shop(parts.store, parts.clock, zone_of(settings))
    press = Press(parts, shop, open_printer(settings))
    wardrobe = Wardrobe(settings.storage.folder / FOLDER)
    presence = MotionSensor(settings.mirror.pir) if settings.mirror.pir else None
    senses = Senses(HeldUp(open_reader(settings), open_tag_reader(settings)), presence, meshed, stage.under, stage.place)
    mirror = MirrorFlow(parts, shop, BodyFinder(models), wardrobe, senses)
    terminal = mirror_terminal(parts, shop, mirror, press)
    watched, readiness = Watched(parts), Readiness(parts, shop, "mirror")

    servant = Servant(parts, stage.photograph)
    planner = Planner(parts, lambda: open_store(settings, SystemClock()))

    def tick() -> None:
        planner.tick()
        servant.tick()
        terminal.beside(watched.tick)
        began = parts.clock.monotonic()
        view = terminal.tick(stage.touched())
        decided = parts.clock.monotonic()
        shown = readiness.over(view)
        stage.show(shown)
        mirror.presented(shown)
        mirror.timings.add("decide", decided - began)
        mirror.timings.add("draw and present", parts.clock.monotonic() - decided)

    def close() -> None:
        planner.close()
        mirror.close()
        stage.close()
        press.close()
        parts.close()

    return run_loop("mirror", tick, settings.display.rate_hz, close)
