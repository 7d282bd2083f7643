"""my.erase: asks once before a face is erased, and says when it is."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH
from kiosk.ui.canvas import Box, Canvas
from kiosk.ui.views import MyErase
from kiosk.ui.widgets import GOOD, PLAIN, PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: MyErase) -> None:
    """Draw the screen."""
    c.facts["done"] = "yes" if view.done else "no"
    body = frame(c, view.status, "calm")
    body, ways = c.cut_bottom(body, TOUCH + 12, SPACE.base)
    if c.portrait:
        body.height = min(body.height, c.px(520))
    c.panel(body, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = body.inflate(-2 * c.px(SPACE.huge), -2 * c.px(SPACE.wide))
    side = c.px(110)
    beside = Box(inner.x, inner.y + c.px(SPACE.tight), side, side)
    badge, words = c.cut_top(inner, 110, SPACE.base) if c.portrait else (beside, inner.copy())
    if not c.portrait:
        words.x, words.width = words.x + side + c.px(SPACE.wide), words.width - side - c.px(SPACE.wide)
    centre = (badge.x + side / 2, badge.centery)
    c.disc(centre, 110, COLOURS.mint if view.done else COLOURS.blush)
    c.icon("check" if view.done else "trash", centre, 62, COLOURS.green if view.done else COLOURS.red)
    heading(c, words, c.say("phone.erased.title" if view.done else "phone.erase.title"),
            c.say("phone.erased.others" if view.done else "phone.erase.what"))
    if view.done:
        button(c, "done", ways, Face(c.say("pay.done"), "check", GOOD))
        return
    no, yes = c.columns(ways, 2)
    button(c, "no", no, Face(c.say("phone.erase.no"), "cross", PLAIN))
    button(c, "yes", yes, Face(c.say("phone.erase.yes"), "trash", PRIMARY))
