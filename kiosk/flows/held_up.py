"""Items that are held up to the mirror: barcodes by its camera or a scanner, tags by an RFID reader."""

from __future__ import annotations

import logging
from typing import Final

from kiosk.config import Settings
from kiosk.devices.rfid import ProgramTagReader, TagReader
from kiosk.devices.scanner import Reader
from kiosk.domain.tags import gtin_of
from kiosk.errors import DeviceLostError, InvalidValueError

log = logging.getLogger(__name__)
_AGAIN_S: Final = 3.0
"""An item that stays in view counts again only after it was away for this long: a tag in a cabin is read ten times a second."""
_STALE_S: Final = 1.0
"""A tag that was read longer ago, while somebody paid, is not held up any more."""
_KEPT: Final = 200


class HeldUp:
    """What was held up, each item once."""

    def __init__(self, reader: Reader | None = None, tags: TagReader | None = None) -> None:
        self._reader, self._tags = reader, tags
        self._seen: dict[str, float] = {}
        self._lost = False
        self.since_s = float("-inf")

    def take(self, now_s: float, codes: tuple[str, ...] = (), seen_s: float | None = None) -> list[str]:
        """Return the codes, and GTINs of tags, that were not there before; `since_s` says when the first of them was read.

        codes: that the camera saw just now; seen_s: the time of its frame.
        """
        found = dict.fromkeys(codes, seen_s if seen_s is not None else now_s)
        found |= dict.fromkeys(self._reader.read() if self._reader is not None else (), now_s)
        for code, read_s in self._tagged():
            found.setdefault(code, read_s)
        fresh = [code for code, read_s in found.items()
                 if now_s - read_s < _STALE_S and read_s - self._seen.get(code, float("-inf")) >= _AGAIN_S]
        self._seen.update(found)
        self.since_s = min((found[code] for code in fresh), default=now_s)
        if len(self._seen) > _KEPT:
            self._seen = {code: at for code, at in self._seen.items() if now_s - at < _AGAIN_S}
        return fresh

    def _tagged(self) -> list[tuple[str, float]]:
        if self._tags is None:
            return []
        try:
            reads = self._tags.read()
        except DeviceLostError as error:
            if not self._lost:
                log.warning("%s; barcodes go on", error)
            self._lost = True
            return []
        if self._lost:
            self._lost = False
            log.info("the RFID reader is back")
        return [(gtin, read.time_s) for read in reads if (gtin := _gtin(read.epc))]

    def close(self) -> None:
        """Give the readers back."""
        for device in (self._reader, self._tags):
            if device is not None:
                device.close()


def _gtin(epc: str) -> str:
    try:
        return gtin_of(epc)
    except InvalidValueError:
        return ""  # a tag of another kind: a badge, a library's book


def open_tag_reader(settings: Settings) -> TagReader | None:
    """Open the reader that [rfid] describes, None where there is none."""
    return ProgramTagReader(settings.rfid.command) if settings.rfid.command else None
