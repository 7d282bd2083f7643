"""What a shelf camera believes about the fill of each slot: several looks that agree, never one; and "can't see" instead of "empty"."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

SEEN_SHARE = 0.7
"""A look at a slot counts when this much of it could be judged."""
AGREE = 3
"""Looks that must agree before a level is believed."""
_APART = 0.12
"""Looks whose fill differs by more than this do not agree."""
FORGET_S = 600.0
"""A level that nobody could check for so long is not known any more."""


@dataclass(frozen=True, slots=True)
class SlotSight:
    """One look at one slot. fill: 0..1; seen: 0..1, how much of it could be judged; empty: nothing but ground was seen."""

    slot: str
    fill: float
    seen: float
    empty: bool

    @property
    def counts(self) -> bool:
        """Whether enough of the slot was seen."""
        return self.seen >= SEEN_SHARE


@dataclass(frozen=True, slots=True)
class FillLevel:
    """What is believed of a slot. state: ok, empty or unseen (fill is then the last that was believed, None when there is none)."""

    slot: str
    fill: float | None
    state: str


class FacingWatch:
    """Follows the slots of one camera."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[SlotSight]] = {}
        self._levels: dict[str, FillLevel] = {}
        self._checked_s: dict[str, float] = {}

    def look(self, time_s: float, sights: tuple[SlotSight, ...]) -> tuple[FillLevel, ...]:
        """Take one look at all slots; return the levels that changed: in state, or by more than a twentieth."""
        changed = []
        for sight in sights:
            before = self._levels.get(sight.slot)
            after = self._judge(time_s, sight)
            if before is None or before.state != after.state or abs((before.fill or 0.0) - (after.fill or 0.0)) > 0.05:
                self._levels[sight.slot] = after
                changed.append(after)
        return tuple(changed)

    def level(self, slot: str) -> FillLevel:
        """Return what is believed of a slot now."""
        return self._levels.get(slot, FillLevel(slot, None, "unseen"))

    def _judge(self, time_s: float, sight: SlotSight) -> FillLevel:
        slot, last = sight.slot, self._levels.get(sight.slot, FillLevel(sight.slot, None, "unseen"))
        if sight.counts:
            looks = self._looks.setdefault(slot, deque(maxlen=AGREE))
            looks.append(sight)
            if len(looks) == AGREE and max(s.fill for s in looks) - min(s.fill for s in looks) <= _APART:
                self._checked_s[slot] = time_s
                return FillLevel(slot, median(s.fill for s in looks), "empty" if all(s.empty for s in looks) else "ok")
        if time_s - self._checked_s.get(slot, time_s - FORGET_S) >= FORGET_S:
            return FillLevel(slot, last.fill, "unseen")
        return last
