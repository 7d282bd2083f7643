"""The best way to combine offers for the shopper, exactly: each piece takes part in at most one, and the split that saves most is taken.

Of splits that save the same the first by ids counts, so the answer depends on what is in the basket and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as every

from kiosk.domain.catalog import bundle_groups
from kiosk.domain.money import share
from kiosk.domain.promotion import Promotion

MAX_BUNDLE_USES = 5
"""So often a bundle counts in one basket: what keeps the search exact and short, and what a shelf is restocked for."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An offer as it was used on a line: for so many pieces (0: the line's part of an offer on the whole basket), saving so much."""

    promotion: Promotion
    pieces: int
    saved_minor: int


@dataclass(frozen=True, slots=True)
class Goods:
    """Equal pieces of one product. price_minor: of one piece."""

    gtin: str
    pieces: int
    price_minor: int


def piece_offers(goods: Sequence[Goods], offers: Sequence[Promotion]) -> dict[str, tuple[Applied, ...]]:
    """Return GTIN -> the offers that its pieces use."""
    tables = {g.gtin: _table(g, [p for p in offers if p.gtin == g.gtin and p.kind in _SINGLE | {"n_for_m"}]) for g in goods}
    known = {g.gtin: g for g in goods}
    left = {g.gtin: g.pieces for g in goods}
    used: dict[str, list[Applied]] = {g.gtin: [] for g in goods}
    for group in bundle_groups(tuple(offers)):
        for bundle, uses in zip(group, _best_uses(group, known, tables), strict=True):
            if uses:
                _use_bundle(bundle, uses, (known, left, used))
    for code, applied in used.items():
        applied += tables[code][left[code]][1]
    return {code: tuple(applied) for code, applied in used.items()}


_SINGLE = {"percent", "price"}
_Row = tuple[int, tuple[Applied, ...]]
"""(what is saved, by which offers)"""


def _table(goods: Goods, offers: Sequence[Promotion]) -> list[_Row]:
    """Return for 0..pieces the most that offers on this product alone save."""
    steps = [(1, single_saving(p, goods.price_minor), p) for p in offers if p.kind in _SINGLE]
    steps += [(p.take, (p.take - p.pay) * goods.price_minor, p) for p in offers if p.kind == "n_for_m"]
    steps.sort(key=lambda step: step[2].id)
    most: list[tuple[int, dict[str, int]]] = [(0, {})]
    for pieces in range(1, goods.pieces + 1):
        best, ways = most[pieces - 1]
        for take, saving, promotion in steps:
            if saving > 0 and take <= pieces and most[pieces - take][0] + saving > best:
                best, before = most[pieces - take][0] + saving, most[pieces - take][1]
                ways = {**before, promotion.id: before.get(promotion.id, 0) + 1}
        most.append((best, ways))
    by_id = {p.id: (take, saving, p) for take, saving, p in steps}
    return [(saved, tuple(Applied(by_id[i][2], by_id[i][0] * n, by_id[i][1] * n) for i, n in sorted(ways.items()))) for saved, ways in most]


def single_saving(promotion: Promotion, price_minor: int) -> int:
    """Return what an offer of kind percent or price takes off one piece, or off one weighed pack that costs so much."""
    if promotion.kind == "percent":
        return share(price_minor, promotion.percent, 100)
    return max(0, price_minor - promotion.price_minor)


def _best_uses(group: Sequence[Promotion], goods: Mapping[str, Goods], tables: Mapping[str, list[_Row]]) -> tuple[int, ...]:
    """Return how often each bundle of a group is used."""
    needs = [{code: bundle.gtins.count(code) for code in set(bundle.gtins)} for bundle in group]
    savings = [sum(goods[c].price_minor for c in bundle.gtins) - bundle.price_minor if set(bundle.gtins) <= goods.keys() else 0
               for bundle in group]
    most = [min(MAX_BUNDLE_USES, *(goods[c].pieces // n for c, n in need.items())) if saving > 0 else 0
            for need, saving in zip(needs, savings, strict=True)]
    touched = sorted({c for need in needs for c in need if c in goods})
    best, found = -1, tuple(0 for _ in group)
    for uses in every(*(range(n + 1) for n in most)):
        left = {c: goods[c].pieces - sum(n * need.get(c, 0) for n, need in zip(uses, needs, strict=True)) for c in touched}
        if min(left.values(), default=0) < 0:
            continue
        saved = sum(n * s for n, s in zip(uses, savings, strict=True)) + sum(tables[c][n][0] for c, n in left.items())
        if saved > best:
            best, found = saved, uses
    return found


def _use_bundle(bundle: Promotion, uses: int,
                books: tuple[Mapping[str, Goods], dict[str, int], dict[str, list[Applied]]]) -> None:
    goods, left, used = books
    codes = sorted(set(bundle.gtins))
    full = {code: goods[code].price_minor * bundle.gtins.count(code) * uses for code in codes}
    parts = spread(sum(full.values()) - bundle.price_minor * uses, [full[code] for code in codes])
    for code, part in zip(codes, parts, strict=True):
        pieces = bundle.gtins.count(code) * uses
        left[code] -= pieces
        used[code].append(Applied(bundle, pieces, part))


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Return `amount` in parts proportional to `weights`; the parts add up to it exactly and none exceeds its weight.

    What rounding down leaves goes to the largest remainders, the first of equals. `amount` is at most the sum of the weights.
    """
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in order[:amount - sum(parts)]:
        parts[i] += 1
    return parts
