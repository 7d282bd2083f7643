"""pay.pin: the member's PIN, where a face alone is not enough."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayPin
from kiosk.ui.widgets import Face, button, dots, frame, heading, keypad


def draw(c: Canvas, view: PayPin) -> None:
    """Draw the screen."""
    c.facts.update(entered=str(view.entered), wanted=str(view.wanted))
    body = frame(c, view.status)
    if c.portrait:
        words, keys = c.along(body, 0.36, SPACE.base)
        keys, ways = c.cut_bottom(keys, TOUCH + 8, SPACE.base)
        keypad(c, keys)
        _ways(c, c.columns(ways, 2))
    else:
        words, keys = c.along(body, 0.5, SPACE.huge)
        keypad(c, keys)
        words, ways = c.cut_bottom(words, 2 * TOUCH + SPACE.snug)
        _ways(c, c.rows(ways, 2))
    words, places = c.cut_bottom(words, 60)
    if view.wrong:
        words, note = c.cut_bottom(words, 44, SPACE.tight)
        c.panel(note, COLOURS.blush, 14)
        c.text(c.say("pay.pin.wrong"), note.inflate(-c.px(20), 0), Style(20, COLOURS.red, bold=True, align="centre"))
    heading(c, words, c.say("pay.pin.title"), "" if view.wrong else c.say("pay.pin.why"))
    dots(c, places, view.entered, view.wanted)


def _ways(c: Canvas, boxes: list[Box]) -> None:
    button(c, "other_way", boxes[0], Face(c.say("pay.other_way"), "wallet", size=20))
    button(c, "cancel", boxes[1], Face(c.say("pay.cancel"), "cross", size=20))
