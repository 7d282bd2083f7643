"""Garments drawn by our own code: flat-lay photographs with cloth, seams and buttons, for the demo and for tests."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment, Kind
from kiosk.errors import InvalidValueError
from kiosk.vision import wardrobe_bottoms as bottoms
from kiosk.vision import wardrobe_tops as tops
from kiosk.vision.cloth import Sheet
from kiosk.vision.garment import read
from kiosk.vision.recolour import colour_of, recoloured


def photo(name: str) -> Picture:
    """Return a garment's photograph: (1100, 900, 3) uint8 RGB on white, always the same for one name. Raises InvalidValueError."""
    if name not in _DRAWN:
        raise InvalidValueError(f"no garment is called {name!r}; there are {', '.join(NAMES)}")
    sheet = Sheet(seed=sum(name.encode()))
    _DRAWN[name][1](sheet)
    return sheet.picture()


def garment(name: str) -> Garment:
    """Return a drawn garment, cut out of its photograph and measured as any other; "NAME#RRGGBB" is it in another colour."""
    plain, colour = colour_of(name)
    made = read(plain, photo(plain), kind=_DRAWN[plain][0])
    return made if colour is None else recoloured(made, colour)


_DRAWN: dict[str, tuple[Kind, Callable[[Sheet], None]]] = {
    "tshirt_red": ("top", tops.tshirt_red),
    "shirt_white": ("top", tops.shirt_white),
    "hoodie_grey": ("top", tops.hoodie_grey),
    "jacket_blue": ("outer", tops.jacket_blue),
    "dress_green": ("dress", tops.dress_green),
    "tshirt_striped": ("top", bottoms.tshirt_striped),
    "jumper_mustard": ("top", bottoms.jumper_mustard),
    "tank_black": ("top", bottoms.tank_black),
    "coat_camel": ("outer", bottoms.coat_camel),
    "dress_evening": ("dress", bottoms.dress_evening),
    "skirt_plaid": ("bottom", bottoms.skirt_plaid),
    "jeans_indigo": ("bottom", bottoms.jeans_indigo),
    "chinos_sand": ("bottom", bottoms.chinos_sand),
    "shorts_navy": ("bottom", bottoms.shorts_navy),
}
NAMES = tuple(_DRAWN)
