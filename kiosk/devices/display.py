"""The screen and the finger on it: a picture goes out, touches come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pygame

Box = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the picture, origin top-left."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger that came down at (x, y), in pixels of the picture as it was presented, origin top-left."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Presented:
    """What is on the screen, for whoever cannot see: simulated shoppers and tests.

    screen: its name, e.g. "pay.digits". targets: name -> box of everything that can be touched. facts: words worth knowing, e.g. the total.
    """

    screen: str
    targets: Mapping[str, Box]
    facts: Mapping[str, str] = field(default_factory=dict)


class Display(Protocol):
    """A screen with touch."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the picture that `present` wants."""

    def present(self, picture: pygame.Surface, presented: Presented) -> None:
        """Show a picture of exactly `size`."""

    def touches(self) -> list[Touch]:
        """Return the touches since the last call, oldest first; never waits."""

    def close(self) -> None:
        """Give the screen back; safe to call twice."""
