"""mirror.compare: two looks side by side, live."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.mirror_parts import backdrop, hand_mark, hot_spot
from kiosk.ui.views import MirrorCompare
from kiosk.ui.widgets import DARK, Face, button, status_line


def draw(c: Canvas, view: MirrorCompare) -> None:
    """Draw the screen."""
    c.ground("night")
    body = status_line(c, view.status, dark=True)
    head, _ = c.cut_top(body, 56, 0)
    c.text(c.say("mirror.compare.title"), head, Style(TYPE.lead, COLOURS.sun, bold=True, align="centre"))
    edge = c.px(SPACE.tight)
    whole = Box(edge, head.bottom + edge, c.size[0] - 2 * edge, c.size[1] - head.bottom - 2 * edge)
    whole, ways = c.cut_bottom(whole, TOUCH + 8)
    for number, (place, tile, picture) in enumerate(zip(c.columns(whole, 2, SPACE.tight), view.names, view.pictures, strict=True)):
        seen, foot = c.cut_bottom(place, 206, SPACE.hair)
        backdrop(c, picture, seen)
        c.panel(foot, COLOURS.paper, RADIUS.card)
        inner = foot.inflate(-2 * c.px(SPACE.snug), -2 * c.px(SPACE.tight))
        name, inner = c.cut_top(inner, 62, 0)
        price, _ = c.cut_top(inner, 34, 0)
        c.text(tile.name, name, Style(TYPE.body, bold=True, align="centre", lines=2))
        c.text(c.money(tile.price), price, Style(TYPE.body, COLOURS.coral_dark, bold=True, align="centre"))
        spot = Box(foot.x + c.px(SPACE.tight), foot.bottom - c.px(92), foot.width - 2 * c.px(SPACE.tight), c.px(84))
        hot_spot(c, f"take:{number}", spot, ("check", c.say("mirror.compare.take"), True), view.held)
    previous, done, following = c.columns(ways, 3, SPACE.tight)
    button(c, "previous", previous, Face("", "left", DARK, 28))
    button(c, "done", done, Face("", "back", DARK, 28))
    button(c, "next", following, Face("", "right", DARK, 28))
    hand_mark(c, view.held)
