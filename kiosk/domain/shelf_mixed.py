"""A whole shelf: cells with one product each, and plates that several products share.

A cell with one product counts pieces by its own (`shelf.CellTracker`). On plates that products share, or stand across, every change of
weight is found plate by plate; changes that settle together on neighbouring plates are one action; and the matcher names what moved, with
what a second witness says, or says that it is unsure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.domain.shelf import CellTracker, Step
from kiosk.domain.shelf_match import MOST_PIECES, Change, Hint, Matcher, ShelfPlan, Verdict, beside
from kiosk.domain.shelf_plateau import Plateau, PlateauFinder

TOGETHER_S = 1.2
"""Plates that settle within this time of each other carried one action."""
HINT_S = 3.0
"""A witness speaks of an action that settles within this time of what it saw."""
_HOLD_S = 1.5
_WAIT_S = 2.5
_LONGEST_WAIT_S = 8.0
_SIGNIFICANT = 5.0
_RIVAL = 0.1
"""Odds of a product from elsewhere above which a change in a cell with one product is not booked as that one's."""
_LEAST_SHARE = 0.08
"""A plate's change below this share of the lightest product is creep or drift."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of one plate's weight that held. error_g: its standard error."""

    cell: str
    time_s: float
    grams: float
    error_g: float


@dataclass(frozen=True, slots=True)
class Move:
    """What moved on the shelf. product: "" when unsure; `best` is then the likeliest, `pieces` its number. odds: 0..1.

    others: whatever else it may have been, likeliest first: product, signed pieces, odds.
    """

    time_s: float
    cells: tuple[str, ...]
    grams: float
    product: str
    pieces: int
    odds: float
    best: str
    others: tuple[tuple[str, int, float], ...] = ()


class PlateTracker:
    """Finds changes of weight on a plate, whatever lies on it."""

    def __init__(self, cell: str, least_g: float) -> None:
        """least_g: changes smaller than this are no action."""
        self._cell, self._least_g = cell, least_g
        self._finder = PlateauFinder(floor_g=least_g / 20)
        self._level: Plateau | None = None
        self._on_level = False

    def feed(self, time_s: float, grams: float) -> Shift | None:
        """Take one raw sample; return the change that it completes, if any."""
        finder = self._finder
        if not finder.feed(time_s, grams):
            return None
        if finder.broken is not None and self._on_level:
            self._level, self._on_level = finder.broken, False
        if self._on_level or finder.length_s < _HOLD_S:
            return None
        plateau = finder.plateau
        if not plateau.steady and plateau.scatter_g > self._least_g:
            return None
        level, self._on_level = self._level, True
        if level is None:
            return None
        change, error = plateau.grams - level.grams, math.hypot(plateau.error_g, level.error_g)
        if abs(change) < max(self._least_g, _SIGNIFICANT * error):
            return None
        return Shift(self._cell, plateau.start_s, change, error)

    @property
    def settled(self) -> bool:
        """True while the plate holds still at a weight that counts."""
        return self._on_level

    @property
    def rest(self) -> Plateau | None:
        """The weight that lies there, None while it changes."""
        return self._finder.plateau if self._on_level else None

    def rebase(self) -> None:
        """Forget the weight that lies there."""
        self._finder.restart()
        self._level, self._on_level = None, False


