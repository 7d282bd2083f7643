"""Second witnesses of the shelf: tags that left, and a camera that sees how full each slot is."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping

from kiosk.devices.camera import Camera
from kiosk.devices.rfid import TagReader
from kiosk.domain.catalog import Planogram
from kiosk.domain.facings import FacingWatch, FillLevel
from kiosk.domain.shelf_match import Hint
from kiosk.domain.tags import TagWatch
from kiosk.errors import DeviceLostError
from kiosk.vision.facings import FacingReader

log = logging.getLogger(__name__)

SURE_OF_TAG = 0.97
"""A tag that left the antenna's field is in a hand, or a hand is before it: reads do fail."""
LOOK_EVERY_S = 2.0


class TagWitness:
    """Turns tags that leave into hints."""

    def __init__(self, reader: TagReader, antennas: Mapping[int, tuple[str, ...]], now: Callable[[], float]) -> None:
        """antennas: number of the antenna -> the load cells in its field."""
        self._reader, self._antennas, self._now = reader, dict(antennas), now
        self._watch = TagWatch()
        self._lost = False

    def hints(self, planogram: Planogram) -> list[Hint]:
        """Return what left since the last call, named by the planogram's GTINs; call it often."""
        now = self._now()
        try:
            seen = self._reader.read()
        except DeviceLostError as error:
            if not self._lost:
                log.warning("%s; the shelf goes on without tags", error)
            self._lost = True
            return []
        if self._lost:
            self._lost = False
            self._watch.pause(now)
            log.info("the RFID reader is back")
        gtins = {c.gtin.zfill(14): c.gtin for c in planogram.cells}
        left = [tag for tag in self._watch.feed(now, seen) if tag.gtin in gtins]
        hints = []
        for antenna in sorted({tag.antenna for tag in left}):
            here = [tag for tag in left if tag.antenna == antenna]
            named = [gtins[tag.gtin] for tag in here]
            cells = self._antennas.get(antenna, tuple(sorted({cell for c in planogram.cells for cell in c.weighed_on})))
            hints.append(Hint(max(tag.time_s for tag in here), cells, {g: SURE_OF_TAG * named.count(g) / len(named) for g in set(named)}))
        return hints

    def close(self) -> None:
        """Give the reader back."""
        self._reader.close()


class CameraWitness:
    """Looks at the shelf every two seconds in a thread of its own; tells levels that changed."""

    def __init__(self, camera: Camera, reader: FacingReader) -> None:
        self._camera, self._reader, self._watch = camera, reader, FacingWatch()
        self._changed: deque[tuple[float, FillLevel]] = deque(maxlen=1000)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facings", daemon=True)
        self._thread.start()

    def changed(self) -> list[tuple[float, FillLevel]]:
        """Return the levels that changed since the last call, each with the time of the look that told."""
        return [self._changed.popleft() for _ in range(len(self._changed))]

    def close(self) -> None:
        """Give the camera back; safe to call twice."""
        self._closed.set()
        self._thread.join(timeout=5.0)
        self._camera.close()

    def _run(self) -> None:
        lost = False
        while not self._closed.is_set():
            try:
                frame = self._camera.read(1.0)
            except DeviceLostError as error:
                if not lost:
                    log.warning("%s; the shelf goes on without a camera", error)
                lost = True
                self._closed.wait(LOOK_EVERY_S)
                continue
            if frame is None:
                continue
            lost = False
            levels = self._watch.look(frame.sensor_time_s, self._reader.read(frame.pixels))
            self._changed.extend((frame.sensor_time_s, level) for level in levels)
            self._closed.wait(LOOK_EVERY_S)
