"""Money and dates as people of each language write them."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_skeleton, format_time, get_day_names
from babel.numbers import format_currency, format_decimal

from kiosk.design.words import locale_of
from kiosk.domain.money import Money, exponent
from kiosk.errors import InvalidValueError


def money(amount: Money, language: str) -> str:
    """Return an amount with its currency, e.g. "12,50 €" in French; never rounded."""
    value = Decimal(amount.minor).scaleb(-exponent(amount.currency))
    return format_currency(value, amount.currency, locale=locale_of(language), decimal_quantization=False)


def number(value: int | Decimal, language: str) -> str:
    """Return a number with the grouping and decimal mark of the language."""
    return format_decimal(value, locale=locale_of(language), decimal_quantization=False)


def when(moment: datetime, language: str, tz: tzinfo) -> str:
    """Return a date with its time in the store's time zone; raise InvalidValueError for a time without a zone."""
    return format_datetime(_aware(moment), "short", tzinfo=tz, locale=locale_of(language))


def clock(moment: datetime, language: str, tz: tzinfo) -> str:
    """Return the time of day in hours and minutes in the store's time zone; raise InvalidValueError for a time without a zone."""
    return format_time(_aware(moment).astimezone(tz), "short", tzinfo=tz, locale=locale_of(language))


def day(date_: date, language: str) -> str:
    """Return a date without its time."""
    return format_date(date_, "long", locale=locale_of(language))


def short_day(date_: date, language: str) -> str:
    """Return a day of the month without its year, e.g. "3 avr." in French."""
    return str(format_skeleton("MMMd", date_, locale=locale_of(language)))


def day_name(weekday: int, language: str) -> str:
    """Return the short name of a weekday, 1 is Monday."""
    return str(get_day_names("abbreviated", "stand-alone", locale_of(language))[weekday - 1])


def time_of_day(minute: int, language: str) -> str:
    """Return a minute of the day (0..1440) as hours and minutes; the end of the day is 24:00."""
    if minute == 24 * 60:
        return "24:00"
    return format_time(time(minute // 60, minute % 60), "short", locale=locale_of(language))


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidValueError(f"{moment} has no time zone")
    return moment
