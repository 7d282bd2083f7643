"""The shelf: weight samples become pick-ups and put-backs, and a slot that runs low asks for more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from kiosk.devices.scale import Sample, Scale
from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.shelf_match import Hint, ShelfPlan
from kiosk.domain.shelf_mixed import Move, ShelfTracker
from kiosk.domain.shelf_plan import shelf_plan, slot_of
from kiosk.errors import DeviceLostError
from kiosk.flows.facings import ShelfCamera
from kiosk.flows.health import set_state
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.shelf_count import NightlyCount
from kiosk.flows.shelf_sighting import Sighting
from kiosk.flows.staff_stock import slot_views
from kiosk.flows.stock import Movement, move
from kiosk.flows.witnesses import SURE_OF_TAG
from kiosk.ui import views

log = logging.getLogger(__name__)


class ShelfFlow:
    """Follows the load cells of one shelf."""

    def __init__(self, parts: Parts, shop: Shop, open_scale: Callable[[ShelfPlan], Scale],
                 witness: Callable[[Planogram], list[Hint]] = lambda _planogram: [], camera: ShelfCamera | None = None) -> None:
        """open_scale: opens the load cells of this plan; called when the planogram is known, and again when its cells change.

        witness: what an RFID reader has seen since the last call. camera: the one that looks at the shelf, if any.
        """
        self._parts, self._shop, self._open_scale, self._witness = parts, shop, open_scale, witness
        self._scale: Scale | None = None
        self._tracker: ShelfTracker | None = None
        self._plan: ShelfPlan | None = None
        self._planogram: Planogram | None = None
        self._nightly = NightlyCount(parts)
        self._sighting = Sighting(parts, camera) if camera is not None else None
        self._astray: set[str] = set()
        self._moves: list[Move] = []
        self._staff_had_it = False
        self._lost = self._told_unsure = False

    def follow(self, staff_owns_shelf: bool) -> None:
        """Fold in the samples since the last call.

        While staff owns the shelf, and for the first quiet seconds after, weight that moves is staff's: they book it themselves.
        """
        self._follow_planogram()
        samples = self._read()
        tracker = self._tracker
        if tracker is None or self._planogram is None:
            return
        self._see(tracker, self._planogram)
        hints = self._witness(self._planogram)
        if staff_owns_shelf or self._staff_had_it:
            self._looked_at(tracker)
        self._staff_had_it = staff_owns_shelf
        if staff_owns_shelf:
            return
        for hint in hints:
            tracker.hint(hint)
            self._count_tags(hint, self._planogram)
        self._moves += [moved for sample in samples for moved in tracker.feed(sample.cell, sample.time_s, sample.grams)]
        while self._moves:
            self._book(self._moves[0])  # a full disk stops here: what moved is booked when there is room
            self._moves.pop(0)
        if samples and self._plan:
            self._nightly.run(self._planogram, self._plan, tracker)
        self._tell_doubt()

    def close(self) -> None:
        """Give cells and camera back."""
        if self._scale is not None:
            self._scale.close()
        if self._sighting is not None:
            self._sighting.close()

    def _see(self, tracker: ShelfTracker, planogram: Planogram) -> None:
        """Let the camera look; what it can tell of moves that were in doubt is booked now."""
        if self._sighting is None:
            return
        in_doubt = {c.slot for c in planogram.cells if self._lost or tracker.unsure & set(c.weighed_on)}
        for moved in self._sighting.look(planogram, in_doubt):
            tracker.settle_doubt(moved.cells)
            self._book(moved)

    def _count_tags(self, hint: Hint, planogram: Planogram) -> None:
        """Book what tags tell of products that have no weight: one that left is a pick. What is weighed is counted by its weight."""
        weighed = {sku.product for sku in self._plan.products} if self._plan else set()
        for product, pieces in hint.moved.items():
            slot, _ = slot_of(planogram, product, hint.cells)
            if product not in weighed and slot is not None:
                self._book(Move(hint.time_s, slot.weighed_on, 0.0, product, pieces, SURE_OF_TAG, product))

    def _looked_at(self, tracker: ShelfTracker) -> None:
        """Staff is or was at the shelf: what lies there now is right, and what was in doubt has been looked at."""
        tracker.rebase()
        tracker.settle_doubt()
        self._nightly.settle_doubt()
        if self._sighting is not None:
            self._sighting.settle_doubt()
        self._astray.clear()
        self._moves.clear()

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
            if self._tracker is not None:
                self._tracker.rebase()
        return samples

    def _note(self, lost: bool) -> None:
        self._lost = lost
        with self._parts.store.unit() as unit:
            set_state(unit, "scale", "lost" if lost else "ok")

    def _follow_planogram(self) -> None:
        with self._parts.store.snapshot() as unit:
            planogram = unit.planogram.get()
        if planogram is None:
            return
        plan = shelf_plan(planogram, self._shop.product)
        if plan != self._plan:
            if self._scale is None or self._plan is None or self._plan.cells != plan.cells:
                if self._scale is not None:
                    self._scale.close()
                self._scale = self._open_scale(plan)
            self._plan, self._tracker = plan, ShelfTracker(plan)
        self._planogram = planogram

    def _book(self, moved: Move) -> None:
        if self._planogram is None:
            return
        slot, at_home = slot_of(self._planogram, moved.product, moved.cells) if moved.product else (None, False)
        if slot is None or not moved.pieces:
            self._doubt(moved)
            return
        reason = "pick" if moved.pieces < 0 else "put_back"
        with self._parts.store.unit() as unit:
            on_hand = move(unit, Movement(slot.slot, slot.gtin, moved.pieces, reason, moved.odds), self._parts.new_id)
            unit.tallies.add("picks" if moved.pieces < 0 else "put_backs")
            if not at_home:
                unit.tallies.add("astray")
        log.info("slot %s: %+d, %d on hand, confidence %.2f", slot.slot, moved.pieces, on_hand, moved.odds)
        if not at_home:
            self._stray(slot, moved)

    def _stray(self, slot: Cell, moved: Move) -> None:
        """Goods moved where they do not belong: the books stay right, and staff is asked to put them back."""
        where = ", ".join(moved.cells)
        if moved.pieces > 0:
            self._astray.update(moved.cells)
            log.warning("%d of slot %s were put down on %s; staff should bring them back", moved.pieces, slot.slot, where)
        else:
            self._astray.difference_update(moved.cells)

    def _doubt(self, moved: Move) -> None:
        with self._parts.store.unit() as unit:
            unit.tallies.add("unsure")
        likely = f"; likeliest {moved.best} x {moved.pieces:+d} at {moved.odds:.2f}" if moved.best and moved.pieces else ""
        log.warning("%s: %+.0f g that cannot be named%s; nothing is booked, staff should count",
                    ", ".join(moved.cells), moved.grams, likely)
        if self._sighting is not None and self._planogram is not None:
            self._sighting.keep(moved, self._planogram)

    def _unsure(self) -> frozenset[str]:
        """Return the load cells that somebody should look at."""
        seen = self._tracker.unsure if self._tracker else frozenset()
        return seen | self._astray | self._nightly.doubtful | (self._sighting.doubtful if self._sighting else frozenset())

    def _tell_doubt(self) -> None:
        doubt = bool(self._unsure())
        if doubt != self._told_unsure:
            self._told_unsure = doubt
            with self._parts.store.unit() as unit:
                set_state(unit, "shelf", "unsure" if doubt else "ok")

    def board(self) -> views.View:
        """Return the shelf as it stands."""
        seen = status(self._parts, self._shop, self._parts.settings.device.language)
        with self._parts.store.snapshot() as unit:
            slots = slot_views(unit, self._shop, seen.language)
        cells = self._unsure()
        weighed = {c.slot: c.weighed_on for c in self._planogram.cells} if self._planogram else {}
        unsure = {slot for slot, on in weighed.items() if cells & set(on)}
        alerts = (*(("scale_lost",) if self._lost else ()), *(("unsure",) if unsure else ()))
        return views.ShelfBoard(seen, tuple(replace(s, state="unsure") if s.slot in unsure else s for s in slots), alerts)
