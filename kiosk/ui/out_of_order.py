"""out_of_order: the device serves nobody and says where to go."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import OutOfOrder
from kiosk.ui.widgets import corner, frame, square

_ICONS = {"camera_lost": "camera_lost", "disk_full": "warning", "damaged": "warning", "scale_lost": "warning", "crashed": "staff"}


def draw(c: Canvas, view: OutOfOrder) -> None:
    """Draw the screen."""
    c.facts["reason"] = view.reason
    body = frame(c, view.status, "night")
    if view.reason != "crashed":
        corner(c, "staff", "staff", square(c, body.right, body.bottom), dark=True)
    side = min(c.px(170), round(body.height * 0.4))
    top = body.y + round(body.height * (0.2 if c.portrait else 0.04))
    c.disc((body.centerx, top + side // 2), side / c.unit, COLOURS.plum)
    c.icon(_ICONS.get(view.reason, "close_day"), (body.centerx, top + side // 2), side / c.unit * 0.56, COLOURS.sun)
    title = Box(body.x, top + side + c.px(SPACE.snug), body.width, c.px(70))
    c.text(c.say("out_of_order.title"), title, Style(TYPE.hero, COLOURS.cream, bold=True, align="centre"))
    words = Box(body.x, title.bottom + c.px(4), body.width, c.px(160 if c.portrait else 70)).inflate(-c.px(130 if not c.portrait else 0), 0)
    c.text(c.say_or_other("out_of_order", view.reason), words, Style(TYPE.lead, COLOURS.lilac, align="centre", valign="top", lines=4))
