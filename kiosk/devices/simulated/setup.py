"""What a simulated store is made of. The world is a function of this, of time, and of what kiosks and staff do in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk.errors import InvalidValueError, WorldError

ROLES = ("enrolled", "stranger", "qr", "puts_back", "empties", "enrols", "leaves")
"""enrolled: member, pays by face. stranger: no member, types a member's digits and must be refused. qr: member, pays with the
phone. puts_back, empties: move goods on the shelf. enrols: becomes a member at the terminal, then pays by face.
leaves: a member who has the own face erased by phone, once."""


@dataclass(frozen=True, slots=True)
class ShelfCell:
    """A load cell: `pieces` pieces of one product of `unit_weight_g` grams each lie on it when the world begins."""

    slot: str
    gtin: str
    unit_weight_g: float
    pieces: int
    capacity: int


@dataclass(frozen=True, slots=True)
class SeenSlot:
    """A slot on the board that the shelf's camera sees: its edges on the board, in mm."""

    slot: str
    left_mm: float
    right_mm: float


@dataclass(frozen=True, slots=True)
class StoreProduct:
    """A product that can be held before the pay camera. gtin: EAN-13 or EAN-8."""

    gtin: str
    name: str


@dataclass(frozen=True, slots=True)
class StoreShopper:
    """Somebody who comes to the store.

    identity: which rendered face (an index of figure.IDENTITIES, counted around; staff has the last). phone: 8 digits.
    codes: texts of one-time QR codes that the phone can show, used in order. pin: of a member, or the one that a new member chooses.
    """

    name: str
    identity: int
    role: str
    member: bool
    phone: str
    codes: tuple[str, ...] = ()
    pin: str = "7294"

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InvalidValueError(f"shopper {self.name}: role {self.role!r} is not one of {', '.join(ROLES)}")
        if len(self.phone) != 8 or not (self.phone.isascii() and self.phone.isdigit()):
            raise InvalidValueError(f"shopper {self.name}: the phone number {self.phone!r} is not 8 digits")


@dataclass(frozen=True, slots=True)
class WorldSetup:
    """A store: its devices, its goods and its people. pace: 1.0 is people in a hurry; 2.0 is twice as fast.

    A device id of "" leaves that device out. pay_camera and mirror_camera: names of the cameras, 640x480 and 720x1280 (width x
    height). portrait: picture file from which faces are made, "" for a store that nobody is seen in.
    staff_badge: text of the code on the badge that staff holds before the pay camera, "" for a PIN there too.
    shelf_waits: nobody takes anything from the shelf before its screen was seen.
    shelf_camera: name of the camera over the board of the slots `seen`, 640x480; "" for none.
    """

    seed: int
    pay_device: str
    pay_camera: str
    mirror_device: str
    mirror_camera: str
    shelf_device: str
    cells: tuple[ShelfCell, ...]
    products: tuple[StoreProduct, ...]
    shoppers: tuple[StoreShopper, ...]
    staff_pin: str
    pace: float = 1.0
    portrait: str = ""
    staff_badge: str = ""
    shelf_waits: bool = False
    shelf_camera: str = ""
    seen: tuple[SeenSlot, ...] = ()

    def __post_init__(self) -> None:
        if self.pace <= 0:
            raise InvalidValueError(f"world: pace {self.pace} is not above 0")
        if self.pay_device and not self.products:
            raise InvalidValueError("world: a pay terminal needs products")


def read_setup(path: Path) -> WorldSetup:
    """Return the setup in a JSON file, or raise WorldError that says what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WorldSetup)
    except (OSError, msgspec.MsgspecError, InvalidValueError) as error:
        raise WorldError(f"{path} is no setup of a world: {error}") from error


def write_setup(setup: WorldSetup, path: Path) -> None:
    """Write a setup as JSON, for `kiosk world serve`."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(setup), indent=2))
