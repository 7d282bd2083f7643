"""From a basket and a price list to a quote whose every line explains itself.

A basket is what was scanned: code -> how often. A code is a GTIN, a code with a weight or price inside, or a coupon.

How offers combine, always to the shopper's best: each piece takes part in at most one offer on pieces (percent, price, n for m, bundle),
split so that they save most. Then the one offer on the whole basket that leaves least to pay, whose threshold counts goods at full price,
and every coupon that was shown: percentages first, amounts last, never below zero. Deposits are outside of all offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kiosk.domain.catalog import PriceList, Product, Promotion
from kiosk.domain.events import SaleLine
from kiosk.domain.money import Money, share
from kiosk.domain.pricing_best import Applied, Goods, piece_offers, single_saving, spread
from kiosk.domain.promotion import Occasion
from kiosk.errors import InvalidValueError

MAX_PIECES = 99
"""More pieces of one product than this are a mistake of a finger or a scanner."""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One code of a quote. amount = unit * quantity - discount, VAT included; offers explain the discount to the last cent.

    unit: price of a piece, or of a weighed pack of `grams` (0 for what is sold by the piece).
    """

    code: str
    product: Product
    quantity: int
    unit: Money
    discount: Money
    amount: Money
    grams: int = 0
    offers: tuple[Applied, ...] = ()

    @property
    def promotion(self) -> Promotion | None:
        """The offer that saves most on this line, None when none does."""
        return max(self.offers, key=lambda a: a.saved_minor).promotion if self.offers else None


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is paid for bottles and comes back with them; taxed by itself."""

    product: Product
    quantity: int

    @property
    def amount(self) -> Money:
        """What all of them come to."""
        return Money(self.product.deposit_minor * self.quantity, self.product.price.currency)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket costs under one version of the price list. vat: permille -> VAT contained in the total, minor units.

    total: goods less discounts, and deposits. min_age: years that the shopper must have, 0 for everybody. unused: coupons that took nothing
    off.
    """

    lines: tuple[QuoteLine, ...]
    total: Money
    saved: Money
    vat: dict[int, int]
    pricelist_version: int
    deposits: tuple[Deposit, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def pieces(self) -> int:
        """How many pieces are in the basket."""
        return sum(line.quantity for line in self.lines)

    @property
    def min_age(self) -> int:
        """The highest age that a product asks for."""
        return max((line.product.min_age for line in self.lines), default=0)

    def sale_lines(self) -> tuple[SaleLine, ...]:
        """Return the lines as they travel to HQ: goods, then deposits."""
        goods = (SaleLine(line.product.gtin, line.quantity, line.unit.minor, line.discount.minor, line.amount.minor,
                          line.product.vat_permille, line.promotion.id if line.promotion else "", "goods", line.grams,
                          line.product.price.minor if line.grams else 0, {a.promotion.id: a.saved_minor for a in line.offers})
                 for line in self.lines)
        bottles = (SaleLine(d.product.gtin, d.quantity, d.product.deposit_minor, 0, d.amount.minor, d.product.deposit_vat_permille, "",
                            "deposit") for d in self.deposits)
        return (*goods, *bottles)


def quote(basket: Mapping[str, int], prices: PriceList, when: Occasion | None = None) -> Quote:
    """Price a basket (code -> how often, in the order of scanning); raise InvalidValueError for what is not sold here.

    when: decides offers for members and for hours; without it only offers for everybody at any time count.
    """
    coupons = frozenset(code for code in basket if prices.coupon(code))
    offers = sorted((p for p in prices.promotions if p.holds(when, coupons)), key=lambda p: p.id)
    plain = [_plain(code, pieces, prices) for code, pieces in basket.items() if code not in coupons]
    lines = _basket_offers(_piece_offers(plain, offers), [p for p in offers if p.kind == "basket"])
    nothing = Money(0, prices.currency)
    deposits = _deposits(lines)
    total = sum((line.amount for line in lines), nothing) + sum((d.amount for d in deposits), nothing)
    saved = sum((line.discount for line in lines), nothing)
    used = {a.promotion.coupon for line in lines for a in line.offers}
    return Quote(tuple(lines), total, saved, _vat(lines, deposits), prices.version, deposits, tuple(sorted(coupons - used)))


def _plain(code: str, pieces: int, prices: PriceList) -> QuoteLine:
    product = prices.product(code)
    if product is None:
        raise InvalidValueError(f"product {code} is not in price list {prices.version}")
    if not 0 < pieces <= MAX_PIECES:
        raise InvalidValueError(f"product {code}: {pieces} pieces; 1 to {MAX_PIECES} can be sold at once")
    read, unit, grams = prices.embedded(code), product.price, 0
    if read is not None and read.kind == "price":
        unit = Money(read.value, prices.currency)
    elif read is not None:
        unit, grams = Money(share(product.price.minor, read.value, 1000), prices.currency), read.value
    return QuoteLine(code, product, pieces, unit, Money(0, prices.currency), unit * pieces, grams)


def _with(line: QuoteLine, offers: Iterable[Applied]) -> QuoteLine:
    kept = (*line.offers, *(a for a in offers if a.saved_minor))
    saved = Money(sum(a.saved_minor for a in kept), line.unit.currency)
    return replace(line, discount=saved, amount=line.unit * line.quantity - saved, offers=kept)


def _piece_offers(lines: Sequence[QuoteLine], offers: Sequence[Promotion]) -> list[QuoteLine]:
    pieces = [Goods(line.code, line.quantity, line.unit.minor) for line in lines if line.code == line.product.gtin]
    found = piece_offers(sorted(pieces, key=lambda g: g.gtin), offers)
    return [_with(line, found[line.code] if line.code in found else _pack_offer(line, offers)) for line in lines]


def _pack_offer(line: QuoteLine, offers: Sequence[Promotion]) -> tuple[Applied, ...]:
    """A pack with its own weight or price: the single offer that saves most; an offer's price is of one kilogram."""
    def saving(promotion: Promotion) -> int:
        if promotion.kind == "price" and line.grams:
            return max(0, line.unit.minor - share(promotion.price_minor, line.grams, 1000))
        return single_saving(promotion, line.unit.minor) if promotion.kind == "percent" else 0

    found = [(saving(p), p) for p in offers if p.gtin == line.product.gtin]
    best, promotion = max(found, key=lambda pair: pair[0], default=(0, None))
    return (Applied(promotion, line.quantity, best * line.quantity),) if promotion and best else ()


def _basket_offers(lines: list[QuoteLine], offers: Sequence[Promotion]) -> list[QuoteLine]:
    full = sum(line.unit.minor * line.quantity for line in lines)
    due = sum(line.amount.minor for line in lines)
    reached = [p for p in offers if full >= p.threshold_minor]
    coupons = [p for p in reached if p.coupon]
    ways = [_in_turn([*coupons, *chosen], due) for chosen in ((), *((p,) for p in reached if not p.coupon))]
    best = max(ways, key=lambda way: sum(saved for _, saved in way))
    for promotion, saved in best:
        # By code, not by scanning: which line gets the odd cent must not depend on the order.
        order = sorted(range(len(lines)), key=lambda i: lines[i].code)
        parts = dict(zip(order, spread(saved, [lines[i].amount.minor for i in order]), strict=True))
        lines = [_with(line, (Applied(promotion, 0, parts[i]),)) for i, line in enumerate(lines)]
    return lines


def _in_turn(offers: Sequence[Promotion], due: int) -> list[tuple[Promotion, int]]:
    """Return what each offer takes off; percentages of what is still due, before amounts."""
    taken = []
    for promotion in sorted(offers, key=lambda p: (not p.percent, p.id)):
        saved = min(due, share(due, promotion.percent, 100) if promotion.percent else promotion.off_minor)
        due -= saved
        taken.append((promotion, saved))
    return taken


def _deposits(lines: Sequence[QuoteLine]) -> tuple[Deposit, ...]:
    pieces: dict[str, Deposit] = {}
    for line in lines:
        if line.product.deposit_minor:
            before = pieces.get(line.product.gtin)
            pieces[line.product.gtin] = Deposit(line.product, line.quantity + (before.quantity if before else 0))
    return tuple(pieces.values())


def _vat(lines: Sequence[QuoteLine], deposits: Sequence[Deposit]) -> dict[int, int]:
    # Rounded once per rate, not once per line: the receipt's VAT table is what the tax office adds up.
    gross: dict[int, int] = {}
    taxed = [(line.product.vat_permille, line.amount.minor) for line in lines]
    for rate, amount in (*taxed, *((d.product.deposit_vat_permille, d.amount.minor) for d in deposits)):
        gross[rate] = gross.get(rate, 0) + amount
    return {rate: share(amount, rate, 1000 + rate) for rate, amount in sorted(gross.items())}
