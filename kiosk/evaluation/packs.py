"""Whether the advice on sizes of packs finds what shoppers want: planted preferences in a simulated chain, and a person's own sales.

The simulated chain: products of three sizes in one category, stores of very different turnover; in some stores small packs are wanted two
to three times as much. Purchases come in clumps (a household buys its own size again), shelves run empty, ranges differ. Nothing here is
real; preferences were planted by us.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from kiosk.domain.assortment import LEAST_COUNT, Advice, PackLine, SizeMix, advise, clusters, gaps, market
from kiosk.errors import InvalidValueError
from kiosk.evaluation.forecast import open_table

SIZES = ("small", "medium", "large")
BOUNDS_OZ = (4.0, 8.0)
"""Packs up to 4 oz are small, up to 8 oz medium, beyond large."""
STORES, PRODUCTS, PLANTED = 120, 18, 0.15
WEEKS = 26
_OZ = re.compile(r"^\s*(\d*\.?\d+)\s*(OZ|LB|G|GR|KG)\b", re.IGNORECASE)
_OUNCES = {"OZ": 1.0, "LB": 16.0, "G": 1 / 28.35, "GR": 1 / 28.35, "KG": 1000 / 28.35}


@dataclass(frozen=True, slots=True)
class PackScore:
    """found: share of the planted stores that were advised; false: share of the advice that was not planted."""

    seeds: int
    planted: int
    found: float
    false: float


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a person's own sales say of one category. silent: stores with too few purchases to be told anything.

    gaps: by cluster, size -> units a week that its stores would sell more at the cluster's own mix.
    """

    category: str
    stores: int
    silent: int
    lines: int
    mix: tuple[SizeMix, ...]
    gaps: tuple[dict[str, float], ...]
    advice: tuple[Advice, ...]


def simulate(seed: int) -> tuple[list[PackLine], set[str]]:
    """Return the lines of a chain and the stores in which small packs were planted as wanted."""
    draws = np.random.default_rng((seed, 7))
    size = [SIZES[n % 3] for n in range(PRODUCTS)]
    pull = draws.gamma(4.0, 0.25, PRODUCTS) * np.array([{"small": 0.9, "medium": 1.2, "large": 0.9}[s] for s in size])
    lines, planted = [], set()
    for n in range(STORES):
        store, wanted = f"store-{n:03d}", draws.random() < PLANTED
        if wanted:
            planted.add(store)
        taste = np.exp(draws.normal(0, 0.15, 3))
        taste[0] *= draws.uniform(2.0, 3.0) if wanted else 1.0
        total = draws.uniform(150, 900)
        stocked = draws.random(PRODUCTS) < 0.8
        stocked[:3] = True
        days = np.where(draws.random(PRODUCTS) < 0.3, draws.integers(60, 7 * WEEKS, PRODUCTS), 7 * WEEKS)
        weight = pull * np.array([taste[SIZES.index(s)] for s in size]) * stocked * days
        households = max(int(total / 4), 1)
        chosen = draws.choice(PRODUCTS, households, p=weight / weight.sum())
        units = np.bincount(chosen, 1 + draws.poisson(3.0, households) * (draws.random(households) < 0.25), PRODUCTS)
        extra = draws.multinomial(int(total - min(units.sum(), total)), weight / weight.sum())
        visits = np.bincount(chosen, minlength=PRODUCTS) + extra
        lines += [PackLine(store, f"p{p}", "snacks", size[p], float(units[p] + extra[p]), float(days[p]), float(visits[p]))
                  for p in range(PRODUCTS) if stocked[p]]
    return lines, planted


def score(seeds: range) -> PackScore:
    """Return how well advice for small packs finds the planted stores, over simulated chains."""
    planted = hits = told = wrong = 0
    for seed in seeds:
        lines, wanted = simulate(seed)
        advised = {advice.store for advice in advise(lines, "snacks") if advice.size == "small"}
        planted, hits = planted + len(wanted), hits + len(advised & wanted)
        told, wrong = told + len(advised), wrong + len(advised - wanted)
    return PackScore(len(seeds), planted, hits / max(planted, 1), wrong / max(told, 1))


def read_grocery(products: Path, transactions: Path, category: str) -> list[PackLine]:
    """Read a chain's products (product_id, product_category, package_size) and sales lines (store_id, product_id, quantity, week)."""
    size: dict[str, str] = {}
    with open_table(products) as file:
        for row in _rows(file, products, ("product_id", "product_category", "package_size")):
            ounces = _ounces(row["package_size"])
            if row["product_category"] == category and ounces is not None:
                size[row["product_id"]] = SIZES[sum(ounces > bound for bound in BOUNDS_OZ)]
    bought: dict[tuple[str, str], float] = defaultdict(float)
    visits: dict[tuple[str, str], float] = defaultdict(float)
    weeks: set[int] = set()
    with open_table(transactions) as file:
        for row in _rows(file, transactions, ("store_id", "product_id", "quantity", "week")):
            weeks.add(int(row["week"]))
            if row["product_id"] in size:
                bought[row["store_id"], row["product_id"]] += float(row["quantity"])
                visits[row["store_id"], row["product_id"]] += 1.0
    if not bought:
        raise InvalidValueError(f"{transactions}: nothing of {category!r} with a size in ounces was sold")
    days = 7.0 * len(weeks)
    return [PackLine(store, product, category, size[product], units, days, visits[store, product])
            for (store, product), units in sorted(bought.items())]


def evaluate_files(products: Path, transactions: Path, category: str, groups: int = 1) -> PackReport:
    """Say what the stores of a person's own chain should stock more of. groups: clusters of like turnover, each a market of its own."""
    lines = read_grocery(products, transactions, category)
    of = clusters(lines, groups)
    own = [[line for line in lines if of[line.store] == group] for group in range(groups)]
    told = [one for group in own for one in advise(group, category, known_range=False)]
    purchases: dict[str, float] = defaultdict(float)
    for line in lines:
        purchases[line.store] += line.purchases
    missed = [{size: sum(gap for (_, s), gap in gaps(group, category).items() if s == size) for size in SIZES} for group in own]
    return PackReport(category, len(purchases), sum(count < LEAST_COUNT for count in purchases.values()), len(lines),
                      market(lines, category), tuple(missed), tuple(sorted(told, key=lambda a: -a.index)))


def _rows(file: IO[str], path: Path, columns: tuple[str, ...]) -> csv.DictReader[str]:
    rows = csv.DictReader(file)
    missing = [column for column in columns if column not in (rows.fieldnames or ())]
    if missing:
        raise InvalidValueError(f"{path}: the header lacks {', '.join(missing)}")
    return rows


def _ounces(text: str) -> float | None:
    match = _OZ.match(text)
    return float(match[1]) * _OUNCES[match[2].upper()] if match else None
