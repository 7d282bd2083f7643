"""Looks at the mirror for README: poses, layers, the astronaut, and the garments themselves. `python -m tests.gallery.looks`"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from kiosk.devices.simulated.figure import Figures, appearance, background
from kiosk.devices.simulated.figure_pose import HANGING, Arm, BodyPose, body_pose
from kiosk.domain.frame import Picture
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import NAMES, garment, photo

HERE = Path(__file__).parent
SIZE, PART = (720, 1280), np.s_[150:1250, 40:680]
CROSSED = BodyPose(Arm(8, 25, -104, -50), Arm(8, 25, -94, -56))
LOOKS: tuple[tuple[str, int, BodyPose, tuple[str, ...]], ...] = (
    ("standing", 0, body_pose("stand", 0.25), ("tshirt_striped", "jeans_indigo")),
    ("arms out, long sleeves", 4, body_pose("arms_out", 0.25), ("jumper_mustard", "chinos_sand")),
    ("arms crossed", 3, CROSSED, ("shirt_white", "chinos_sand")),
    ("arms up", 6, body_pose("raise_arms", 0.30), ("hoodie_grey", "shorts_navy")),
    ("a hand before it", 2, body_pose("hold_item", 0.25), ("shirt_white", "skirt_plaid")),
    ("coat over shirt", 5, BodyPose(HANGING, HANGING), ("shirt_white", "jeans_indigo", "coat_camel")),
    ("turned", 1, body_pose("turn", 0.12), ("dress_evening",)),
    ("another colour", 7, body_pose("sway", 0.2), ("jacket_blue#7a2f3a", "tshirt_red#e8e2d4", "chinos_sand#3c4a3a")),
)


def looks(models: ModelStore) -> list[Picture]:
    """Rendered shoppers in many poses, each in garments of several layers."""
    figures, finder, dresser, made = Figures(models.path("astronaut")), BodyFinder(models), Dresser(), []
    for name, identity, pose, names in LOOKS:
        frame = background(*SIZE, 5).copy()
        figures.draw_body(frame, appearance(identity, 24), pose, (360.0, 1190.0), 1000.0)
        body = finder.find(frame, None)
        if body is None:
            raise SystemExit(f"no body is found: {name}")
        made.append(np.ascontiguousarray(dresser.dress(frame, body, *(garment(n) for n in names))[PART]))
    return made


def astronaut(models: ModelStore) -> list[Picture]:
    """The public-domain portrait, as it is and in three garments."""
    portrait = read_picture(models.path("astronaut"))
    body = BodyFinder(models).find(portrait, None)
    if body is None:
        raise SystemExit("no body is found in the portrait")
    dresser = Dresser()
    return [portrait, *(dresser.dress(portrait, body, garment(n)) for n in ("jumper_mustard", "jacket_blue", "coat_camel"))]


def row(pictures: list[Picture], columns: int, width: int) -> Picture:
    """Pictures of one size in rows, `width` pixels wide in all."""
    cell = width // columns
    high = round(pictures[0].shape[0] * cell / pictures[0].shape[1])
    small = [cv2.resize(p, (cell, high), interpolation=cv2.INTER_AREA) for p in pictures]
    return np.vstack([np.hstack(small[i:i + columns]) for i in range(0, len(small), columns)])


def main() -> None:
    """Write both sheets beside this file."""
    models = ModelStore()
    flat = [photo(name) for name in NAMES]
    sheets = {"looks": row(looks(models), 4, 1600), "astronaut": row(astronaut(models), 4, 1600), "garments": row(flat, 7, 1610)}
    for name, sheet in sheets.items():
        path = HERE / f"{name}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 84])
        sys.stdout.write(f"{path.name}: {sheet.shape[1]}x{sheet.shape[0]}\n")


if __name__ == "__main__":
    main()
