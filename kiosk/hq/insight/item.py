"""One product in one slot: its stock, what will be asked for, where it is ordered, and what each share served would have cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.demand import Forecast, forecast
from kiosk.domain.replenishment_ladder import CHANCES, Ladder, one_of, place_for
from kiosk.domain.replenishment_replay import Rhythm, replay
from kiosk.hq.ledger import supply
from kiosk.hq.ledger.store import Db

Array = npt.NDArray[np.float64]

KEPT_DAYS = 400
LEAST_DAYS = 56
"""With a shorter record of the device nothing is forecast and nothing is replayed."""
SHOWN_DAYS = 42
AHEAD_DAYS = 14
MOST_SLOTS = 40
"""So many slots of a device, those beside the item first, teach each other; more would make somebody wait."""
CHANCES_SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)
_SETTLE = 28


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a record allows to say. Days are counted from 1970.

    fan: for each of CHANCES_SHOWN the pieces asked for in the next 1, 2, ... AHEAD_DAYS days, (chances, days); point, target: order at or
    under `point` up to `target`; expected: mean pieces a day. curve: (share of this item's demand served, mean pieces in the slot) in the
    replay of `replayed` days.
    """

    fan: tuple[tuple[int, ...], ...]
    point: int
    target: int
    expected: float
    curve: tuple[tuple[float, float], ...]
    replayed: int


@dataclass(frozen=True, slots=True)
class Study:
    """stock: (day, pieces at its end) of the last SHOWN_DAYS as far as they are known; known: days of the device's record."""

    cell: Cell
    stock: tuple[tuple[int, int], ...]
    known: int
    outlook: Outlook | None


def study(db: Db, plan: Planogram, cell: Cell, today: int, wish: tuple[Rhythm, float]) -> Study:
    """Study a cell as of the end of the day before `today`; wish: how orders run, and the share of the demand to serve."""
    cells = _neighbours(plan, cell)
    rows = [row for row in supply.demand(db, plan.device, today - KEPT_DAYS) if row["day"] < today]
    first = min((row["day"] for row in rows), default=today)
    sales = np.zeros((len(cells), today - first))
    place = {(one.slot, one.gtin): n for n, one in enumerate(cells)}
    closing: dict[int, int] = {}
    for row in rows:
        n = place.get((row["slot"], row["gtin"]))
        if n is None:
            continue
        sales[n, row["day"] - first] = np.nan if row["empty"] else row["sold"]
        if n == 0 and row["closing"] is not None:
            closing[row["day"]] = row["closing"]
    outlook = None
    if today - first >= LEAST_DAYS and np.nansum(sales[0]) > 0:
        outlook = _outlook(sales.tobytes(), tuple(one.case_pack for one in cells), *wish)
    return Study(cell, _carried(closing, today), today - first, outlook)


@lru_cache(maxsize=32)
def _outlook(record: bytes, case_packs: tuple[int, ...], rhythm: Rhythm, fill: float) -> Outlook:
    """Read the outlook of the first item off sales (items, days) as bytes; whoever comes back to a page on the same day does not wait."""
    sales, packs = np.frombuffer(record).reshape(len(case_packs), -1), np.array(case_packs, dtype=np.intp)
    days = min(182, sales.shape[1] - _SETTLE)
    start, demand = sales.shape[1] - days, np.nan_to_num(sales)
    ladder = Ladder(sales, rhythm, packs, every=7)
    chance = float(np.interp(place_for(replay(demand, start, rhythm, ladder.levels), days, fill), np.arange(len(CHANCES)), CHANCES))
    own = replay(demand[:1], start, rhythm, one_of(ladder.levels, 0))
    ahead = forecast(sales, max(AHEAD_DAYS, rhythm.protected))
    served, held = np.maximum.accumulate(own.fill()), np.maximum.accumulate(own.held.mean(axis=0))
    return Outlook(_fan(ahead), _level(ahead, rhythm.lead + 1, packs, chance), _level(ahead, rhythm.protected, packs, chance),
                   float(ahead.daily[0, :7].mean()), tuple(zip(served.tolist(), held.tolist(), strict=True)), days)


def _fan(ahead: Forecast) -> tuple[tuple[int, ...], ...]:
    windows = [ahead.window(0, days) for days in range(1, AHEAD_DAYS + 1)]
    return tuple(tuple(int(window.quantile(chance)[0]) for window in windows) for chance in CHANCES_SHOWN)


def _level(ahead: Forecast, days: int, packs: npt.NDArray[np.intp], chance: float) -> int:
    return int((ahead.stock(0, days).needed(packs)[0] > 1.0 - chance + 1e-12).sum())


def _neighbours(plan: Planogram, cell: Cell) -> list[Cell]:
    """The cell itself first, then those nearest to it in the planogram."""
    at = [one.slot for one in plan.cells].index(cell.slot)
    others = sorted((abs(n - at), n) for n in range(len(plan.cells)) if n != at)
    return [cell, *(plan.cells[n] for _, n in others[:MOST_SLOTS - 1])]


def _carried(closing: dict[int, int], today: int) -> tuple[tuple[int, int], ...]:
    """What lay there at the end of each day; a day on which nothing moved ends as the one before."""
    found, left = [], None
    for day in range(today - KEPT_DAYS, today):
        left = closing.get(day, left)
        if left is not None and day >= today - SHOWN_DAYS:
            found.append((day, left))
    return tuple(found)
