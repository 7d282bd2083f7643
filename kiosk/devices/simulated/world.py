"""The simulated store. A pure function of (setup, script, world time) and of what kiosks and staff did in it up to that time:
the same setup and the same inputs at the same times give the same pixels, weights and touches, whenever one asks.

World time is in seconds from 0 and never goes back: a question about the past is answered for the latest time that was asked about.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from kiosk.devices.display import Presented, Touch
from kiosk.devices.simulated.casting import Casting, Ledger
from kiosk.devices.simulated.figure import Figures
from kiosk.devices.simulated.setup import WorldSetup
from kiosk.devices.simulated.shelf import Shelf
from kiosk.devices.simulated.shelf_camera import board_view, watched_board
from kiosk.devices.simulated.shopper import Errand
from kiosk.devices.simulated.stage import View, mirror_view, pay_view, with_noise
from kiosk.devices.simulated.station import Guest, Station
from kiosk.domain.frame import Picture
from kiosk.errors import WorldError

FAULTS = ("ok", "black", "frozen", "wrong_size", "gone")
"""What can be wrong with a camera of the store."""

WISHES = ("refill", "count", "out_of_order", "close_day", "refund")


class World:
    """A store with people in it. figures: None draws the store without people (scanning, weighing and touching go on)."""

    def __init__(self, setup: WorldSetup, figures: Figures | None) -> None:
        self._setup, self._figures, self._now = setup, figures, 0.0
        self._shelf, self._ledger, casting = Shelf(setup), Ledger(), Casting(setup)
        self._casting = casting
        places = {"pay": setup.pay_device, "mirror": setup.mirror_device, "shelf": setup.shelf_device}
        self._stations = {device: Station(device, place, setup, casting, self._shelf, self._ledger)
                          for place, device in places.items() if device}
        self._cameras: dict[str, tuple[str, View]] = {}
        if setup.pay_device:
            self._cameras[setup.pay_camera] = (setup.pay_device, pay_view)
        if setup.mirror_device:
            self._cameras[setup.mirror_camera] = (setup.mirror_device, mirror_view)
        self._board = watched_board(setup) if setup.shelf_camera else None
        self._faults: dict[str, tuple[str, float]] = {}

    def frame(self, camera: str, t: float) -> Picture:
        """Return what a camera sees at time `t`: (H, W, 3) uint8 RGB, with sensor noise. Raises WorldError when it is unplugged."""
        return self.shot(camera, t)()

    def shot(self, camera: str, t: float) -> Callable[[], Picture]:
        """Return a function that renders `frame(camera, t)` later, without the state of the world."""
        if not self._has(camera):
            raise WorldError(f"the simulated store has no camera {camera!r}")
        t = self.advance(t)
        fault, since = self._faults.get(camera, ("ok", 0.0))
        if fault == "gone":
            raise WorldError(f"the simulated camera {camera} is unplugged")
        at = since if fault == "frozen" else t
        if self._board is not None and camera == self._setup.shelf_camera:
            board, pieces, reaching = self._board, self._shelf.pieces(), self._shelf.reaching(at)
            return lambda: self._taken(camera, board_view(board, pieces, reaching, at), at, fault)
        device, view = self._cameras[camera]
        guests = self._stations[device].guests(at)
        return lambda: self._render(camera, view, guests[0] if guests else None, at, fault)

    def weights(self, device: str, t: float) -> dict[str, float]:
        """Return what every cell of a shelf shows at time `t`, in grams by slot."""
        if device != self._setup.shelf_device or not device:
            raise WorldError(f"the simulated store has no shelf {device!r}")
        return self._shelf.grams(self.advance(t))

    def tags(self) -> dict[str, str]:
        """Return RFID tag -> where its piece is: "shelf:<slot>" or "carried"."""
        return self._shelf.tags()

    def presented(self, device: str, presented: Presented, t: float) -> list[Touch]:
        """Tell what a device's screen shows at time `t`; return the touches since the last call, in its pixels."""
        if device not in self._stations:
            raise WorldError(f"the simulated store has no device {device!r}")
        t = self.advance(t)
        if device == self._setup.shelf_device:
            self._shelf.seen(t)
        return self._stations[device].see(presented, t)

    def act(self, name: str, args: dict[str, Any], t: float) -> None:
        """Let something happen that the script does not hold. Raises WorldError for what it does not know.

        deliver(slot, pieces, scan=0): goods came; staff goes to the shelf, opens staff mode and refills, or scans each piece.
        staff(device, wish, slot="", number=""): staff comes for one of WISHES. pick(slot, pieces), put_back(slot, pieces): a hand at the
        shelf. camera(camera, fault): one of FAULTS. invite(kind): only such visits begin at the pay terminal (Casting.invite).
        """
        t = self.advance(t)
        acts: dict[str, Callable[..., None]] = {
            "deliver": self._deliver, "staff": self._staff, "pick": self._pick, "put_back": self._put_back, "camera": self._camera,
            "invite": self._invite,
        }
        if name not in acts:
            raise WorldError(f"the simulated store does not know the act {name!r}; it knows {', '.join(acts)}")
        try:
            acts[name](t, **args)
        except TypeError as error:
            raise WorldError(f"the act {name!r} does not go with {sorted(args)}") from error

    def codes(self, device: str, t: float) -> list[str]:
        """Return what staff has scanned at a device since the last call."""
        if device not in self._stations:
            raise WorldError(f"the simulated store has no device {device!r}")
        self.advance(t)
        return self._stations[device].codes()

    def truth(self) -> dict[str, Any]:
        """Return what happened so far: visits, sales, refusals, moved pieces; `pieces` by slot and `present` by device; `moved`: every hand
        that moved goods, as (world time, slot, GTIN, pieces).
        """
        present = {device: guest.shopper.name for device, station in self._stations.items() for guest in station.guests(self._now)
                   if math.isinf(guest.left_s)}
        shelf = {"pieces": self._shelf.pieces(), "moved": list(self._shelf.moved)}
        return asdict(self._ledger) | self._shelf.counts | shelf | {"present": present}

    def advance(self, t: float) -> float:
        """Let everything happen that is due up to `t`, in the order of time; return the world's time."""
        self._now = max(self._now, t)
        while True:
            parts: list[Shelf | Station] = [self._shelf, *self._stations.values()]
            first = min(parts, key=lambda part: part.due())
            if first.due() > self._now or math.isinf(first.due()):
                return self._now
            first.step()

    def _render(self, camera: str, view: View, guest: Guest | None, t: float, fault: str) -> Picture:
        return self._taken(camera, view(self._figures, guest, t, self._setup.seed), t, fault)

    def _has(self, camera: str) -> bool:
        return camera in self._cameras or (self._board is not None and camera == self._setup.shelf_camera)

    def _taken(self, camera: str, picture: Picture, t: float, fault: str) -> Picture:
        if fault == "black":
            return np.zeros_like(picture)
        if fault == "wrong_size":
            picture = np.ascontiguousarray(picture[::2, ::2])
        return with_noise(picture, (self._setup.seed & 0xFFFFFFFF, sum(camera.encode()), int(t * 1000)))

    def _deliver(self, t: float, slot: str, pieces: int, scan: int = 0) -> None:
        if slot not in self._shelf.pieces() or pieces < 1:
            raise WorldError(f"{pieces} pieces cannot be delivered to slot {slot!r} of the simulated shelf")
        self._stations[self._setup.shelf_device].send_staff(Errand("receive" if scan else "refill", slot, pieces, ordered=pieces), t)

    def _staff(self, t: float, device: str, wish: str, slot: str = "", number: str = "") -> None:
        if device not in self._stations or wish not in WISHES:
            raise WorldError(f"staff cannot do {wish!r} at {device!r}; wishes are {', '.join(WISHES)}")
        self._stations[device].send_staff(Errand(wish, slot, number=number), t)

    def _pick(self, t: float, slot: str, pieces: int) -> None:
        self._shelf.order(t, slot, -pieces, "shopper")

    def _put_back(self, t: float, slot: str, pieces: int) -> None:
        self._shelf.order(t, slot, pieces, "shopper")

    def _invite(self, _t: float, kind: str) -> None:
        self._casting.invite(kind)

    def _camera(self, t: float, camera: str, fault: str) -> None:
        if not self._has(camera) or fault not in FAULTS:
            raise WorldError(f"the simulated camera {camera!r} cannot be {fault!r}; faults are {', '.join(FAULTS)}")
        self._faults[camera] = (fault, t)
