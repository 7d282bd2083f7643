"""staff.orders: what the forecast proposes to order, why, and the owner's word on it."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.staff_list import halves, page_of, slot_row, stepper
from kiosk.ui.views import OrderView, StaffOrders
from kiosk.ui.widgets import GOOD, Face, button


def draw(c: Canvas, view: StaffOrders) -> None:
    """Draw the screen."""
    c.facts.update(chosen=view.chosen, items=str(len(view.lines)))
    rows, side = halves(c, view.status, c.say("staff.orders.title"), 372, 520)
    for line, row in page_of(c, rows, view.lines, view.page):
        _row(c, row, line, line.slot == view.chosen)
    chosen = next((line for line in view.lines if line.slot == view.chosen), None)
    if chosen is None:
        _none_chosen(c, side, view)
    else:
        _word(c, side, chosen)


def _row(c: Canvas, row: Box, line: OrderView, chosen: bool) -> None:
    inner = slot_row(c, row, line.picture, chosen)
    style = Style(TYPE.body, bold=True, align="right")
    width = c.measure("999", style)
    c.text(str(line.pieces), Box(inner.right - width, inner.y, width, inner.height), style)
    name = Box(inner.x, inner.y, inner.width - width - c.px(SPACE.tight), inner.height)
    c.text(f"{line.slot} · {line.name}", name, Style(20, bold=True, lines=2))
    c.target(f"line:{line.slot}", row)


def _none_chosen(c: Canvas, box: Box, view: StaffOrders) -> None:
    box, foot = c.cut_bottom(box, TOUCH + 4)
    back, everything = c.columns(foot, 2)
    button(c, "back", back, Face(c.say("pay.back"), "back", size=20))
    if view.lines:
        button(c, "all", everything, Face(c.say("staff.orders.all"), "check", GOOD, 20))
    c.panel(box, COLOURS.sand, RADIUS.sheet)
    upper, lower = c.cut_top(box, box.height / c.unit * 0.5, 0)
    c.icon("truck", (upper.centerx, upper.centery + c.px(10)), min(80, upper.height / c.unit * 0.7), COLOURS.ink)
    words = c.say("staff.orders.choose" if view.lines else "staff.orders.none")
    c.text(words, lower.inflate(-c.px(2 * SPACE.base), 0), Style(TYPE.body, align="centre", lines=4))


def _word(c: Canvas, box: Box, line: OrderView) -> None:
    box, foot = c.cut_bottom(box, TOUCH + 4)
    back, no, yes = c.columns(foot, 3)
    button(c, "back", back, Face("", "back", size=24))
    button(c, "reject", no, Face(c.say("staff.orders.reject"), size=20))
    button(c, "approve", yes, Face(c.say("staff.orders.approve"), "", GOOD, 20))
    box = stepper(c, box, line.pieces)
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.tight))
    parts = line.reason.split(" · ")
    height = inner.height / max(len(parts), 1) / c.unit
    for part in parts:
        place, inner = c.cut_top(inner, height, 0)
        c.text(part, place, Style(TYPE.small, lines=2))
