"""The open basket as text, so that it survives a power cut: "GTIN*pieces" joined by spaces."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.domain.catalog import gtin
from kiosk.domain.pricing import MAX_PIECES
from kiosk.errors import InvalidValueError


def pack(basket: Mapping[str, int]) -> str:
    """Return a basket as text."""
    return " ".join(f"{code}*{pieces}" for code, pieces in basket.items())


def unpack(text: str) -> dict[str, int]:
    """Return the basket that `pack` wrote; raise InvalidValueError for anything else."""
    basket: dict[str, int] = {}
    for item in text.split():
        code, _, pieces = item.partition("*")
        if not pieces.isascii() or not pieces.isdigit() or not 0 < int(pieces) <= MAX_PIECES:
            raise InvalidValueError(f"basket item {item!r} cannot be read")
        basket[gtin(code)] = int(pieces)
    return basket
