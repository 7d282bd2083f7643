"""What screens with a list of lines have in common: the list beside what is done with its lines, page by page."""

from __future__ import annotations

from typing import TypeVar

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import Status
from kiosk.ui.widgets import PRIMARY, SUNNY, Face, button, frame

Line = TypeVar("Line")


def halves(c: Canvas, status: Status, title: str, side: int, below: int) -> tuple[Box, Box]:
    """Draw frame and title; return the places of the list and of what is done: `side` wide at the right, `below` high when upright."""
    body = frame(c, status, "calm")
    head, body = c.cut_top(body, 84 if c.portrait else 46)
    c.text(title, head, Style(TYPE.lead, bold=True, lines=2))
    if c.portrait:
        return c.cut_bottom(body, below, SPACE.base)
    right = Box(body.right - c.px(side), body.y, c.px(side), body.height)
    return Box(body.x, body.y, right.x - body.x - c.px(SPACE.base), body.height), right


def page_of(c: Canvas, box: Box, lines: tuple[Line, ...], page: int, height: int = 62) -> list[tuple[Line, Box]]:
    """Return the lines that are shown with their places; draws the button that turns the page where there are more than fit."""
    room = max(1, (box.height + c.px(SPACE.tight)) // c.px(height + SPACE.tight))
    first = 0
    if len(lines) > room:
        box, more = c.cut_bottom(box, TOUCH, SPACE.tight)
        room = max(1, (box.height + c.px(SPACE.tight)) // c.px(height + SPACE.tight))
        first = page % -(-len(lines) // room) * room
        label = c.say("staff.lines.more", first=first + 1, last=min(first + room, len(lines)), count=len(lines))
        button(c, "more", more, Face(label, "right", size=20))
    found = []
    for line in lines[first:first + room]:
        row, box = c.cut_top(box, height, SPACE.tight)
        found.append((line, row))
    return found


def slot_row(c: Canvas, row: Box, picture: str, chosen: bool) -> Box:
    """Draw the ground and the picture of a slot's line; return what is left of the row."""
    c.panel(row, SUNNY.ground if chosen else COLOURS.paper, RADIUS.button)
    inner = row.inflate(-c.px(2 * SPACE.snug), -c.px(12))
    side = inner.height
    c.picture(paint.product(picture, side), (inner.x + side // 2, inner.centery))
    return Box(inner.x + side + c.px(SPACE.tight), inner.y, inner.width - side - c.px(SPACE.tight), inner.height)


def stepper(c: Canvas, box: Box, pieces: int) -> Box:
    """Draw minus, a count and plus at the foot of a place; return what is left above."""
    box, keys = c.cut_bottom(box, TOUCH + 4)
    minus, value, plus = c.columns(keys, 3)
    button(c, "minus", minus, Face("", "minus", PRIMARY, 30))
    c.text(str(pieces), value, Style(TYPE.hero, bold=True, align="centre"))
    button(c, "plus", plus, Face("", "plus", PRIMARY, 30))
    return box
