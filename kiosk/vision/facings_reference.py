"""The two pictures by which a shelf camera is set up, kept on the device alone: the shelf empty, and the shelf full; nobody is in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from kiosk.domain.frame import Picture
from kiosk.errors import DeviceMissingError, InvalidValueError

EMPTY, FULL = "empty", "full"
LEAST_FRAMES = 5
_MOVED = 0.25
"""Share by which a place may become brighter or darker from frame to frame."""
_MOVED_SHARE = 0.004
"""Share of the picture that may do so: an arm that moves is more."""


def still(frames: Sequence[Picture], somebody: Callable[[Picture], bool]) -> Picture:
    """Return the median of pictures that were taken over some seconds; (H, W, 3) uint8 RGB.

    somebody: whether a person is in a picture. Raises InvalidValueError when something moves or somebody is in view.
    """
    if len(frames) < LEAST_FRAMES:
        raise InvalidValueError(f"only {len(frames)} pictures came, {LEAST_FRAMES} are needed: is the camera slow, or in use by a service?")
    middle: Picture = np.median(np.stack(frames), axis=0).astype(np.uint8)
    level = _grey(middle)
    for frame in frames:
        ratio = np.log(_grey(frame) / level)
        moved = np.abs(ratio - np.median(ratio)) > _MOVED
        if cv2.erode(moved.astype(np.uint8), np.ones((3, 3), np.uint8)).mean() > _MOVED_SHARE:
            raise InvalidValueError("something moves before the camera: step out of its view and take the picture again")
    if somebody(middle):
        raise InvalidValueError("somebody is in view: no picture of people is kept; step out of it and take the picture again")
    return middle


def _grey(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(cv2.GaussianBlur(picture.mean(axis=2).astype(np.float32), (0, 0), 2.0) + 6.0, np.float32)


def save(folder: Path, which: str, picture: Picture) -> Path:
    """Keep a reference picture, readable by its owner alone; a power cut leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    coded = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
    path, fresh = folder / f"{which}.png", folder / f"{which}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(coded)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return path


def load(folder: Path, which: str) -> Picture:
    """Return a reference picture; raise DeviceMissingError when it was not taken yet, InvalidValueError when it is damaged."""
    path = folder / f"{which}.png"
    try:
        coded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DeviceMissingError(f"{path} cannot be read ({error.strerror}); run: kiosk shelf reference {which}") from error
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR) if coded.size else None
    if picture is None:
        raise InvalidValueError(f"{path} is no picture; run: kiosk shelf reference {which}")
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)
