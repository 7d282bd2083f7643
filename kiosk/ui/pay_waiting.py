"""pay.waiting: something takes a moment, and it moves."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TYPE
from kiosk.design.words import known
from kiosk.ui import motion
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayWaiting
from kiosk.ui.widgets import frame


def draw(c: Canvas, view: PayWaiting) -> None:
    """Draw the screen."""
    body = frame(c, view.status)
    picture = Box(body.x, body.y + round(body.height * 0.06), body.width, round(body.height * 0.54))
    motion.waiting(c, picture.center, view.time_s)
    c.icon("wallet", picture.center, 52, COLOURS.coral_dark)
    words = Box(body.x, picture.bottom, body.width, round(body.height * 0.2))
    key = f"waiting.{view.what}"
    c.text(c.say(key if known(key) else "waiting.moment"), words, Style(TYPE.hero, bold=True, align="centre", lines=2))
    if view.what != "moment":
        more = Box(body.x, words.bottom + c.px(SPACE.tight), body.width, c.px(40))
        c.text(c.say("waiting.moment"), more, Style(TYPE.body, COLOURS.muted, align="centre"))
