"""Scales: raw weight samples of the cells of a shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.units import Grams


@dataclass(frozen=True, slots=True)
class Sample:
    """One raw weight of one cell at the sensor's monotonic time."""

    cell: str
    time_s: float
    grams: Grams


class Scale(Protocol):
    """Load cells under the slots of a shelf."""

    def read(self) -> list[Sample]:
        """Return the samples since the last call, oldest first; never waits. Raises DeviceLostError when the cells went silent."""

    def close(self) -> None:
        """Give the cells back; safe to call twice."""
