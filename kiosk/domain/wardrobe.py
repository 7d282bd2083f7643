"""Which garments mirrors shall hold: a signed list; the garments themselves are fetched."""

from __future__ import annotations

from dataclasses import dataclass

MOST_GARMENTS = 300
"""A list of more would not fit into a message."""


@dataclass(frozen=True, slots=True)
class GarmentFile:
    """A garment's file at HQ: `size` bytes at `url` with this SHA-256 in hexadecimal. kind: top, dress, bottom or outer."""

    name: str
    version: int
    kind: str
    size: int
    sha256: str
    url: str


@dataclass(frozen=True, slots=True)
class GarmentList:
    """All garments of a group, versioned as a whole: what does not stand in it is removed from mirrors."""

    version: int
    garments: tuple[GarmentFile, ...]
