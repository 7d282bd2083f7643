"""Sizes of packs that stores want: advice from HQ's own sales, or from the files of a chain, with the lines behind it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from kiosk.domain.assortment import LEAST_COUNT, SIZES, Advice, PackLine, SizeMix, advise, clusters, gaps, market, size_of, thirds
from kiosk.hq.ledger import assortment, catalogue
from kiosk.hq.ledger.store import Db

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PackReport:
    """What sales say of one category. silent: stores with too few purchases to be told anything; bounds: of small and medium, grams.

    gaps: by cluster of stores of like turnover, size -> units a week that its stores would sell more at the cluster's own mix. clusters:
    the stores of each. names: product -> how people call it.
    """

    category: str
    bounds: tuple[float, float]
    stores: int
    silent: int
    lines: int
    mix: tuple[SizeMix, ...]
    clusters: tuple[tuple[str, ...], ...]
    gaps: tuple[dict[str, float], ...]
    advice: tuple[Advice, ...]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Category:
    """A category's lines. known_range: they hold every product that a store stocks; bounds, names: see PackReport."""

    name: str
    lines: list[PackLine]
    known_range: bool
    bounds: tuple[float, float]
    names: dict[str, str]


def report(chain: Category, groups: int) -> PackReport:
    """Return what the stores of a chain should stock more of. groups: clusters of like turnover, each a market of its own."""
    category, lines = chain.name, chain.lines
    groups = max(1, min(groups, len({line.store for line in lines})))
    of = clusters(lines, groups)
    own = [[line for line in lines if of[line.store] == group] for group in range(groups)]
    told = [one for group in own for one in advise(group, category, chain.known_range)]
    purchases: dict[str, float] = defaultdict(float)
    for line in lines:
        purchases[line.store] += line.purchases
    missed = []
    for group in own:
        found = gaps(group, category)
        missed.append({size: sum(gap for (_, of_size), gap in found.items() if of_size == size) for size in SIZES})
    return PackReport(category, chain.bounds, len(purchases), sum(count < LEAST_COUNT for count in purchases.values()), len(lines),
                      market(lines, category), tuple(tuple(sorted({line.store for line in group})) for group in own), tuple(missed),
                      tuple(sorted(told, key=lambda advice: -advice.index)), chain.names)


def of_ledger(db: Db, today: int, days: int, groups: int, language: str = "en") -> tuple[PackReport, ...]:
    """Return a report of each category with packs of more than one size, from the sales of the `days` days before `today` (since 1970)."""
    products = {p.gtin: p for p in catalogue.products(db) if p.category and p.unit_weight_g > 0 and p.sold_by == "piece"}
    sold = assortment.sold(db, (today - days) * DAY_MS, today * DAY_MS)
    empty = assortment.empty_days(db, today - days, today)
    ranges = assortment.ranges(db)
    stores = {store for store, _ in sold}
    known_range = all(ranges.get(store) for store in stores)
    made = []
    for category in sorted({product.category for product in products.values()}):
        weights = {gtin: product.unit_weight_g for gtin, product in products.items() if product.category == category}
        bounds = thirds(list(weights.values()))
        stocked = {key for key in sold if key[1] in weights}
        if known_range:
            stocked |= {(store, gtin) for store in stores for gtin in ranges[store] if gtin in weights}
        lines = []
        for store, gtin in sorted(stocked):
            units, purchases = sold.get((store, gtin), (0.0, 0.0))
            there = float(days - min(empty.get((store, gtin), 0), days - 1))
            lines.append(PackLine(store, gtin, category, size_of(weights[gtin], bounds), units, there, purchases))
        if len({line.size for line in lines if line.units}) > 1:
            names = {gtin: products[gtin].name(language) for gtin in weights}
            made.append(report(Category(category, lines, known_range, bounds, names), groups))
    return tuple(made)

