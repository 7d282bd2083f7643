"""Whether the advice on sizes of packs finds what shoppers want: planted preferences in a simulated chain.

The simulated chain: products of three sizes in one category, stores of very different turnover; in some stores small packs are wanted two
to three times as much. Purchases come in clumps (a household buys its own size again), shelves run empty, ranges differ. Nothing here is
real; preferences were planted by us.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kiosk.domain.assortment import SIZES, PackLine, advise

STORES, PRODUCTS, PLANTED = 120, 18, 0.15
WEEKS = 26


@dataclass(frozen=True, slots=True)
class PackScore:
    """found: share of the planted stores that were advised; false: share of the advice that was not planted."""

    seeds: int
    planted: int
    found: float
    false: float


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
