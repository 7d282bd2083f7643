"""A shop's whole order of an evening: which products, how many packs, and the numbers behind each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from kiosk.domain.demand import Forecast
from kiosk.domain.events import OrderReason
from kiosk.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a supplier takes orders and brings goods.

    weekdays: on which orders leave in the evening, 0 is Monday. lead_days: whole days between; ordered on day t, the goods are on the
    shelf at the opening of day t + lead_days + 1, or of the next day that is not in `closed`.
    """

    weekdays: frozenset[int]
    lead_days: int
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)) or self.lead_days < 0:
            raise InvalidValueError(f"{self}: weekdays between 0 and 6 and a lead of 0 days or more are expected")

    def orders(self, day: date) -> bool:
        """Tell whether an order can leave this evening."""
        return day.weekday() in self.weekdays

    def arrival(self, day: date) -> date:
        """Return the day at whose opening an order of this evening is on the shelf."""
        there = day + timedelta(days=self.lead_days + 1)
        while there in self.closed:
            there += timedelta(days=1)
        return there

    def protected_days(self, day: date) -> int:
        """Return for how many days from tomorrow the stock must last after this evening's order: until the next one's arrival."""
        following = day + timedelta(days=1)
        while not self.orders(following):
            following += timedelta(days=1)
        return max((self.arrival(following) - day).days - 1, 1)


@dataclass(frozen=True, slots=True)
class Terms:
    """One product in one shop: pieces in a case pack and on its shelf, cost of a piece in minor units, days it keeps from delivery."""

    gtin: str
    case_pack: int
    capacity: int
    cost: int = 0
    keeps_days: int | None = None

    def __post_init__(self) -> None:
        if self.case_pack < 1 or self.capacity < 0 or self.cost < 0 or (self.keeps_days is not None and self.keeps_days < 1):
            raise InvalidValueError(f"product {self.gtin}: case pack and days it keeps must be 1 or more, capacity and cost 0 or more")


@dataclass(frozen=True, slots=True)
class Stock:
    """Pieces of one product: batches on the shelf as (pieces, days left to sell them, None for no limit) and open orders, each once."""

    batches: tuple[tuple[int, int | None], ...]
    on_order: int = 0

    @property
    def on_hand(self) -> int:
        """Pieces on the shelf, those about to expire included: they take room."""
        return sum(pieces for pieces, _ in self.batches)

    @classmethod
    def by_arrival(cls, on_hand: int, on_order: int, arrivals: Sequence[tuple[int, int]], keeps_days: int | None) -> Stock:
        """Return the stock of a slot whose pieces are sold in the order in which they came: what is left is what came last.

        arrivals: (days ago, pieces), newest first; pieces of which no arrival is known have no limit. A piece that came today and keeps
        for a day is sold today or never.
        """
        if keeps_days is None:
            return cls(((on_hand, None),), on_order)
        batches: list[tuple[int, int | None]] = []
        left = on_hand
        for ago, pieces in arrivals:
            taken = min(pieces, left)
            left -= taken
            if taken:
                batches.append((taken, max(keeps_days - ago - 1, 0)))
        return cls((*batches, (left, None)) if left else tuple(batches), on_order)

    def lasting(self, daily: Sequence[float]) -> int:
        """Return the pieces on the shelf that will be sold before they expire, first expired first out, at `daily` mean pieces."""
        sold = 0.0
        wasted = 0.0
        for pieces, left in sorted(self.batches, key=lambda b: math.inf if b[1] is None else b[1]):
            room = math.inf if left is None else max(sum(daily[:left]) - sold, 0.0)
            sold += min(pieces, room)
            wasted += max(pieces - room, 0.0) if left is not None and left < len(daily) else 0.0
        return self.on_hand - math.floor(wasted)


