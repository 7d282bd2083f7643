"""staff.login: the PIN of staff."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffLogin
from kiosk.ui.widgets import DARK, Face, button, frame, heading, keypad


def draw(c: Canvas, view: StaffLogin) -> None:
    """Draw the screen."""
    c.facts["entered"] = str(view.entered)
    body = frame(c, view.status, "night")
    if c.portrait:
        words, keys = c.along(body, 0.34, SPACE.base)
        keys, cancel = c.cut_bottom(keys, TOUCH + 8, SPACE.base)
    else:
        words, keys = c.along(body, 0.5, SPACE.huge)
        words, cancel = c.cut_bottom(words, TOUCH + 8)
    keypad(c, keys, left="erase", right="ok", look=DARK)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross", DARK, 20))
    words, field = c.cut_bottom(words, 56)
    if view.wrong or view.waits:
        words, wrong = c.cut_bottom(words, 62 if view.waits else 48)
        c.panel(wrong, COLOURS.blush, 14)
        c.text(c.say("staff.login.waits" if view.waits else "staff.login.wrong"), wrong.inflate(-c.px(20), 0),
               Style(20, COLOURS.red, bold=True, align="centre", lines=2 if view.waits else 1))
    heading(c, words, c.say("staff.login.title"), c.say("staff.login.more"), (COLOURS.cream, COLOURS.lilac))
    _entered(c, field, view.entered)


def _entered(c: Canvas, box: Box, entered: int) -> None:
    c.panel(box, COLOURS.plum, 16)
    step = c.px(28)
    shown = min(entered, box.width // step - 1)
    for number in range(shown):
        c.disc((box.centerx + (number - (shown - 1) / 2) * step, box.centery), 16, COLOURS.sun)
    if not entered:
        c.text("…", box, Style(TYPE.lead, COLOURS.lilac, align="centre"))
