"""What a device has that sees shoppers, and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.devices import camera as cameras
from kiosk.devices.depth import DepthCamera, ProgramDepthCamera
from kiosk.devices.scanner import CameraScanner, Scanner
from kiosk.domain.identity import Policy
from kiosk.domain.liveness import LIMITS, Limits
from kiosk.errors import ConfigError
from kiosk.flows.eyes import Eyes, StillEyes
from kiosk.flows.opening import open_parts, open_vault
from kiosk.flows.parts import Parts
from kiosk.flows.shoppers_phone import ShoppersPhone, open_phone
from kiosk.storage.vault import Vault
from kiosk.vision.copies import CopyNetwork, open_copies
from kiosk.vision.face import Embedder, FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore


@dataclass(frozen=True, slots=True)
class Sight(Parts):
    """What a device has that sees shoppers.

    policy: limits of identification; limits: of liveness. copies: a passive network that kiosk.toml names; depth: a depth camera, if any.
    """

    vault: Vault
    eyes: Eyes | StillEyes
    scanner: Scanner
    finder: FaceFinder
    embedder: Embedder
    policy: Policy
    phone: ShoppersPhone | None = None
    limits: Limits = LIMITS
    copies: CopyNetwork | None = None
    depth: DepthCamera | None = None

    @property
    def camera_lost(self) -> bool:
        """Whether the camera does not answer; a cabin has none to lose."""
        return self.eyes.lost and not self.settings.mirror.cabin

    def close(self) -> None:
        """Give camera, vault and database back."""
        if self.phone is not None:
            self.phone.close()
        if self.depth is not None:
            self.depth.close()
        self.eyes.close()
        self.vault.close()
        self.store.close()


def open_sight(settings: Settings, models: ModelStore) -> Sight:
    """Open the database, the vault, the camera and the networks of a device that sees shoppers."""
    parts = open_parts(settings)
    # In a cabin there is no camera to open, whatever [camera] says.
    eyes = StillEyes() if settings.mirror.cabin else Eyes(open_camera(settings), settings.camera.name)
    return Sight(settings, parts.store, parts.clock, parts.new_id, open_vault(settings), eyes,
                 CameraScanner(), FaceFinder(models), make_embedder(settings.identity.backend, models), Policy(),
                 phone=open_phone(settings, parts.clock), copies=open_copies(settings.identity.passive_model),
                 depth=None if settings.mirror.cabin else open_depth(settings))


def open_depth(settings: Settings) -> DepthCamera | None:
    """Open the depth camera that [depth] describes, None where there is none."""
    return ProgramDepthCamera(settings.depth.command) if settings.depth.command else None


def open_camera(settings: Settings) -> cameras.Camera:
    """Open the camera that [camera] describes."""
    given = settings.camera
    if given.kind == "none":
        raise ConfigError("kiosk.toml", ("camera.kind is none, but a pay terminal or mirror needs a camera",))
    source = settings.world.socket if given.kind == "world" else given.source
    return cameras.open_camera(cameras.CameraSettings(given.name, given.kind, source, (given.width, given.height), given.rate_hz))