@dataclass(frozen=True, slots=True)
class Rules:
    """chance: that the stock lasts until the next delivery; waste: chance, at most, that a piece ordered now expires unsold.

    least_value: the supplier's minimum order, in minor units.
    """

    chance: float
    waste: float = 0.1
    least_value: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    """What one product needs on an evening.

    target: pieces that last for `days` days; expected: mean demand of those days; lasting: pieces on the shelf that will not expire
    before they are sold; missed: pieces asked for in vain before the delivery, which need not be ordered; sellable: pieces that still
    sell before an order of this evening expires, None where it does not.
    """

    target: int
    expected: float
    days: int
    lasting: int
    missed: float = 0.0
    sellable: int | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order: whole case packs, their value in minor units, and the numbers behind it (`design.reasons` words them)."""

    gtin: str
    pieces: int
    value: int
    reason: OrderReason


def needs(ahead: Forecast, terms: Sequence[Terms], stock: Sequence[Stock], rules: Rules, dates: tuple[Calendar, date]) -> tuple[Need, ...]:
    """Read each product's need this evening off a forecast whose items are in the order of `terms`.

    dates: the supplier's calendar and today. The forecast must reach the delivery after next; a product that keeps longer than it reaches
    is not held back for its expiry.
    """
    calendar, today = dates
    days = calendar.protected_days(today)
    waits = (calendar.arrival(today) - today).days - 1
    horizon = ahead.daily.shape[1]
    if days > horizon:
        raise InvalidValueError(f"a forecast of {horizon} days cannot tell the {days} days until the delivery after next: ask for more")
    needed = ahead.stock(0, days).needed(np.array([term.case_pack for term in terms], dtype=np.intp))
    level = (needed > 1.0 - rules.chance + 1e-12).sum(axis=1)
    missed = ahead.stock(0, waits).missed() if waits else np.zeros((len(terms), 1))
    keeping = {term.keeps_days for term in terms if term.keeps_days is not None and waits + term.keeps_days <= horizon}
    sells: dict[int | None, npt.NDArray[np.intp]] = {keeps: ahead.stock(0, waits + keeps).quantile(rules.waste) for keeps in keeping}
    out = []
    for i, (term, there) in enumerate(zip(terms, stock, strict=True)):
        daily = ahead.daily[i, :days].tolist()
        lasting = there.lasting(daily)
        vain = float(missed[i, min(lasting + there.on_order, missed.shape[1] - 1)])
        sellable = int(sells[term.keeps_days][i]) if term.keeps_days in sells else None
        out.append(Need(int(level[i]), sum(daily), days, lasting, vain, sellable))
    return tuple(out)


def propose(terms: Sequence[Terms], stock: Sequence[Stock], asked: Sequence[Need], rules: Rules) -> tuple[OrderLine, ...]:
    """Return the order of this evening, by product; empty where nothing is needed or the supplier's minimum cannot be met.

    Every line is in whole packs, fits on the shelf beside what is there and coming, and can be sold before it expires. An order under the
    minimum is filled with the packs that would be needed soonest; if even those do not reach it, nothing is ordered.
    """
    items = list(zip(terms, stock, asked, strict=True))
    packs = [_packs(*item) for item in items]
    reasons = [_reason(*item, count) for item, count in zip(items, packs, strict=True)]
    if not any(packs):
        return ()
    while sum(count * term.case_pack * term.cost for count, term in zip(packs, terms, strict=True)) < rules.least_value:
        fits = [i for i, item in enumerate(items) if terms[i].cost and (packs[i] + 1) * terms[i].case_pack <= _room(*item)]
        if not fits:
            return ()
        soonest = min(fits, key=lambda i: _days_left(stock[i], asked[i], packs[i] * terms[i].case_pack))
        packs[soonest] += 1
        reasons[soonest] = replace(_reason(*items[soonest], packs[soonest]), filled_up=True)
    return tuple(OrderLine(term.gtin, count * term.case_pack, count * term.case_pack * term.cost, reason)
                 for term, count, reason in zip(terms, packs, reasons, strict=True) if count)


def _days_left(stock: Stock, need: Need, ordered: int) -> float:
    return (need.lasting + stock.on_order + ordered) / max(need.expected / need.days, 1e-6)


def _room(term: Terms, stock: Stock, need: Need) -> int:
    """Pieces that may be ordered at most: what fits, and what sells before it expires."""
    room = term.capacity - stock.on_hand - stock.on_order
    if need.sellable is not None:
        room = min(room, need.sellable - need.lasting - stock.on_order)
    return max(room, 0)


def _wanted(term: Terms, stock: Stock, need: Need) -> int:
    short = need.target - need.lasting - stock.on_order - need.missed
    return max(math.ceil(short / term.case_pack - 1e-9), 0)


def _packs(term: Terms, stock: Stock, need: Need) -> int:
    return min(_wanted(term, stock, need), _room(term, stock, need) // term.case_pack)


def _reason(term: Terms, stock: Stock, need: Need, packs: int) -> OrderReason:
    wanted = _wanted(term, stock, need)
    fits = term.capacity - stock.on_hand - stock.on_order
    limit = "" if packs >= wanted else "expiry" if _room(term, stock, need) < fits else "room"
    return OrderReason(
        expected=round(need.expected, 1), days=need.days, target=need.target, on_hand=stock.on_hand, on_order=stock.on_order,
        expiring=stock.on_hand - need.lasting, missed=round(need.missed, 1), packs=packs, case_pack=term.case_pack,
        wanted_packs=max(wanted, packs), limit=limit, room=_room(term, stock, need) if limit else 0)
