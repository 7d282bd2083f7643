"""The mirror: a shopper steps in, wears a garment, puts it into the basket and pays where he stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.domain.basket import pack
from kiosk.domain.catalog import Product
from kiosk.domain.frame import Frame, Picture
from kiosk.domain.garment import Garment
from kiosk.domain.pricing import MAX_PIECES
from kiosk.flows.parts import Shop, next_language, status
from kiosk.flows.sight import Sight
from kiosk.storage.till import MIRROR
from kiosk.ui import views
from kiosk.vision.body import BodyFinder
from kiosk.vision.tryon import Dresser

_GONE_AFTER_S = 2.5
"""The garment stays chosen while the shopper is out of sight for less than this."""
_GUIDE_AFTER_S = 0.8
"""How to stand is shown when no body was found for this long."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A dressed frame; picture is None when nobody stands there."""

    picture: Picture | None
    dressed: bool


class TryOnFlow:
    """What the mirror shows while nobody pays."""

    def __init__(self, parts: Sight, shop: Shop, finder: BodyFinder, wardrobe: Callable[[str], Garment], language: str) -> None:
        self._parts, self._shop, self._finder, self._wardrobe = parts, shop, finder, wardrobe
        self._default_language = self.language = language
        self._dresser = Dresser()
        self._index = 0
        self._look = Look(None, dressed=False)
        self._seen_s = float("-inf")
        self._here = False
        self.basket: dict[str, int] = {}

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        self._parts.eyes.look(self._dress)
        now = self._parts.clock.monotonic()
        look = self._parts.eyes.take()
        if look is not None:
            self._look = look
            if look.dressed:
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
            self._index, self.language = 0, self._default_language
            if self.basket:
                self.basket = {}
                self._keep()
        self._here = here

    def _keep(self) -> None:
        """Write the basket down: after a power cut the checkout shows it again."""
        with self._parts.store.unit() as unit:
            unit.basket.save(pack(self.basket).encode() if self.basket else None, MIRROR)

    def _garments(self) -> list[Product]:
        prices = self._shop.prices
        return [p for p in prices.products if p.garment] if prices else []

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
        body = self._finder.find(frame.pixels, frame.sensor_time_s)
        garments = self._garments()
        if body is None:
            return Look(frame.pixels, dressed=False)
        if not garments:
            return Look(frame.pixels, dressed=True)
        garment = self._wardrobe(garments[self._index % len(garments)].garment)
        return Look(self._dresser.dress(frame.pixels, body, garment), dressed=True)

    def _view(self, now: float) -> views.View:
        seen = status(self._parts, self._shop, self.language)
        frame = self._parts.eyes.frame
        if not self._here:
            return views.MirrorAttract(seen, frame.pixels if frame else None, now)
        guide = now - self._seen_s > _GUIDE_AFTER_S
        garments = self._garments()
        card = self._card(garments[self._index % len(garments)]) if garments else None
        return views.MirrorTryOn(seen, self._look.picture, guide, card, self._index, len(garments), sum(self.basket.values()), now)

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
