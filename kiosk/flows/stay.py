"""One shopper's stay at the mirror: what is worn, chosen, liked and in the basket. Nothing of it outlives the stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kiosk.domain.catalog import Product
from kiosk.domain.pricing import MAX_PIECES
from kiosk.domain.sizing import Sizer
from kiosk.flows.rack import Style

MOST_LIKES: Final = 6


@dataclass(slots=True)
class Stay:
    """What a mirror knows of whoever stands there. style: key of the look; chosen: style -> GTIN of the size; usual: size said to be usual.

    before: key of the look before this one; number: of the stay, for the pages of the shopper's phone.
    """

    language: str
    number: str = ""
    style: str = ""
    before: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    basket: dict[str, int] = field(default_factory=dict)
    likes: list[str] = field(default_factory=list)
    usual: str = ""
    sizer: Sizer = field(default_factory=Sizer)

    def product(self, style: Style) -> Product | None:
        """Return the product of a style that this shopper means: the chosen size, or the only one there is; None when it is open."""
        if not style.in_sizes:
            return style.products[0]
        return next((p for p in style.products if p.gtin == self.chosen.get(style.key)), None)

    def choose(self, style: Style, gtin: str, *, told: bool) -> None:
        """Take a size. told: the shopper was asked which one is usual, so others go by it."""
        product = next((p for p in style.products if p.gtin == gtin), None)
        if product is not None:
            self.chosen[style.key] = gtin
            self.usual = product.size if told else self.usual

    def wear(self, key: str) -> None:
        """Change the look."""
        if key != self.style:
            self.before, self.style = self.style, key

    def put(self, gtin: str) -> bool:
        """Put a piece into the basket; False when no more fit."""
        if self.basket.get(gtin, 0) >= MAX_PIECES:
            return False
        self.basket[gtin] = self.basket.get(gtin, 0) + 1
        return True

    def like(self, key: str) -> None:
        """Keep a look, or let it go when it is kept."""
        if key in self.likes:
            self.likes.remove(key)
        else:
            self.likes = [*self.likes, key][-MOST_LIKES:]
