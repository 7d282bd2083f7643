"""What the mirror shows, as values; see views.

Targets that stand in `HOT` can be pressed by a hand that is held on them too, wherever a screen draws them as hot-spots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kiosk.domain.frame import Picture
from kiosk.domain.meshes import Worn
from kiosk.domain.money import Money
from kiosk.ui.view import LineView, View

Cloth = Picture
"""(H, W, 4) uint8 RGBA: a garment by itself, 0 alpha outside of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A hand that rests on a hot-spot. progress: of the time until it is pressed, 0..1.

    at: where on the screen the mirror believes a raised hand to be, x and y as parts of its width and height; None for no such hand.
    """

    target: str = ""
    progress: float = 0.0
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class GarmentCard:
    """What the mirror says about a garment. was: the price before a promotion; sizes: ready to show."""

    name: str
    price: Money
    was: Money | None = None
    stock: int = 0
    sizes: str = ""


@dataclass(frozen=True, slots=True)
class SizeTile:
    """A size of a garment. stock: pieces here; advised: it is likely the shopper's; chosen: it goes into the basket."""

    gtin: str
    size: str
    stock: int
    advised: bool = False
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ItemTile:
    """A garment among others: favourites, and what goes well with another."""

    name: str
    price: Money
    cloth: Cloth | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ProductCard:
    """All that is told of a garment. offer: the promotion's name; origin: a country's name; elsewhere: (store, pieces of the chosen size).

    advice, doubt: the likely sizes and how sure that is, ready to show, "" when the shopper is asked instead. wished: staff brings it.
    """

    name: str
    price: Money
    was: Money | None = None
    offer: str = ""
    sizes: tuple[SizeTile, ...] = ()
    advice: str = ""
    doubt: str = ""
    elsewhere: tuple[tuple[str, int], ...] = ()
    origin: str = ""
    matches: tuple[ItemTile, ...] = ()
    stock: int = 0
    wished: bool = False


@dataclass(frozen=True, slots=True)
class MirrorAttract(View):
    """Nobody stands at the mirror. dim: nobody has for long: 0 .. 1. cabin: there is no camera: hold an item to the reader.

    Targets: language, staff.
    """

    screen: ClassVar[str] = "mirror.attract"
    preview: Picture | None = field(default=None, compare=False)
    time_s: float = 0.0
    dim: float = 0.0
    cabin: bool = False


@dataclass(frozen=True, slots=True)
class MirrorTryOn(View):
    """The dressed shopper. picture: any size, fills the screen; guide: show how to stand; countdown: until the photo, 0 for none.

    Targets: next, previous, add, card, pay (with a basket), language, staff; hot: like, compare, back_view, photo, likes, phone.
    """

    screen: ClassVar[str] = "mirror.tryon"
    picture: Picture | Worn | None = field(default=None, compare=False)
    guide: bool = False
    card: GarmentCard | None = None
    index: int = 0
    count: int = 0
    basket_count: int = 0
    time_s: float = 0.0
    liked: bool = False
    likes: int = 0
    held: Held = Held()
    countdown: int = 0


@dataclass(frozen=True, slots=True)
class MirrorCard(View):
    """The card of an item. picture: the dressed shopper, None in a cabin, where `cloth` is shown.

    asks: it cannot be told which size fits, so the shopper says which one is usual. Targets: size:<gtin>, match:<number>, add, bring,
    reserve, done.
    """

    screen: ClassVar[str] = "mirror.card"
    card: ProductCard
    picture: Picture | None = field(default=None, compare=False)
    cloth: Cloth | None = field(default=None, compare=False)
    asks: bool = False
    basket_count: int = 0


@dataclass(frozen=True, slots=True)
class MirrorCompare(View):
    """Two looks side by side. pictures: of each, any size, None when none is there. Targets: take:0, take:1, next, previous, done."""

    screen: ClassVar[str] = "mirror.compare"
    names: tuple[ItemTile, ItemTile]
    pictures: tuple[Picture | None, Picture | None] = field(default=(None, None), compare=False)
    held: Held = Held()


@dataclass(frozen=True, slots=True)
class MirrorBack(View):
    """Seeing one's own back. recording: turn round now, else what was seen is shown; progress: 0..1. Targets: again, done."""

    screen: ClassVar[str] = "mirror.back"
    picture: Picture | None = field(default=None, compare=False)
    recording: bool = True
    progress: float = 0.0
    held: Held = Held()


@dataclass(frozen=True, slots=True)
class MirrorLikes(View):
    """Favourites, up to six. Targets: wear:<number>, drop:<number>, done."""

    screen: ClassVar[str] = "mirror.likes"
    items: tuple[ItemTile, ...]


@dataclass(frozen=True, slots=True)
class MirrorPhone(View):
    """A code for the shopper's own phone. why: photo, deliver or phone; qr: its text, "" when a phone has come in; minutes: it is good.

    picture: the photo. off: this shop has no pages for phones. Targets: done.
    """

    screen: ClassVar[str] = "mirror.phone"
    why: str
    qr: str = ""
    minutes: int = 10
    picture: Picture | None = field(default=None, compare=False)
    off: bool = False


@dataclass(frozen=True, slots=True)
class MirrorBasket(View):
    """What was chosen, and three ways to have it. pays: by face or code here; delivers: by the shopper's phone.

    Targets: pay, reserve, deliver, remove:<index>, done.
    """

    screen: ClassVar[str] = "mirror.basket"
    lines: tuple[LineView, ...]
    total: Money
    saved: Money | None = None
    pays: bool = True
    delivers: bool = True


@dataclass(frozen=True, slots=True)
class MirrorOrdered(View):
    """An order was placed, or staff was asked. what: reserve, deliver or bring; number: of the order, "" for none. Targets: done."""

    screen: ClassVar[str] = "mirror.ordered"
    what: str
    number: str = ""
    name: str = ""
