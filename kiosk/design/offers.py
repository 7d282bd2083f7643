"""Offers in words: why a line costs what it costs."""

from __future__ import annotations

from decimal import Decimal

from kiosk.design.amounts import money, number
from kiosk.design.words import say
from kiosk.domain.catalog import PriceList
from kiosk.domain.money import Money
from kiosk.domain.pricing import Quote, QuoteLine
from kiosk.domain.pricing_best import Applied
from kiosk.domain.promotion import DAY_MIN, Promotion


def offer_name(promotion: Promotion, language: str) -> str:
    """Return how an offer is called: by HQ's own words in this language, else by what it does."""
    named = promotion.names.get(language)
    if named:
        return named
    text = say(f"offer.{promotion.kind}", language, percent=promotion.percent, take=promotion.take, pay=promotion.pay)
    if promotion.coupon:
        return f"{say('offer.coupon', language)} · {text}"
    if promotion.member:
        return f"{say('offer.member', language)} · {text}"
    hours = promotion.days or (promotion.from_min, promotion.until_min) != (0, DAY_MIN)
    return f"{say('offer.hours', language)} · {text}" if hours else text


def offer_notes(line: QuoteLine, language: str) -> list[str]:
    """Return what explains a line: its weight, and each offer with what it takes off."""
    weight = [weighed(line.grams, line.product.price, language)] if line.grams else []
    return weight + [_saved(applied, line.unit.currency, language) for applied in line.offers]


def weighed(grams: int, a_kilogram: Money, language: str) -> str:
    """Return e.g. "0.482 kg × €12.90/kg"."""
    return f"{number(Decimal(grams).scaleb(-3), language)}\u00a0kg × {money(a_kilogram, language)}/kg"


def code_note(code: str, quoted: Quote, prices: PriceList | None, language: str) -> str:
    """Return what a coupon in the basket is called, and whether it takes anything off."""
    offer = next((p for p in prices.promotions if p.coupon == code), None) if prices else None
    name = offer_name(offer, language) if offer else say("offer.coupon", language)
    return f"{name} · {say('offer.unused', language)}" if code in quoted.unused else name


def _saved(applied: Applied, currency: str, language: str) -> str:
    return f"{offer_name(applied.promotion, language)} \u2212{money(Money(applied.saved_minor, currency), language)}"
