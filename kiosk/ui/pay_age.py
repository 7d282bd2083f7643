"""pay.age: goods for grown-ups; staff is on the way."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import motion
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayAge
from kiosk.ui.widgets import Face, button, frame, heading


def draw(c: Canvas, view: PayAge) -> None:
    """Draw the screen."""
    c.facts["age"] = str(view.age)
    body = frame(c, view.status)
    body, foot = c.cut_bottom(body, 3 * TOUCH + 2 * SPACE.snug if c.portrait else TOUCH + 8)
    boxes = c.rows(foot, 3) if c.portrait else c.columns(foot, 3)
    button(c, "staff", boxes[0], Face(c.say("pay.age.staff"), "staff", size=20))
    button(c, "back", boxes[1], Face(c.say("pay.back"), "back", size=20))
    button(c, "cancel", boxes[2], Face(c.say("pay.cancel"), "cross", size=20))
    c.panel(body, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = body.inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.wide))
    side = min(c.px(190), round(inner.height * (0.34 if c.portrait else 0.86)))
    if c.portrait:
        centre = (inner.centerx, inner.y + side // 2 + c.px(SPACE.base))
        words = Box(inner.x, inner.y + side + c.px(2 * SPACE.wide), inner.width, inner.height - side - c.px(2 * SPACE.wide))
    else:
        centre = (inner.x + side // 2, inner.centery)
        words = Box(inner.x + side + c.px(SPACE.wide), inner.y, inner.width - side - c.px(SPACE.wide), inner.height)
    c.disc(centre, side / c.unit * (0.94 + 0.06 * motion.wave(view.time_s)), COLOURS.sun)
    badge = Box(0, 0, round(side * 0.8), round(side * 0.5))
    badge.center = (round(centre[0]), round(centre[1]))
    c.text(f"{view.age}+", badge, Style(TYPE.giant, bold=True, align="centre"))
    heading(c, words, c.say("pay.age.title", age=view.age), c.say("pay.age.more"))
