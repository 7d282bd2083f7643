"""Reading a journal from one end to the other: the chain, the signatures, and whether every closure says what its records add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.domain import journal as rules
from kiosk.domain.events import PeriodClosed, PeriodTotals
from kiosk.domain.journal import DAY, MONTH, OPENED, PERIODS, YEAR, Fault, Opening, Place, Record, Sums, Verify
from kiosk.errors import WireError


@dataclass(slots=True)
class Audit:
    """Feed it records in order. From the middle of a journal it checks totals as soon as it has seen where a period begins.

    fact_of(record) -> the sale, refund, closure or opening that it tells, None for any other; raises WireError for what cannot be read.
    """

    fact_of: Callable[[Record], object]
    key_of: Callable[[Record], str]
    verify: Verify
    place: Place = field(default_factory=Place)
    records: int = 0
    _sums: dict[str, Sums] = field(default_factory=lambda: {period: {} for period in PERIODS})
    _whole: set[str] = field(default_factory=set)
    _ending: str = ""
    _perpetual: Sums = field(default_factory=dict)

    def take(self, record: Record) -> Fault | None:
        """Go on by one record; return what is wrong with it."""
        reached = rules.follow(self.place, record, self.key_of, self.verify)
        if isinstance(reached, Fault):
            return reached
        self.place, self.records = reached, self.records + 1
        if self._ending and record.kind != self._ending:
            self._whole.add(self._ending)  # its closures, one for each currency, are all past: from here on the next one is whole
            self._ending = ""
        try:
            return self._add(record, self.fact_of(record))
        except WireError as error:
            return Fault(record.number, f"its text cannot be read: {error}")

    def _add(self, record: Record, fact: object) -> Fault | None:
        if record.kind == OPENED and isinstance(fact, Opening):
            self._whole = set(PERIODS)
            if fact.predecessor is not None:
                self._perpetual = dict(fact.predecessor.perpetual)
                self._sums[DAY] = dict(fact.predecessor.unclosed)
        if isinstance(fact, PeriodClosed):
            return self._close(record, fact)
        self._sums[DAY] = rules.plus(self._sums[DAY], rules.of(fact))
        return None

    def _close(self, record: Record, closed: PeriodClosed) -> Fault | None:
        if (closed.last, closed.period) != (record.number - 1, record.kind):
            return Fault(record.number, f"it closes a {closed.period} up to record {closed.last}, but stands elsewhere")
        self._ending = closed.period
        none = PeriodTotals()
        found = self._sums[closed.period].pop(closed.currency, none)
        if closed.period in self._whole and found != closed.totals:
            return Fault(record.number, f"it closes {closed.name} with {closed.totals}, but its records add up to {found}")
        for longer in (MONTH, YEAR) if closed.period == DAY else ():
            self._sums[longer] = rules.plus(self._sums[longer], {closed.currency: closed.totals})
        if closed.period == DAY and closed.currency in self._perpetual:
            self._perpetual = rules.plus(self._perpetual, {closed.currency: closed.totals})
        expected = self._perpetual.setdefault(closed.currency, closed.totals if DAY in self._whole else closed.perpetual)
        if expected != closed.perpetual:
            return Fault(record.number, f"its perpetual total is {closed.perpetual}, but the records add up to {expected}")
        return None
