"""staff.lines: which lines are taken out of a basket, or come back."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.staff_list import halves, page_of
from kiosk.ui.views import LineView, StaffLines
from kiosk.ui.widgets import GOOD, PRIMARY, SUNNY, Face, button

_ROW = 64


def draw(c: Canvas, view: StaffLines) -> None:
    """Draw the screen."""
    c.facts.update(mode=view.mode, lines=str(len(view.lines)), chosen=str(sum(n for _, n in view.chosen)),
                   due_minor=str(view.due.minor) if view.due else "")
    rows, side = halves(c, view.status, c.say(f"staff.lines.{view.mode}"), 264, 348)
    chosen = dict(view.chosen)
    for (index, line), row in page_of(c, rows, tuple(enumerate(view.lines)), view.page, _ROW):
        _row(c, row, (index, chosen.get(index, 0)), line)
    _ways(c, side, view)


def _row(c: Canvas, row: Box, place: tuple[int, int], line: LineView) -> None:
    index, pieces = place
    ground = SUNNY.ground if pieces else COLOURS.sand if line.fixed else COLOURS.paper
    c.panel(row, ground, RADIUS.button)
    inner = row.inflate(-c.px(2 * SPACE.snug), -c.px(6))
    style = Style(TYPE.body, bold=True, align="right")
    amount = c.money(line.amount) if line.amount else ""
    width = c.measure(amount, style) + c.px(2)
    c.text(amount, Box(inner.right - width, inner.y, width, inner.height), style)
    count = f"{pieces}/{line.quantity}" if pieces else f"{line.quantity} ×"
    left = c.measure("99/99", style)
    c.text(count, Box(inner.x, inner.y, left, inner.height), Style(TYPE.body, bold=True))
    words = Box(inner.x + left + c.px(SPACE.tight), inner.y, inner.width - left - width - c.px(2 * SPACE.tight), inner.height)
    if line.note:
        upper, lower = c.cut_top(words, words.height / c.unit * 0.54, 0)
        c.text(line.name, upper, Style(20, bold=True))
        c.text(line.note, lower, Style(TYPE.small, COLOURS.ink))
    else:
        c.text(line.name, words, Style(20, bold=True, lines=2))
    if not line.fixed:
        c.target(f"line:{index}", row)


def _ways(c: Canvas, box: Box, view: StaffLines) -> None:
    box, back = c.cut_bottom(box, TOUCH)
    button(c, "back", back, Face(c.say("pay.back"), "back", size=20))
    if view.mode == "void":
        box, ok = c.cut_bottom(box, TOUCH + 12)
        if view.chosen:
            button(c, "ok", ok, Face(c.say("staff.lines.take_out"), "trash", PRIMARY, 20))
        return
    if not view.due:
        box, whole = c.cut_bottom(box, TOUCH + 12)
        if any(not line.fixed for line in view.lines):
            button(c, "whole", whole, Face(c.say("staff.lines.whole"), "check", size=20))
        return
    box, off = c.cut_bottom(box, TOUCH + 4)
    box, stock = c.cut_bottom(box, TOUCH + 4)
    box, whole = c.cut_bottom(box, TOUCH)
    button(c, "whole", whole, Face(c.say("staff.lines.whole"), "check", size=20))
    button(c, "restock", stock, Face(c.say("staff.lines.restock"), "refill", GOOD, TYPE.small))
    button(c, "write_off", off, Face(c.say("staff.lines.write_off"), "trash", PRIMARY, TYPE.small))
    c.panel(box, COLOURS.paper, RADIUS.card)
    c.text(c.money(view.due), box.inflate(-c.px(20), 0), Style(TYPE.title, bold=True, align="centre"))
