"""What every page of staff mode works with: who it is, what they may do, and the journal that hears of it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kiosk import wire
from kiosk.design.words import known
from kiosk.domain.events import SaleCompleted, StaffActed
from kiosk.domain.money import Money
from kiosk.domain.staff import Right, Role, may
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.printing import Press
from kiosk.storage.store import Unit
from kiosk.ui import views

_TRIES = 5
_LOCKED_S = 60.0
"""After five wrong PINs the pad waits a minute: the kiosk is locked for staff, never for shoppers."""


class Page(Protocol):
    """One page of staff mode."""

    def touch(self, target: str) -> Page | None:
        """Take a touch; return the page that is shown now, None when staff leaves."""

    def view(self) -> views.View:
        """Return what to show."""


class Till(Protocol):
    """The open checkout, as far as staff has to do with it."""

    @property
    def age_asked(self) -> int:
        """Years that staff is asked to see, 0 when nobody is asked."""

    def age_checked(self, proven: bool) -> None:
        """Go on, or take restricted goods out."""

    @property
    def cash_due(self) -> Money | None:
        """What the shopper of the ticket on the screen owes in cash, None when there is no ticket."""

    def cash_taken(self) -> SaleCompleted | None:
        """Book the sale whose cash was taken."""

    def open_lines(self) -> tuple[views.LineView, ...]:
        """Return the lines of the open basket."""

    def void(self, index: int) -> str:
        """Take a line out; return its code, "" when there is none."""

    def seen_codes(self) -> list[str]:
        """Return the codes before the camera."""

    def stay(self) -> None:
        """Begin the wait for the shopper anew."""


class Told:
    """What was done, line by line. title: a key of `staff.report.*`; last: nothing is left to do, staff goes."""

    def __init__(self, desk: Desk, title: str, lines: tuple[tuple[str, str], ...], last: bool = False) -> None:
        self._desk, self._title, self._lines, self._last = desk, title, lines, last

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target != "done":
            return self
        return None if self._last else self._desk.menu(self._desk)

    def view(self) -> views.View:
        """Return what to show."""
        return views.StaffReport(self._desk.status(), self._lines, self._title)


def tender_word(tender: str) -> str:
    """Return under which word of `tender.*` a tender is told to people."""
    return tender if known(f"tender.{tender}") else "other"


class StaffDoor:
    """Checks PINs and badges, and slows down whoever guesses."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wrong = 0
        self._locked_until_s = 0.0

    @property
    def waits(self) -> bool:
        """Whether the pad waits after too many wrong tries: nobody is let in, whatever is typed."""
        return self._parts.clock.monotonic() < self._locked_until_s

    def who(self, code: str, kind: str = "pin") -> str:
        """Return the name behind a PIN or badge, "" when there is none or the pad waits."""
        if self.waits:
            return ""
        known = self._parts.settings.staff.pins if kind == "pin" else self._parts.settings.staff.badges
        found = ""
        for name, secret in known.items():
            # Every secret is compared, in constant time: how long it takes tells nothing.
            if hmac.compare_digest(secret.reveal().encode(), code.encode()):
                found = name
        self._wrong = 0 if found else self._wrong + 1
        if self._wrong >= _TRIES:
            self._wrong, self._locked_until_s = 0, self._parts.clock.monotonic() + _LOCKED_S
        return found


@dataclass(slots=True)
class Desk:
    """One visit of staff. till: None on a device without a checkout; menu: makes the page that every other returns to.

    codes: codes that a hand-held scanner has read since the last call, each once; None without one.
    """

    parts: Parts
    shop: Shop
    language: str
    press: Press
    menu: Callable[[Desk], Page]
    till: Till | None = None
    who: str = ""
    codes: Callable[[], list[str]] | None = None

    @property
    def role(self) -> Role:
        """What this member of staff is; a clerk unless kiosk.toml says otherwise."""
        return Role(self.parts.settings.staff.roles.get(self.who, Role.CLERK))

    def may(self, right: Right) -> bool:
        """Return whether this member of staff has a right."""
        return bool(self.who) and may(self.role, right)

    def status(self) -> views.Status:
        """Return what every screen says."""
        return status(self.parts, self.shop, self.language)

    def act(self, act: str, details: dict[str, str]) -> None:
        """Write an act into the journal, in a transaction of its own."""
        with self.parts.store.unit() as unit:
            self.record(unit, act, details)

    def record(self, unit: Unit, act: str, details: dict[str, str]) -> None:
        """Write an act into the journal, in this transaction."""
        unit.journal.append("staff", wire.encode_event(unit.facts.record(StaffActed(act, self.who, details))))
