"""What the shelf camera says, weighed against the books: told to HQ, a doubt where they disagree, and the answer to ties of weight."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection

from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.events import FacingSeen
from kiosk.domain.facings import FillLevel
from kiosk.domain.facings_tie import FORGET_S, Candidate, Sighted, Tie, settle
from kiosk.domain.shelf_mixed import Move
from kiosk.domain.shelf_plan import slot_of
from kiosk.flows.facings import ShelfCamera, note
from kiosk.flows.parts import Parts
from kiosk.flows.stock import request_more
from kiosk.storage.store import Unit

log = logging.getLogger(__name__)

EMPTY_SHARE = 0.2
"""Of a slot that is seen empty the books may have this share: an error of the camera's is no doubt about the books."""
_MOST_TIES = 32


class Sighting:
    """Books levels of one shelf's camera."""

    def __init__(self, parts: Parts, camera: ShelfCamera) -> None:
        self._parts, self._camera = parts, camera
        self._ties: deque[tuple[Tie, Move]] = deque(maxlen=_MOST_TIES)
        self._booked: dict[str, tuple[float, int]] = {}
        self._seen_empty: dict[str, frozenset[str]] = {}
        self._looks = 0

    @property
    def doubtful(self) -> frozenset[str]:
        """Load cells of slots that are seen empty though the books have goods there."""
        return frozenset().union(*self._seen_empty.values())

    def settle_doubt(self) -> None:
        """Staff looked."""
        self._seen_empty.clear()
        self._ties.clear()

    def close(self) -> None:
        """Give the camera back."""
        self._camera.close()

    def look(self, planogram: Planogram, in_doubt: Collection[str]) -> list[Move]:
        """Take a look if one is there; return moves in doubt that it could name. in_doubt: slots whose weight tells nothing at present."""
        changed = self._camera.look(planogram)
        if changed:
            with self._parts.store.unit() as unit:
                for level in changed:
                    self._tell(unit, planogram, level, in_doubt)
        if self._camera.looks == self._looks:
            return []
        self._looks = self._camera.looks
        return self._settled(planogram)

    def keep(self, moved: Move, planogram: Planogram) -> None:
        """Keep a move that could not be named, where the camera may tell it later: it has seen each slot in question before."""
        with self._parts.store.snapshot() as unit:
            found = [self._candidate(unit, planogram, moved, one) for one in ((moved.best, moved.pieces, moved.odds), *moved.others)]
        candidates = tuple(one for one in found if one is not None)
        if len(candidates) == len(found) > 1:
            self._ties.append((Tie(moved.time_s, moved.cells, candidates), moved))

    def _candidate(self, unit: Unit, planogram: Planogram, moved: Move, one: tuple[str, int, float]) -> Candidate | None:
        product, pieces, odds = one
        slot, _ = slot_of(planogram, product, moved.cells) if product else (None, False)
        belief = self._camera.belief(slot.slot) if slot else None
        if slot is None or belief is None or belief.last_s > moved.time_s or not pieces:
            return None
        on_hand = unit.stock.on_hand(slot.slot) or 0
        since = on_hand - self._booked.get(slot.slot, (0.0, on_hand))[1]
        return Candidate(slot.slot, pieces, slot.capacity, odds, belief.fill + since / slot.capacity, on_hand)

    def _settled(self, planogram: Planogram) -> list[Move]:
        named: list[Move] = []
        with self._parts.store.snapshot() as unit:
            self._remember(unit, planogram)
            for tie, moved in list(self._ties):
                answer = settle(tie, self._sighted(unit, tie))
                if answer is not None:
                    which, odds = answer
                    cell = planogram.cell(which.slot)
                    if cell is not None:
                        named.append(Move(moved.time_s, moved.cells, moved.grams, cell.gtin, which.pieces, odds, cell.gtin))
                if answer is not None or self._parts.clock.monotonic() - tie.time_s > FORGET_S:
                    self._ties.remove((tie, moved))
        if named:
            with self._parts.store.unit() as unit:
                unit.tallies.add("settled_by_camera", len(named))
        return named

    def _remember(self, unit: Unit, planogram: Planogram) -> None:
        """Keep what the books had when a level was last believed: what is booked later explains a part of the next one."""
        for cell in planogram.cells:
            belief = self._camera.belief(cell.slot)
            if belief is not None and self._booked.get(cell.slot, (None, 0))[0] != belief.last_s:
                self._booked[cell.slot] = (belief.last_s, unit.stock.on_hand(cell.slot) or 0)

    def _sighted(self, unit: Unit, tie: Tie) -> dict[str, Sighted]:
        found = {}
        for one in tie.candidates:
            belief = self._camera.belief(one.slot)
            if belief is not None:
                found[one.slot] = Sighted(belief.fill, belief.first_s, unit.stock.on_hand(one.slot) or 0)
        return found

    def _tell(self, unit: Unit, planogram: Planogram, level: FillLevel, in_doubt: Collection[str]) -> None:
        cell = planogram.cell(level.slot)
        if cell is None:
            return
        on_hand = unit.stock.on_hand(level.slot) or 0
        note(unit, level)
        if level.fill is not None:
            unit.facts.record(FacingSeen(level.slot, cell.gtin, round(level.fill, 3), level.state, on_hand))
        self._compare(unit, cell, level, on_hand)
        if level.state == "empty" and level.slot in in_doubt:
            request_more(unit, level.slot, self._parts.new_id, seen=0)

    def _compare(self, unit: Unit, cell: Cell, level: FillLevel, on_hand: int) -> None:
        wrong = level.state == "empty" and on_hand > max(1, EMPTY_SHARE * cell.capacity)
        if not wrong:
            self._seen_empty.pop(cell.slot, None)
        elif cell.slot not in self._seen_empty:
            self._seen_empty[cell.slot] = frozenset(cell.weighed_on)
            unit.tallies.add("camera_doubts")
            log.warning("slot %s looks empty and the books have %d there; staff should count", cell.slot, on_hand)
