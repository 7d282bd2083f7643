"""staff.number: a number to be typed, e.g. of a receipt or of the money in the drawer."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import StaffNumber
from kiosk.ui.widgets import DARK, GOOD, Face, button, frame, heading, keypad


def draw(c: Canvas, view: StaffNumber) -> None:
    """Draw the screen."""
    c.facts.update(what=view.what, entered=str(view.typed))
    body = frame(c, view.status, "night")
    if c.portrait:
        words, keys = c.along(body, 0.38, SPACE.base)
        keys, ways = c.cut_bottom(keys, TOUCH + 8, SPACE.base)
    else:
        words, keys = c.along(body, 0.54, SPACE.huge)
        words, ways = c.cut_bottom(words, TOUCH + 8)
    keypad(c, keys, look=DARK)
    back, ok = c.columns(ways, 2)
    button(c, "back", back, Face(c.say("pay.back"), "back", DARK, 20))
    button(c, "ok", ok, Face(c.say("pay.ok"), "check", GOOD))
    words, field = c.cut_bottom(words, 72)
    if view.wrong:
        words, wrong = c.cut_bottom(words, 110 if c.portrait else 84)
        c.panel(wrong, COLOURS.blush, 14)
        c.text(c.say_or_other("staff.wrong", view.wrong), wrong.inflate(-c.px(20), 0),
               Style(TYPE.small, COLOURS.red, bold=True, align="centre", lines=3))
    more = "" if view.wrong else c.say(f"staff.number.{view.what}.more")
    heading(c, words, c.say(f"staff.number.{view.what}"), more, (COLOURS.cream, COLOURS.lilac))
    c.panel(field, COLOURS.plum, 16)
    colour = COLOURS.sun if view.typed else COLOURS.lilac
    c.text(view.shown, field.inflate(-c.px(32), 0), Style(TYPE.title, colour, bold=True, align="centre"))
