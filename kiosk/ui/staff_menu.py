"""staff.menu: what staff can do here."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffMenu
from kiosk.ui.widgets import DARK, SUNNY, Face, button, frame


def draw(c: Canvas, view: StaffMenu) -> None:
    """Draw the screen."""
    c.facts["out_of_order"] = "yes" if view.out_of_order else "no"
    body = frame(c, view.status, "night")
    head, body = c.cut_top(body, 60)
    c.text(c.say("staff.menu.title", who=view.who), head, Style(TYPE.title, COLOURS.cream, bold=True))
    service = "in_order" if view.out_of_order else "out_of_order"
    acts: list[tuple[str, Face]] = []
    if view.has_shelf:
        acts += [("refill", Face(c.say("staff.menu.refill"), "refill", SUNNY, stacked=True)),
                 ("count", Face(c.say("staff.menu.count"), "count", SUNNY, stacked=True))]
    acts += [("out_of_order", Face(c.say(f"staff.menu.{service}"), service, DARK, stacked=True)),
             ("close_day", Face(c.say("staff.menu.close_day"), "close_day", DARK, stacked=True)),
             ("leave", Face(c.say("staff.menu.leave"), "leave", DARK, stacked=True))]
    for (name, face), cell in zip(acts, _cells(c, body, len(acts)), strict=True):
        button(c, name, cell, face)


def _cells(c: Canvas, body: Box, count: int) -> list[Box]:
    if count == 3:
        return c.rows(body, 3) if c.portrait else c.columns(body, 3)
    first, second = c.rows(body, 2) if not c.portrait else c.along(body, 0.66, 12)
    if c.portrait:
        return [*c.grid(first, 2, 2), second]
    return [*c.columns(first, 2), *c.columns(second, 3)]
