"""The shelf: weight samples become pick-ups and put-backs, and a slot that runs low asks for more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from kiosk.devices.scale import Sample, Scale
from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.shelf import CellTracker, Step
from kiosk.errors import DeviceLostError
from kiosk.flows.health import set_state
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.staff_stock import slot_views
from kiosk.flows.stock import Movement, move
from kiosk.ui import views

log = logging.getLogger(__name__)


class ShelfFlow:
    """Follows the cells of one shelf."""

    def __init__(self, parts: Parts, shop: Shop, open_scale: Callable[[tuple[str, ...]], Scale]) -> None:
        """open_scale: opens the cells of these slots; called when the planogram is known, and again when its slots change."""
        self._parts, self._shop, self._open_scale = parts, shop, open_scale
        self._scale: Scale | None = None
        self._trackers: dict[str, CellTracker] = {}
        self._planogram: Planogram | None = None
        self._staff_had_it = False
        self._lost = False

    def follow(self, staff_owns_shelf: bool) -> None:
        """Fold in the samples since the last call.

        While staff owns the shelf, and for the first quiet second after, weight that moves is staff's: they book it themselves.
        """
        self._follow_planogram()
        samples = self._read()
        if staff_owns_shelf or self._staff_had_it:
            for tracker in self._trackers.values():
                tracker.rebase()
        self._staff_had_it = staff_owns_shelf
        for sample in samples:
            follower = self._trackers.get(sample.cell)
            for step in follower.feed(sample.time_s, sample.grams) if follower and not staff_owns_shelf else ():
                self._book(step)

    def close(self) -> None:
        """Give the cells back."""
        if self._scale is not None:
            self._scale.close()

    def _read(self) -> list[Sample]:
        if self._scale is None:
            return []
        try:
            samples = self._scale.read()
        except DeviceLostError as error:
            if not self._lost:
                log.warning("%s", error)
                self._note(lost=True)
            return []
        if self._lost and samples:
            log.info("the scale is back")
            self._note(lost=False)
            for tracker in self._trackers.values():
                tracker.rebase()
        return samples

    def _note(self, lost: bool) -> None:
        self._lost = lost
        with self._parts.store.unit() as unit:
            set_state(unit, "scale", "lost" if lost else "ok")

    def _follow_planogram(self) -> None:
        with self._parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
        if planogram is None or (planogram == self._planogram and len(self._trackers) == len(planogram.cells)):
            return
        known = {cell.slot: cell for cell in self._planogram.cells} if self._planogram else {}
        self._trackers = {cell.slot: self._tracker(cell, known.get(cell.slot)) for cell in planogram.cells if self._shop.product(cell.gtin)}
        if self._scale is None or known.keys() != {cell.slot for cell in planogram.cells}:
            self.close()
            self._scale = self._open_scale(tuple(cell.slot for cell in planogram.cells))
        self._planogram = planogram

    def _tracker(self, cell: Cell, before: Cell | None) -> CellTracker:
        if before is not None and before.gtin == cell.gtin and cell.slot in self._trackers:
            return self._trackers[cell.slot]
        product = self._shop.product(cell.gtin)
        return CellTracker(cell.slot, product.unit_weight_g if product else 1.0)

    def _book(self, step: Step) -> None:
        cell = self._planogram.cell(step.cell) if self._planogram else None
        if cell is None:
            return
        if step.unsure:
            with self._parts.store.unit() as unit:
                unit.tallies.add("unsure")
            log.warning("slot %s: %+.0f g that no number of pieces explains; nothing is booked, staff should count", cell.slot, step.grams)
            return
        reason = "pick" if step.pieces < 0 else "put_back"
        with self._parts.store.unit() as unit:
            on_hand = move(unit, Movement(cell.slot, cell.gtin, step.pieces, reason, step.confidence), self._parts.new_id)
            unit.tallies.add("picks" if step.pieces < 0 else "put_backs")
        log.info("slot %s: %+d, %d on hand, confidence %.2f", cell.slot, step.pieces, on_hand, step.confidence)

    def board(self) -> views.View:
        """Return the shelf as it stands."""
        seen = status(self._parts, self._shop, self._parts.settings.device.language)
        with self._parts.store.snapshot() as unit:
            slots = slot_views(unit, self._shop, seen.language)
        unsure = {slot for slot, tracker in self._trackers.items() if tracker.unsure}
        alerts = (*(("scale_lost",) if self._lost else ()), *(("unsure",) if unsure else ()))
        return views.ShelfBoard(seen, tuple(replace(s, state="unsure") if s.slot in unsure else s for s in slots), alerts)
