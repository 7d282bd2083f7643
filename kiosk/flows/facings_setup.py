"""Setting up the shelf camera: two pictures with nobody in them, checked against each other and against the planogram."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.config import Settings
from kiosk.domain.frame import Frame, Picture
from kiosk.errors import DeviceMissingError, InvalidValueError
from kiosk.flows.facings import boards, places, reference_folder
from kiosk.flows.opening import open_parts
from kiosk.vision.body import BodyFinder
from kiosk.vision.face import FaceFinder
from kiosk.vision.facings import FacingReader
from kiosk.vision.facings_reference import EMPTY, FULL, LEAST_FRAMES, load, save, still
from kiosk.vision.networks import ModelStore

_APART_S = 0.6
_WAIT_S, _MOST_WAITS = 0.1, 200


class Somebody:
    """Whether a face or a body is in a picture, by the networks that know people."""

    def __init__(self, models: ModelStore) -> None:
        self._faces, self._bodies = FaceFinder(models), BodyFinder(models)

    def __call__(self, picture: Picture) -> bool:
        """Return whether there is. picture: (H, W, 3) uint8 RGB."""
        return bool(self._faces.find(picture)) or self._bodies.find(picture, None) is not None


def take_reference(settings: Settings, which: str, frame: Callable[[], Frame | None], wait: Callable[[float], None],
                   somebody: Callable[[Picture], bool]) -> tuple[Path, tuple[str, ...]]:
    """Take a picture of the still shelf and keep it; return its file, and the slots that cannot be judged (when both are there).

    frame: the camera's newest; wait: sleeps. Raises InvalidValueError, and keeps nothing, when somebody is in view, something moves, or the
    two pictures do not go together.
    """
    picture = still(_frames(frame, wait), somebody)
    folder, other = reference_folder(settings), EMPTY if which == FULL else FULL
    blind: tuple[str, ...] = ()
    try:
        beside = load(folder, other)
    except DeviceMissingError:
        beside = None
    if beside is not None and beside.shape == picture.shape:
        blind = _blind(settings, *((beside, picture) if which == FULL else (picture, beside)))
    return save(folder, which, picture), blind


def _frames(frame: Callable[[], Frame | None], wait: Callable[[float], None]) -> list[Picture]:
    """Return pictures of some seconds."""
    kept: list[Frame] = []
    for _ in range(_MOST_WAITS):
        seen = frame()
        if seen is not None and (not kept or seen.sensor_time_s - kept[-1].sensor_time_s >= _APART_S):
            kept.append(seen)
        if len(kept) == LEAST_FRAMES:
            break
        wait(_WAIT_S)
    return [one.pixels for one in kept]


def _blind(settings: Settings, empty: Picture, full: Picture) -> tuple[str, ...]:
    parts = open_parts(settings)
    with parts.store.snapshot() as unit:
        planogram = unit.planogram.get()
    parts.store.close()
    wanted = places(planogram, boards(settings)) if planogram is not None else {}
    if not wanted:
        raise InvalidValueError("no slot of the planogram has a place on a board of [facings.boards]: draw them at HQ first")
    return FacingReader(empty, full, wanted).blind
