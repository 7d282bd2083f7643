"""Garments drawn as meshes by a renderer beside the same garments drawn by the processor: how far apart, and what each costs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from kiosk.devices.glass import GlassDisplay
from kiosk.devices.simulated.figure import Figures, appearance, background
from kiosk.devices.simulated.figure_pose import Arm, BodyPose
from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.domain.meshes import Worn
from kiosk.vision.body import BodyFinder, BodyFound
from kiosk.vision.networks import ModelStore
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment

Scene = tuple[Picture, BodyFound, tuple[Garment, ...]]
"""A frame, the body on it and what it shall wear."""
LOOKS = (("shirt_white",), ("tshirt_striped", "jeans_indigo"), ("shirt_white", "coat_camel"), ("dress_evening",),
         ("jumper_mustard", "skirt_plaid"))


@dataclass(frozen=True, slots=True)
class Apart:
    """One frame: the mean absolute difference of a colour over all pixels of its garments, of 255, and milliseconds that passed.

    processor_ms, renderer_ms: from the body to the frame with its garments, drawn; without reading it back.
    """

    difference: float
    processor_ms: float
    renderer_ms: float


def compare(glass: GlassDisplay, scenes: Iterable[Scene]) -> Iterator[Apart]:
    """Draw each scene both ways; one that shows no garment is passed over."""
    dresser = Dresser()
    for pixels, body, garments in scenes:
        started = time.perf_counter()
        layer = dresser.layer(pixels, body, *garments)
        if layer is None:
            continue
        meant = layer.on(pixels)
        between = time.perf_counter()
        worn = Worn(pixels, dresser.outfit(pixels, body, *garments))
        glass.draw_live(worn, (0, 0, pixels.shape[1], pixels.shape[0]), None)
        glass.finish()
        ended = time.perf_counter()
        x0, y0, x1, y1 = layer.box
        on = layer.alpha > 0
        apart = np.abs(glass.dressed(worn)[y0:y1, x0:x1][on].astype(np.int16) - meant[y0:y1, x0:x1][on])
        yield Apart(float(apart.mean()), 1e3 * (between - started), 1e3 * (ended - between))


def moving_shoppers(models: ModelStore, frames: int, size: tuple[int, int] = (720, 1280)) -> Iterator[Scene]:
    """Yield rendered shoppers who move their arms, in looks of one and two garments."""
    figures, finder, empty = Figures(models.path("astronaut")), BodyFinder(models), background(*size, 5)
    looks = [tuple(garment(name) for name in names) for names in LOOKS]
    scale = size[1] / 1280
    for step in range(frames):
        up, bent = 0.5 - 0.5 * np.cos(2 * np.pi * step / 45), np.sin(2 * np.pi * step / 31)
        frame = empty.copy()
        pose = BodyPose(Arm(11 + 100 * up, 0, 6 + 110 * up, 0), Arm(20 + 15 * bent, 0, 30 + 60 * bent, 0))
        figures.draw_body(frame, appearance(step // 20 % 8, 20), pose, (size[0] / 2, 1190 * scale), 1000 * scale)
        body = finder.find(frame, step / 30)
        if body is not None:
            yield frame, body, looks[step // 10 % len(looks)]
