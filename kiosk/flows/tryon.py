"""The mirror: a shopper steps in, wears a garment, puts it into the basket and pays where he stands."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import hypot

import numpy as np

from kiosk.domain.basket import pack
from kiosk.domain.catalog import Product
from kiosk.domain.frame import Frame, Picture
from kiosk.domain.garment import LAYERS, Garment
from kiosk.domain.meshes import Outfit, Worn
from kiosk.domain.pricing import MAX_PIECES
from kiosk.domain.timings import Timings
from kiosk.flows.parts import Shop, next_language, status
from kiosk.flows.sight import Sight
from kiosk.flows.wardrobe import Wardrobe
from kiosk.storage.till import MIRROR
from kiosk.ui import views
from kiosk.vision.body import L_HIP, L_SHOULDER, R_HIP, R_SHOULDER, BodyFinder
from kiosk.vision.tryon import Dresser, Layer

log = logging.getLogger(__name__)

_GONE_AFTER_S, _FORGET_AFTER_S = 2.5, 20.0
"""Out of sight for longer, a shopper has left and the basket is empty; for as long as the latter, the garment stays chosen all the same."""
_MOST_AHEAD_S, _STILL = 0.25, 0.02
"""A layer goes along with the body for so long at most, and not for less than this share of the shoulders' width in a tenth of a second."""
_GUIDE_AFTER_S = 0.8
"""How to stand is shown when no body was found for this long."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was seen on a frame. seen: whether somebody stands there; layer: the garments on that frame, None for none.

    time_s: of the frame; at: the trunk's middle there, x and y in pixels; width: of the shoulders in pixels.
    """

    seen: bool
    layer: Layer | Outfit | None = None
    time_s: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    width: float = 1.0


def ahead(before: Look, now: Look, time_s: float) -> tuple[int, int]:
    """Return by how many pixels (x, y) a layer made for `now` has to move for a frame of `time_s`: the way that the body goes on."""
    step_s, late_s = now.time_s - before.time_s, time_s - now.time_s
    if not (before.seen and now.seen) or not 0 < step_s < 1 or not 0 < late_s <= _MOST_AHEAD_S:
        return 0, 0
    pace = [(now.at[k] - before.at[k]) / step_s for k in range(2)]
    if hypot(*pace) * 0.1 < _STILL * now.width:
        return 0, 0
    return round(pace[0] * late_s), round(pace[1] * late_s)


