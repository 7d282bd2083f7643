"""Closing days, months and years of the journal: what is due is domain.journal's business; here it is added up, written and told to HQ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from kiosk import wire
from kiosk.domain import journal as rules
from kiosk.domain.events import PeriodClosed, PeriodTotals, SaleCompleted, SaleRefunded
from kiosk.domain.journal import DAY, MONTH, PERIODS, YEAR, Open, Sums
from kiosk.errors import WireError
from kiosk.storage.book import Book
from kiosk.storage.journal import Journal, fact_of
from kiosk.storage.outbox import Facts

_BUSINESS_DAY = "business_day"
_NO_CURRENCY = "XXX"
"""ISO 4217's code for none: nothing was ever sold."""


class Closures:
    """The periods of a journal."""

    def __init__(self, book: Book, journal: Journal, facts: Facts) -> None:
        self._book, self._journal, self._facts = book, journal, facts

    def close(self, today: date, by_hand: bool = False) -> list[PeriodClosed]:
        """Close what is due and return it. today: the business day by the store's own time; by_hand: staff closes the day that runs."""
        state = self.state()
        periods = rules.due(state, today, by_hand)
        closed = [closure for period, name in periods for closure in self._close(period, name)]
        if rules.begins(state, today):
            self._book.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_BUSINESS_DAY, today.isoformat()))
        return closed

    def is_due(self, today: date) -> bool:
        """Whether another business day has begun, so that `close` has something to write; only reads."""
        return rules.begins(self.state(), today)

    def state(self) -> Open:
        """Return what is not closed yet."""
        row = self._book.db.execute("SELECT value FROM settings WHERE key = ?", (_BUSINESS_DAY,)).fetchone()
        head = self._journal.head()
        months, years = self._days_since(MONTH), self._days_since(YEAR)
        return Open(date.fromisoformat(row[0]) if row else None, head is not None and head.number > max(self._closed_up_to(), 1),
                    months[0].name[:7] if months else "", years[0].name[:4] if years else "")

    def unclosed(self) -> Sums:
        """Return what was recorded since the last closure, by currency."""
        opening = self._journal.opening()
        sums: Sums = dict(opening.predecessor.unclosed) if self._closed_up_to() == 0 and opening and opening.predecessor else {}
        for fact in self._unclosed_facts():
            sums = rules.plus(sums, rules.of(fact))
        return sums

    def takings(self) -> dict[str, int]:
        """Return tender -> sales less refunds since the last closure, minor units: what a drawer should hold, among others."""
        found: dict[str, int] = {}
        for fact in self._unclosed_facts():
            if isinstance(fact, SaleCompleted):
                found[fact.tender] = found.get(fact.tender, 0) + fact.total_minor
            elif isinstance(fact, SaleRefunded):
                found[fact.tender] = found.get(fact.tender, 0) - fact.amount_minor
        return found

    def perpetual(self) -> Sums:
        """Return the perpetual totals as of the last closed day, by currency."""
        newest = self._journal.last(DAY)
        if newest is None:
            opening = self._journal.opening()
            return dict(opening.predecessor.perpetual) if opening and opening.predecessor else {}
        first: int = wire.decode_value(newest.body, PeriodClosed).first
        days = (closed for _number, closed in self._journal.closures(DAY, first - 1))
        return {closed.currency: closed.perpetual for closed in days if closed.currency != _NO_CURRENCY}

    def _close(self, period: str, name: str) -> list[PeriodClosed]:
        before = self.perpetual()
        if period == DAY:
            sums, first = self.unclosed(), self._closed_up_to() + 1
            after = rules.plus(before, sums)
        else:
            days = self._days_since(period)
            sums, first, after = {}, days[0].first, before
            for closed in days:
                sums = rules.plus(sums, {closed.currency: closed.totals})
        none = PeriodTotals()
        currencies = sorted({*sums, *after} - {_NO_CURRENCY}) or [_NO_CURRENCY]
        return [self._write(PeriodClosed(period, name, "", currency, first, 0, "", sums.get(currency, none), after.get(currency, none)))
                for currency in currencies]

    def _write(self, closed: PeriodClosed) -> PeriodClosed:
        number, digest = self._journal.tip()
        opening = self._journal.opening()
        closed = replace(closed, journal=opening.journal if opening else "", last=number, head=digest.hex())
        seal = self._journal.sealed(closed.period, wire.encode_value(closed))
        told = replace(closed, key=seal.key, signature=seal.signature)
        self._facts.record(told)
        return told

    def _unclosed_facts(self) -> Iterator[object]:
        for record in self._journal.records(self._closed_up_to() + 1):
            try:
                yield fact_of(record, self._book.device)
            except WireError:
                self._book.tally("journal_unreadable")

    def _closed_up_to(self) -> int:
        """Return the number of the newest closure, 0 when there is none."""
        return max((record.number for period in PERIODS if (record := self._journal.last(period))), default=0)

    def _days_since(self, period: str) -> list[PeriodClosed]:
        """Return the days that no month (or year) covers yet."""
        newest = self._journal.last(period)
        return [closed for _number, closed in self._journal.closures(DAY, newest.number if newest else 0)]
