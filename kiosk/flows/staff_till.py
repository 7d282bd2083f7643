"""Staff mode before an open checkout: look at an age, take a line out."""

from __future__ import annotations

from datetime import date

from kiosk.design.amounts import day
from kiosk.flows.staff_desk import Desk, Page, Till
from kiosk.ui import views


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
