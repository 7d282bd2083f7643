"""What screens that ask for digits are made of: words, a place for each digit, the keys, and the ways out."""

from __future__ import annotations

from typing import Final, Protocol

from kiosk.design.tokens import COLOURS, SPACE, TOUCH
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import Status
from kiosk.ui.widgets import Face, button, dots, frame, heading, keypad

WAYS: Final = (("other_way", "pay.other_way", "wallet"), ("cancel", "pay.cancel", "cross"))
"""Target, words and icon of the ways out of paying with a face."""


class Asked(Protocol):
    """A view that asks for digits. entered: typed so far; wanted: how many in all."""

    @property
    def status(self) -> Status:
        """The line above."""

    @property
    def entered(self) -> int:
        """How many are there."""

    @property
    def wanted(self) -> int:
        """How many there will be."""


def draw(c: Canvas, view: Asked, words: tuple[str, str], note: str = "", ways: tuple[tuple[str, str, str], ...] = WAYS) -> None:
    """Draw the screen. words: title and what explains it; note: what went wrong with the last digits, in the explanation's place."""
    c.facts.update(entered=str(view.entered), wanted=str(view.wanted))
    body = frame(c, view.status)
    if c.portrait:
        text, keys = c.along(body, 0.36, SPACE.base)
        keys, foot = c.cut_bottom(keys, TOUCH + 8, SPACE.base)
        places = c.columns(foot, len(ways))
    else:
        text, keys = c.along(body, 0.5, SPACE.huge)
        text, foot = c.cut_bottom(text, len(ways) * TOUCH + (SPACE.snug if len(ways) > 1 else 8))
        places = c.rows(foot, len(ways))
    keypad(c, keys)
    for (target, key, icon), place in zip(ways, places, strict=True):
        button(c, target, place, Face(c.say(key), icon, size=20))
    text, digits = c.cut_bottom(text, 60)
    if note:
        text, strip = c.cut_bottom(text, 44, SPACE.tight)
        c.panel(strip, COLOURS.blush, 14)
        c.text(note, strip.inflate(-c.px(20), 0), Style(20, COLOURS.red, bold=True, align="centre"))
    heading(c, text, words[0], "" if note else words[1])
    dots(c, digits, view.entered, view.wanted)
