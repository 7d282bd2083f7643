"""Which product moved, and how many: weight, place and a second witness weighed against each other.

Every product that the planogram knows is a hypothesis, times a number of pieces. Its odds are how well its weight (with its spread)
explains the change, times how likely its pieces are to be handled on those cells, times what a camera or RFID reader says, times how
rare handfuls of that size are. Goods that nobody knows are a hypothesis too. Odds are honest: of ten moves matched at 0.9, one is
another product. So naming has a budget: a product is named while the doubt in all that was named stays within WRONG_BUDGET of all moves,
and never below LEAST_ODDS; all else is said to be unsure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LEAST_ODDS = 0.75
"""Two products that weigh the same are a tie, however much doubt is allowed."""
WRONG_BUDGET = 0.008
_CREDIT = 20
"""A new shelf may doubt as much as one that has decided this often without doubt."""
MOST_PIECES = 6
_HANDFUL = {1: 0.8, 2: 0.13, 3: 0.05, 4: 0.01, 5: 0.006, 6: 0.004}
_ON_FACING, _PARTLY, _BESIDE, _ASTRAY = 1.0, 0.3, 0.05, 0.002
"""How likely a product's pieces are handled: on its facing, half beside it, next to it, anywhere else (misplaced goods)."""
_LOOKALIKES = 2
_OTHERS, _POSSIBLE = 6, 0.02
_UNKNOWN = 1e-3
_UNKNOWN_RANGE_G = 2000.0


@dataclass(frozen=True, slots=True)
class Sku:
    """A product as the shelf sees it. spread_g: standard deviation of one piece's weight."""

    product: str
    unit_weight_g: float
    spread_g: float


@dataclass(frozen=True, slots=True)
class LoadCell:
    """A load cell and its place: x_mm is its left edge on its shelf."""

    cell: str
    shelf: str
    x_mm: float
    width_mm: float


@dataclass(frozen=True, slots=True)
class Facing:
    """Where a product stands: one cell, or several that its pieces stand across."""

    product: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """Products, cells and what stands where. A product may have several facings; a cell may carry several products."""

    products: tuple[Sku, ...]
    cells: tuple[LoadCell, ...]
    facings: tuple[Facing, ...]

    def sku(self, product: str) -> Sku:
        """Return the product of this name; raise KeyError."""
        return next(s for s in self.products if s.product == product)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a second witness says about one action near some cells: product -> probability; what is missing of 1 is "something else".

    moved: pieces by product that the witness counted itself, negative went away: for products whose weight tells nothing.
    """

    time_s: float
    cells: tuple[str, ...]
    products: Mapping[str, float]
    moved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The likeliest product ("" when none is known), its signed pieces, its odds 0..1, the odds of the next product, and whether it may be
    named. others: whatever else it may have been, likeliest first: product, signed pieces, odds.
    """

    product: str
    pieces: int
    odds: float
    rival: float
    named: bool
    others: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of weight: grams per cell, and the standard error of their sum."""

    grams: Mapping[str, float]
    error_g: float
    total_g: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total_g", sum(self.grams.values()))


class Matcher:
    """Names what moved on one shelf plan; keeps account of the doubt in what it named."""

    def __init__(self, plan: ShelfPlan) -> None:
        self._skus = tuple(s for s in plan.products if s.unit_weight_g > 0)
        self._facings: dict[str, list[frozenset[str]]] = {s.product: [] for s in self._skus}
        for facing in plan.facings:
            self._facings.setdefault(facing.product, []).append(frozenset(facing.cells))
        self._beside = beside(plan.cells)
        self._decided, self._doubt = _CREDIT, 0.0

    def match(self, change: Change, hints: Sequence[Hint] = (), carried: Sequence[str] = ()) -> Verdict:
        """Return what moved. carried: products known to be in somebody's hands, that may be put back anywhere."""
        touched = frozenset(change.grams)
        sign = -1 if change.total_g < 0 else 1
        scores: dict[tuple[str, int], float] = {}
        for sku in self._skus:
            place = self._place(sku.product, touched)
            if sign > 0 and sku.product in carried:
                place = max(place, _BESIDE / len(carried))
            witness = math.prod(self._witness(hint, sku.product) for hint in hints)
            for pieces in range(1, MOST_PIECES + 1):
                spread = math.hypot(change.error_g, sku.spread_g * math.sqrt(pieces))
                fit = _density(abs(change.total_g) - pieces * sku.unit_weight_g, spread)
                scores[sku.product, pieces] = place * witness * _HANDFUL[pieces] * fit
        unknown = _UNKNOWN / _UNKNOWN_RANGE_G
        return self._verdict(scores, unknown, sign)

    def _verdict(self, scores: Mapping[tuple[str, int], float], unknown: float, sign: int) -> Verdict:
        whole = sum(scores.values()) + unknown
        products: dict[str, float] = {}
        for (product, _), score in scores.items():
            products[product] = products.get(product, 0.0) + score
        if not products:
            return Verdict("", 0, 0.0, 0.0, named=False)
        ranked = sorted(products, key=lambda p: -products[p])

        def pieces(product: str) -> int:
            return sign * max(range(1, MOST_PIECES + 1), key=lambda n: scores[product, n])

        odds = [products[product] / whole for product in ranked]
        others = tuple((p, pieces(p), o) for p, o in zip(ranked[1:_OTHERS], odds[1:_OTHERS], strict=True) if o >= _POSSIBLE)
        return Verdict(ranked[0], pieces(ranked[0]), odds[0], odds[1] if len(odds) > 1 else 0.0, self._may_name(odds[0]), others)

    def _may_name(self, odds: float) -> bool:
        self._decided += 1
        named = odds >= LEAST_ODDS and self._doubt + 1 - odds <= WRONG_BUDGET * self._decided
        self._doubt += (1 - odds) * named
        return named

    def _place(self, product: str, touched: frozenset[str]) -> float:
        best = _ASTRAY
        for cells in self._facings[product]:
            if touched <= cells:
                # A product spread over more cells is less likely on just these.
                best = max(best, _ON_FACING)
            elif touched & cells:
                best = max(best, _PARTLY)
            elif any(near in cells for cell in touched for near in self._beside.get(cell, ())):
                best = max(best, _BESIDE)
        return best

    def _witness(self, hint: Hint, product: str) -> float:
        """Return how likely the witness says this when it is this product. One that errs names a product that looks like it, so that its
        doubt is shared by few: _LOOKALIKES.
        """
        said = hint.products.get(product, 0.0)
        return max(said, max(0.0, 1 - sum(hint.products.values())) / _LOOKALIKES, 1e-3)

def beside(cells: Sequence[LoadCell]) -> dict[str, tuple[str, ...]]:
    """Return for each cell the ones next to it on its shelf: closer than half a cell's width, edge to edge."""
    near: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        near[cell.cell] = tuple(other.cell for other in cells if other.shelf == cell.shelf and other.cell != cell.cell and (
            abs((other.x_mm + other.width_mm / 2) - (cell.x_mm + cell.width_mm / 2)) < (other.width_mm + cell.width_mm) * 0.75))
    return near


def _density(off: float, sd: float) -> float:
    return math.exp(-0.5 * (off / sd) ** 2) / sd if abs(off) < 12 * sd else 0.0
