"""Stands in for a service that cannot run: says on its screen what is wrong, and to whom to turn. Needs neither database nor network."""

from __future__ import annotations

from pathlib import Path

from kiosk.config import Settings
from kiosk.config.sections import DisplaySettings
from kiosk.devices.display import OffscreenDisplay, WindowDisplay
from kiosk.flows.opening import open_display
from kiosk.flows.stage import Stage
from kiosk.runtime import run_loop
from kiosk.ui.views import OutOfOrder, SetupCard, Status, View

RATE_HZ = 4.0


def show_mistakes(mistakes: tuple[str, ...], language: str, snapshot: Path | None = None) -> int:
    """Show what is wrong with the card until SIGTERM. snapshot: only write the picture there, open no screen."""
    usual = DisplaySettings()
    size = (usual.width, usual.height)
    view = SetupCard(Status(language), mistakes)
    if snapshot is not None:
        Stage(OffscreenDisplay(size, snapshot)).show(view)
        return 0
    return _stand(Stage(WindowDisplay(size, "Kiosk")), view)


def call_staff(settings: Settings) -> int:
    """Say on this device's screen that it stopped, until SIGTERM: systemd ends it when it tries the service again."""
    status = Status(settings.device.language, store=settings.device.store)
    return _stand(Stage(open_display(settings, "Kiosk")), OutOfOrder(status, "crashed"))


def _stand(stage: Stage, view: View) -> int:
    def tick() -> None:
        stage.touched()
        stage.show(view)

    return run_loop("attendant", tick, RATE_HZ, stage.close)
