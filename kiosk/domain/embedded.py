"""Codes with a weight or a price inside: GS1's restricted circulation numbers that begin with 2, in the layout that a company configured.

A layout is prefix, item digits, perhaps a check digit over the value (GS1 General Specifications, "price or weight check digit"), value
digits, and the check digit that every GTIN has. The product is listed under the same code with value and value check set to zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.gtin import check_digit, gtin
from kiosk.errors import InvalidValueError

_TWO_MINUS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_THREE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_FIVE_PLUS = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_FIVE_MINUS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)
"""digit -> weighted digit: times 2, 3 or 5, with the tens added to the units (+), taken off (-), or dropped."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What such a code says. kind: weight (value in grams) or price (value in minor units). gtin: under which the product is listed."""

    gtin: str
    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class CodeFormat:
    """One layout of 12 or 13 digits. decimals: of the value, in kilograms for a weight, in whole currency units for a price.

    verifier: whether a check digit over the value stands before it. exponent: decimals of the currency, for a price.
    """

    prefix: str
    kind: str
    item_digits: int
    value_digits: int
    decimals: int
    verifier: bool = False
    exponent: int = 2

    def __post_init__(self) -> None:
        if not (self.prefix.isascii() and self.prefix.isdigit()) or not self.prefix.startswith("2"):
            raise InvalidValueError(f"code format {self.prefix!r}: its prefix must be digits that begin with 2")
        if self.kind not in ("weight", "price"):
            raise InvalidValueError(f"code format {self.prefix}: kind {self.kind!r} is not weight or price")
        if self.length not in (12, 13) or self.item_digits < 1 or self.value_digits not in (4, 5, 6):
            raise InvalidValueError(f"code format {self.prefix}: prefix, item, value and check make {self.length} digits, not 12 or 13")
        if self.verifier and self.value_digits == 6:
            raise InvalidValueError(f"code format {self.prefix}: a value check digit is defined for 4 or 5 digits only")
        if not 0 <= self.decimals <= (3 if self.kind == "weight" else self.exponent):
            raise InvalidValueError(f"code format {self.prefix}: {self.decimals} decimals are too many for a {self.kind}")

    @property
    def length(self) -> int:
        """How many digits a code of this layout has."""
        return len(self.prefix) + self.item_digits + int(self.verifier) + self.value_digits + 1

    def read(self, code: str) -> Embedded | None:
        """Return what a scanned code says; None when it is none of this layout, or a digit does not check."""
        if len(code) != self.length or not code.startswith(self.prefix) or not (code.isascii() and code.isdigit()):
            return None
        if code[-1] != check_digit(code[:-1]):
            return None
        item_end = len(self.prefix) + self.item_digits
        value = code[item_end + int(self.verifier):-1]
        if not int(value) or (self.verifier and code[item_end] != value_check_digit(value)):
            return None
        scale = 10 ** ((3 if self.kind == "weight" else self.exponent) - self.decimals)
        body = code[:item_end] + "0" * (self.length - 1 - item_end)
        return Embedded(body + check_digit(body), self.kind, int(value) * scale)

    def write(self, listed: str, value: int) -> str:
        """Return the code of a pack of a listed product; value in grams or minor units. Raises InvalidValueError when it does not fit."""
        scale = 10 ** ((3 if self.kind == "weight" else self.exponent) - self.decimals)
        digits = f"{value // scale:0{self.value_digits}d}"
        if value < 0 or value % scale or len(digits) > self.value_digits or not gtin(listed).startswith(self.prefix):
            raise InvalidValueError(f"a value of {value} does not fit into a code of {listed}")
        item = listed[:len(self.prefix) + self.item_digits]
        body = item + (value_check_digit(digits) if self.verifier else "") + digits
        return body + check_digit(body)


def value_check_digit(value: str) -> str:
    """Return GS1's check digit over a price or weight of four or five digits."""
    digits = [int(d) for d in value]
    if len(digits) == 4:
        weighted = zip((_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS), digits, strict=True)
        return str(sum(table[d] for table, d in weighted) * 3 % 10)
    if len(digits) == 5:
        weighted = zip((_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS), digits, strict=True)
        return str(_FIVE_MINUS.index(-sum(table[d] for table, d in weighted) % 10))
    raise InvalidValueError(f"value {value!r}: a check digit is defined for 4 or 5 digits")
