"""A mirror's garments, kept as HQ's list says; runs in the sync process, which carries neither networks nor screens."""

from __future__ import annotations

from pathlib import Path

from kiosk.domain.wardrobe import GarmentList
from kiosk.flows.parts import Parts
from kiosk.sync.fetch import Fetcher
from kiosk.sync.wardrobe import Wardrobe


class Clothes:
    """Follows the list that the store holds."""

    def __init__(self, parts: Parts, folder: Path) -> None:
        self._parts, self._fetcher = parts, Fetcher()
        self._wardrobe, self._version = Wardrobe(folder, self._fetcher), -1
        self._wanted: GarmentList | None = None

    def tick(self) -> None:
        """Look at the list when anybody wrote, and take in what came."""
        version = self._parts.store.data_version()
        if version != self._version:
            self._version = version
            with self._parts.store.snapshot() as unit:
                self._wanted = unit.garments.get()
        self._wardrobe.follow(self._wanted)

    def close(self) -> None:
        """End the thread that fetches."""
        self._fetcher.close()
