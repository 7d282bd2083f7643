"""The mirror's basket on the disk, and the orders that it becomes when it is not paid here."""

from __future__ import annotations

import logging

from kiosk.domain.basket import pack
from kiosk.domain.events import SaleLine
from kiosk.domain.online import Address, OrderLine, OrderPlaced
from kiosk.domain.pricing import Quote
from kiosk.errors import InvalidValueError
from kiosk.flows import wishes
from kiosk.flows.cashier import in_training
from kiosk.flows.scene import Booth
from kiosk.storage.store import Unit
from kiosk.storage.till import MIRROR
from kiosk.ui import views

log = logging.getLogger(__name__)
_NUMBER = "orders.number"


def keep_basket(booth: Booth) -> None:
    """Write the basket down: after a power cut the checkout shows it again."""
    with booth.parts.store.unit() as unit:
        unit.basket.save(pack(booth.stay.basket).encode() if booth.stay.basket else None, MIRROR)


def place_order(booth: Booth, kind: str, basket: dict[str, int], address: Address | None = None) -> str:
    """Have HQ fulfil a basket: one transaction for the fact, staff's list and the basket that is gone; return the order's number.

    kind: reserve or deliver, which needs an address. "" for what cannot be ordered: not sold any more, or for grown-ups alone.
    """
    try:
        priced = booth.shop.quote(basket) if basket else None
    except InvalidValueError:
        return ""  # a new price list does not sell it any more
    if priced is None or priced.min_age:
        return ""
    lines = tuple(_line(line) for line in priced.sale_lines())
    with booth.parts.store.unit() as unit:
        number = _next_number(unit)
        if not in_training(unit):
            unit.facts.record(OrderPlaced(booth.parts.new_id(), number, kind, lines, priced.total.minor, priced.total.currency,
                                          priced.pricelist_version, address))
        if kind == "reserve":
            pieces = tuple(code for code, count in basket.items() for _ in range(count))
            wishes.add(unit, "reserve", pieces, wall_time(booth), number)
        unit.basket.save(None, MIRROR)
    log.info("order %s was placed: %s, %d lines", number, kind, len(lines))
    return number


def quoted(booth: Booth) -> Quote | None:
    """Return what the basket costs now, None for an empty one. What a new price list does not sell any more is taken out of it."""
    unsold = [code for code in booth.stay.basket if not booth.shop.takes(code)]
    for code in unsold:
        del booth.stay.basket[code]
    if unsold:
        keep_basket(booth)
    return booth.shop.quote(booth.stay.basket) if booth.stay.basket else None


def ask_staff(booth: Booth, gtin: str) -> None:
    """Have staff bring a piece to the mirror."""
    with booth.parts.store.unit() as unit:
        wishes.add(unit, "bring", (gtin,), wall_time(booth))


def wall_time(booth: Booth) -> str:
    """Return the time on the store's wall."""
    return booth.parts.clock.now().astimezone(booth.shop.zone).strftime("%H:%M")


def _line(line: SaleLine) -> OrderLine:
    return OrderLine(line.gtin, line.quantity, line.amount_minor)


def _next_number(unit: Unit) -> str:
    number = int(unit.settings.get(_NUMBER) or 1000) % 9999 + 1
    unit.settings.put(_NUMBER, str(number))
    return f"M-{number:04d}"


def basket_lines(booth: Booth) -> tuple[views.LineView, ...]:
    """Return the basket's lines as they are drawn, in the order in which they were put in."""
    priced = quoted(booth)
    lines = priced.lines if priced is not None else ()
    return tuple(views.LineView(line.product.name(booth.stay.language), line.quantity, line.amount, line.product.size, line.product.picture)
                 for line in lines)
