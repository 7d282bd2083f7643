"""Dressing: what was seen on a frame, and the newest frame with the newest garments on it. The picture never waits for the body."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from kiosk.domain.frame import Frame, Picture
from kiosk.domain.garment import LAYERS, Garment
from kiosk.domain.gestures import Point, Posture
from kiosk.domain.meshes import Outfit, Worn
from kiosk.domain.sizing import Measure
from kiosk.domain.timings import Timings
from kiosk.flows.sight import Sight
from kiosk.flows.wardrobe import Wardrobe
from kiosk.vision.body import L_HIP, L_SHOULDER, R_HIP, R_SHOULDER, BodyFinder, BodyFound
from kiosk.vision.foreground import Foreground, reaches
from kiosk.vision.posture import posture, stature
from kiosk.vision.replay import Ring
from kiosk.vision.tryon import Dresser, Layer

_MOST_AHEAD_S, _STILL = 0.25, 0.02
"""A layer goes along with the body for so long at most, and not for less than this share of the shoulders' width in a tenth of a second."""
_SCAN_EVERY = 3
"""Codes are looked for on every third look: a barcode that is held up is read within a third of a second."""
RING_S = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was seen on a frame. seen: whether somebody stands there; layer: the garments on that frame, None for none.

    time_s: of the frame; at: the trunk's middle there, x and y in pixels; width: of the shoulders in pixels; other: a second outfit's
    layer; posture, measure: of the body; codes: that were held up.
    """

    seen: bool
    layer: Layer | Outfit | None = None
    time_s: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    width: float = 1.0
    other: Layer | Outfit | None = None
    posture: Posture | None = None
    measure: Measure | None = None
    codes: tuple[str, ...] = ()


def ahead(before: Look, now: Look, time_s: float) -> tuple[int, int]:
    """Return by how many pixels (x, y) a layer made for `now` has to move for a frame of `time_s`: the way that the body goes on."""
    step_s, late_s = now.time_s - before.time_s, time_s - now.time_s
    if not (before.seen and now.seen) or not 0 < step_s < 1 or not 0 < late_s <= _MOST_AHEAD_S:
        return 0, 0
    pace = [(now.at[k] - before.at[k]) / step_s for k in range(2)]
    if hypot(*pace) * 0.1 < _STILL * now.width:
        return 0, 0
    return round(pace[0] * late_s), round(pace[1] * late_s)


class Fitting:
    """Dresses whoever stands before the mirror, in one outfit or in two. `look` runs in the eyes' thread, everything else in the loop's."""

    def __init__(self, parts: Sight, finder: BodyFinder, wardrobe: Wardrobe, *, meshed: bool = False) -> None:
        """meshed: the display draws garments itself, as meshes. `timings` tells how long the stages take."""
        self.timings = Timings()
        self._meshed = meshed
        self._parts, self._finder, self._wardrobe = parts, finder, wardrobe
        self._dressers, self._foreground = (Dresser(), Dresser()), Foreground()
        self.outfits: tuple[tuple[str, ...], ...] = ()
        self.wanted: list[str] = []
        self.ring: Ring | None = None
        self._looks = 0
        self._look = self._before = Look(seen=False)
        self._shown: dict[int, tuple[int, Look, Picture]] = {}

    def take(self) -> Look | None:
        """Have the eyes look, and return what they saw on a frame that was not asked for before; None when there is nothing new."""
        self._parts.eyes.look(self.look)
        look: Look | None = self._parts.eyes.take()
        if look is not None:
            self._before, self._look = self._look, look
        return look

    def look(self, frame: Frame) -> Look:
        """See and dress whoever stands there."""
        self._looks += 1
        codes = tuple(code.text for code in self._parts.scanner.scan(frame)) if self._looks % _SCAN_EVERY == 0 else ()
        began = self._parts.clock.monotonic()
        body = self._finder.find(frame.pixels, frame.sensor_time_s)
        held = self._held(frame, body)
        seen = self._parts.clock.monotonic()
        self.timings.add("body", seen - began)
        if body is None:
            self._warm()
            return Look(seen=False, time_s=frame.sensor_time_s, codes=codes)
        outfits = self.outfits
        layers = [self._layer(number, frame, body, outfit) for number, outfit in enumerate(outfits[:2])]
        ring = self.ring
        if ring is not None:
            ring.put(frame.sensor_time_s, layers[0].on(frame.pixels) if layers and layers[0] is not None else frame.pixels)
        self.timings.add("garment", self._parts.clock.monotonic() - seen)
        self._warm()
        points = body.landmarks[[L_SHOULDER, R_SHOULDER, L_HIP, R_HIP], :2]
        middle = points.mean(axis=0)
        given = self._parts.settings.mirror
        height, width = frame.pixels.shape[:2]
        measure = stature(body, (width, height), given.lens_mm, given.horizon) if given.lens_mm > 0 else None
        return Look(True, layers[0] if layers else None, frame.sensor_time_s, (float(middle[0]), float(middle[1])),
                    float(np.linalg.norm(points[0] - points[1])), layers[1] if len(layers) > 1 else None,
                    posture(body, frame.sensor_time_s, held), measure, codes)

    def _held(self, frame: Frame, body: BodyFound | None) -> tuple[Point | None, Point | None] | None:
        """Return where hands are held before the background, None while that is not known or hands press nothing."""
        if not self._parts.settings.mirror.gestures:
            return None
        occupied = self._foreground.feed(frame.pixels, frame.sensor_time_s, body)
        return reaches(body, occupied) if body is not None and self._foreground.settled else None

    def _warm(self) -> None:
        """Make what will be worn next, while nobody waits."""
        fresh = self._wardrobe.warm(self.wanted)
        if fresh is not None:
            self._dressers[0].prepare(fresh)

    def _layer(self, number: int, frame: Frame, body: BodyFound, outfit: tuple[str, ...]) -> Layer | Outfit | None:
        """Return an outfit's garments on a frame, the last of them over those before: a coat goes over the shirt that was taken."""
        worn: dict[int, Garment] = {}
        for name in outfit:
            garment = self._wardrobe.get(name)
            if garment is not None:
                worn[LAYERS[garment.kind]] = garment
                if garment.kind == "dress":
                    worn.pop(LAYERS["bottom"], None)
        dresser = self._dressers[number]
        put_on = dresser.outfit if self._meshed else dresser.layer
        return put_on(frame.pixels, body, *worn.values())

    def live(self) -> Picture | Worn | None:
        """Return what the screen shows of the first outfit: `picture`, or frame and meshes where the display draws those itself."""
        frame, layer = self._parts.eyes.frame, self._look.layer
        if frame is not None and self._meshed and not isinstance(layer, Layer):
            return Worn(frame.pixels, layer, ahead(self._before, self._look, frame.sensor_time_s))
        return self.picture()

    def picture(self, number: int = 0) -> Picture | None:
        """Return the newest frame with the newest layer of an outfit on it; None while there is no frame."""
        frame = self._parts.eyes.frame
        if frame is None:
            return None
        shown = self._shown.get(number)
        if shown is not None and shown[0] == frame.sequence and shown[1] is self._look:
            return shown[2]
        layer = self._look.other if number else self._look.layer
        picture = frame.pixels if layer is None else layer.on(frame.pixels, ahead(self._before, self._look, frame.sensor_time_s))
        self._shown[number] = frame.sequence, self._look, picture
        return picture
