"""staff.hours: when the store is open, day by day."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffHours
from kiosk.ui.widgets import GOOD, PRIMARY, SUNNY, Face, button, frame


def draw(c: Canvas, view: StaffHours) -> None:
    """Draw the screen."""
    c.facts.update(day=str(view.chosen), opens=view.opens, closes=view.closes, closed="yes" if view.closed else "no")
    body = frame(c, view.status, "calm")
    head, body = c.cut_top(body, 46)
    c.text(c.say("staff.hours.title"), head, Style(TYPE.lead, bold=True))
    days, side = c.along(body, 0.5 if c.portrait else 0.46, SPACE.wide)
    for number, (box, (name, hours)) in enumerate(zip(c.grid(days, 2, 4, SPACE.tight), view.days, strict=False), 1):
        _day(c, box, (number == view.chosen, name, hours))
        c.target(f"day:{number}", box)
    _editor(c, side, view)


def _day(c: Canvas, box: Box, told: tuple[bool, str, str]) -> None:
    chosen, name, hours = told
    c.panel(box, SUNNY.ground if chosen else COLOURS.paper, RADIUS.button)
    inner = box.inflate(-c.px(20), -c.px(8))
    upper, lower = c.rows(inner, 2, 0)
    c.text(name, upper, Style(TYPE.small, bold=True))
    c.text(hours, lower, Style(TYPE.small))


def _editor(c: Canvas, box: Box, view: StaffHours) -> None:
    box, foot = c.cut_bottom(box, TOUCH + 4)
    back, ok = c.columns(foot, 2)
    button(c, "back", back, Face(c.say("pay.back"), "back", size=20))
    button(c, "ok", ok, Face(c.say("staff.hours.save"), "check", GOOD, 20))
    box, closed = c.cut_bottom(box, TOUCH)
    word = c.say("staff.hours.open_again" if view.closed else "staff.hours.close_day")
    button(c, "closed", closed, Face(word, "check" if view.closed else "cross", size=20))
    if view.closed:
        c.panel(box, COLOURS.sand, RADIUS.sheet)
        c.text(c.say("staff.hours.closed"), box.inflate(-c.px(40), 0), Style(TYPE.title, COLOURS.ink, bold=True, align="centre"))
        return
    for row, (name, value) in zip(c.rows(box, 2), (("opens", view.opens), ("closes", view.closes)), strict=True):
        c.panel(row, COLOURS.paper, RADIUS.card)
        side = max(c.px(TOUCH), min(row.height - c.px(40), c.px(90)))
        minus = Box(row.x + c.px(12), row.centery - side // 2, side, side)
        plus = Box(row.right - c.px(12) - side, row.centery - side // 2, side, side)
        button(c, f"{name}_minus", minus, Face("", "minus", PRIMARY, 30))
        button(c, f"{name}_plus", plus, Face("", "plus", PRIMARY, 30))
        middle = Box(minus.right + c.px(8), row.y + c.px(8), plus.x - minus.right - c.px(16), row.height - c.px(16))
        upper, lower = c.cut_top(middle, middle.height / c.unit * 0.36, 0)
        c.text(c.say(f"staff.hours.{name}"), upper, Style(TYPE.small, COLOURS.muted, align="centre"))
        c.text(value, lower, Style(TYPE.title, bold=True, align="centre"))
