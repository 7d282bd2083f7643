"""Why an order line asks for so much, in words with its numbers."""

from __future__ import annotations

from decimal import Decimal

from kiosk.design.amounts import number
from kiosk.design.words import say
from kiosk.domain.events import OrderReason


def order_reason(reason: OrderReason, language: str) -> str:
    """Return the reason as one line: demand, stock, packs, and what held the order back or filled it up."""
    def told(key: str, **values: object) -> str:
        return say(f"order.why.{key}", language, **values)

    words = []
    if reason.days:
        words.append(told("expected", pieces=number(_tenths(reason.expected), language), days=reason.days, target=reason.target))
    words.append(told("stock", on_hand=reason.on_hand, on_order=reason.on_order))
    if reason.expiring:
        words.append(told("expiring", count=reason.expiring))
    if reason.missed >= 0.5:
        words.append(told("missed", pieces=number(_tenths(reason.missed), language)))
    words.append(told("packs", count=reason.packs, case_pack=reason.case_pack))
    if reason.limit:
        words.append(told(f"limit.{reason.limit}", wanted=reason.wanted_packs, room=reason.room))
    if reason.filled_up:
        words.append(told("filled_up"))
    return " · ".join(words)


def _tenths(pieces: float) -> Decimal:
    return Decimal(str(round(pieces, 1)))