class TryOnFlow:
    """What the mirror shows while nobody pays."""

    def __init__(self, parts: Sight, shop: Shop, finder: BodyFinder, wardrobe: Wardrobe, language: str, *,
                 meshed: bool = False) -> None:
        """meshed: the display draws garments itself, as meshes. `timings` tells how long its stages take."""
        self.timings = Timings()
        self._parts, self._shop, self._finder, self._wardrobe = parts, shop, finder, wardrobe
        self._default_language = self.language = language
        self._dresser = Dresser()
        self._meshed = meshed
        self._index = 0
        self._look = self._before = Look(seen=False)
        self._shown: tuple[int, Look, Picture] | None = None
        self._seen_s = float("-inf")
        self._here = False
        self.basket: dict[str, int] = {}

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        self._parts.eyes.look(self._dress)
        now = self._parts.clock.monotonic()
        look = self._parts.eyes.take()
        if look is not None:
            self._before, self._look = self._look, look
            if look.seen:
                self._seen_s = now
        self._follow_presence(now)
        for target in touched:
            self._touch(target)
        return self._view(now)

    def clear(self) -> None:
        """Forget the basket: the checkout has it."""
        self.basket = {}

    def _follow_presence(self, now: float) -> None:
        here = now - self._seen_s < _GONE_AFTER_S
        if self._here and not here:
            log.info("nobody stands at the mirror any more; %s", self.timings)
            self.language = self._default_language
            if self.basket:
                self.basket = {}
                self._keep()
        if not here and now - self._seen_s >= _FORGET_AFTER_S:
            self._index = 0
        self._here = here

    def _keep(self) -> None:
        """Write the basket down: after a power cut the checkout shows it again."""
        with self._parts.store.unit() as unit:
            unit.basket.save(pack(self.basket).encode() if self.basket else None, MIRROR)

    def _garments(self) -> list[Product]:
        prices = self._shop.prices
        return [p for p in prices.products if p.garment and p.garment in self._wardrobe] if prices else []

    def _touch(self, target: str) -> None:
        garments = self._garments()
        if target in ("next", "previous") and garments:
            self._index = (self._index + (1 if target == "next" else -1)) % len(garments)
        elif target == "add" and garments:
            code = garments[self._index % len(garments)].gtin
            if self.basket.get(code, 0) < MAX_PIECES:
                self.basket[code] = self.basket.get(code, 0) + 1
                self._keep()
        elif target == "language":
            self.language = next_language(self.language)

    def _dress(self, frame: Frame) -> Look:
        began = self._parts.clock.monotonic()
        body = self._finder.find(frame.pixels, frame.sensor_time_s)
        seen = self._parts.clock.monotonic()
        self.timings.add("body", seen - began)
        if body is None:
            fresh = self._wardrobe.warm([product.garment for product in self._garments()])
            if fresh is not None:
                self._dresser.prepare(fresh)
            return Look(seen=False)
        put_on = self._dresser.outfit if self._meshed else self._dresser.layer
        layer = put_on(frame.pixels, body, *self._worn())
        self.timings.add("garment", self._parts.clock.monotonic() - seen)
        points = body.landmarks[[L_SHOULDER, R_SHOULDER, L_HIP, R_HIP], :2]
        middle = points.mean(axis=0)
        return Look(True, layer, frame.sensor_time_s, (float(middle[0]), float(middle[1])), float(np.linalg.norm(points[0] - points[1])))

    def _worn(self) -> list[Garment]:
        """Return the chosen garment, and what is in the basket in its other layers: a coat goes over the shirt that was taken."""
        garments = self._garments()
        if not garments:
            return []
        chosen = self._wardrobe.get(garments[self._index % len(garments)].garment)
        worn: dict[int, Garment] = {}
        for product in (p for code in list(self.basket) for p in garments if p.gtin == code):
            taken = self._wardrobe.get(product.garment)
            if taken is not None:
                worn[LAYERS[taken.kind]] = taken
        if chosen is not None:
            worn[LAYERS[chosen.kind]] = chosen
            if chosen.kind == "dress":
                worn.pop(LAYERS["bottom"], None)
        return list(worn.values())

    def _picture(self) -> Picture | Worn | None:
        """Return the newest frame with the newest layer on it: the picture never waits for the body."""
        frame = self._parts.eyes.frame
        if frame is None:
            return None
        shown = self._shown
        if shown is not None and shown[0] == frame.sequence and shown[1] is self._look:
            return shown[2]
        layer = self._look.layer
        if self._meshed and not isinstance(layer, Layer):
            return Worn(frame.pixels, layer, ahead(self._before, self._look, frame.sensor_time_s))
        picture = frame.pixels if layer is None else layer.on(frame.pixels, ahead(self._before, self._look, frame.sensor_time_s))
        self._shown = frame.sequence, self._look, picture
        return picture

    def _view(self, now: float) -> views.View:
        seen = status(self._parts, self._shop, self.language)
        frame = self._parts.eyes.frame
        if not self._here:
            return views.MirrorAttract(seen, frame.pixels if frame else None, now)
        guide = now - self._seen_s > _GUIDE_AFTER_S
        garments = self._garments()
        card = self._card(garments[self._index % len(garments)]) if garments else None
        return views.MirrorTryOn(seen, self._picture(), guide, card, self._index, len(garments), sum(self.basket.values()), now)

    def _card(self, product: Product) -> views.GarmentCard:
        price, was = product.price, None
        quoted = self._shop.quote({product.gtin: 1})
        if quoted is not None:
            line = quoted.lines[0]
            price, was = line.amount, product.price if line.discount.minor else None
        return views.GarmentCard(product.name(self.language), price, was, self._stock(product.gtin))

    def _stock(self, code: str) -> int:
        with self._parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
            slots = {cell.slot for cell in planogram.cells if cell.gtin == code} if planogram else set()
            return sum(state.on_hand for state in unit.stock.all() if state.slot in slots)
