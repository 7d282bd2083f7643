"""staff.menu: what this member of staff can do here."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffMenu
from kiosk.ui.widgets import DARK, SUNNY, Face, button, frame

_FIRST = frozenset({"refill", "count", "waste", "receive", "order", "bring", "void_line", "refund", "reprint"})
"""What is done with goods and shoppers stands out; the rest is about the device and the day."""
_ICONS = {"waste": "trash", "receive": "barcode", "order": "truck", "bring": "bell", "void_line": "cross", "refund": "cash",
          "reprint": "receipt", "hours": "clock", "training": "training"}


_STACKED = 12
"""Up to so many buttons are high enough on a lying screen for an icon above its label; with more it stands beside it."""


def draw(c: Canvas, view: StaffMenu) -> None:
    """Draw the screen."""
    c.facts.update(out_of_order="yes" if view.out_of_order else "no", training="yes" if view.training else "no")
    body = frame(c, view.status, "night")
    head, body = c.cut_top(body, 60)
    c.text(c.say("staff.menu.title", who=view.who), head, Style(TYPE.title, COLOURS.cream, bold=True))
    names = [*view.acts, "leave"]
    for name, cell in zip(names, _cells(c, body, len(names)), strict=False):
        word = {"out_of_order": "in_order" if view.out_of_order else name,
                "training": "training_off" if view.training else name}.get(name, name)
        look = SUNNY if name in _FIRST else DARK
        face = Face(c.say(f"staff.menu.{word}"), _ICONS.get(name, word), look, 20, stacked=c.portrait or len(names) <= _STACKED)
        button(c, name, cell, face)


def _cells(c: Canvas, body: Box, count: int) -> list[Box]:
    """Split the body for so many buttons: rows as even as can be, the longer ones below."""
    columns = min(count, 2 if c.portrait else 4 if count > 6 else 3)
    rows = -(-count // columns)
    sizes = [count // rows + (1 if i >= rows - count % rows else 0) for i in range(rows)]
    return [cell for row, size in zip(c.rows(body, rows), sizes, strict=True) for cell in c.columns(row, size)]
