"""From settings to open devices, storage and networks: the one place where a device is put together."""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk.config import CameraSettings, Settings
from kiosk.devices import camera as cameras
from kiosk.devices.display import Display, OffscreenDisplay, WindowDisplay
from kiosk.devices.scale import PolledScale, Scale
from kiosk.devices.scanner import CameraScanner
from kiosk.domain.identity import Policy
from kiosk.errors import ConfigError, DeviceMissingError
from kiosk.flows.eyes import Eyes
from kiosk.flows.parts import Parts, Sight
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.store import Store
from kiosk.storage.vault import Vault
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore

log = logging.getLogger(__name__)


def open_parts(settings: Settings) -> Parts:
    """Open the device's database."""
    clock = SystemClock()
    return Parts(settings, open_store(settings, clock), clock, new_id)


def open_store(settings: Settings, clock: SystemClock) -> Store:
    """Open, migrate or make the device's database."""
    folder = settings.storage.folder
    folder.mkdir(parents=True, exist_ok=True)
    return Store.open(folder / "kiosk.db", settings.device.id, clock, new_id, settings.storage.reserve_mb)


def open_vault(settings: Settings) -> Vault:
    """Open the templates' own file."""
    return Vault.open(settings.storage.folder / "vault.db", settings.storage.folder / "vault.key")


def open_sight(settings: Settings, models: ModelStore) -> Sight:
    """Open the database, the vault, the camera and the networks of a device that sees shoppers."""
    parts = open_parts(settings)
    return Sight(settings, parts.store, parts.clock, parts.new_id, open_vault(settings), Eyes(open_camera(settings), settings.camera.name),
                 CameraScanner(), FaceFinder(models), make_embedder(settings.identity.backend, models), Policy())


def open_camera(settings: Settings) -> cameras.Camera:
    """Open the camera that [camera] describes."""
    given: CameraSettings = settings.camera
    if given.kind == "none":
        raise ConfigError("kiosk.toml", ("camera.kind is none, but a pay terminal or mirror needs a camera",))
    source = settings.world.socket if given.kind == "world" else given.source
    return cameras.open_camera(cameras.CameraSettings(given.name, given.kind, source, (given.width, given.height), given.rate_hz))


def open_display(settings: Settings, title: str) -> Display:
    """Open the screen that [display] describes; in the simulated world a shopper's finger touches it too."""
    given = settings.display
    size = (given.width, given.height)
    display: Display
    if given.kind == "window":
        display = WindowDisplay(size, title, given.rotate)
    else:
        display = OffscreenDisplay(size, Path(given.snapshot) if given.snapshot else None)
    if not settings.world.socket:
        return display
    from kiosk.devices.simulated.process import WorldClient
    from kiosk.devices.simulated.sensors import WorldHands

    return WorldHands(display, WorldClient(Path(settings.world.socket)), settings.device.id)


def open_scale(settings: Settings, slots: tuple[str, ...]) -> Scale:
    """Open the load cells that [scale] describes; `slots` are those that must be heard."""
    given = settings.scale
    if given.kind == "world":
        from kiosk.devices.simulated.process import WorldClient
        from kiosk.devices.simulated.sensors import WorldScale

        return PolledScale(settings.device.id, WorldScale(settings.device.id, slots, WorldClient(Path(settings.world.socket))))
    if given.kind == "iio":
        from kiosk.devices.scale_iio import IioCell, IioSource

        return PolledScale(settings.device.id, IioSource({slot: IioCell(**cell) for slot, cell in given.cells.items()}, given.root))
    raise DeviceMissingError("scale.kind is none in kiosk.toml, but a shelf needs load cells")
