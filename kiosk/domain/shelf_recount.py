"""Counting a quiet shelf by its whole weight: what lies there must weigh what the books say.

Slots that stand on common load cells are counted together. Hypotheses are the books as they stand, and the books with one slot off by some
pieces; a number is written down only where one of them leaves the others far behind. Whole weight is a coarser witness than a change of it:
piece weights spread, the planogram's own weight may be a little off, and zero drifts; so a full slot of light goods may stay undecided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kiosk.domain.shelf_match import ShelfPlan

SURE = 0.98
"""Odds from which a count is written down."""
ZERO_G = 4.0
"""Standard deviation of a cell's zero after weeks, grams."""
OFF_SHARE = 0.003
"""Standard deviation of a product's weight in the planogram against what is delivered, as a share."""
_AS_BOOKED, _MOST_OFF = 0.9, 12


@dataclass(frozen=True, slots=True)
class Pile:
    """A slot to count: its product, its load cells and the pieces that the books have."""

    slot: str
    product: str
    cells: tuple[str, ...]
    booked: int


@dataclass(frozen=True, slots=True)
class Recount:
    """What slots on common load cells hold. counts: slot -> pieces. odds: 0..1 that this is right. off_g: weight left unexplained.

    sure: the odds are good enough to be written down; else somebody should count.
    """

    counts: Mapping[str, int]
    odds: float
    off_g: float
    sure: bool


def recount(plan: ShelfPlan, piles: Sequence[Pile], grams: Mapping[str, float]) -> tuple[Recount, ...]:
    """Count each group of slots that share load cells. grams: cell -> what lies on it; groups with a cell not in it are left out."""
    return tuple(_count(plan, group, sum(grams[cell] for cell in cells)) for group, cells in _groups(piles) if cells <= grams.keys())


def _groups(piles: Sequence[Pile]) -> list[tuple[list[Pile], set[str]]]:
    groups: list[tuple[list[Pile], set[str]]] = []
    for pile in piles:
        mine, cells = [pile], set(pile.cells)
        for group in [g for g in groups if g[1] & cells]:
            groups.remove(group)
            mine, cells = [*group[0], *mine], group[1] | cells
        groups.append((mine, cells))
    return groups


def _count(plan: ShelfPlan, piles: Sequence[Pile], weighs_g: float) -> Recount:
    skus = {pile.slot: plan.sku(pile.product) for pile in piles}
    cells = len({cell for pile in piles for cell in pile.cells})

    def explains(counts: Mapping[str, int]) -> tuple[float, float]:
        expected = sum(n * skus[slot].unit_weight_g for slot, n in counts.items())
        spread = sum(n * skus[slot].spread_g ** 2 + (OFF_SHARE * n * skus[slot].unit_weight_g) ** 2 for slot, n in counts.items())
        sd = math.sqrt(cells * ZERO_G**2 + spread)
        off = weighs_g - expected
        return math.exp(-0.5 * min(1e3, (off / sd) ** 2)) / sd, off

    booked = {pile.slot: pile.booked for pile in piles}
    fit, off = explains(booked)
    hypotheses = [(_AS_BOOKED * fit, booked, off)]
    steps = [step for step in range(-_MOST_OFF, _MOST_OFF + 1) if step]
    for pile in piles:
        for step in (step for step in steps if pile.booked + step >= 0):
            counts = booked | {pile.slot: pile.booked + step}
            fit, off = explains(counts)
            hypotheses.append(((1 - _AS_BOOKED) * 0.5 ** abs(step) / (2 * len(piles)) * fit, counts, off))
    # A weight that nothing explains within four standard deviations: somebody left a thing there, or goods from elsewhere.
    foreign = 1e-4 / 2000
    best = max(hypotheses, key=lambda h: h[0])
    odds = best[0] / (sum(h[0] for h in hypotheses) + foreign)
    return Recount(best[1], odds, best[2], odds >= SURE)
