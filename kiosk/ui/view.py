"""What every view-model is made of: the status line, lines of goods, slots of a shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain.money import Money


@dataclass(frozen=True, slots=True)
class Status:
    """What every screen says about the device. banner: a key of `banner.*`, "" for none. clock and store: ready to show.

    training: nothing is really sold, and every screen says so. large, contrast: how the screen is drawn for whoever stands there.
    """

    language: str
    offline: bool = False
    camera_lost: bool = False
    stale_price: bool = False
    clock: str = ""
    store: str = ""
    banner: str = ""
    printer_lost: bool = False
    training: bool = False
    large: bool = False
    contrast: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What every view-model has."""

    screen: ClassVar[str] = ""
    status: Status


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a basket; amount is what the whole line costs, None for a coupon. fixed: it cannot be removed by itself."""

    name: str
    quantity: int
    amount: Money | None
    note: str = ""
    picture: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of the shelf. state: ok, low, empty or unsure. Counts in pieces. shelf, x_mm, width_mm: its place, width 0 for none.

    seen: what a camera says of it, ok, empty or unseen, "" where none looks; seen_fill: 0..1, of its capacity.
    """

    slot: str
    name: str
    on_hand: int
    capacity: int
    reorder_point: int
    on_order: int
    price: Money
    picture: str = ""
    state: str = "ok"
    shelf: str = ""
    x_mm: float = 0.0
    width_mm: float = 0.0
    seen: str = ""
    seen_fill: float = 0.0
