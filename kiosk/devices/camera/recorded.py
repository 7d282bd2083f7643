"""A recorded file as a camera: a video, or a folder of pictures in the order of their names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from kiosk.devices.camera import CameraSettings
from kiosk.domain.frame import Picture
from kiosk.errors import DeviceMissingError

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp"}
_IDLE_S = 0.2


class RecordedSource:
    """Plays a recording in its own time: a video at the rate it was made with, a folder at the rate asked for.

    The sensor time of a frame is the time at which it was due. Frames are cut and scaled to the size asked for, so that any
    recording will do.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings, self._path = settings, Path(settings.source)
        self._frames: Iterator[Picture] = iter(())
        self._rate_hz = settings.rate_hz
        self._due_s = 0.0

    def open(self) -> None:
        """Open the recording at its beginning."""
        if self._path.is_dir():
            self._frames = self._pictures()
        elif self._path.is_file():
            video = cv2.VideoCapture(str(self._path))
            rate = float(video.get(cv2.CAP_PROP_FPS))
            if not video.isOpened() or rate <= 0:
                raise DeviceMissingError(f"camera {self._settings.name}: {self._path} is no video that OpenCV can read")
            self._rate_hz = rate
            self._frames = self._video(video)
        else:
            raise DeviceMissingError(f"camera {self._settings.name}: there is no recording at {self._path}")
        self._due_s = time.monotonic()

    def grab(self) -> tuple[Picture, float] | None:
        """Wait until the next frame is due and return it; None after the end of a recording that is not looped."""
        picture = next(self._frames, None)
        if picture is None:
            time.sleep(_IDLE_S)
            return None
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        due_s, self._due_s = self._due_s, self._due_s + 1.0 / self._rate_hz
        return fit(picture, self._settings.size), due_s

    def close(self) -> None:
        """Let go of the recording."""
        self._frames = iter(())

    def _pictures(self) -> Iterator[Picture]:
        files = sorted(p for p in self._path.iterdir() if p.suffix.lower() in _PICTURES)
        if not files:
            raise DeviceMissingError(f"camera {self._settings.name}: the folder {self._path} holds no picture")
        return self._decode(files)

    def _decode(self, files: list[Path]) -> Iterator[Picture]:
        while True:
            for file in files:
                picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if picture is None:
                    raise DeviceMissingError(f"camera {self._settings.name}: {file} is no picture")
                yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            if not self._settings.loop:
                return

    def _video(self, video: cv2.VideoCapture) -> Iterator[Picture]:
        try:
            count = 0
            while True:
                there, picture = video.read()
                if there:
                    count += 1
                    yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
                elif not self._settings.loop or not count:
                    return
                else:
                    video.set(cv2.CAP_PROP_POS_FRAMES, 0)
                    count = 0
        finally:
            video.release()


def fit(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return `picture` cut in the middle to the shape of `size` (width, height) and scaled to it; (H, W, 3) uint8."""
    width, height = size
    have_height, have_width = picture.shape[:2]
    if (have_width, have_height) == size:
        return picture
    scale = min(have_width / width, have_height / height)
    cut_width, cut_height = round(width * scale), round(height * scale)
    left, top = (have_width - cut_width) // 2, (have_height - cut_height) // 2
    cut = np.ascontiguousarray(picture[top:top + cut_height, left:left + cut_width])
    scaled: Picture = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
    return scaled
