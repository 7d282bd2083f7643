"""The store's sensors and the finger on its screens, as the kiosk's devices: a camera, a scale and a display over the world's socket."""

from __future__ import annotations

import logging
import threading
from collections import deque
from pathlib import Path
from typing import Any

from kiosk.devices.camera import CameraSettings
from kiosk.devices.display import Display, Part, Presented, Touch
from kiosk.devices.scale import PolledScale, Sample
from kiosk.devices.simulated.process import WorldClient
from kiosk.domain.frame import Picture
from kiosk.domain.meshes import Worn
from kiosk.domain.units import Grams
from kiosk.errors import WorldError

log = logging.getLogger(__name__)

_POLL_S = 0.05
_RETRY_S = 0.5


class WorldSource:
    """A camera of the simulated store; settings.name is the camera's name there, settings.source the path of the world's socket."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._client = WorldClient(Path(settings.source))
        self._number = 0

    def open(self) -> None:
        """Nothing to open: the client connects when it asks."""

    def grab(self) -> tuple[Picture, float] | None:
        """Wait for the store's next frame at the rate asked for."""
        seen = self._client.look(self._settings.name, self._settings.rate_hz, self._number, 1.0)
        if seen is None:
            return None
        picture, time_s, self._number = seen
        return picture, time_s

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class WorldScale:
    """The load cells of the simulated store's shelf, as a ScaleSource."""

    def __init__(self, device: str, slots: tuple[str, ...], client: WorldClient) -> None:
        self._device, self._slots, self._client = device, slots, client

    @property
    def cells(self) -> tuple[str, ...]:
        """The slots that must be heard."""
        return self._slots

    def sample(self) -> list[Sample]:
        """Return one sample of every cell."""
        time_s, grams = self._client.weigh(self._device)
        return [Sample(slot, time_s, Grams(value)) for slot, value in grams.items() if slot in self._slots]

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def world_scale(device: str, slots: tuple[str, ...], socket: Path) -> PolledScale:
    """Return the shelf `device` of the world at `socket` as a Scale, at 10 samples a second and cell."""
    return PolledScale(device, WorldScale(device, slots, WorldClient(socket)))


class WorldScanner:
    """The hand-held scanner of the simulated store's staff; reads nothing while the world is away."""

    def __init__(self, device: str, client: WorldClient) -> None:
        self._device, self._client = device, client

    def read(self) -> list[str]:
        """Return the codes since the last call, oldest first."""
        try:
            return self._client.codes(self._device)
        except WorldError as error:
            log.warning("no simulated scanner: %s", error)
            return []

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class WorldHands:
    """A Display around a real one: shoppers of the simulated store see what it shows, and their touches come in beside real fingers'.

    A thread of its own talks to the world, so that drawing never waits for it; while the world is away there are no touches.
    """

    def __init__(self, display: Display, client: WorldClient, device: str) -> None:
        self._display, self._client, self._device = display, client, device
        self._presented: Presented | None = None
        self._touches: deque[Touch] = deque()
        self._changed, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"hands {device}", daemon=True)
        self._thread.start()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the picture that `present` wants."""
        return self._display.size

    def present(self, picture: Any, presented: Presented) -> None:
        """Show a picture (a pygame Surface) of exactly `size`, and let shoppers see it."""
        self._display.present(picture, presented)
        self._presented = presented
        self._changed.set()

    def present_live(self, worn: Worn, part: Part, page: Any, presented: Presented) -> None:
        """Do so where the real display can, see `LiveDisplay`."""
        live: Any = self._display
        live.present_live(worn, part, page, presented)
        self._presented = presented
        self._changed.set()

    def touches(self) -> list[Touch]:
        """Return the touches since the last call, real ones first; never waits."""
        real = self._display.touches()
        return [*real, *(self._touches.popleft() for _ in range(len(self._touches)))]

    def close(self) -> None:
        """Give the screen back; safe to call twice."""
        self._closed.set()
        self._changed.set()
        self._thread.join(timeout=1.0)
        self._client.close()
        self._display.close()

    def _run(self) -> None:
        away = False
        while not self._closed.is_set():
            self._changed.wait(_POLL_S)
            self._changed.clear()
            presented = self._presented
            if presented is None:
                continue
            try:
                self._touches.extend(self._client.show(self._device, presented))
            except WorldError as error:
                if not away:
                    log.warning("no simulated shoppers: %s", error)
                away = True
                self._closed.wait(_RETRY_S)
                continue
            if away:
                log.warning("simulated shoppers are back")
                away = False
