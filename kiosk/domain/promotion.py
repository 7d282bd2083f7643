"""What a shop offers: a kind that says how much is saved, and conditions that say for whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from kiosk.domain.gtin import gtin
from kiosk.errors import InvalidValueError

KINDS = ("percent", "n_for_m", "price", "bundle", "basket")
COUPON_PREFIXES = ("981", "982", "983", "984", "99")
"""How GS1 codes of coupons begin."""
DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and for whom a basket is priced. weekday: 1 Monday .. 7 Sunday, minute: of the day, both in the store's own time."""

    weekday: int
    minute: int
    member: bool = False


def occasion(now: datetime, zone: tzinfo, member: bool = False) -> Occasion:
    """Return the occasion of a moment (aware) in the store's time zone; summer time is the zone's business."""
    local = now.astimezone(zone)
    return Occasion(local.isoweekday(), local.hour * 60 + local.minute, member)


@dataclass(frozen=True, slots=True)
class Promotion:
    """An offer. names: fr/en/zh, as shoppers read it. Amounts in minor units.

    kind: percent takes `percent` off each piece; n_for_m gives `take` pieces for the price of `pay`; price sells a piece (or a kilogram)
    at price_minor; bundle sells one piece of each of `gtins` (named twice: two pieces) together at price_minor; basket takes `percent` or
    off_minor off all goods when these come to threshold_minor at full price. gtin: the product of the first three kinds.
    Conditions, all of which must hold: member (pays with a wallet), coupon (a code that is shown), days ("67": weekend; "" every day) and
    the minutes from_min..until_min of the store's day; from 22:00 until 02:00 runs over midnight and belongs to the day it began on.
    """

    id: str
    kind: str
    gtin: str
    names: dict[str, str]
    percent: int = 0
    take: int = 0
    pay: int = 0
    gtins: tuple[str, ...] = ()
    price_minor: int = 0
    threshold_minor: int = 0
    off_minor: int = 0
    member: bool = False
    coupon: str = ""
    days: str = ""
    from_min: int = 0
    until_min: int = DAY_MIN

    def __post_init__(self) -> None:
        mistake = _MISTAKES[self.kind](self) if self.kind in _MISTAKES else f"kind {self.kind!r} is not one of {', '.join(KINDS)}"
        mistake = mistake or _bad_condition(self)
        if mistake:
            raise InvalidValueError(f"promotion {self.id}: {mistake}")

    def holds(self, when: Occasion | None, coupons: frozenset[str]) -> bool:
        """Return whether all conditions hold; with no occasion only offers that ask for none do."""
        if self.coupon and self.coupon not in coupons:
            return False
        if when is None:
            return not (self.member or self.days) and (self.from_min, self.until_min) == (0, DAY_MIN)
        return (when.member or not self.member) and self._open(when)

    def _open(self, when: Occasion) -> bool:
        weekday, minute = when.weekday, when.minute
        if self.from_min > self.until_min:
            if minute < self.until_min:
                weekday, minute = (weekday - 2) % 7 + 1, minute + DAY_MIN
            until = self.until_min + DAY_MIN
        else:
            until = self.until_min
        return (not self.days or str(weekday) in self.days) and self.from_min <= minute < until


def _bad_percent(p: Promotion) -> str:
    return "" if 0 < p.percent <= 100 else f"{p.percent} % is not between 1 and 100"


def _bad_n_for_m(p: Promotion) -> str:
    return "" if 0 < p.pay < p.take <= 99 else f"{p.take} for {p.pay} is no promotion"


def _bad_price(p: Promotion) -> str:
    return "" if p.price_minor > 0 else f"a price of {p.price_minor} is no price"


def _bad_bundle(p: Promotion) -> str:
    if not 2 <= len(p.gtins) <= 8:
        return f"a bundle has 2 to 8 pieces, not {len(p.gtins)}"
    for code in p.gtins:
        gtin(code)
    return _bad_price(p)


def _bad_basket(p: Promotion) -> str:
    if p.threshold_minor < 0 or bool(p.percent) == bool(p.off_minor):
        return "an offer on the whole basket takes either a percentage or an amount off"
    if not p.threshold_minor and not p.coupon:
        return "an offer on the whole basket needs a threshold or a coupon"
    return _bad_percent(p) if p.percent else "" if p.off_minor > 0 else f"{p.off_minor} off is no promotion"


_MISTAKES = {"percent": _bad_percent, "n_for_m": _bad_n_for_m, "price": _bad_price, "bundle": _bad_bundle, "basket": _bad_basket}


def _bad_condition(p: Promotion) -> str:
    if p.coupon and not gtin(p.coupon).startswith(COUPON_PREFIXES):
        return f"coupon {p.coupon} must begin with {', '.join(COUPON_PREFIXES)}, as GS1 has it"
    if not set(p.days) <= set("1234567"):
        return f"days {p.days!r}: 1 is Monday, 7 is Sunday"
    if not 0 <= p.from_min < DAY_MIN or not 0 < p.until_min <= DAY_MIN or p.from_min == p.until_min:
        return f"the hours from minute {p.from_min} until {p.until_min} cannot be"
    return ""
