"""A made-up past for the store in a box, called simulated wherever it is shown: what its shelf sold, and what a chain's stores bought.

It stands at HQ alone, beside the books and not in them: kiosks order by their own record, and no sale of it was ever paid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kiosk.domain.catalog import Cell, Product
from kiosk.hq.ledger import assortment, supply
from kiosk.hq.ledger.store import Db

DAYS = 182
RATES = (2.4, 1.6, 1.1, 1.9, 2.1, 0.9)
"""Pieces a day, slot by slot; weekends sell half as much again."""
BUSY = 1.5
STORES = ("Lyon Gare", "Lyon 3", "Lille Centre", "Lille Gare", "Nantes", "Bordeaux", "Rennes", "Toulouse", "Nice", "Reims", "Dijon")
STATIONS = frozenset({"Lyon Gare", "Lille Gare"})
"""People on their way want small packs: what advice on sizes has to find."""
SMALL_G, SMALL, OTHERS = 70.0, 2.2, 0.5
"""Packs up to this weight are bought so many times as often in a station as elsewhere, and the others so many times."""
WEEKLY = 5.0
"""Purchases of a product a week in a usual store."""
SEED = 11


def write(db: Db, shelf: tuple[str, Sequence[Cell]], store: str, products: Sequence[Product], today: int) -> None:
    """Write the past of one shelf (its device and cells) and of a chain's packs into HQ's database. today: days since 1970."""
    draws = np.random.default_rng(SEED)
    device, cells = shelf
    busy = np.array([BUSY if (today - ago + 3) % 7 >= 5 else 1.0 for ago in range(DAYS, 0, -1)])  # 1970 began on a Thursday
    for cell, rate in zip(cells, RATES, strict=False):
        left = cell.capacity
        for ago, wanted in zip(range(DAYS, 0, -1), draws.poisson(rate * busy), strict=True):
            sold = min(int(wanted), left)
            left -= sold
            supply.put_demand(db, device, cell.slot, cell.gtin, (today - ago, sold, left))
            if left <= cell.reorder_point:
                left = cell.capacity
    packs = [product for product in products if product.category]
    assortment.put_past(db, [row for name in (store, *STORES) for row in _weeks(name, packs, today, draws)])
    supply.put_setting(db, assortment.SIMULATED, str(today))


def _weeks(store: str, packs: Sequence[Product], today: int, draws: np.random.Generator) -> list[assortment.PastRow]:
    """What one store sold of each pack, week by week."""
    rows = []
    for product in packs:
        wish = (SMALL if product.unit_weight_g <= SMALL_G else OTHERS) if store in STATIONS else 1.0
        for week, purchases in enumerate(draws.poisson(WEEKLY * wish, DAYS // 7)):
            if purchases:
                rows.append((store, product.gtin, today - 7 * (week + 1), int(purchases + draws.poisson(0.2 * purchases)), int(purchases)))
    return rows
