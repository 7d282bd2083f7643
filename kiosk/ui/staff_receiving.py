"""staff.receiving: goods come; what was ordered, what was scanned, and where the two differ."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.staff_list import halves, page_of, slot_row, stepper
from kiosk.ui.views import ReceivedView, StaffReceiving
from kiosk.ui.widgets import GOOD, Face, button


def draw(c: Canvas, view: StaffReceiving) -> None:
    """Draw the screen."""
    came = sum(line.received for line in view.lines)
    c.facts.update(chosen=view.chosen, scanned=str(came), wrong="yes" if view.wrong else "")
    rows, side = halves(c, view.status, c.say("staff.receiving.title"), 300, 420)
    for line, row in page_of(c, rows, view.lines, view.page):
        _row(c, row, line, line.slot == view.chosen)
    _side(c, side, view, came)


def _row(c: Canvas, row: Box, line: ReceivedView, chosen: bool) -> None:
    inner = slot_row(c, row, line.picture, chosen)
    missing = line.expected - line.received
    colour = COLOURS.green if not missing else COLOURS.red if line.received and not chosen else COLOURS.ink
    bold = Style(TYPE.body, COLOURS.ink, bold=True, align="right")
    width = c.measure("99 / 99", bold)
    share = 0.56 if line.received else 1.0
    upper, lower = c.cut_top(Box(inner.right - width, inner.y, width, inner.height), inner.height / c.unit * share, 0)
    c.text(f"{line.received} / {line.expected}", upper, bold)
    if line.received:
        key = "complete" if not missing else "short" if missing > 0 else "over"
        c.text(c.say(f"staff.receiving.{key}", count=abs(missing)), Box(inner.x, lower.y, inner.width, lower.height),
               Style(TYPE.small, colour if missing else COLOURS.ink, bold=True, align="right"))
    name = Box(inner.x, inner.y, inner.width - width - c.px(SPACE.tight), inner.height * share)
    words, size = (line.name, 16) if c.sight.large else (f"{line.slot} · {line.name}", 20)
    c.text(words, name, Style(size, bold=True, lines=1 if line.received else 2))
    c.target(f"line:{line.slot}", row)


def _side(c: Canvas, box: Box, view: StaffReceiving, came: int) -> None:
    box, foot = c.cut_bottom(box, TOUCH + 4)
    back, ok = c.columns(foot, 2)
    button(c, "back", back, Face("" if came else c.say("pay.back"), "back", size=20))
    if came:
        button(c, "ok", ok, Face(c.say("staff.receiving.book"), "", GOOD, 20))
    chosen = next((line for line in view.lines if line.slot == view.chosen), None)
    if chosen is not None:
        box = stepper(c, box, chosen.received)
    c.panel(box, COLOURS.blush if view.wrong else COLOURS.sand, RADIUS.sheet)
    upper, lower = c.cut_top(box, box.height / c.unit * 0.5, 0)
    c.icon("warning" if view.wrong else "barcode", (upper.centerx, upper.centery + c.px(6)), min(80, upper.height / c.unit * 0.7),
           COLOURS.red if view.wrong else COLOURS.ink)
    expected = sum(line.expected for line in view.lines)
    key = "check_digit" if view.digit else "unknown"
    words = c.say(f"staff.receiving.{key}", code=view.wrong, value=view.digit) if view.wrong else \
        c.say("staff.receiving.progress", received=came, expected=expected) if came else c.say("staff.receiving.hint")
    c.text(words, lower.inflate(-c.px(2 * SPACE.snug), 0), Style(TYPE.body, align="centre", lines=3))
