"""mirror.back: turn round, and then see how it looks from behind."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.mirror_parts import SPOT, backdrop, hand_mark, hot_spot
from kiosk.ui.views import MirrorBack
from kiosk.ui.widgets import status_line


def draw(c: Canvas, view: MirrorBack) -> None:
    """Draw the screen."""
    c.facts["recording"] = "yes" if view.recording else "no"
    backdrop(c, view.picture)
    c.veil(Box(0, 0, c.size[0], c.px(46)), COLOURS.night, 235, 0)
    body = status_line(c, view.status, dark=True)
    words = Box(body.x, body.y + c.px(SPACE.tight), body.width, c.px(126 if view.recording else 72))
    c.veil(words, COLOURS.night, 235)
    inner = words.inflate(-c.px(2 * SPACE.base), -c.px(SPACE.tight))
    inner, bar = c.cut_bottom(inner, 12, 4)
    title, more = c.cut_top(inner, 46, 0)
    c.text(c.say("mirror.back.record" if view.recording else "mirror.back.play"), title,
           Style(TYPE.lead, COLOURS.sun, bold=True, align="centre"))
    if view.recording:
        c.text(c.say("mirror.back.record_more"), more, Style(20, COLOURS.cream, align="centre", lines=2))
    c.panel(bar, COLOURS.plum, 6)
    c.panel(Box(bar.x, bar.y, max(bar.height, round(bar.width * view.progress)), bar.height), COLOURS.sun, 6)
    y = words.bottom + c.px(SPACE.base)
    width, height = c.px(SPOT[0]), c.px(SPOT[1])
    hot_spot(c, "done", Box(c.px(SPACE.snug), y, width, height), ("back", c.say("pay.back"), False), view.held)
    if not view.recording:
        right = c.size[0] - c.px(SPACE.snug) - width
        hot_spot(c, "again", Box(right, y, width, max(height, c.px(TOUCH))), ("back_view", c.say("mirror.back.again"), False), view.held)
    hand_mark(c, view.held)
