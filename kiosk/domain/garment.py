"""What a garment's photograph tells about its cut: values, no pixels' work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import InvalidValueError

Point = tuple[float, float]
"""x, y in pixels, origin top-left."""
Kind = Literal["top", "dress", "bottom", "outer"]
Sleeve = Literal["none", "short", "long"]

KINDS: tuple[Kind, ...] = ("top", "dress", "bottom", "outer")
LAYERS: dict[Kind, int] = {"bottom": 0, "top": 1, "dress": 1, "outer": 2}
"""What is worn over what: a higher layer lies on a lower one, and two of one layer cannot be worn together."""


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
class Leg:
    """One leg of trousers that lie flat, in pixels: its middle line at the crotch, half way and at its end, and its width half way."""

    hip: Point
    knee: Point
    ankle: Point
    width: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The cut of a garment: both sides as they appear in the picture, what kind of sleeve it has, and the legs of trousers.

    Of a bottom, collar and shoulder are the waist's corners, and the armpit is where the hips are widest (at the crotch of trousers).
    """

    left: Side
    right: Side
    sleeve: Sleeve
    legs: tuple[Leg, Leg] | None = None

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


def landmarks(cut: Cut) -> dict[str, Point]:
    """Return the landmarks of a cut by name, "left.collar" to "right.ankle": those that this cut has."""
    sides = {"left": cut.left, "right": cut.right}
    found: dict[str, Point] = {}
    for name, side in sides.items():
        found |= {f"{name}.collar": side.collar, f"{name}.armpit": side.armpit, f"{name}.hem": side.hem}
        if side.shoulder != side.collar:
            found[f"{name}.shoulder"] = side.shoulder
        if side.sleeve_width > 0:
            found |= {f"{name}.elbow": side.elbow, f"{name}.cuff": side.cuff}
    for name, leg in zip(sides, cut.legs or (), strict=False):
        found |= {f"{name}.hip": leg.hip, f"{name}.knee": leg.knee, f"{name}.ankle": leg.ankle}
    return found


def moved(cut: Cut, places: dict[str, Point]) -> Cut:
    """Return `cut` with landmarks where a person put them. Raises InvalidValueError for a name that this cut does not have."""
    if strange := set(places) - set(landmarks(cut)):
        raise InvalidValueError(f"landmark {min(strange)}: this garment has {', '.join(landmarks(cut))}")
    known = landmarks(cut) | places

    def side(name: str, before: Side) -> Side:
        collar, armpit, hem = (known[f"{name}.{joint}"] for joint in ("collar", "armpit", "hem"))
        shoulder = known.get(f"{name}.shoulder", collar)
        elbow, cuff = (known.get(f"{name}.{joint}", shoulder) for joint in ("elbow", "cuff"))
        return Side(collar, shoulder, armpit, hem, elbow, cuff, before.sleeve_width)

    def leg(name: str, before: Leg) -> Leg:
        return Leg(known[f"{name}.hip"], known[f"{name}.knee"], known[f"{name}.ankle"], before.width)

    legs = (leg("left", cut.legs[0]), leg("right", cut.legs[1])) if cut.legs else None
    made = replace(cut, left=side("left", cut.left), right=side("right", cut.right), legs=legs)
    if made.chest_width < 8 or not made.top < made.armpit_row < made.hem_row:
        raise InvalidValueError("these landmarks make no garment: armpits lie below shoulders and above the hem, left ones left of right")
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """A garment that can be put on a body.

    picture: (H, W, 4) uint8 RGBA, alpha 0 outside the garment. trunk: (H, 2) float32, the first and last column of the trunk in each row.
    version: of the file that it came from; 0 for one that no file holds.
    """

    name: str
    kind: Kind
    picture: NDArray[np.uint8]
    cut: Cut
    trunk: NDArray[np.float32]
    version: int = 0
