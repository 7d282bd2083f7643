"""What shoppers at the mirror wait for: staff reads it in staff mode of any screen of this device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kiosk import wire
from kiosk.errors import WireError
from kiosk.storage.store import Unit

_KEY = "wishes"
MOST: Final = 30
"""So many wishes are kept; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish. what: bring (to the mirror) or reserve (set aside); since: "HH:MM" on the store's wall; order: its number, "" for none.

    gtins: one for each piece.
    """

    number: int
    what: str
    gtins: tuple[str, ...]
    since: str
    order: str = ""


def waiting(unit: Unit) -> tuple[Wish, ...]:
    """Return the wishes that wait, oldest first."""
    kept = unit.settings.get(_KEY)
    if not kept:
        return ()
    try:
        found: tuple[Wish, ...] = wire.decode_value(kept.encode(), tuple[Wish, ...])
    except WireError:
        return ()  # written by another version: wishes do not outlive an update
    return found


def add(unit: Unit, what: str, gtins: tuple[str, ...], since: str, order: str = "") -> None:
    """Write a wish down; the same goods for the same end wait once."""
    known = waiting(unit)
    if not order and any((wish.what, wish.gtins) == (what, gtins) for wish in known):
        return
    number = max((wish.number for wish in known), default=0) + 1
    _keep(unit, (*known, Wish(number, what, gtins, since, order))[-MOST:])


def done(unit: Unit, number: int) -> Wish | None:
    """Take a wish off the list and return it; None when it is not there."""
    known = waiting(unit)
    _keep(unit, tuple(wish for wish in known if wish.number != number))
    return next((wish for wish in known if wish.number == number), None)


def _keep(unit: Unit, wishes: tuple[Wish, ...]) -> None:
    unit.settings.put(_KEY, wire.encode_value(wishes).decode())
