"""The moment and the source of ids that one transaction works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """at_ms: HQ's wall clock in milliseconds since 1970 UTC. new_id: a new unique id at each call."""

    at_ms: int
    new_id: Callable[[], str]

    @property
    def moment(self) -> datetime:
        """The same moment with its time zone, UTC."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)


def stamp(now: datetime, new_id: Callable[[], str]) -> Stamp:
    """Return a stamp for a moment."""
    return Stamp(milliseconds(now), new_id)


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970 UTC."""
    return round(moment.timestamp() * 1000)
