"""Rows of a spreadsheet as goods: products, offers, and the layouts of codes with a weight or price inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from kiosk.domain import catalog
from kiosk.domain.catalog import CodeFormat, Product, Promotion
from kiosk.domain.money import Money, exponent
from kiosk.domain.promotion import DAY_MIN
from kiosk.errors import InvalidValueError

Fields = dict[str, str]
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
ENDED = "ended"
"""The kind of a row that takes an offer away."""


def price(text: str, currency: str) -> Money:
    """Return a decimal such as 12.50 or 12,50 as money; raise InvalidValueError when it is no amount of that currency."""
    value = _decimal(text)
    if value is None:
        raise InvalidValueError(f"{text!r} is no amount: e.g. 12.50 is expected")
    if not 0 <= value < 10**10:
        raise InvalidValueError(f"{text!r} is no price")
    minor = value.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise InvalidValueError(f"{text!r} has more than the {exponent(currency)} decimals of {currency}")
    return Money(int(minor), currency)


def plain(amount: Money) -> str:
    """Return an amount as a plain decimal, e.g. 12.50, as `price` reads it."""
    return str(Decimal(amount.minor).scaleb(-exponent(amount.currency)))


def product(fields: Fields, currency: str) -> Product:
    """Return a product; raise InvalidValueError that says what is wrong."""
    code = catalog.gtin(fields["gtin"])
    names = {language: fields[f"name_{language}"] for language in catalog.LANGUAGES}
    missing = [language for language, name in names.items() if not name]
    if missing:
        raise InvalidValueError(f"product {code} has no name in {', '.join(missing)}")
    for column in ("picture", "garment"):
        if "/" in fields[column] or fields[column].startswith("."):
            raise InvalidValueError(f"product {code}: {fields[column]!r} is no name of an asset")
    weight = float(number(fields["unit_weight_g"], "weight in grams"))
    deposit = price(fields["deposit"] or "0", currency).minor
    return Product(code, names, price(fields["price"], currency), _permille(code, fields["vat"]), weight, fields["picture"],
                   fields["garment"], fields["sold_by"] or "piece", deposit, _permille(code, fields["deposit_vat"] or "0"),
                   count(fields["min_age"] or "0", "min_age"), fields["category"], count(fields["keeps_days"] or "0", "keeps_days"),
                   fields["style"], fields["size"], fields["origin"].upper(), tuple(fields["matches"].split()))


def _permille(code: str, text: str) -> int:
    vat = number(text, "VAT in percent") * 10
    if vat != vat.to_integral_value():
        raise InvalidValueError(f"product {code}: VAT of {text} % has more than one decimal")
    return int(vat)


def product_fields(value: Product) -> Fields:
    """Return a product as the columns that `product` reads, to compare two of them."""
    names = {f"name_{language}": value.names.get(language, "") for language in catalog.LANGUAGES}
    deposit = plain(Money(value.deposit_minor, value.price.currency)) if value.deposit_minor else ""
    return {**names, "price": plain(value.price), "vat": str(Decimal(value.vat_permille) / 10), "unit_weight_g": f"{value.unit_weight_g:g}",
            "picture": value.picture, "garment": value.garment, "sold_by": value.sold_by, "deposit": deposit,
            "deposit_vat": str(Decimal(value.deposit_vat_permille) / 10) if value.deposit_minor else "",
            "min_age": str(value.min_age) if value.min_age else "", "category": value.category,
            "keeps_days": str(value.keeps_days) if value.keeps_days else "", "style": value.style, "size": value.size,
            "origin": value.origin, "matches": " ".join(value.matches)}


def promotion(fields: Fields, sold: Mapping[str, Product], currency: str) -> Promotion | str:
    """Return an offer, or the id of one that has ended; raise InvalidValueError that says what is wrong."""
    if not fields["id"]:
        raise InvalidValueError("a promotion needs an id")
    if fields["kind"] == ENDED:
        return fields["id"]
    single = fields["kind"] not in ("bundle", "basket")
    code = catalog.gtin(fields["gtin"]) if single or fields["gtin"] else ""
    parts = tuple(catalog.gtin(part) for part in fields["gtins"].split())
    for each in (*((code,) if code else ()), *parts):
        if each not in sold:
            raise InvalidValueError(f"product {each} is not known: import products first")
    names = {language: fields[f"name_{language}"] for language in catalog.LANGUAGES}
    percent, take, pay = (count(fields[c] or "0", c) for c in ("percent", "take", "pay"))
    special, threshold, off = (price(fields[c] or "0", currency).minor for c in ("price", "threshold", "off"))
    return Promotion(fields["id"], fields["kind"], code, names, percent, take, pay, parts, special, threshold, off,
                     _yes(fields["member"], "member"), fields["coupon"], fields["days"], _minute(fields["from"], 0),
                     _minute(fields["until"], DAY_MIN))


def promotion_fields(value: Promotion, currency: str) -> Fields:
    """Return an offer as the columns that `promotion` reads, to compare two of them."""
    def amount(minor: int) -> str:
        return plain(Money(minor, currency)) if minor else ""

    names = {f"name_{language}": value.names.get(language, "") for language in catalog.LANGUAGES}
    return {"kind": value.kind, "gtin": value.gtin, **names, "percent": str(value.percent), "take": str(value.take), "pay": str(value.pay),
            "gtins": " ".join(value.gtins), "price": amount(value.price_minor), "threshold": amount(value.threshold_minor),
            "off": amount(value.off_minor), "member": "yes" if value.member else "", "coupon": value.coupon, "days": value.days,
            "from": _clock(value.from_min), "until": _clock(value.until_min)}


def code_format(fields: Fields, currency: str) -> CodeFormat:
    """Return the layout of a code; raise InvalidValueError that says what is wrong."""
    item, value, decimals = (count(fields[c], c) for c in ("item_digits", "value_digits", "decimals"))
    verifier = _yes(fields["verifier"], "verifier")
    return CodeFormat(fields["prefix"], fields["kind"], item, value, decimals, verifier, exponent(currency))


def format_fields(value: CodeFormat) -> Fields:
    """Return a layout as the columns that `code_format` reads, to compare two of them."""
    return {"kind": value.kind, "item_digits": str(value.item_digits), "value_digits": str(value.value_digits),
            "decimals": str(value.decimals), "verifier": "yes" if value.verifier else ""}


def number(text: str, what: str) -> Decimal:
    """Return a number that is not negative; raise InvalidValueError that says what was expected."""
    value = _decimal(text)
    if value is None or not 0 <= value < 10**7:
        raise InvalidValueError(f"{text!r} is no {what}")
    return value


def _decimal(text: str) -> Decimal | None:
    """Return a number as people write one; `Decimal` alone would take 1_50 for 150, and 3e2, and the digits of every script."""
    plain_text = text.strip().replace(",", ".")
    return Decimal(plain_text) if _DECIMAL.fullmatch(plain_text) else None


def count(text: str, what: str) -> int:
    """Return a count of up to six digits; raise InvalidValueError that says what was expected."""
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise InvalidValueError(f"{what}: {text!r} is no whole number")
    return int(text)


def _yes(text: str, what: str) -> bool:
    if text.lower() not in ("", "yes", "no"):
        raise InvalidValueError(f"{what}: {text!r} is neither yes nor no")
    return text.lower() == "yes"


def _minute(text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    hours, _, minutes = text.partition(":")
    if not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60):
        raise InvalidValueError(f"{text!r} is no time of day: e.g. 17:30 is expected")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"
