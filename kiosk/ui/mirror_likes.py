"""mirror.likes: the favourites of this visit."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.mirror_parts import item
from kiosk.ui.views import MirrorLikes
from kiosk.ui.widgets import PRIMARY, QUIET, Face, button, frame

MOST = 6


def draw(c: Canvas, view: MirrorLikes) -> None:
    """Draw the screen."""
    c.facts["items"] = str(len(view.items))
    body = frame(c, view.status)
    head, body = c.cut_top(body, 60)
    c.text(c.say("mirror.likes.title"), head, Style(TYPE.title, bold=True))
    body, done = c.cut_bottom(body, TOUCH + 12, SPACE.base)
    button(c, "done", done, Face(c.say("mirror.done"), "back", PRIMARY))
    if not view.items:
        c.panel(body, COLOURS.paper, RADIUS.sheet)
        c.icon("heart", (body.centerx, body.centery - c.px(60)), 96, COLOURS.coral)
        c.text(c.say("mirror.likes.none"), Box(body.x + c.px(30), body.centery, body.width - c.px(60), c.px(120)),
               Style(TYPE.lead, COLOURS.muted, align="centre", lines=2))
        return
    for number, (place, tile) in enumerate(zip(c.grid(body, 2, 2 if len(view.items) <= 4 else 3), view.items[:MOST], strict=False)):
        item(c, place, tile)
        drop = Box(place.right - c.px(TOUCH) - c.px(4), place.y + c.px(4), c.px(TOUCH), c.px(TOUCH))
        button(c, f"drop:{number}", drop, Face("", "cross", QUIET, 20))
        c.target(f"wear:{number}", Box(place.x, drop.bottom, place.width, place.bottom - drop.bottom))
