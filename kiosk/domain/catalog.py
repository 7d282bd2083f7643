"""Products, price lists and planograms: what is sold, for how much, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from kiosk.domain.embedded import CodeFormat, Embedded
from kiosk.domain.gtin import check_digit, gtin
from kiosk.domain.money import Money
from kiosk.domain.promotion import Promotion
from kiosk.errors import InvalidValueError

__all__ = ["LANGUAGES", "Cell", "CodeFormat", "OfflinePolicy", "Planogram", "PriceList", "Product", "Promotion", "check_digit", "gtin"]

LANGUAGES = ("fr", "en", "zh")
CODE_TENDERS = ("alipay", "wechat", "emv_qr")
"""Tenders that a shopper pays with a phone that reads a code off the kiosk's screen, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is sold.

    gtin: GTIN-8/12/13/14. names: fr/en/zh. price includes VAT. vat_permille: 200 is 20 %. unit_weight_g: of one piece.
    picture: name of a product asset (never a shopper's picture). garment: asset of a wearable garment, "" for none.
    sold_by: piece, or weight: then price is of one kilogram and the goods carry a code with their weight or price.
    deposit_minor: what a shopper gets back for the empty bottle, taxed at deposit_vat_permille. min_age: years, 0 for everybody.
    category: of goods that sell alike, "" for none. keeps_days: on which a piece can be sold, its first included, 0: it does not expire.
    style: products of one style are one garment in its sizes, "" for none. size: e.g. "M". origin: ISO 3166 code of a country, "" unknown.
    matches: styles, or GTINs of products without one, that go well with it.
    """

    gtin: str
    names: dict[str, str]
    price: Money
    vat_permille: int
    unit_weight_g: float
    picture: str = ""
    garment: str = ""
    sold_by: str = "piece"
    deposit_minor: int = 0
    deposit_vat_permille: int = 0
    min_age: int = 0
    category: str = ""
    keeps_days: int = 0
    style: str = ""
    size: str = ""
    origin: str = ""
    matches: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        gtin(self.gtin)
        if self.keeps_days < 0:
            raise InvalidValueError(f"product {self.gtin}: it cannot keep for {self.keeps_days} days")
        if self.sold_by not in ("piece", "weight"):
            raise InvalidValueError(f"product {self.gtin}: sold by {self.sold_by!r}; piece or weight is expected")
        if self.deposit_minor < 0 or not 0 <= self.deposit_vat_permille <= 1000 or not 0 <= self.min_age <= 99:
            raise InvalidValueError(f"product {self.gtin}: a deposit of {self.deposit_minor} at {self.deposit_vat_permille} permille, "
                                    f"or an age of {self.min_age}, cannot be")
        if self.origin and not (len(self.origin) == 2 and self.origin.isascii() and self.origin.isalpha() and self.origin.isupper()):
            raise InvalidValueError(f"product {self.gtin}: origin {self.origin!r} is no country's code of two letters, e.g. PT")
        if len(self.size) > 8 or len(self.style) > 40 or len(self.matches) > 6:
            raise InvalidValueError(f"product {self.gtin}: a size of 8 letters, a style of 40 and 6 matches are the most")
        if self.price.minor < 0:
            raise InvalidValueError(f"product {self.gtin}: a price cannot be negative")
        if not 0 <= self.vat_permille <= 1000:
            raise InvalidValueError(f"product {self.gtin}: VAT of {self.vat_permille} permille is not between 0 and 1000")

    def name(self, language: str) -> str:
        """Return the name in `language`, else in English, else any."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.gtin)


@dataclass(frozen=True, slots=True)
class PriceList:
    """A whole, versioned price list. A device ignores a version lower than or equal to the one it has.

    formats: how to read codes that carry a weight or a price. Raises InvalidValueError for offers that cannot be combined exactly.
    """

    version: int
    effective_at: datetime
    currency: str
    products: tuple[Product, ...]
    promotions: tuple[Promotion, ...] = field(default=())
    formats: tuple[CodeFormat, ...] = ()

    def __post_init__(self) -> None:
        prefixes = [f.prefix for f in self.formats]
        if any(a.startswith(b) or b.startswith(a) for a, b in combinations(prefixes, 2)):
            raise InvalidValueError(f"the prefixes {', '.join(sorted(prefixes))} of code formats overlap: a code must have one meaning")
        groups = bundle_groups(self.promotions)
        if any(len(group) > MAX_BUNDLES_TOGETHER for group in groups):
            names = ", ".join(p.id for p in next(g for g in groups if len(g) > MAX_BUNDLES_TOGETHER))
            raise InvalidValueError(f"the bundles {names} share products: up to {MAX_BUNDLES_TOGETHER} may")

    def product(self, code: str) -> Product | None:
        """Return the product behind a scanned code: its GTIN, or a code with weight or price inside; None when it is not sold here."""
        read = self.embedded(code)
        found = self.listed(read.gtin if read else code)
        # What is sold by weight needs a code that says how much of it there is.
        by_weight = found is not None and found.sold_by == "weight"
        return found if by_weight == (read is not None and read.kind == "weight") or (read is not None and read.kind == "price") else None

    def listed(self, code: str) -> Product | None:
        """Return the product with this GTIN, however it is sold."""
        return next((p for p in self.products if p.gtin == code), None)

    def embedded(self, code: str) -> Embedded | None:
        """Return what a code with a weight or price inside says, None when it is an ordinary code or its digits do not check."""
        return next((read for f in self.formats if (read := f.read(code)) is not None), None)

    def offered(self, code: str, weekday: int) -> bool:
        """Return whether a product is cheaper for somebody on a weekday (1 Monday .. 7 Sunday) without a coupon."""
        return any(code in (p.gtin, *p.gtins) and p.kind != "basket" and not p.coupon and (not p.days or str(weekday) in p.days)
                   for p in self.promotions)

    def coupon(self, code: str) -> bool:
        """Return whether this code is a coupon of a promotion."""
        return any(p.coupon == code for p in self.promotions if p.coupon)


MAX_BUNDLES_TOGETHER = 4
"""So many bundles may share products, directly or through others; the best way to combine them is searched exactly."""


def bundle_groups(promotions: tuple[Promotion, ...]) -> list[list[Promotion]]:
    """Return the bundles in groups that share no product with each other, each in the order of ids."""
    groups: list[list[Promotion]] = []
    for promotion in sorted((p for p in promotions if p.kind == "bundle"), key=lambda p: p.id):
        touching = [g for g in groups if any(set(p.gtins) & set(promotion.gtins) for p in g)]
        groups = [g for g in groups if g not in touching]
        groups.append(sorted([promotion, *(p for g in touching for p in g)], key=lambda p: p.id))
    return groups


@dataclass(frozen=True, slots=True)
class Plate:
    """A load cell under a shelf. shelf: the board it carries; x_mm: its left edge on that board."""

    cell: str
    shelf: str
    x_mm: float
    width_mm: float

    def __post_init__(self) -> None:
        if not self.cell or not self.x_mm >= 0 or not self.width_mm > 0:
            raise InvalidValueError(f"plate {self.cell!r} at {self.x_mm:g} mm, {self.width_mm:g} mm wide, cannot be")


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot of a planogram: where pieces of one product stand. Counts are in pieces.

    plates: load cells that its pieces stand on or across; none: a load cell (or vending lane) of its own, named as the slot.
    shelf, x_mm, width_mm: its place, for who looks at the planogram; width 0: not drawn to scale.
    """

    slot: str
    gtin: str
    capacity: int
    reorder_point: int
    case_pack: int = 1
    plates: tuple[str, ...] = ()
    shelf: str = ""
    x_mm: float = 0.0
    width_mm: float = 0.0

    def __post_init__(self) -> None:
        gtin(self.gtin)
        if not self.x_mm >= 0 or not self.width_mm >= 0:
            raise InvalidValueError(f"slot {self.slot}: {self.width_mm:g} mm wide at {self.x_mm:g} mm cannot be")

    @property
    def weighed_on(self) -> tuple[str, ...]:
        """The load cells that feel its pieces."""
        return self.plates or (self.slot,)


@dataclass(frozen=True, slots=True)
class Planogram:
    """Which product stands in which slot of a device's shelf, and where its load cells are."""

    version: int
    device: str
    cells: tuple[Cell, ...]
    plates: tuple[Plate, ...] = ()

    def __post_init__(self) -> None:
        slots, known = [c.slot for c in self.cells], {p.cell for p in self.plates}
        if len(set(slots)) < len(slots) or len(known) < len(self.plates):
            raise InvalidValueError(f"planogram of {self.device}: a slot or plate stands in it twice")
        for cell in self.cells:
            if lost := set(cell.plates) - known:
                raise InvalidValueError(f"planogram of {self.device}: slot {cell.slot} stands on plate {min(lost)}, which is not there")

    def cell(self, slot: str) -> Cell | None:
        """Return the cell of this slot, None when the shelf has no such slot."""
        return next((c for c in self.cells if c.slot == slot), None)


@dataclass(frozen=True, slots=True)
class OfflinePolicy:
    """What a kiosk may sell while HQ cannot answer, signed by HQ. Amounts in minor units of `currency`.

    max_age_s: how long HQ may have been silent. from_hour, to_hour: between these hours of the store's day only; 22 and 6 is a night.
    """

    version: int
    currency: str
    per_sale_minor: int
    per_member_minor: int
    per_kiosk_minor: int
    max_age_s: int
    from_hour: int = 0
    to_hour: int = 24


@dataclass(frozen=True, slots=True)
class TenderPolicy:
    """Which payment codes a group's kiosks offer, signed by HQ, and in which currency. codes: some of CODE_TENDERS.

    code_lasts_s: how long a shopper has to pay a code that is shown.
    """

    version: int
    currency: str
    codes: tuple[str, ...]
    code_lasts_s: int
