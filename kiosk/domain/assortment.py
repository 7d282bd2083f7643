"""Which sizes of pack a store's shoppers want, told only where its own record bears it.

Packs of a category are sorted into sizes. A market is shown as its mix: share of units, share of the range, units for each product and
week in stock (rate of sale), share of stores that stock the size (distribution), fair share index. What a store may expect of a size
follows from the market's pull of each product, the products it stocks and the days on which they were there: days without goods are no
demand. Its own share is drawn towards that as far as its count is thin (beta prior, its weight fitted to how much stores really differ)
and comes with an interval. Nothing is said below a count.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

SIZES = ("small", "medium", "large")
LEAST_COUNT = 15.0
"""Below so many purchases of a category a store is told nothing."""
CHANCE = 0.98
"""How sure it must be that a store wants more of a size than is to be expected: stores are many, and false advice costs shelf."""
LEAST_ODDS = 1.35
"""Shrunk odds of the size over the expected ones: a smaller preference is not worth a change of the shelf."""
MOST_WEIGHT = 60.0
"""The expected mix never weighs more than so many purchases: a store with a clear wish of its own is heard in the evenest of chains."""
_ROUNDS = 10
_EPS = 1e-9
_MEDIAN_CHI2 = 0.4549
"""Median of the square of a standard normal number."""


@dataclass(frozen=True, slots=True)
class PackLine:
    """One product in one store over a time: size of its pack (e.g. "small"), units sold, and days on which it could be bought.

    purchases: so often it was bought; twelve bags for one party are one shopper's wish and count as one.
    """

    store: str
    product: str
    category: str
    size: str
    units: float
    days: float
    purchases: float


@dataclass(frozen=True, slots=True)
class SizeMix:
    """A size in a store or a market. share: of the category's units; range_share: of its products; rate: units a product and week in stock.

    distribution: share of the stores that stock it (of a market); fair_share: range over sales share x 100.
    """

    size: str
    units: float
    products: int
    share: float
    range_share: float
    rate: float
    distribution: float = 1.0

    @property
    def fair_share(self) -> float:
        """Share of the range over share of the sales, 100 = balanced, below 100 = too few products for what they sell."""
        return 100 * self.range_share / max(self.share, _EPS)


@dataclass(frozen=True, slots=True)
class Advice:
    """Stock more of a size in a store. share: drawn to what was expected by its count; low, high: its interval, CHANCE wide.

    purchases: of the category in the store; index: share over expected x 100; fair_share: of the store's own range; gap: units a week of
    this size that the share it wants comes to beyond what its range was expected to sell; lines: the products behind it, best sold first.
    """

    store: str
    category: str
    size: str
    purchases: float
    share: float
    low: float
    high: float
    expected: float
    index: float
    fair_share: float
    gap: float
    lines: tuple[PackLine, ...]


def size_of(weight: float, bounds: tuple[float, float]) -> str:
    """Return the size of a pack: small up to the first bound, medium up to the second, in the unit of the bounds."""
    return SIZES[sum(weight > bound for bound in bounds)]


def thirds(weights: Sequence[float]) -> tuple[float, float]:
    """Return bounds that sort a category's products into three sizes, of about as many different weights each."""
    ranked = sorted(set(weights))
    return ranked[(len(ranked) - 1) // 3], ranked[2 * (len(ranked) - 1) // 3]


def market(lines: Sequence[PackLine], category: str) -> tuple[SizeMix, ...]:
    """Return the sizes of a category over all stores, largest share first."""
    mine = [line for line in lines if line.category == category]
    return _mix(mine, len({line.store for line in mine}))


def advise(lines: Sequence[PackLine], category: str, known_range: bool = True) -> tuple[Advice, ...]:
    """Return what stores should stock more of in a category, the strongest wish first; nothing for stores below LEAST_COUNT.

    known_range: the lines hold every product that a store stocks, sold or not; else the market's mix is what a store may expect.
    """
    mine = [line for line in lines if line.category == category and line.days > 0]
    by_store: dict[str, list[PackLine]] = defaultdict(list)
    for line in mine:
        by_store[line.store].append(line)
    pull = _pulls(mine) if known_range else None
    found = []
    for mix in market(mine, category):
        seen = {store: _seen(own, mix, pull) for store, own in by_store.items()}
        weight = prior_weight([one for one in seen.values() if one[0] >= LEAST_COUNT])
        for store, own in by_store.items():
            advice = _advice((store, category, mix.size), seen[store], weight, own)
            if advice is not None:
                found.append(advice)
    return tuple(sorted(found, key=lambda a: (-a.index, a.store, a.size)))


def gaps(lines: Sequence[PackLine], category: str) -> dict[tuple[str, str], float]:
    """Return (store, size) -> units a week that the store would sell more of a size at its market's mix, where it sells less."""
    mine = [line for line in lines if line.category == category and line.days > 0]
    whole = {mix.size: mix.share for mix in market(mine, category)}
    found: dict[tuple[str, str], float] = {}
    for store in sorted({line.store for line in mine}):
        own = [line for line in mine if line.store == store]
        weekly = 7 * sum(line.units for line in own) / max(line.days for line in own)
        shares = {mix.size: mix.share for mix in _mix(own, 1)}
        found |= {(store, size): (share - shares.get(size, 0.0)) * weekly for size, share in whole.items() if share > shares.get(size, 0.0)}
    return found


def clusters(lines: Sequence[PackLine], count: int) -> dict[str, int]:
    """Return store -> cluster, 0 the smallest: stores of like turnover, equally many in each; a market is that of a store's own cluster."""
    units: dict[str, float] = defaultdict(float)
    for line in lines:
        units[line.store] += line.units
    ranked = sorted(units, key=lambda store: (units[store], store))
    return {store: place * count // len(ranked) for place, store in enumerate(ranked)}


def prior_weight(seen: Sequence[tuple[float, float, float]]) -> float:
    """Return against how many purchases of the expected mix a store's own count is set, from (purchases, share, expected) of stores.

    The median store tells how much stores differ beyond chance, so that a few that want something else do not make all look different.
    Where they differ no more than chance has it, the weight is MOST_WEIGHT.
    """
    beyond = [(n * (share - due) ** 2 / (due * (1 - due)) / _MEDIAN_CHI2 - 1) / (n - 1) for n, share, due in seen if n > 1 and 0 < due < 1]
    if len(beyond) < 5 or (spread := median(beyond)) <= 0:
        return MOST_WEIGHT
    return min(max(1 / spread - 1, 5.0), MOST_WEIGHT)


def _pulls(lines: Sequence[PackLine]) -> dict[str, float]:
    """Units a day of each product in a store of turnover 1: fitted with the stores' turnovers, round by round."""
    pull = dict.fromkeys((line.product for line in lines), 1.0)
    for _ in range(_ROUNDS):
        turnover = _rates((line.store, line.units, pull[line.product] * line.days) for line in lines)
        pull = _rates((line.product, line.units, turnover[line.store] * line.days) for line in lines)
    return pull


def _rates(rows: Iterable[tuple[str, float, float]]) -> dict[str, float]:
    """Return key -> sold over due, from (key, sold, due)."""
    sold: dict[str, float] = defaultdict(float)
    due: dict[str, float] = defaultdict(float)
    for key, units, expected in rows:
        sold[key] += units
        due[key] += expected
    return {key: sold[key] / max(due[key], _EPS) for key in sold}


def _seen(lines: Sequence[PackLine], mix: SizeMix, pull: dict[str, float] | None) -> tuple[float, float, float]:
    """Return a store's (purchases, share of a size in its units, expected share)."""
    units = sum(line.units for line in lines)
    share = sum(line.units for line in lines if line.size == mix.size) / max(units, _EPS)
    expected = mix.share
    if pull is not None:
        due = [(pull[line.product] * line.days, line.size == mix.size) for line in lines]
        expected = sum(d for d, mine in due if mine) / max(sum(d for d, _ in due), _EPS)
    return sum(line.purchases for line in lines), share, expected


def _advice(where: tuple[str, str, str], seen: tuple[float, float, float], weight: float, lines: list[PackLine]) -> Advice | None:
    store, category, size = where
    purchases, own, expected = seen
    if purchases < LEAST_COUNT or not 0 < expected < 1:
        return None
    total = purchases + weight
    share = (purchases * own + weight * expected) / total
    deviation = math.sqrt(share * (1 - share) / (total + 1))
    z = NormalDist().inv_cdf((1 + CHANCE) / 2)
    low, high = max(share - z * deviation, 0.0), min(share + z * deviation, 1.0)
    index = 100 * share / expected
    if low <= expected or share * (1 - expected) < LEAST_ODDS * expected * (1 - share):
        return None
    behind = tuple(sorted((line for line in lines if line.size == size and line.units > 0), key=lambda line: (-line.units, line.product)))
    mine = next(mix for mix in _mix(lines, 1) if mix.size == size)
    weekly = 7 * sum(line.units for line in lines) / max(line.days for line in lines)
    return Advice(store, category, size, purchases, share, low, high, expected, index, mine.fair_share, (share - expected) * weekly, behind)


def _mix(lines: Sequence[PackLine], stores: int) -> tuple[SizeMix, ...]:
    total = sum(line.units for line in lines)
    products = {(line.store, line.product) for line in lines}
    found = []
    for size in sorted({line.size for line in lines}):
        mine = [line for line in lines if line.size == size]
        units, days = sum(line.units for line in mine), sum(line.days for line in mine)
        stocked = len({(line.store, line.product) for line in mine})
        found.append(SizeMix(size, units, len({line.product for line in mine}), units / max(total, _EPS), stocked / max(len(products), 1),
                             7 * units / max(days, _EPS), len({line.store for line in mine}) / max(stores, 1)))
    return tuple(sorted(found, key=lambda mix: -mix.share))
