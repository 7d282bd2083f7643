"""Money: an integer count of minor units and an ISO 4217 code. Never a float."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.errors import InvalidValueError

# ISO 4217 currencies whose minor unit is not the hundredth (ISO 4217 list one).
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "XAF": 0, "XOF": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def exponent(currency: str) -> int:
    """Return how many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of one currency; may be negative (a discount, a refund)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise InvalidValueError(f"money is an integer of minor units, not {self.minor!r}")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise InvalidValueError(f"{self.currency!r} is no ISO 4217 code")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise InvalidValueError(f"{self.currency} and {other.currency} cannot be mixed")
        return other.minor


def share(amount_minor: int, numerator: int, denominator: int) -> int:
    """Return amount * numerator / denominator rounded half away from zero, in integers only."""
    product = amount_minor * numerator
    magnitude = (2 * abs(product) + denominator) // (2 * denominator)
    return magnitude if product >= 0 else -magnitude
