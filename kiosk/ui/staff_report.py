"""staff.report: what was recorded, line by line."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.design.words import known
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffReport
from kiosk.ui.widgets import GOOD, Face, button, frame

_ROW = 46


def draw(c: Canvas, view: StaffReport) -> None:
    """Draw the screen."""
    body = frame(c, view.status, "calm")
    body, foot = c.cut_bottom(body, TOUCH + 8)
    button(c, "done", foot, Face(c.say("pay.done"), "check", GOOD))
    head, table = c.cut_top(body, 50)
    key = f"staff.report.{view.title}"
    c.text(c.say(key if known(key) else "staff.report.close_day"), head, Style(TYPE.title, bold=True))
    if c.portrait:
        table.height = min(table.height, len(view.lines) * c.px(_ROW) + c.px(2 * SPACE.base))
    c.panel(table, COLOURS.paper, RADIUS.card, shadow=True)
    inner = table.inflate(-c.px(2 * SPACE.base), -c.px(SPACE.base))
    columns = 1 if c.portrait or len(view.lines) * c.px(_ROW) <= inner.height else 2
    deep = min(-(-len(view.lines) // columns), max(1, inner.height // c.px(36)))
    for number, column in enumerate(c.columns(inner, columns, SPACE.huge)):
        _column(c, column, view.lines[number * deep : (number + 1) * deep])


def _column(c: Canvas, box: Box, lines: tuple[tuple[str, str], ...]) -> None:
    height = min(c.px(_ROW), box.height // max(1, len(lines)))
    for number, (name, value) in enumerate(lines):
        row = Box(box.x, box.y + number * height, box.width, height)
        if number:
            c.surface.fill(c.tone(COLOURS.line), Box(row.x, row.y, row.width, max(1, c.px(1))))
        style = Style(20, bold=True, align="right")
        width = min(row.width // 2, c.measure(value, style) + c.px(2))
        c.text(value, Box(row.right - width, row.y, width, height), style)
        c.text(name, Box(row.x, row.y, row.width - width - c.px(SPACE.snug), height), Style(20, COLOURS.muted))
