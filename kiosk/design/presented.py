"""What a screen shows, for whoever cannot see: simulated shoppers and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Box = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the picture, origin top-left."""


@dataclass(frozen=True, slots=True)
class Presented:
    """What is on the screen.

    screen: its name, e.g. "pay.digits". targets: name -> box of everything that can be touched. facts: words worth knowing, e.g. the total.
    """

    screen: str
    targets: Mapping[str, Box]
    facts: Mapping[str, str] = field(default_factory=dict)
