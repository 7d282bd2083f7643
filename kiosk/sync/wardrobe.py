"""Garments' files on a mirror: what the signed list names is fetched, checked and kept; what it no longer names goes."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path

from kiosk.domain.wardrobe import GarmentFile, GarmentList
from kiosk.sync.fetch import Fetcher
from kiosk.wire import BODY_BYTES, ManifestLink

log = logging.getLogger(__name__)

SUFFIX = ".garment"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def file_of(folder: Path, garment: GarmentFile) -> Path:
    """Return where a garment's file lies."""
    return folder / f"{garment.name}.{garment.version}{SUFFIX}"


class Wardrobe:
    """Keeps a folder as the newest list says. A file is whole and checked before it has its name."""

    def __init__(self, folder: Path, fetcher: Fetcher) -> None:
        self._folder, self._fetcher = folder, fetcher
        self._list: GarmentList | None = None
        self._asked: dict[str, GarmentFile] = {}

    def follow(self, wanted: GarmentList | None) -> None:
        """Fetch what a list names and is not here, remove what it does not name, take in what came. Returns at once."""
        if wanted is not None and wanted != self._list:
            self._begin(wanted)
        for link, body in self._fetcher.take():
            self._keep(link, body)

    def _begin(self, wanted: GarmentList) -> None:
        self._list = wanted
        self._folder.mkdir(parents=True, exist_ok=True)
        named = {file_of(self._folder, garment): garment for garment in wanted.garments if _sound(garment)}
        for path, garment in named.items():
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != garment.sha256:
                link = ManifestLink(f"garment {garment.name}", garment.version, garment.size, garment.sha256, garment.url)
                self._asked[link.kind] = garment
                self._fetcher.ask(link)
        if not self._asked:
            self._tidy()

    def _keep(self, link: ManifestLink, body: bytes) -> None:
        garment = self._asked.get(link.kind)
        if garment is None or (garment.version, garment.sha256) != (link.version, link.sha256):
            return  # an older version that was on its way
        del self._asked[link.kind]
        if len(body) != link.size or hashlib.sha256(body).hexdigest() != link.sha256:
            log.warning("what lies at %s is not the garment that HQ signed", link.url)
            return
        path = file_of(self._folder, garment)
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        log.info("garment %s, version %d, is here", garment.name, garment.version)
        if not self._asked:
            self._tidy()

    def _tidy(self) -> None:
        """Remove what the list does not name; of a garment that has not come, the version before is worn on."""
        listed = {garment.name: file_of(self._folder, garment) for garment in self._list.garments} if self._list else {}
        for path in self._folder.iterdir():
            newest = listed.get(path.name.partition(".")[0])
            if newest is None or (path != newest and newest.is_file()):
                path.unlink()


def _sound(garment: GarmentFile) -> bool:
    sound = bool(_NAME.fullmatch(garment.name)) and garment.version > 0 and 0 < garment.size <= BODY_BYTES
    if not sound:
        log.warning("the garment %r of the list cannot be", garment.name)
    return sound
