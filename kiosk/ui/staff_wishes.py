"""staff.wishes: what shoppers at the mirror wait for."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.staff_list import halves, page_of, slot_row
from kiosk.ui.views import StaffWishes, WishView
from kiosk.ui.widgets import GOOD, Face, button


def draw(c: Canvas, view: StaffWishes) -> None:
    """Draw the screen."""
    c.facts.update(chosen=str(view.chosen), items=str(len(view.wishes)))
    rows, side = halves(c, view.status, c.say("staff.wishes.title"), 300, 300)
    for wish, row in page_of(c, rows, view.wishes, view.page):
        _row(c, row, wish, wish.number == view.chosen)
    chosen = next((wish for wish in view.wishes if wish.number == view.chosen), None)
    side, foot = c.cut_bottom(side, TOUCH + 4)
    back, done = c.columns(foot, 2)
    button(c, "back", back if chosen else foot, Face(c.say("pay.back"), "back", size=20))
    c.panel(side, COLOURS.paper if chosen else COLOURS.sand, RADIUS.sheet)
    inner = side.inflate(-2 * c.px(SPACE.base), -2 * c.px(SPACE.snug))
    if chosen is None:
        c.text(c.say("staff.wishes.choose" if view.wishes else "staff.wishes.none"), inner, Style(TYPE.body, align="centre", lines=4))
        return
    button(c, "ok", done, Face(c.say("staff.wishes.done"), "check", GOOD, 20))
    upper, lower = c.cut_top(inner, inner.height / c.unit * 0.6, 0)
    c.text(chosen.name, upper, Style(TYPE.lead, bold=True, align="centre", lines=3))
    c.text(" · ".join(filter(None, (c.say(f"staff.wishes.{chosen.what}"), chosen.order))), lower,
           Style(TYPE.small, COLOURS.muted, align="centre", lines=2))


def _row(c: Canvas, row: Box, wish: WishView, chosen: bool) -> None:
    inner = slot_row(c, row, wish.picture, chosen)
    style = Style(TYPE.body, COLOURS.muted if not chosen else COLOURS.ink, bold=True, align="right")
    width = c.measure(wish.since, style) + c.px(2)
    c.text(wish.since, Box(inner.right - width, inner.y, width, inner.height), style)
    name = Box(inner.x, inner.y, inner.width - width - c.px(SPACE.tight), inner.height)
    c.text(wish.name, name, Style(20, bold=True, lines=2))
    c.target(f"line:{wish.number}", row)
