"""staff.orders: what the forecast proposes to order, why, and the owner's word on it."""

from __future__ import annotations

from typing import TypeVar

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import OrderView, StaffOrders
from kiosk.ui.widgets import GOOD, PRIMARY, SUNNY, Face, button, frame

Line = TypeVar("Line")
_ROW = 62
_SIDE = 372


def draw(c: Canvas, view: StaffOrders) -> None:
    """Draw the screen."""
    c.facts.update(chosen=view.chosen, items=str(len(view.lines)))
    body = frame(c, view.status, "calm")
    head, body = c.cut_top(body, 84 if c.portrait else 46)
    c.text(c.say("staff.orders.title"), head, Style(TYPE.lead, bold=True, lines=2))
    if c.portrait:
        rows, side = c.cut_bottom(body, 520, SPACE.base)
    else:
        side = Box(body.right - c.px(_SIDE), body.y, c.px(_SIDE), body.height)
        rows = Box(body.x, body.y, side.x - body.x - c.px(SPACE.base), body.height)
    for line, row in page_of(c, rows, view.lines, view.page):
        _row(c, row, line, line.slot == view.chosen)
    chosen = next((line for line in view.lines if line.slot == view.chosen), None)
    if chosen is None:
        _none_chosen(c, side, view)
    else:
        _word(c, side, chosen)


def page_of(c: Canvas, box: Box, lines: tuple[Line, ...], page: int) -> list[tuple[Line, Box]]:
    """Return the lines that are shown with their places; draws the button that turns the page where there are more than fit."""
    room = max(1, (box.height + c.px(SPACE.tight)) // c.px(_ROW + SPACE.tight))
    first = 0
    if len(lines) > room:
        box, more = c.cut_bottom(box, TOUCH, SPACE.tight)
        room = max(1, (box.height + c.px(SPACE.tight)) // c.px(_ROW + SPACE.tight))
        first = page % -(-len(lines) // room) * room
        label = c.say("staff.lines.more", first=first + 1, last=min(first + room, len(lines)), count=len(lines))
        button(c, "more", more, Face(label, "right", size=20))
    found = []
    for line in lines[first:first + room]:
        row, box = c.cut_top(box, _ROW, SPACE.tight)
        found.append((line, row))
    return found


def picture_of(c: Canvas, row: Box, picture: str) -> Box:
    """Draw a line's picture at its left; return what is left of the row."""
    side = row.height
    c.picture(paint.product(picture, side), (row.x + side // 2, row.centery))
    return Box(row.x + side + c.px(SPACE.tight), row.y, row.width - side - c.px(SPACE.tight), row.height)


def _row(c: Canvas, row: Box, line: OrderView, chosen: bool) -> None:
    c.panel(row, SUNNY.ground if chosen else COLOURS.paper, RADIUS.button)
    inner = picture_of(c, row.inflate(-c.px(2 * SPACE.snug), -c.px(12)), line.picture)
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
    box, keys = c.cut_bottom(box, TOUCH + 4)
    minus, value, plus = c.columns(keys, 3)
    button(c, "minus", minus, Face("", "minus", PRIMARY, 30))
    c.text(str(line.pieces), value, Style(TYPE.hero, bold=True, align="centre"))
    button(c, "plus", plus, Face("", "plus", PRIMARY, 30))
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.tight))
    parts = line.reason.split(" · ")
    height = inner.height / max(len(parts), 1) / c.unit
    for part in parts:
        place, inner = c.cut_top(inner, height, 0)
        c.text(part, place, Style(TYPE.small, lines=2))
