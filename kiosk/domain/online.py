"""Goods beyond this device's own counter: orders that head office fulfils, and what other stores have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kiosk.errors import InvalidValueError

KINDS: Final = ("reserve", "deliver")
LONGEST: Final = {"name": 80, "street": 120, "postcode": 12, "city": 80, "phone": 24}
"""Letters that a field of an address may have."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where goods are delivered. Typed on the shopper's own phone; never drawn on a screen of a shop and never logged.

    Raises InvalidValueError that names the field which is missing or too long.
    """

    name: str
    street: str
    postcode: str
    city: str
    phone: str = ""

    def __post_init__(self) -> None:
        for part, most in LONGEST.items():
            text = getattr(self, part)
            if len(text) > most or (part != "phone" and not text.strip()) or any(ord(letter) < 32 for letter in text):
                raise InvalidValueError(f"an address needs a {part} of up to {most} letters")

    def __repr__(self) -> str:
        return "Address(***)"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Pieces of a product, and what they cost together, in minor units, offers taken off."""

    gtin: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A shopper's order that is fulfilled elsewhere; nothing is paid yet: when it is fetched, or when it arrives.

    kind: reserve (fetched in this store) or deliver (to `address`). lines: at the prices that the shopper saw; total_minor: their sum.
    number: what the shopper was told, e.g. "M-4821".
    """

    order_id: str
    number: str
    kind: str
    lines: tuple[OrderLine, ...]
    total_minor: int
    currency: str
    pricelist_version: int
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class StoreStock:
    """What a store has of garments. pieces: GTIN -> pieces, those with none left out."""

    store: str
    pieces: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockElsewhere:
    """What all stores have of garments, as HQ knows it; versioned as a whole."""

    version: int
    stores: tuple[StoreStock, ...]

    def of(self, gtin: str, but: str = "") -> tuple[tuple[str, int], ...]:
        """Return (store, pieces) of a product, most first; `but`: a store that is left out."""
        found = [(s.store, s.pieces.get(gtin, 0)) for s in self.stores if s.store != but and s.pieces.get(gtin, 0) > 0]
        return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))
