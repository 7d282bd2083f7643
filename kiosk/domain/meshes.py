"""Garments on a shopper as textured meshes: values that a renderer draws, and nothing that draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

MARGIN = 32
"""So many pixels beyond its cloth may a cell reach: there is nothing there, and a renderer has to show nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A piece of cloth on n four-cornered cells.

    cloth: (H, W, 4) uint8 RGBA, colours multiplied by alpha; the very same array for the same cloth. corners: (n, 4, 2) float32, where the
    corners of each cell lie, and places: (n, 4, 2) float32, which place of the cloth is there; x and y in pixels, whole numbers being the
    middles of pixels, corners in turn around the cell. strength: (n, 4) uint8, how far the cloth covers what is below it, 255 wholly.
    """

    cloth: Bytes
    corners: Floats
    places: Floats
    strength: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One garment: patches from the lowest up, corners in the outfit's box. mask: (h, w) uint8 over the box, coarser than it, 255 shows."""

    patches: tuple[Patch, ...]
    mask: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Outfit:
    """All garments of a shopper, the lowest first.

    box: (x0, y0, x1, y1) in pixels of the frame. light: (n, n) uint8 over the box, 128 leaves cloth as it is. flat: dresses a frame
    ((H, W, 3) uint8 RGB, moved by so many pixels x and y) without a renderer, where a picture itself is wanted.
    """

    box: tuple[int, int, int, int]
    pieces: tuple[Piece, ...]
    light: Bytes
    flat: Callable[[Picture, tuple[int, int]], Picture]

    def on(self, pixels: Picture, shift: tuple[int, int] = (0, 0)) -> Picture:
        """Return a copy of `pixels` ((H, W, 3) uint8 RGB) with the garments on it, `shift` pixels (x, y) further."""
        return self.flat(pixels, shift)


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """A frame ((H, W, 3) uint8 RGB) and the garments that a renderer shall draw on it, `shift` pixels (x, y) further; None for none."""

    frame: Picture
    outfit: Outfit | None = None
    shift: tuple[int, int] = (0, 0)
