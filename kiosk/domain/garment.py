"""What a garment's photograph tells about its cut: values, no pixels' work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""x, y in pixels, origin top-left."""
Kind = Literal["top", "dress", "outer"]
Sleeve = Literal["none", "short", "long"]

KINDS: tuple[Kind, ...] = ("top", "dress", "outer")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a garment that lies flat, in pixels of its picture.

    collar: where the neckline meets the shoulder seam. shoulder: the end of that seam. armpit, hem: corners of the trunk.
    elbow, cuff: the middle line of the sleeve half way and at its end (both at the shoulder when there is no sleeve).
    sleeve_width: across the sleeve at half its length, 0 without one.
    """

    collar: Point
    shoulder: Point
    armpit: Point
    hem: Point
    elbow: Point
    cuff: Point
    sleeve_width: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The cut of a garment: both sides as they appear in the picture, and what kind of sleeve it has."""

    left: Side
    right: Side
    sleeve: Sleeve

    @property
    def chest_width(self) -> float:
        """Armpit to armpit in pixels."""
        return self.right.armpit[0] - self.left.armpit[0]

    @property
    def top(self) -> float:
        """The row of the shoulders' highest points in pixels."""
        return (self.left.collar[1] + self.right.collar[1]) / 2

    @property
    def armpit_row(self) -> float:
        """The row of the armpits in pixels."""
        return (self.left.armpit[1] + self.right.armpit[1]) / 2

    @property
    def hem_row(self) -> float:
        """The row of the hem in pixels."""
        return (self.left.hem[1] + self.right.hem[1]) / 2

    @property
    def length(self) -> float:
        """Shoulder to hem in chest widths: about 1.0 cropped, 1.3 a T-shirt, 2 and more a dress."""
        return (self.hem_row - self.top) / max(self.chest_width, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """A garment that can be put on a body.

    picture: (H, W, 4) uint8 RGBA, alpha 0 outside the garment. trunk: (H, 2) float32, the first and last column of the trunk in each row.
    """

    name: str
    kind: Kind
    picture: NDArray[np.uint8]
    cut: Cut
    trunk: NDArray[np.float32]
