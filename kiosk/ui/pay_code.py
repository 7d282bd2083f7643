"""pay.code: the shopper's own phone reads this code and pays; what is left of its time runs down beside it."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayCode
from kiosk.ui.widgets import Face, button, frame, heading

SOON_S = 20
"""From here on the time that is left is drawn as a warning."""


def draw(c: Canvas, view: PayCode) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), tender=view.tender, code=view.code)
    body = frame(c, view.status)
    code, words = c.along(body, 0.52)
    _code(c, code, view)
    words, ways = c.cut_bottom(words, TOUCH + 8)
    words, left = c.cut_bottom(words, 40)
    words, total = c.cut_bottom(words, 64)
    heading(c, words, c.say(f"pay.code.{view.tender}"), c.say("pay.code.more"))
    c.text(c.money(view.total), total, Style(TYPE.hero, COLOURS.coral_dark, bold=True))
    if view.code:
        minutes, seconds = divmod(view.seconds_left, 60)
        colour = COLOURS.red if view.seconds_left <= SOON_S else COLOURS.muted
        c.text(c.say("pay.code.left", time=f"{minutes}:{seconds:02d}"), left, Style(TYPE.lead, colour, bold=True))
    first, second = c.columns(ways, 2)
    button(c, "back", first, Face(c.say("pay.back"), "back", size=20))
    button(c, "cancel", second, Face(c.say("pay.cancel"), "cross", size=20))


def _code(c: Canvas, box: Box, view: PayCode) -> None:
    side = min(box.size)
    sheet = Box(box.centerx - side // 2, box.centery - side // 2, side, side)
    c.panel(sheet, COLOURS.paper, RADIUS.sheet, shadow=True)
    if view.code:
        c.picture(paint.qr(view.code, side - 2 * c.px(SPACE.base)), sheet.center)
    else:
        motion.waiting(c, sheet.center, view.time_s)
        c.icon("qr", sheet.center, 52, COLOURS.coral_dark)
