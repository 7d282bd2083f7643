"""Products, price lists and planograms: what is sold, for how much, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kiosk.domain.money import Money
from kiosk.errors import InvalidValueError

LANGUAGES = ("fr", "en", "zh")


def check_digit(body: str) -> str:
    """Return the GS1 mod-10 check digit of a GTIN's digits without its last one."""
    weighted = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return str(-weighted % 10)


def gtin(text: str) -> str:
    """Return `text` as a GTIN of 8, 12, 13 or 14 digits; raise InvalidValueError that shows the expected check digit."""
    code = text.strip()
    if not (code.isascii() and code.isdigit()) or len(code) not in (8, 12, 13, 14):
        raise InvalidValueError(f"{text!r} is no GTIN: 8, 12, 13 or 14 digits are expected")
    expected = check_digit(code[:-1])
    if code[-1] != expected:
        raise InvalidValueError(f"GTIN {code} ends in {code[-1]}, but its check digit is {expected}")
    return code


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is sold.

    gtin: GTIN-8/12/13/14. names: fr/en/zh. price includes VAT. vat_permille: 200 is 20 %. unit_weight_g: of one piece.
    picture: name of a product asset (never a shopper's picture). garment: asset of a wearable garment, "" for none.
    """

    gtin: str
    names: dict[str, str]
    price: Money
    vat_permille: int
    unit_weight_g: float
    picture: str = ""
    garment: str = ""

    def __post_init__(self) -> None:
        gtin(self.gtin)
        if self.price.minor < 0:
            raise InvalidValueError(f"product {self.gtin}: a price cannot be negative")
        if not 0 <= self.vat_permille <= 1000:
            raise InvalidValueError(f"product {self.gtin}: VAT of {self.vat_permille} permille is not between 0 and 1000")

    def name(self, language: str) -> str:
        """Return the name in `language`, else in English, else any."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.gtin)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion on one product: `percent` takes percent off; `n_for_m` gives `take` pieces for the price of `pay`."""

    id: str
    kind: str
    gtin: str
    names: dict[str, str]
    percent: int = 0
    take: int = 0
    pay: int = 0

    def __post_init__(self) -> None:
        if self.kind == "percent" and not 0 < self.percent <= 100:
            raise InvalidValueError(f"promotion {self.id}: {self.percent} % is not between 1 and 100")
        if self.kind == "n_for_m" and not 0 < self.pay < self.take:
            raise InvalidValueError(f"promotion {self.id}: {self.take} for {self.pay} is no promotion")
        if self.kind not in ("percent", "n_for_m"):
            raise InvalidValueError(f"promotion {self.id}: kind {self.kind!r} is not known")


@dataclass(frozen=True, slots=True)
class PriceList:
    """A whole, versioned price list. A device ignores a version lower than or equal to the one it has."""

    version: int
    effective_at: datetime
    currency: str
    products: tuple[Product, ...]
    promotions: tuple[Promotion, ...] = field(default=())

    def product(self, code: str) -> Product | None:
        """Return the product with this GTIN, None when it is not sold here."""
        return next((p for p in self.products if p.gtin == code), None)


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
    """What a kiosk may sell while HQ cannot answer, signed by HQ. Amounts in minor units of `currency`."""

    version: int
    currency: str
    per_sale_minor: int
    per_member_minor: int
    per_kiosk_minor: int
    max_age_s: int
