"""The open checkout as text, so that it survives a power cut: "code*pieces" joined by spaces, or "paid:" and the id of the sale.

The second stands there from the moment when a sale is booked until its screen was seen: so after a power cut in between, the screen can
still say that it is paid.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.domain.pricing import MAX_PIECES
from kiosk.errors import InvalidValueError

CODE_LENGTH = 128
"""A code in a basket is at most this long: a GTIN, a code with a weight in it, or a coupon."""
_PAID = "paid:"


def pack_paid(sale_id: str) -> str:
    """Return as text that this sale was paid and that the screen has not said so yet."""
    return _PAID + sale_id


def paid_sale(text: str) -> str:
    """Return the id of the sale that the text says is paid, "" when it is a basket."""
    return text.removeprefix(_PAID) if text.startswith(_PAID) else ""


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
        if not 0 < len(code) <= CODE_LENGTH or not code.isascii() or not code.isdigit():
            raise InvalidValueError(f"basket item {item!r} has no code that a scanner reads")
        basket[code] = int(pieces)
    return basket
