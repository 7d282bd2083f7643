"""A receipt: the address that shows it again, the VAT that it states, and the excerpt of the journal's signature."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kiosk.domain.events import SaleCompleted, Seal

TOKEN_LENGTH = 26
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [a + b for a in _LETTERS for b in _LETTERS]
"""Ten bits in Base32 (RFC 4648): pairs take a fifth of the standard library's time."""
_EXCERPT = (2, 6, 12, 18)
"""Which characters of a signature a receipt shows: the 3rd, 7th, 13th and 19th, as French certification asks of tills."""


def token(sale: SaleCompleted) -> str:
    """Return the word that opens this receipt alone: 26 letters and digits.

    Kiosk and HQ make it from the ids of sale and payment. These are random (74 bits each), are printed nowhere, and cannot be found from
    it; so whoever has one receipt can guess no other.
    """
    digest = hashlib.sha256(b"kiosk receipt 1\0" + sale.sale_id.encode() + b"\0" + sale.intent_id.encode()).digest()
    bits = int.from_bytes(digest[:20], "big") >> 30
    return "".join([_PAIRS[bits >> shift & 0x3FF] for shift in range(120, -10, -10)])


def excerpt(seal: Seal | None) -> str:
    """Return four characters of the signature over a sale or a refund, "" when there is none."""
    text = seal.signature if seal else ""
    return "".join(text[i] for i in _EXCERPT) if len(text) > _EXCERPT[-1] else ""


@dataclass(frozen=True, slots=True)
class VatRow:
    """VAT of one rate, minor units; net + vat = gross."""

    permille: int
    net_minor: int
    vat_minor: int
    gross_minor: int


def vat_rows(sale: SaleCompleted) -> tuple[VatRow, ...]:
    """Return the VAT of a sale by rate, the lowest first."""
    gross: dict[int, int] = {}
    for line in sale.lines:
        gross[line.vat_permille] = gross.get(line.vat_permille, 0) + line.amount_minor
    rows = ((rate, amount, sale.vat.get(str(rate), 0)) for rate, amount in sorted(gross.items()))
    return tuple(VatRow(rate, amount - vat, vat, amount) for rate, amount, vat in rows)
