"""The nightly recount: once a night, when the shelf is quiet, what lies there is weighed against the books."""

from __future__ import annotations

import logging
from datetime import date
from zoneinfo import ZoneInfo

from kiosk.domain.catalog import Planogram
from kiosk.domain.shelf_match import ShelfPlan
from kiosk.domain.shelf_mixed import ShelfTracker
from kiosk.domain.shelf_recount import Pile, Recount, recount
from kiosk.flows.parts import Parts
from kiosk.flows.stock import Movement, count
from kiosk.storage.store import Unit

log = logging.getLogger(__name__)

FROM_HOUR, TO_HOUR = 3, 6
"""Local hours within which the shelf is counted: before it opens, after it was filled."""
QUIET_S = 20.0
"""All cells have held still for this long."""
_DONE = "recounted"


class NightlyCount:
    """Counts once a night; keeps which load cells it could not make sense of."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._zone = ZoneInfo(parts.settings.device.timezone)
        self._done: date | None = None
        self.doubtful: frozenset[str] = frozenset()

    def settle_doubt(self) -> None:
        """Somebody looked."""
        self.doubtful = frozenset()

    def run(self, planogram: Planogram, plan: ShelfPlan, tracker: ShelfTracker) -> None:
        """Count now, if it is night, the shelf is quiet, and this night's count was not yet taken."""
        now = self._parts.clock.now().astimezone(self._zone)
        if not FROM_HOUR <= now.hour < TO_HOUR or self._done == now.date():
            return
        rests = {cell: tracker.rest(cell) for cell in tracker.cells}
        if any(rest is None or rest.length_s < QUIET_S for rest in rests.values()):
            return
        with self._parts.store.unit() as unit:
            if unit.settings.get(_DONE) != now.date().isoformat():
                unit.settings.put(_DONE, now.date().isoformat())
                stock = {s.slot: s.on_hand for s in unit.stock.all()}
                piles = [Pile(c.slot, c.gtin, c.weighed_on, stock[c.slot]) for c in planogram.cells
                         if c.slot in stock and any(f.product == c.gtin for f in plan.facings)]
                found = recount(plan, piles, {cell: rest.grams for cell, rest in rests.items() if rest is not None})
                self.doubtful = frozenset().union(*(self._doubt(one, piles) for one in found if not one.sure))
                for one in found:
                    if one.sure:
                        self._correct(unit, planogram, one)
                unit.tallies.add("recounts")
        self._done = now.date()

    def _doubt(self, one: Recount, piles: list[Pile]) -> set[str]:
        slots = ", ".join(one.counts)
        log.warning("nightly count: the weight in %s fits no count well (odds %.2f, %+.0f g are left); staff should count",
                    slots, one.odds, one.off_g)
        return {cell for pile in piles if pile.slot in one.counts for cell in pile.cells}

    def _correct(self, unit: Unit, planogram: Planogram, one: Recount) -> None:
        for slot, pieces in one.counts.items():
            cell = planogram.cell(slot)
            if cell is not None and pieces != unit.stock.on_hand(slot):
                off = count(unit, Movement(slot, cell.gtin, 0, "recount", one.odds), pieces, self._parts.new_id)
                unit.tallies.add("recount_corrections")
                log.warning("nightly count: slot %s holds %d, the books were off by %+d", slot, pieces, -off)
