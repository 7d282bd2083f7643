"""staff.age: is this shopper old enough?"""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import StaffAge
from kiosk.ui.widgets import DARK, GOOD, PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: StaffAge) -> None:
    """Draw the screen."""
    c.facts["age"] = str(view.age)
    body = frame(c, view.status, "night")
    body, foot = c.cut_bottom(body, 3 * (TOUCH + 20) + 2 * SPACE.snug if c.portrait else TOUCH + 24)
    boxes = c.rows(foot, 3) if c.portrait else c.columns(foot, 3)
    button(c, "approve", boxes[0], Face(c.say("staff.age.approve", age=view.age), "check", GOOD))
    button(c, "refuse", boxes[1], Face(c.say("staff.age.refuse"), "cross", PRIMARY))
    button(c, "back", boxes[2], Face(c.say("pay.back"), "back", DARK, 20))
    words, card = c.along(body, 0.5)
    heading(c, words, c.say("staff.age.title", age=view.age), c.say("staff.age.more"), (COLOURS.cream, COLOURS.lilac))
    c.panel(card, COLOURS.paper, RADIUS.sheet)
    inner = card.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.base))
    upper, lower = c.cut_top(inner, inner.height / c.unit * 0.4, 0)
    c.text(c.say("staff.age.born_by"), upper, Style(TYPE.body, COLOURS.muted, align="centre", lines=2))
    c.text(view.born_by, lower, Style(TYPE.hero, bold=True, align="centre", lines=2))
