"""`kiosk eval facings`: fill levels read from rendered shelves, against what was drawn. One look each; no look is averaged with another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kiosk.devices.simulated.shelf_light import Conditions
from kiosk.devices.simulated.shelf_view import Look, ShelfScene, conditions, some_pieces
from kiosk.domain.facings import SlotSight
from kiosk.vision.facings import FacingReader

CLEAR = 0.02
"""A slot that people cover by less than this can be seen."""
COVERED = 0.5
"""A slot that people cover by more than this cannot."""


@dataclass(frozen=True, slots=True)
class FacingTally:
    """Counts over slots and looks; they add up. off: sum of fill errors over `judged` slots; clear, told: slots in plain view, and of these
    those that were judged; empty, found: empty ones in plain view, and of these those called empty; goods, false: slots with goods in them,
    seen or covered, and of these those called empty; covered, kept: slots mostly covered, and of these those not judged.
    """

    off: float = 0.0
    judged: int = 0
    far: int = 0
    clear: int = 0
    told: int = 0
    empty: int = 0
    found: int = 0
    goods: int = 0
    false: int = 0
    covered: int = 0
    kept: int = 0

    def __add__(self, other: FacingTally) -> FacingTally:
        return FacingTally(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))

    def figures(self) -> dict[str, float]:
        """Return shares 0..1 and counts; fill_error in points of 100."""
        def share(part: float, whole: float) -> float:
            return round(part / whole, 4) if whole else 0.0

        return {"looks_at_slots": self.goods + self.empty, "fill_error_points": round(100 * self.off / max(1, self.judged), 2),
                "off_by_more_than_20_points": share(self.far, self.judged), "judged_of_those_in_view": share(self.told, self.clear),
                "empty_in_view": self.empty, "empty_found": share(self.found, self.empty), "with_goods": self.goods,
                "called_empty_wrongly": share(self.false, self.goods), "covered": self.covered,
                "covered_and_not_judged": share(self.kept, self.covered)}


def reader_of(scene: ShelfScene) -> FacingReader:
    """Return a reader that was set up at this scene, as a technician does it: one picture empty, one full, nobody in the way."""
    empty = scene.look(scene.empty(), Conditions(1, 1.0, nudge_px=0.5)).picture
    full = scene.look(scene.full(), Conditions(2, 0.9, 0.05, nudge_px=0.5)).picture
    return FacingReader(empty, full, {slot: (scene.corners(slot), goods.capacity) for slot, goods in scene.goods.items()})


def evaluate(seed: int, looks: int = 8) -> FacingTally:
    """Return the counts of one rendered shelf of its own, seen under as many conditions."""
    scene, rng = ShelfScene(seed), np.random.default_rng((seed, 3))
    reader, total = reader_of(scene), FacingTally()
    for _ in range(looks):
        look = scene.look(some_pieces(scene, rng), conditions(rng))
        for sight in reader.read(look.picture):
            total += _counted(look, sight)
    return total


def _counted(look: Look, sight: SlotSight) -> FacingTally:
    fill, hidden = look.fill[sight.slot], look.hidden[sight.slot]
    clear, covered, called = hidden < CLEAR, hidden > COVERED, sight.counts and sight.empty
    off = abs(sight.fill - fill) if sight.counts else 0.0
    return FacingTally(
        off, int(sight.counts), int(off > 0.2), int(clear), int(clear and sight.counts), int(fill == 0 and clear),
        int(fill == 0 and clear and called), int(fill > 0), int(fill > 0 and called), int(covered), int(covered and not sight.counts))
