"""The shelf camera: it looks every few seconds, and what looks agree on is told, drawn, and weighed against the books."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.devices.camera import CameraSettings, open_camera
from kiosk.domain.catalog import Planogram
from kiosk.domain.facings import Belief, Board, FacingWatch, FillLevel, SlotSight
from kiosk.domain.frame import Frame
from kiosk.errors import ConfigError, InvalidValueError, KioskError
from kiosk.flows.eyes import Eyes, StillEyes
from kiosk.storage.store import Unit
from kiosk.vision.facings import Corners, FacingReader
from kiosk.vision.facings_reference import EMPTY, FULL, load

log = logging.getLogger(__name__)

RATE_HZ = 2.0
_NOTED = "facing."
Places = dict[str, tuple[Corners, int]]
"""Slot -> where its ground is in the picture, and the pieces that fit."""


def reference_folder(settings: Settings) -> Path:
    """Return where the reference pictures of this device's shelf camera are kept."""
    return settings.storage.folder / "facings"


def boards(settings: Settings) -> dict[str, Board]:
    """Return the boards that [facings.boards] describes; raise ConfigError for one that cannot be."""
    found = {}
    for name, given in settings.facings.boards.items():
        try:
            flat = [float(value) for value in given["corners"]]
            found[name] = Board(tuple(zip(flat[::2], flat[1::2], strict=True)), float(given["length_mm"]))
        except (TypeError, KeyError, ValueError, InvalidValueError) as error:
            raise ConfigError("kiosk.toml", (f"[facings.boards.{name}] takes corners = eight numbers and length_mm: {error}",)) from error
    return found


def places(planogram: Planogram, seen: dict[str, Board]) -> Places:
    """Return the slots that stand on boards in the camera's view and have a width in the planogram."""
    return {c.slot: (seen[c.shelf].place(c.x_mm, c.width_mm), c.capacity)
            for c in planogram.cells if c.shelf in seen and c.width_mm > 0}


def open_shelf_camera(settings: Settings) -> Eyes:
    """Open the camera that [facings] describes."""
    given = settings.facings
    source = settings.world.socket if given.kind == "world" else given.source
    return Eyes(open_camera(CameraSettings(given.name, given.kind, source, (given.width, given.height), RATE_HZ)), given.name)


@dataclass(frozen=True, slots=True)
class Look:
    """A look at all slots. time_s: of the picture, monotonic."""

    time_s: float
    sights: tuple[SlotSight, ...]


class ShelfCamera:
    """Reads the fill of the slots that a planogram puts on its boards; says nothing while it has no references.

    looks: how many were taken.
    """

    def __init__(self, eyes: Eyes | StillEyes, settings: Settings, now: Callable[[], float]) -> None:
        self._eyes, self._now, self._every_s = eyes, now, settings.facings.every_s
        self._folder, self._boards = reference_folder(settings), boards(settings)
        self._reader: FacingReader | None = None
        self._planogram: Planogram | None = None
        self._watch = FacingWatch()
        self._next_s = 0.0
        self._size = (settings.facings.height, settings.facings.width, 3)
        self.looks = 0

    @property
    def lost(self) -> bool:
        """Whether the camera does not answer."""
        return self._eyes.lost

    def look(self, planogram: Planogram) -> tuple[FillLevel, ...]:
        """Return the levels that changed since the last call; call it often, it never waits for the camera."""
        if planogram != self._planogram:
            self._set_up(planogram)
        if self._reader is None:
            return ()
        done: Any = self._eyes.take()
        changed: tuple[FillLevel, ...] = ()
        if isinstance(done, Look):
            self._eyes.look(None)
            self.looks += 1
            changed = self._watch.look(done.time_s, done.sights)
        if self._now() >= self._next_s:
            self._next_s = self._now() + self._every_s
            self._eyes.look(self._read)
        return changed

    def belief(self, slot: str) -> Belief | None:
        """Return what the newest looks that agree come to."""
        return self._watch.belief(slot)

    def close(self) -> None:
        """Give the camera back."""
        self._eyes.close()

    def _read(self, frame: Frame) -> Look | None:
        reader = self._reader
        return Look(frame.sensor_time_s, reader.read(frame.pixels)) if reader is not None else None

    def _set_up(self, planogram: Planogram) -> None:
        self._planogram, self._reader, self._watch = planogram, None, FacingWatch()
        self._eyes.look(None)
        wanted = places(planogram, self._boards)
        if not wanted:
            return
        try:
            empty, full = load(self._folder, EMPTY), load(self._folder, FULL)
            if empty.shape != self._size:
                raise InvalidValueError(f"{self._folder}: the references are of {empty.shape[1]}x{empty.shape[0]} pixels, [facings] says "
                                        f"{self._size[1]}x{self._size[0]}: take them again")
            self._reader = FacingReader(empty, full, wanted)
        except KioskError as error:
            log.warning("the shelf camera sees nothing: %s", error)
            return
        if self._reader.blind:
            log.warning("the shelf camera cannot judge slot %s: its goods look like the board", ", ".join(self._reader.blind))


def note(unit: Unit, level: FillLevel) -> None:
    """Keep what is believed of a slot, for every screen of the device."""
    unit.settings.put(_NOTED + level.slot, f"{level.state} {level.fill or 0.0:.3f}")


def noted(unit: Unit, slot: str) -> FillLevel | None:
    """Return what the camera last believed of a slot, None where none ever looked."""
    state, _, fill = (unit.settings.get(_NOTED + slot) or "").partition(" ")
    return FillLevel(slot, float(fill), state) if fill else None
