"""The mirror's loop as it runs on a kiosk, before a camera that never tires: how many frames are shown, and how late."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kiosk.devices.display import OffscreenDisplay
from kiosk.domain.frame import Frame, Picture
from kiosk.domain.garment import Garment
from kiosk.domain.timings import Timings
from kiosk.flows.eyes import Eyes
from kiosk.flows.stage import Stage
from kiosk.ui import views
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.tryon import Dresser, Layer

_SETTLES_S = 1.0


@dataclass(frozen=True, slots=True)
class Lived:
    """What was seen of the loop. shown_hz: frames shown a second; dressed_hz: bodies looked at a second.

    late_p95_ms: from the frame's coming to its being presented, of a hundred 95 are faster. dropped: frames nobody looked at for a body.
    stages: how long each stage took.
    """

    shown_hz: float
    dressed_hz: float
    late_p95_ms: float
    dropped: int
    stages: Timings


class Belt:
    """A camera before which the same pictures pass for ever, at a rate."""

    def __init__(self, pictures: Sequence[Picture], rate_hz: float) -> None:
        self._pictures, self._pause = itertools.cycle(pictures), 1 / rate_hz
        self._next_s, self._sequence = time.monotonic(), 0

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame when it is due."""
        wait = self._next_s - time.monotonic()
        time.sleep(min(max(0.0, wait), timeout_s))
        if wait > timeout_s:
            return None
        self._next_s = max(self._next_s + self._pause, time.monotonic())
        self._sequence += 1
        return Frame(next(self._pictures).copy(), time.monotonic(), self._sequence, "belt")

    def close(self) -> None:
        """Nothing to close."""


def live(models: ModelStore, pictures: Sequence[Picture], worn: Garment, size: tuple[int, int], seconds: float) -> Lived:
    """Run camera, body, garment and screen of `size` for some seconds, threads and all, at 30 frames a second."""
    finder, dresser, eyes = BodyFinder(models), Dresser(), Eyes(Belt(pictures, 30.0), "belt")
    stage, layer, looked = Stage(OffscreenDisplay(size)), None, 0

    def dress(frame: Frame) -> tuple[Layer | None]:
        started = time.monotonic()
        body = finder.find(frame.pixels, frame.sensor_time_s)
        timings.add("body", time.monotonic() - started)
        started = time.monotonic()
        dressed = (None if body is None else dresser.layer(frame.pixels, body, worn),)
        timings.add("garment", time.monotonic() - started)
        return dressed

    timings = Timings()
    eyes.look(dress)
    late: list[float] = []
    last, began = -1, time.monotonic()
    try:
        while (now := time.monotonic()) - began < seconds + _SETTLES_S:
            settled = now - began > _SETTLES_S
            found: tuple[Layer | None] | None = eyes.take()
            if found is not None:
                layer, looked = found[0], looked + settled
            frame = eyes.frame
            if frame is not None and frame.sequence != last:
                last = frame.sequence
                picture = frame.pixels if layer is None else layer.on(frame.pixels)
                stage.show(views.MirrorTryOn(views.Status("en"), picture, False, None, 0, 5, 1, now))
                timings.add("draw and present", time.monotonic() - now)
                if settled:
                    late.append(time.monotonic() - frame.sensor_time_s)
            time.sleep(max(0.0, 1 / 30 - (time.monotonic() - now)))
    finally:
        eyes.close()
        stage.close()
    return Lived(len(late) / seconds, looked / seconds, 1e3 * float(np.percentile(late or [0.0], 95)), eyes.dropped, timings)
