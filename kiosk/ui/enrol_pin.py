"""enrol.pin: choosing a PIN, and typing it again."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import EnrolPin
from kiosk.ui.widgets import Face, button, dots, frame, heading, keypad


def draw(c: Canvas, view: EnrolPin) -> None:
    """Draw the screen."""
    c.facts.update(entered=str(view.entered), wanted=str(view.wanted), again="yes" if view.again else "no")
    body = frame(c, view.status)
    if c.portrait:
        words, keys = c.along(body, 0.36, SPACE.base)
        keys, ways = c.cut_bottom(keys, TOUCH + 8, SPACE.base)
    else:
        words, keys = c.along(body, 0.5, SPACE.huge)
        words, ways = c.cut_bottom(words, TOUCH + 8)
    keypad(c, keys)
    button(c, "cancel", ways, Face(c.say("pay.cancel"), "cross", size=20))
    words, places = c.cut_bottom(words, 60)
    objection = c.say_if_known("enrol.pin", view.objection)
    if objection:
        words, note = c.cut_bottom(words, 44, SPACE.tight)
        c.panel(note, COLOURS.blush, 14)
        c.text(objection, note.inflate(-c.px(20), 0), Style(20, COLOURS.red, bold=True, align="centre"))
    heading(c, words, c.say("enrol.pin.again" if view.again else "enrol.pin.title"), "" if objection else c.say("enrol.pin.why"))
    dots(c, places, view.entered, view.wanted)
