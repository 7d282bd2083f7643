"""Further witnesses of the shelf: tags that left, and a camera. What they say breaks ties between goods of equal weight."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from kiosk.config import Settings
from kiosk.devices.rfid import ProgramTagReader, TagReader
from kiosk.domain.catalog import Planogram
from kiosk.domain.shelf_match import Hint
from kiosk.domain.tags import TagWatch
from kiosk.errors import ConfigError, DeviceLostError
from kiosk.flows.facings import ShelfCamera, open_shelf_camera

log = logging.getLogger(__name__)

SURE_OF_TAG = 0.97
"""A tag that left the antenna's field is in a hand, or a hand is before it: reads do fail."""


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
            products = {g: SURE_OF_TAG * named.count(g) / len(named) for g in set(named)}
            hints.append(Hint(max(tag.time_s for tag in here), cells, products, {g: -named.count(g) for g in set(named)}))
        back = [gtins[code] for code in self._watch.returned() if code in gtins]
        return [*hints, *((Hint(now, (), {}, {g: back.count(g) for g in set(back)}),) if back else ())]

    def close(self) -> None:
        """Give the reader back."""
        self._reader.close()


def open_facings(settings: Settings, now: Callable[[], float]) -> ShelfCamera | None:
    """Open the camera that [facings] describes, None where there is none."""
    if settings.facings.kind == "none":
        return None
    return ShelfCamera(open_shelf_camera(settings), settings, now)


def open_tags(settings: Settings, now: Callable[[], float]) -> TagWitness | None:
    """Open the reader that [rfid] describes, None where there is none."""
    given = settings.rfid
    if not given.command:
        return None
    try:
        antennas = {int(number): tuple(str(cells).split()) for number, cells in given.antennas.items()}
    except ValueError as error:
        raise ConfigError("kiosk.toml", (f"[rfid.antennas] takes number = \"load cells\", e.g. 1 = \"A1 A2\": {error}",)) from error
    return TagWitness(ProgramTagReader(given.command), antennas, now)
