"""Product card: all that is told of a garment, the choice of its size, and staff who brings it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flows.basket import ask_staff, keep_basket, place_order
from kiosk.flows.scene import Booth
from kiosk.ui import views

NAME = "card"


class Card:
    """The card of the look that is worn, or of the item that was held up."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._wished: set[str] = set()

    def enter(self) -> None:
        """The garment stays on."""
        style = self._booth.style
        self._wished = set()
        if style is not None:
            self._booth.dress(style.key)
            self._booth.fitting.wanted = [other.garment for other in self._booth.rack.matches(style) if other.garment]

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        for target in targets:
            if target == "done":
                return self._done()
            if target == "pay" and self._booth.stay.basket:
                return "checkout"
            lead = self._touch(target)
            if lead:
                return lead
        return NAME

    def _done(self) -> str:
        """Go back: in a cabin to the basket, or to what asks for the next item."""
        booth = self._booth
        if booth.cabin and booth.stay.basket:
            return "checkout"
        if booth.cabin:
            booth.seen_s = float("-inf")
        return "tryon"

    def _touch(self, target: str) -> str:
        booth, style = self._booth, self._booth.style
        if style is None:
            return "tryon"
        product = booth.stay.product(style)
        word, _, value = target.partition(":")
        if word == "size":
            booth.stay.choose(style, value, told=self._asks)
        elif word == "match":
            others = booth.rack.matches(style)
            if value.isdigit() and int(value) < len(others):
                booth.stay.wear(others[int(value)].key)
                self.enter()
        elif target in ("next", "previous"):
            booth.stay.wear(booth.step(style.key, 1 if target == "next" else -1))
            self.enter()
        elif target == "add" and product is not None and booth.rack.left(product.gtin, booth.stay) > 0:
            if booth.stay.put(product.gtin):
                keep_basket(booth)
            return "checkout" if booth.cabin else "tryon"
        elif target == "bring":
            return self._bring((product or style.products[0]).gtin)
        elif target == "reserve" and product is not None:
            number = place_order(booth, "reserve", {product.gtin: 1})
            if number:
                booth.ordered = "reserve", number, ""
                return "ordered"
        return ""

    def _bring(self, gtin: str) -> str:
        booth = self._booth
        ask_staff(booth, gtin)
        self._wished.add(gtin)
        product = booth.shop.listed(gtin)
        called = product.name(booth.stay.language) + (f", {product.size}" if product.size else "") if product is not None else gtin
        booth.ordered = "bring", "", called
        return "ordered"

    @property
    def _asks(self) -> bool:
        """Whether the shopper is asked which size is usual: there are sizes, and none can be advised."""
        style, stay = self._booth.style, self._booth.stay
        return style is not None and style.in_sizes and not stay.usual and not stay.sizer.advice().sizes and style.key not in stay.chosen

    def view(self) -> views.View:
        """Return what to show."""
        booth, style = self._booth, self._booth.style
        if style is None:
            return views.MirrorAttract(booth.status, None, booth.now_s, cabin=booth.cabin)
        product = booth.stay.product(style)
        card = replace(booth.rack.product_card(style, booth.stay), wished=product is not None and product.gtin in self._wished)
        cloth = booth.rack.wardrobe.made(style.garment) if style.garment else None
        picture = booth.fitting.picture() if style.garment and not booth.cabin else None
        return views.MirrorCard(booth.status, card, picture, cloth.picture if cloth else None, self._asks, sum(booth.stay.basket.values()))

    def leave(self) -> None:
        """Nothing is held."""
