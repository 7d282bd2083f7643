"""pay.still_there: a countdown before the basket is given up; one touch anywhere stops it."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayStillThere
from kiosk.ui.widgets import PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: PayStillThere) -> None:
    """Draw the screen."""
    c.facts["seconds_left"] = str(view.seconds_left)
    body = frame(c, view.status)
    body, stay = c.cut_bottom(body, 104 if c.portrait else 92, SPACE.wide)
    button(c, "stay", stay, Face(c.say("pay.still_there.stay"), "check", PRIMARY, TYPE.lead))
    if c.portrait:
        count, words = c.along(body, 0.46)
    else:
        words, count = c.along(body, 0.6)
    heading(c, words, c.say("pay.still_there.title"), c.say("pay.still_there.more"))
    side = round(min(count.width, count.height) * 0.92)
    c.disc(count.center, side / c.unit, COLOURS.paper)
    number = Box(0, 0, round(side * 0.7), round(side * 0.6))
    number.center = count.center
    c.text(str(view.seconds_left), number, Style(TYPE.giant, COLOURS.coral_dark, bold=True, align="centre"))
