"""enrol.digits: the last digits of the phone number, to be found by later."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import EnrolDigits
from kiosk.ui.widgets import GOOD, Face, button, frame, heading, keypad


def draw(c: Canvas, view: EnrolDigits) -> None:
    """Draw the screen."""
    c.facts.update(entered=str(len(view.entered)), wanted=str(view.wanted))
    body = frame(c, view.status)
    if c.portrait:
        words, keys = c.along(body, 0.34, SPACE.base)
        keys, ways = c.cut_bottom(keys, TOUCH + 12, SPACE.base)
    else:
        words, keys = c.along(body, 0.5, SPACE.huge)
        words, ways = c.cut_bottom(words, TOUCH + 12)
    keypad(c, keys)
    cancel, ok = c.columns(ways, 2)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross", size=20))
    button(c, "ok", ok, Face(c.say("pay.ok"), "check", GOOD))
    words, field = c.cut_bottom(words, 72)
    heading(c, words, c.say("enrol.digits.title", wanted=view.wanted), c.say("enrol.digits.more"))
    c.panel(field, COLOURS.line, RADIUS.button)
    c.panel(field.inflate(-2 * c.px(3), -2 * c.px(3)), COLOURS.paper, RADIUS.button - 3)
    c.text(view.entered or "…", field.inflate(-c.px(40), 0),
           Style(TYPE.hero, COLOURS.ink if view.entered else COLOURS.muted, bold=True, align="centre"))