class ShelfTracker:
    """Follows all cells of a shelf plan. Samples must come in the order of time."""

    def __init__(self, plan: ShelfPlan) -> None:
        self._matcher, self._beside = Matcher(plan), beside(plan.cells)
        weighed = [s for s in plan.products if s.unit_weight_g > 0]
        least = _LEAST_SHARE * min((s.unit_weight_g for s in weighed), default=1.0)
        alone = _alone(plan)
        self._lanes = {cell: CellTracker(cell, plan.sku(product).unit_weight_g, _spread(plan, product)) for cell, product in alone.items()}
        self._plates = {c.cell: PlateTracker(c.cell, least) for c in plan.cells if c.cell not in alone}
        self._alone = alone
        self._waiting: list[Shift] = []
        self._hints: list[Hint] = []
        self._carried: dict[str, int] = defaultdict(int)
        self._unnamed: set[str] = set()

    def hint(self, hint: Hint) -> None:
        """Take what a camera or RFID reader says; must come before the action it speaks of is decided (2.5 s after it settles)."""
        self._hints.append(hint)

    def feed(self, cell: str, time_s: float, grams: float) -> tuple[Move, ...]:
        """Take one raw sample of one cell; return what it completes."""
        lane = self._lanes.get(cell)
        if lane is not None:
            return tuple(self._lane_move(step) for step in lane.feed(time_s, grams))
        plate = self._plates.get(cell)
        shift = plate.feed(time_s, grams) if plate is not None else None
        if shift is not None:
            self._waiting.append(shift)
        if self._waiting and self._complete(self._waiting[0], time_s):
            return (self._decide(self._together(self._waiting[0])),)
        return ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The load cells that it follows."""
        return (*self._lanes, *self._plates)

    @property
    def unsure(self) -> frozenset[str]:
        """Load cells on which something lies, or from which something went, that could not be named; until staff has counted."""
        return frozenset(self._unnamed | {cell for cell, lane in self._lanes.items() if lane.unsure})

    def rest(self, cell: str) -> Plateau | None:
        """Return the weight that lies on a cell, None while it changes or is not known yet."""
        lane, plate = self._lanes.get(cell), self._plates.get(cell)
        return lane.rest if lane is not None else plate.rest if plate is not None else None

    def rebase(self) -> None:
        """Forget what lay there: staff refilled or counted, or samples were missed. The next quiet seconds are the new weight."""
        for lane in self._lanes.values():
            lane.rebase()
        for plate in self._plates.values():
            plate.rebase()
        self._waiting.clear()
        self._hints.clear()
        self._carried.clear()

    def settle_doubt(self, cells: Iterable[str] | None = None) -> None:
        """Somebody looked or counted: what could not be named on these cells, or on any, is settled."""
        self._unnamed.difference_update(list(self._unnamed) if cells is None else cells)

    def finish(self) -> tuple[Move, ...]:
        """Decide what still waits for neighbours: the trace is over."""
        moves = []
        while self._waiting:
            moves.append(self._decide(self._together(self._waiting[0])))
        return tuple(moves)

    def _complete(self, first: Shift, time_s: float) -> bool:
        """Return whether no neighbour can still join: all hold still, or have not for long."""
        waited = time_s - first.time_s
        if waited <= _WAIT_S or waited > _LONGEST_WAIT_S:
            return waited > _WAIT_S
        patch = {s.cell for s in self._waiting}
        around = {near for cell in patch for near in self._beside.get(cell, ())} | patch
        return all(self._plates[cell].settled for cell in around if cell in self._plates)

    def _together(self, first: Shift) -> list[Shift]:
        """Take from the waiting changes those that belong to `first`: near in time, of its sign, on plates that form one patch."""
        group, patch = [first], {first.cell}
        self._waiting.remove(first)
        grown = True
        while grown:
            grown = False
            for shift in list(self._waiting):
                near = any(shift.cell in self._beside.get(cell, ()) for cell in patch)
                if near and shift.cell not in patch and abs(shift.time_s - first.time_s) <= TOGETHER_S and shift.grams * first.grams > 0:
                    group.append(shift)
                    patch.add(shift.cell)
                    self._waiting.remove(shift)
                    grown = True
        return group

    def _decide(self, group: Sequence[Shift]) -> Move:
        time_s = max(s.time_s for s in group)
        change = Change({s.cell: s.grams for s in group}, math.sqrt(sum(s.error_g**2 for s in group)))
        verdict = self._match(time_s, change)
        if verdict.named:
            self._carry(verdict.product, verdict.pieces)
        name = verdict.product if verdict.named else ""
        self._unnamed.update(() if name else change.grams)
        return Move(time_s, tuple(change.grams), change.total_g, name, verdict.pieces, verdict.odds, verdict.product, verdict.others)

    def _match(self, time_s: float, change: Change) -> Verdict:
        carried = tuple(p for p, n in self._carried.items() if n > 0)
        return self._matcher.match(change, self._heard(time_s, change.grams), carried)

    def _carry(self, product: str, pieces: int) -> None:
        self._carried[product] = max(0, self._carried[product] - pieces)

    def _heard(self, time_s: float, cells: Iterable[str]) -> list[Hint]:
        """Return the hint nearest in time that speaks of these cells; forget those too old to matter."""
        self._hints = [h for h in self._hints if h.time_s > time_s - 4 * HINT_S]
        touched = set(cells)
        fitting = [h for h in self._hints if abs(h.time_s - time_s) <= HINT_S and touched & set(h.cells)]
        return [min(fitting, key=lambda h: abs(h.time_s - time_s))] if fitting else []

    def _lane_move(self, step: Step) -> Move:
        """Ask the matcher whose weight this is: goods of another cell may have been put here.

        What no product explains well is booked all the same: the tracker counts from plateau to plateau, and what it books evens out.
        """
        verdict = self._match(step.time_s, Change({step.cell: step.grams}, step.error_g))
        own = self._alone[step.cell]
        other = verdict.rival if verdict.product == own else verdict.odds
        if step.unsure or other > _RIVAL:
            self._unnamed.update(() if step.unsure else (step.cell,))
            return Move(step.time_s, (step.cell,), step.grams, "", step.pieces or verdict.pieces, verdict.odds, verdict.product,
                        verdict.others)
        self._carry(own, step.pieces)
        # A slot that is emptied or filled at once is more than the matcher thinks of: then the count speaks for itself.
        odds = verdict.odds if abs(step.pieces) <= MOST_PIECES else 1.0
        return Move(step.time_s, (step.cell,), step.grams, own, step.pieces, step.confidence * odds, own)


def _alone(plan: ShelfPlan) -> dict[str, str]:
    """Return cell -> product for cells on which one product stands by itself, and no pieces stand across."""
    on: dict[str, set[str]] = defaultdict(set)
    across = {cell for facing in plan.facings if len(facing.cells) > 1 for cell in facing.cells}
    for facing in plan.facings:
        for cell in facing.cells:
            on[cell].add(facing.product)
    weights = {s.product: s.unit_weight_g for s in plan.products}
    return {cell: next(iter(products)) for cell, products in on.items()
            if len(products) == 1 and cell not in across and weights[next(iter(products))] > 0}


def _spread(plan: ShelfPlan, product: str) -> float:
    sku = plan.sku(product)
    return max(0.005, sku.spread_g / sku.unit_weight_g)
