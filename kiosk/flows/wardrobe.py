"""What a mirror can put on: the garments that HQ sent, and those drawn by our own code, in their product's colours."""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk.domain.garment import Garment
from kiosk.errors import InvalidValueError
from kiosk.runtime import give_back_memory
from kiosk.vision import wardrobe as drawn
from kiosk.vision.garment import unpack
from kiosk.vision.recolour import colour_of, recoloured

log = logging.getLogger(__name__)

FOLDER = "garments"
_KEPT = 24


class Wardrobe:
    """Garments by the name that a product gives: "NAME" or "NAME#rrggbb". HQ's file of a name goes before our drawing of it."""

    def __init__(self, folder: Path) -> None:
        """folder: where the sync process keeps HQ's files; a new one is worn without a restart."""
        self._folder = folder
        self._seen: tuple[int, dict[str, Path]] = (-1, {})
        self._made: dict[tuple[str, str], Garment | None] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a garment, without making it."""
        try:
            plain, _ = colour_of(name)
        except InvalidValueError:
            return False
        return plain in drawn.NAMES or plain in self._files()

    def get(self, name: str) -> Garment | None:
        """Return a garment, None when there is none of this name or its file is damaged, which is logged once."""
        try:
            plain, colour = colour_of(name)
        except InvalidValueError:
            return None
        path = self._files().get(plain)
        key = (name, path.name if path else "")
        if key not in self._made:
            if len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            plainly = self._opened(plain, path)
            self._made[key] = recoloured(plainly, colour) if plainly is not None and colour is not None else plainly
        return self._made[key]

    def made(self, name: str) -> Garment | None:
        """Return a garment that is made already, without making anybody wait; None when it is not."""
        path = self._files().get(name.partition("#")[0])
        return self._made.get((name, path.name if path else ""))

    def warm(self, names: list[str]) -> Garment | None:
        """Make the first of these garments that is not made yet, while nobody waits: a switch takes no longer than putting it on."""
        for name in names[:_KEPT]:
            path = self._files().get(name.partition("#")[0])
            if name in self and (name, path.name if path else "") not in self._made:
                made = self.get(name)
                give_back_memory()
                return made
        return None

    def _opened(self, plain: str, path: Path | None) -> Garment | None:
        try:
            if path is not None:
                return unpack(path.read_bytes())
            return drawn.garment(plain) if plain in drawn.NAMES else None
        except (InvalidValueError, OSError) as error:
            log.warning("garment %s cannot be worn: %s", plain, error)
            return None

    def _files(self) -> dict[str, Path]:
        """Return name -> newest file; looked at again only when the folder changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            return {}
        if changed != self._seen[0]:
            newest: dict[str, tuple[int, Path]] = {}
            for path in self._folder.glob("*.garment"):
                name, _, version = path.stem.rpartition(".")
                if version.isdecimal() and int(version) > newest.get(name, (0, path))[0]:
                    newest[name] = int(version), path
            self._seen = changed, {name: path for name, (_, path) in newest.items()}
        return self._seen[1]
