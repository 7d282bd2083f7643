"""What a mirror knows of its goods: garments in their sizes, what they cost now, how many there are here and elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.design.words import country, say
from kiosk.domain.catalog import PriceList, Product
from kiosk.domain.money import Money
from kiosk.domain.online import StockElsewhere
from kiosk.domain.sizing import SIZES
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.wardrobe import Wardrobe
from kiosk.ui import views

if TYPE_CHECKING:
    from kiosk.flows.stay import Stay


@dataclass(frozen=True, slots=True)
class Style:
    """A garment in its sizes, smallest first; or one product without sizes. key: the products' style, else the GTIN."""

    key: str
    products: tuple[Product, ...]

    @property
    def garment(self) -> str:
        """The name of the garment that is worn, "" for what cannot be worn here."""
        return self.products[0].garment

    @property
    def in_sizes(self) -> bool:
        """Whether a size has to be chosen."""
        return len(self.products) > 1


def _order(product: Product) -> tuple[int, str]:
    return (SIZES.index(product.size) if product.size in SIZES else len(SIZES), product.size)


class Rack:
    """Read again only when the price list is another, or anybody wrote."""

    def __init__(self, parts: Parts, shop: Shop, wardrobe: Wardrobe) -> None:
        self._parts, self._shop, self.wardrobe = parts, shop, wardrobe
        self._read: PriceList | None = None
        self._styles: dict[str, Style] = {}
        self._version = -1
        self._here: dict[str, int] = {}
        self._elsewhere: StockElsewhere | None = None

    def styles(self) -> list[Style]:
        """Return what can be worn, in the order of the price list."""
        return [style for style in self._all().values() if style.garment and style.garment in self.wardrobe]

    def style(self, key: str) -> Style | None:
        """Return a style, None when it is not sold here any more."""
        return self._all().get(key)

    def find(self, code: str) -> tuple[Style, Product] | None:
        """Return the style and the product behind a code that was held up, or the GTIN of a tag; None when it is not sold here."""
        styles = self._all()
        same = (p for p in (self._read.products if self._read else ()) if p.gtin.zfill(14) == code.zfill(14))
        product = self._shop.product(code) or next(same, None)
        return (styles[product.style or product.gtin], product) if product is not None else None

    def _all(self) -> dict[str, Style]:
        prices = self._shop.prices
        if prices is not self._read:
            found: dict[str, list[Product]] = {}
            for product in prices.products if prices else ():
                found.setdefault(product.style or product.gtin, []).append(product)
            self._styles = {key: Style(key, tuple(sorted(products, key=_order))) for key, products in found.items()}
            self._read = prices
        return self._styles

    def _count(self) -> None:
        version = self._parts.store.data_version()
        if version == self._version:
            return
        self._version = version
        with self._parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
            slots = {cell.slot: cell.gtin for cell in planogram.cells} if planogram else {}
            self._here = {}
            for state in unit.stock.all():
                if state.slot in slots:
                    self._here[slots[state.slot]] = self._here.get(slots[state.slot], 0) + max(0, state.on_hand)
            self._elsewhere = unit.elsewhere.get()

    def stock(self, gtin: str) -> int:
        """Return how many pieces of a product this device counts."""
        self._count()
        return self._here.get(gtin, 0)

    def left(self, gtin: str, stay: Stay) -> int:
        """Return how many pieces of a product are here that do not lie in this shopper's basket yet."""
        return max(0, self.stock(gtin) - stay.basket.get(gtin, 0))

    def elsewhere(self, gtin: str) -> tuple[tuple[str, int], ...]:
        """Return (store, pieces) in other stores, as HQ told last."""
        self._count()
        return self._elsewhere.of(gtin, self._parts.settings.device.store) if self._elsewhere else ()

    def price(self, product: Product) -> tuple[Money, Money | None, str]:
        """Return what one piece costs now, what it cost without an offer (None without one), and the id of the offer."""
        quoted = self._shop.quote({product.gtin: 1}) if product.sold_by == "piece" else None
        if quoted is None or not quoted.lines:
            return product.price, None, ""
        line = quoted.lines[0]
        return line.amount, product.price if line.discount.minor else None, line.promotion.id if line.promotion else ""

    def garment_card(self, style: Style, stay: Stay) -> views.GarmentCard:
        """Return what is said of a garment while this shopper wears it."""
        price, was, _ = self.price(style.products[0])
        sizes = " · ".join(p.size for p in style.products) if style.in_sizes else ""
        here = sum(self.left(p.gtin, stay) for p in style.products)
        return views.GarmentCard(style.products[0].name(stay.language), price, was, here, sizes)

    def tile(self, style: Style, language: str) -> views.ItemTile:
        """Return a garment among others."""
        worn = self.wardrobe.made(style.garment) if style.garment else None
        return views.ItemTile(style.products[0].name(language), self.price(style.products[0])[0], worn.picture if worn else None)

    def product_card(self, style: Style, stay: Stay) -> views.ProductCard:
        """Return all that is told of a garment to this shopper."""
        language, chosen = stay.language, stay.product(style)
        one = chosen or style.products[0]
        price, was, offer = self.price(one)
        advice = stay.sizer.advice()
        advised = (stay.usual,) if stay.usual else advice.sizes
        sold = {p.size for p in style.products}
        likely = " – ".join(dict.fromkeys((advised[0], advised[-1]))) if advised and sold & set(advised) and style.in_sizes else ""
        doubt = "" if not likely else say("mirror.size.usual", language) if stay.usual else say(
            "mirror.size.doubt", language, height=_metres(advice.height_mm, language), chance=round(10 * advice.sure))
        tiles = tuple(views.SizeTile(p.gtin, p.size, self.left(p.gtin, stay), p.size in advised, p is chosen) for p in style.products)
        stock = self.left(one.gtin, stay) if chosen or not style.in_sizes else sum(tile.stock for tile in tiles)
        names = {p.id: p.names for p in self._read.promotions} if self._read else {}
        called = names.get(offer, {})
        return views.ProductCard(
            one.name(language), price, was, called.get(language) or called.get("en", ""), tiles if style.in_sizes else (), likely, doubt,
            self.elsewhere(one.gtin), country(one.origin, language) if one.origin else "",
            tuple(self.tile(other, language) for other in self.matches(style)), stock)

    def matches(self, style: Style) -> list[Style]:
        """Return what goes well with a style and is sold here."""
        found = (self.style(key) for key in dict.fromkeys(key for p in style.products for key in p.matches))
        return [other for other in found if other is not None and other is not style]


def _metres(millimetres: float, language: str) -> str:
    text = f"{millimetres / 1000:.2f} m"
    return text.replace(".", ",") if language == "fr" else text
