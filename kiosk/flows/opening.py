"""From settings to an open database and screen; see sight.py for what sees, scales.py for what weighs."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kiosk import BUILT
from kiosk.config import Settings
from kiosk.errors import DeviceMissingError
from kiosk.flows.parts import Parts
from kiosk.flows.standing import open_identity
from kiosk.runtime import Clock, FlooredClock, SystemClock, kernel_clock_is_right, new_id
from kiosk.storage.demand import TIMEZONE
from kiosk.storage.shelf import APPROVAL
from kiosk.storage.store import Store

if TYPE_CHECKING:
    # The sync service opens a database and nothing else: it shall not carry what the others open.
    from kiosk.devices.display import Display, LiveDisplay
    from kiosk.devices.glass import GlassDisplay
    from kiosk.devices.printer import Printer
    from kiosk.devices.scanner import Reader
    from kiosk.devices.simulated.sensors import WorldHands
    from kiosk.devices.voice import Voice
    from kiosk.storage.vault import Vault

log = logging.getLogger(__name__)
T = TypeVar("T", bound="Display")


def open_parts(settings: Settings) -> Parts:
    """Open the device's database, and let it know the shop's day and who approves its orders."""
    clock = device_clock(settings)
    store = open_store(settings, clock)
    remember(store, settings)
    return Parts(settings, store, clock, new_id)


def remember(store: Store, settings: Settings) -> None:
    """Write what bookings need of kiosk.toml into the database that all services of the device share."""
    wanted = {TIMEZONE: settings.device.timezone, APPROVAL: settings.replenishment.approval}
    with store.snapshot() as unit:
        changed = {key: value for key, value in wanted.items() if unit.settings.get(key) != value}
    if changed:
        with store.unit(use_reserve=True) as unit:
            for key, value in changed.items():
                unit.settings.put(key, value)


def device_clock(settings: Settings) -> FlooredClock:
    """Return the clock of this device; in the simulated world time is known."""
    settings.storage.folder.mkdir(parents=True, exist_ok=True)
    identity = open_identity(settings)
    # The key beside the certificate is closed to the user who recognises faces; that process goes by what the others have saved.
    held = identity.certificate() if os.access(identity.folder, os.R_OK | os.X_OK) else None
    floors = [BUILT, *([held.begins] if held is not None else [])]
    right = (lambda: True) if settings.world.socket else kernel_clock_is_right
    return FlooredClock(SystemClock(), settings.storage.folder / "clock.json", floors, right)


def open_store(settings: Settings, clock: Clock) -> Store:
    """Open, migrate or make the device's database."""
    folder = settings.storage.folder
    folder.mkdir(parents=True, exist_ok=True)
    return Store.open(folder / "kiosk.db", settings.device.id, clock, new_id, settings.storage.reserve_mb)


def vault_folder(settings: Settings) -> Path:
    """Return the folder of the templates' own file."""
    return Path(settings.members.vault) if settings.members.vault else settings.storage.folder / "vault"


def open_vault(settings: Settings, become: tuple[int, int] | None = None) -> Vault:
    """Open the templates' own file. become: (user, group) to turn into for good once the device key is read; for root's commands."""
    from kiosk.storage.vault import Vault
    from kiosk.storage.vault.keys import device_key

    folder = vault_folder(settings)
    key_path = Path(settings.members.key) if settings.members.key else folder / "vault.key"
    if become is None:
        return Vault.open(folder / "vault.db", key_path)
    key = device_key(key_path, may_make=False)
    os.setgroups([])
    os.setgid(become[1])
    os.setuid(become[0])
    return Vault.open(folder / "vault.db", key_path, key)


def open_reader(settings: Settings) -> Reader | None:
    """Open the hand-held scanner with which goods are received, None where there is none."""
    if settings.world.socket:
        from kiosk.devices.simulated.process import WorldClient
        from kiosk.devices.simulated.sensors import WorldScanner

        return WorldScanner(settings.device.id, WorldClient(Path(settings.world.socket)))
    if not settings.replenishment.scanner:
        return None
    from kiosk.devices.scanner_serial import SerialScanner

    return SerialScanner(settings.replenishment.scanner)


def open_display(settings: Settings, title: str) -> Display:
    """Open the screen that [display] describes; in the simulated world a shopper's finger touches it too."""
    from kiosk.devices.display import OffscreenDisplay, WindowDisplay

    given = settings.display
    size = (given.width, given.height)
    if given.kind == "window":
        return _peopled(settings, WindowDisplay(size, title, given.rotate))
    return _peopled(settings, OffscreenDisplay(size, Path(given.snapshot) if given.snapshot else None))


def open_glass(settings: Settings, title: str) -> tuple[LiveDisplay, GlassDisplay] | None:
    """Open the screen with a renderer behind it: as flows see it, and itself; None where no window is wanted or there is no renderer."""
    from kiosk.devices.glass import GlassDisplay

    given = settings.display
    if given.kind != "window":
        return None
    try:
        glass = GlassDisplay((given.width, given.height), title, given.rotate)
    except DeviceMissingError as error:
        log.warning("%s", error)
        return None
    return _peopled(settings, glass), glass


def _peopled(settings: Settings, display: T) -> T | WorldHands:
    if not settings.world.socket:
        return display
    from kiosk.devices.simulated.process import WorldClient
    from kiosk.devices.simulated.sensors import WorldHands

    return WorldHands(display, WorldClient(Path(settings.world.socket)), settings.device.id)


def open_voice(settings: Settings) -> Voice:
    """Open the voice that [voice] describes."""
    from kiosk.devices.voice import make_voice

    return make_voice(settings.voice)


def open_printer(settings: Settings) -> Printer | None:
    """Open the receipt printer that [printer] describes, None when there is none."""
    from kiosk.devices.printer import make_printer

    return make_printer(settings.printer)
