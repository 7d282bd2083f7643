"""From a basket and a price list to a quote whose every line explains itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.domain.catalog import PriceList, Product, Promotion
from kiosk.domain.events import SaleLine
from kiosk.domain.money import Money, share
from kiosk.errors import InvalidValueError

MAX_PIECES = 99
"""More pieces of one product than this are a mistake of a finger or a scanner."""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One product of a quote. amount = unit * quantity - discount, VAT included."""

    product: Product
    quantity: int
    discount: Money
    amount: Money
    promotion: Promotion | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket costs under one version of the price list. vat: permille -> VAT contained in the total, minor units."""

    lines: tuple[QuoteLine, ...]
    total: Money
    saved: Money
    vat: dict[int, int]
    pricelist_version: int

    @property
    def pieces(self) -> int:
        """How many pieces are in the basket."""
        return sum(line.quantity for line in self.lines)

    def sale_lines(self) -> tuple[SaleLine, ...]:
        """Return the lines as they travel to HQ."""
        return tuple(SaleLine(line.product.gtin, line.quantity, line.product.price.minor, line.discount.minor, line.amount.minor,
                              line.product.vat_permille, line.promotion.id if line.promotion else "") for line in self.lines)


def quote(basket: Mapping[str, int], prices: PriceList) -> Quote:
    """Price a basket (GTIN -> pieces, in the order of scanning); raise InvalidValueError for what is not sold here."""
    lines = tuple(_line(code, pieces, prices) for code, pieces in basket.items())
    nothing = Money(0, prices.currency)
    total = sum((line.amount for line in lines), nothing)
    saved = sum((line.discount for line in lines), nothing)
    return Quote(lines, total, saved, _vat(lines), prices.version)


def _line(code: str, pieces: int, prices: PriceList) -> QuoteLine:
    product = prices.product(code)
    if product is None:
        raise InvalidValueError(f"product {code} is not in price list {prices.version}")
    if not 0 < pieces <= MAX_PIECES:
        raise InvalidValueError(f"product {code}: {pieces} pieces; 1 to {MAX_PIECES} can be sold at once")
    offers = [(_discount(p, product, pieces), p) for p in prices.promotions if p.gtin == code]
    # Promotions on one product do not add up: the shopper gets the one that saves most.
    best, promotion = max(offers, key=lambda offer: offer[0], default=(0, None))
    discount = Money(best, product.price.currency)
    return QuoteLine(product, pieces, discount, product.price * pieces - discount, promotion if best else None)


def _discount(promotion: Promotion, product: Product, pieces: int) -> int:
    full = product.price.minor * pieces
    if promotion.kind == "percent":
        return share(full, promotion.percent, 100)
    return (pieces // promotion.take) * (promotion.take - promotion.pay) * product.price.minor


def _vat(lines: tuple[QuoteLine, ...]) -> dict[int, int]:
    # Rounded once per rate, not once per line: the receipt's VAT table is what the tax office adds up.
    gross: dict[int, int] = {}
    for line in lines:
        gross[line.product.vat_permille] = gross.get(line.product.vat_permille, 0) + line.amount.minor
    return {rate: share(amount, rate, 1000 + rate) for rate, amount in sorted(gross.items())}
