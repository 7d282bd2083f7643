"""Staff mode before an open checkout: look at an age, take a line out."""

from __future__ import annotations

from datetime import date

from kiosk.design.amounts import day, money
from kiosk.design.words import say
from kiosk.domain.money import Money
from kiosk.flows.staff_desk import Desk, Page, Till, Told
from kiosk.ui import views

_DIGITS = 8


class Age:
    """Is this shopper old enough?"""

    def __init__(self, desk: Desk, till: Till) -> None:
        self._desk, self._till = desk, till

    def touch(self, target: str) -> Page | None:
        """Take a touch; the answer sends the shopper on and ends staff mode."""
        if target in ("approve", "refuse"):
            proven = target == "approve"
            self._desk.act("age_proven" if proven else "age_refused", {"age": str(self._till.age_asked)})
            self._till.age_checked(proven)
            return None
        return self._desk.menu(self._desk) if target == "back" else self

    def view(self) -> views.View:
        """Return what to show."""
        age = self._till.age_asked
        today = self._desk.parts.clock.now().astimezone(self._desk.shop.zone).date()
        return views.StaffAge(self._desk.status(), age, day(born_by(today, age), self._desk.language))


def born_by(today: date, age: int) -> date:
    """Return the last birthday of somebody who is `age` today; who was born on 29 February has it on 1 March in other years."""
    try:
        return today.replace(year=today.year - age)
    except ValueError:
        return today.replace(year=today.year - age, day=28)


class TakeCash:
    """Take the cash of the ticket on the screen: type what the shopper gives, and read the change."""

    def __init__(self, desk: Desk, till: Till) -> None:
        self._desk, self._till = desk, till
        self._digits = ""
        self._wrong = ""

    def touch(self, target: str) -> Page | None:
        """Take a touch; a sum that is enough books the sale."""
        due = self._till.cash_due
        if target == "back" or due is None:
            return self._desk.menu(self._desk)
        if target.startswith("key:") and len(self._digits) < _DIGITS:
            self._digits, self._wrong = self._digits + target.removeprefix("key:"), ""
        elif target == "erase":
            self._digits = self._digits[:-1]
        elif target == "ok":
            given = Money(int(self._digits or "0"), due.currency)
            if given < due:
                self._wrong = "too_little"
                return self
            return self._take(due, given)
        return self

    def _take(self, due: Money, given: Money) -> Page | None:
        sale = self._till.cash_taken()
        if sale is None:
            return self._desk.menu(self._desk)
        change = given - due
        self._desk.act("take_cash", {"receipt": sale.receipt, "total_minor": str(due.minor), "given_minor": str(given.minor),
                                     "change_minor": str(change.minor)})
        language = self._desk.language
        lines = (("receipt", sale.receipt), ("total", money(due, language)), ("given", money(given, language)),
                 ("change", money(change, language)))
        return Told(self._desk, "take_cash", tuple((say(f"staff.report.{key}", language), value) for key, value in lines), last=True)

    def view(self) -> views.View:
        """Return what to show."""
        due = self._till.cash_due or Money(0, self._desk.shop.currency)
        given = money(Money(int(self._digits or "0"), due.currency), self._desk.language)
        shown = f"{given} / {money(due, self._desk.language)}"
        return views.StaffNumber(self._desk.status(), "take_cash", shown, len(self._digits), self._wrong)


class Void:
    """Take a line out of the open basket."""

    def __init__(self, desk: Desk, till: Till) -> None:
        self._desk, self._till = desk, till
        self._chosen = -1
        self._page = 0

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target.startswith("line:"):
            chosen = int(target.removeprefix("line:"))
            lines = self._till.open_lines()
            self._chosen = chosen if 0 <= chosen < len(lines) and not lines[chosen].fixed else -1
        elif target == "more":
            self._page += 1
        elif target == "ok" and self._chosen >= 0:
            self._void()
        return self

    def _void(self) -> None:
        pieces = self._till.open_lines()[self._chosen].quantity
        code = self._till.void(self._chosen)
        if code:
            self._desk.act("void_line", {"code": code, "pieces": str(pieces)})
        self._chosen = -1

    def view(self) -> views.View:
        """Return what to show."""
        lines = self._till.open_lines()
        chosen = tuple((self._chosen, lines[self._chosen].quantity) for _ in range(1) if 0 <= self._chosen < len(lines))
        return views.StaffLines(self._desk.status(), "void", lines, chosen, page=self._page)
