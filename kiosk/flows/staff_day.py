"""Staff mode at the end of the day, and for the device itself: cash count and close-out, opening hours, training."""

from __future__ import annotations

from datetime import date

from kiosk.design.amounts import day_name, money, time_of_day
from kiosk.design.words import say
from kiosk.domain import hours
from kiosk.domain.events import PeriodClosed
from kiosk.domain.journal import business_day
from kiosk.domain.money import Money
from kiosk.flows.cashier import in_training
from kiosk.flows.staff_desk import Desk, Page, Told, tender_word
from kiosk.storage.store import Unit
from kiosk.ui import views

CASH = "cash_desk"
_DIGITS = 8


def today(desk: Desk) -> date:
    """Return the business day that runs."""
    settings = desk.parts.settings.device
    return business_day(desk.parts.clock.now().astimezone(desk.shop.zone), settings.closing_hour)


class CashCount:
    """Count the drawer, then close the day. What it should hold is told only after it was counted."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._digits = ""

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target.startswith("key:") and len(self._digits) < _DIGITS:
            self._digits += target.removeprefix("key:")
        elif target == "erase":
            self._digits = self._digits[:-1]
        elif target == "ok":
            return self._close(int(self._digits or "0"))
        return self

    def view(self) -> views.View:
        """Return what to show."""
        amount = money(Money(int(self._digits or "0"), self._desk.shop.currency), self._desk.language)
        return views.StaffNumber(self._desk.status(), "cash_count", amount, len(self._digits))

    def _close(self, counted: int) -> Page:
        desk = self._desk
        with desk.parts.store.unit() as unit:
            takings = unit.closures.takings()
            expected = takings.get(CASH, 0)
            waiting = sum(unit.outbox.waiting().values())
            desk.record(unit, "close_of_day", {"expected_minor": str(expected), "counted_minor": str(counted),
                                               "difference_minor": str(counted - expected), "waiting": str(waiting)})
            # A day that has passed is closed under its own name first; then the one that runs.
            closed = [*unit.closures.close(today(desk)), *unit.closures.close(today(desk), by_hand=True)]
            unit.tallies.add("days_closed")
        return Told(desk, "close_day", self._lines(closed, takings, (counted, waiting)))

    def _lines(self, closed: list[PeriodClosed], takings: dict[str, int], figures: tuple[int, int]) -> tuple[tuple[str, str], ...]:
        language, currency = self._desk.language, self._desk.shop.currency
        counted, waiting = figures
        days = [c for c in closed if c.period == "day"]

        def told(key: str, minor: int) -> tuple[str, str]:
            return say(f"staff.report.{key}", language), money(Money(minor, currency), language)

        lines = [(say("staff.report.day", language), days[0].name if days else "–"),
                 (say("staff.report.sales", language), str(sum(c.totals.sales for c in days))),
                 told("total", sum(c.totals.sales_minor - c.totals.refunds_minor for c in days)),
                 told("given_back", sum(c.totals.refunds_minor for c in days))]
        lines += [(say(f"tender.{tender_word(tender)}", language), money(Money(minor, currency), language))
                  for tender, minor in sorted(takings.items())]
        lines += [told("expected", takings.get(CASH, 0)), told("counted", counted), told("difference", counted - takings.get(CASH, 0)),
                  (say("staff.report.queued", language), str(waiting))]
        return tuple(lines)


class Hours:
    """When the store is open; nobody is served outside these hours."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        with desk.parts.store.snapshot() as unit:
            self._week = hours.unpack(unit.settings.get("hours") or "")
        self._day = 1

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target.startswith("day:"):
            self._day = int(target.removeprefix("day:"))
        elif target == "closed":
            self._week = hours.toggled(self._week, self._day)
        elif target in _MOVES:
            opens, closes = _MOVES[target]
            self._week = hours.moved(self._week, self._day, opens * hours.STEP_MIN, closes * hours.STEP_MIN)
        elif target == "ok":
            with self._desk.parts.store.unit() as unit:
                unit.settings.put("hours", hours.pack(self._week))
                self._desk.record(unit, "hours", {"week": hours.pack(self._week)})
            return self._desk.menu(self._desk)
        return self

    def view(self) -> views.View:
        """Return what to show."""
        language = self._desk.language
        days = tuple((day_name(i, language), _span(day, language)) for i, day in enumerate(self._week, 1))
        chosen = self._week[self._day - 1]
        return views.StaffHours(self._desk.status(), days, self._day, time_of_day(chosen.opens_min, language),
                                time_of_day(chosen.closes_min, language), chosen.opens_min == chosen.closes_min)


_MOVES = {"opens_minus": (-1, 0), "opens_plus": (1, 0), "closes_minus": (0, -1), "closes_plus": (0, 1)}


def _span(day: hours.Day, language: str) -> str:
    if day.opens_min == day.closes_min:
        return say("staff.hours.closed", language)
    return f"{time_of_day(day.opens_min, language)}–{time_of_day(day.closes_min, language)}"


def closed_now(unit: Unit, desk_now: tuple[int, int]) -> bool:
    """Return whether the store is closed at (weekday, minute of the day), by the hours that staff set."""
    return not hours.is_open(hours.unpack(unit.settings.get("hours") or ""), *desk_now)


def toggle_order(desk: Desk) -> None:
    """Take the device out of order, or put it back into service."""
    with desk.parts.store.unit() as unit:
        closed = unit.settings.get("out_of_order") == "staff"
        unit.settings.put("out_of_order", "" if closed else "staff")
        desk.record(unit, "in_order" if closed else "out_of_order", {})


def toggle_training(desk: Desk) -> None:
    """Begin or end training: what is sold in between is in no total."""
    with desk.parts.store.unit() as unit:
        training = in_training(unit)
        desk.record(unit, "training_off" if training else "training_on", {})
        unit.settings.put("training", "" if training else "on")


