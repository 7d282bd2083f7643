"""Opening hours of a week, in the store's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.domain.promotion import DAY_MIN
from kiosk.errors import InvalidValueError

STEP_MIN = 15


@dataclass(frozen=True, slots=True)
class Day:
    """Hours of one weekday in minutes of the day; equal: closed all day. Over midnight (opens 20:00, closes 02:00) is the next morning."""

    opens_min: int
    closes_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min <= DAY_MIN or not 0 <= self.closes_min <= DAY_MIN:
            raise InvalidValueError(f"opening hours from minute {self.opens_min} until {self.closes_min} cannot be")


Week = tuple[Day, ...]
"""Seven days, Monday first."""
ALWAYS: Week = (Day(0, DAY_MIN),) * 7


def is_open(week: Week, weekday: int, minute: int) -> bool:
    """Return whether the store is open; weekday 1 is Monday, minute of the day in the store's own time."""
    today, before = week[weekday - 1], week[(weekday - 2) % 7]
    if before.closes_min < before.opens_min and minute < before.closes_min:
        return True
    if today.closes_min < today.opens_min:
        return minute >= today.opens_min
    return today.opens_min <= minute < today.closes_min


def pack(week: Week) -> str:
    """Return a week as text, e.g. "480-1200 480-1200 ..."."""
    return " ".join(f"{day.opens_min}-{day.closes_min}" for day in week)


def unpack(text: str) -> Week:
    """Return the week that `pack` wrote, ALWAYS for ""; raise InvalidValueError for anything else."""
    if not text:
        return ALWAYS
    days = [item.split("-") for item in text.split()]
    if len(days) != 7 or not all(len(day) == 2 and all(part.isascii() and part.isdigit() for part in day) for day in days):
        raise InvalidValueError(f"opening hours {text!r} cannot be read: seven times minute-minute are expected")
    return tuple(Day(int(opens), int(closes)) for opens, closes in days)


def moved(week: Week, weekday: int, opens_by: int, closes_by: int) -> Week:
    """Return a week with one day's hours moved by minutes, each kept within the day."""
    def within(minute: int) -> int:
        return max(0, min(DAY_MIN, minute))

    day = week[weekday - 1]
    return _with(week, weekday, Day(within(day.opens_min + opens_by), within(day.closes_min + closes_by)))


def toggled(week: Week, weekday: int, like: Sequence[Day] = ALWAYS) -> Week:
    """Return a week with one day closed, or open again as in `like`."""
    day = week[weekday - 1]
    return _with(week, weekday, like[weekday - 1] if day.opens_min == day.closes_min else Day(0, 0))


def _with(week: Week, weekday: int, day: Day) -> Week:
    return (*week[:weekday - 1], day, *week[weekday:])
