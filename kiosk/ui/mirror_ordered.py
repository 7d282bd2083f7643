"""mirror.ordered: reserved, ordered, or on its way from the stock room."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import MirrorOrdered
from kiosk.ui.widgets import PRIMARY, Face, button, frame

_ICONS = {"reserve": "lock", "deliver": "truck", "bring": "bell"}


def draw(c: Canvas, view: MirrorOrdered) -> None:
    """Draw the screen."""
    c.facts.update(what=view.what, number=view.number)
    body = frame(c, view.status, "joy")
    body, ways = c.cut_bottom(body, TOUCH + 12, SPACE.base)
    button(c, "done", ways, Face(c.say("mirror.done"), "back", PRIMARY))
    side = c.px(190)
    centre = body.centerx, body.y + side // 2 + c.px(SPACE.huge)
    c.disc(centre, 190, COLOURS.green)
    c.icon(_ICONS[view.what], centre, 100, COLOURS.paper)
    words = Box(body.x, centre[1] + side // 2 + c.px(SPACE.wide), body.width, body.bottom - centre[1] - side // 2 - c.px(SPACE.wide))
    title, words = c.cut_top(words, 120, SPACE.snug)
    c.text(c.say(f"mirror.ordered.{view.what}"), title, Style(TYPE.hero, bold=True, align="centre", lines=2))
    if view.number:
        box, words = c.cut_top(words, 110, SPACE.base)
        box = box.inflate(-c.px(40), 0)
        c.panel(box, COLOURS.paper, RADIUS.card, shadow=True)
        c.text(view.number, box, Style(TYPE.giant - 16, COLOURS.coral_dark, bold=True, align="centre"))
    more = c.say(f"mirror.ordered.{view.what}_more", name=view.name)
    c.text(more, words, Style(TYPE.lead, COLOURS.muted, align="centre", valign="top", lines=3))
