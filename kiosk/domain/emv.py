"""The merchant-presented QR code of EMVCo (EMV QRCPS, Merchant-Presented Mode 1.1), which national schemes share.

A code is a row of fields: two digits of id, two digits of length, the value; the last one (63) is a CRC-16 over everything before it,
its own id and length included: polynomial 0x1021, start 0xFFFF, not reflected, four upper-case hexadecimal digits.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.money import Money, exponent
from kiosk.errors import InvalidValueError

_NUMERIC = {
    "AED": "784", "AUD": "036", "BHD": "048", "BRL": "986", "CAD": "124", "CHF": "756", "CNY": "156", "CZK": "203", "DKK": "208",
    "EUR": "978", "GBP": "826", "HKD": "344", "HUF": "348", "IDR": "360", "INR": "356", "JPY": "392", "KHR": "116", "KRW": "410",
    "KWD": "414", "LAK": "418", "MXN": "484", "MYR": "458", "NOK": "578", "NPR": "524", "NZD": "554", "PHP": "608", "PLN": "985",
    "SEK": "752", "SGD": "702", "THB": "764", "TWD": "901", "USD": "840", "VND": "704", "ZAR": "710",
}
"""ISO 4217 code -> its number."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who is paid. template: 26..51, the scheme's place in the code; guid: the scheme's name in it; account: the merchant's id there.

    category: ISO 18245 merchant category code, four digits. name and city as the payer reads them, up to 25 and 15 characters.
    """

    template: int
    guid: str
    account: str
    category: str
    country: str
    name: str
    city: str

    def __post_init__(self) -> None:
        if not 26 <= self.template <= 51:
            raise InvalidValueError(f"template {self.template}: a scheme's merchant account lies in 26 to 51")
        if not (len(self.category) == 4 and self.category.isdigit()) or len(self.country) != 2:
            raise InvalidValueError(f"category {self.category!r}, country {self.country!r}: four digits and two letters are expected")
        for text, most in ((self.guid, 32), (self.account, 35), (self.name, 25), (self.city, 15)):
            if not 0 < len(text) <= most or not text.isascii():
                raise InvalidValueError(f"{text!r}: 1 to {most} ASCII characters are expected")


def takes(currency: str) -> bool:
    """Return whether the code can name a currency."""
    return currency in _NUMERIC


def crc(text: str) -> str:
    """Return the CRC-16 of ASCII text as four hexadecimal digits."""
    value = 0xFFFF
    for byte in text.encode("ascii"):
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return f"{value:04X}"


def code(merchant: Merchant, amount: Money, reference: str) -> str:
    """Return the text of a code that pays this amount once. reference: up to 25 ASCII characters, stands in 62-05."""
    if not takes(amount.currency):
        raise InvalidValueError(f"{amount.currency} cannot stand in a payment code")
    if not 0 < len(reference) <= 25 or amount.minor <= 0:
        raise InvalidValueError(f"reference {reference!r} over {amount.minor}: 1 to 25 characters and more than nothing are expected")
    digits = exponent(amount.currency)
    text = str(amount.minor).rjust(digits + 1, "0")
    fields = (("00", "01"), ("01", "12"), (f"{merchant.template:02d}", _field("00", merchant.guid) + _field("01", merchant.account)),
              ("52", merchant.category), ("53", _NUMERIC[amount.currency]),
              ("54", f"{text[:-digits]}.{text[-digits:]}" if digits else text), ("58", merchant.country), ("59", merchant.name),
              ("60", merchant.city), ("62", _field("05", reference)))
    body = "".join(_field(name, value) for name, value in fields) + "6304"
    return body + crc(body)


def read(text: str) -> dict[str, str]:
    """Return the fields of a code by id; raise InvalidValueError when its CRC or its lengths do not hold."""
    if not text.isascii() or crc(text[:-4]) != text[-4:].upper():
        raise InvalidValueError("the payment code's check sum does not hold")
    return fields(text)


def fields(text: str) -> dict[str, str]:
    """Return id -> value of a row of fields; raise InvalidValueError when its lengths do not hold."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        name, size = text[place:place + 2], text[place + 2:place + 4]
        value = text[place + 4:place + 4 + int(size)] if size.isdigit() else ""
        if not size.isdigit() or len(value) != int(size):
            raise InvalidValueError(f"the payment code breaks off at {place}")
        found[name] = value
        place += 4 + int(size)
    return found


def _field(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"
