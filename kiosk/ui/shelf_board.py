"""shelf.board: the shelf as it stands, with fill bars."""

from __future__ import annotations

from kiosk.design.tokens import SPACE, TOUCH, TYPE
from kiosk.ui import slots
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import ShelfBoard
from kiosk.ui.widgets import SUNNY, corner, frame, pill, square


def draw(c: Canvas, view: ShelfBoard) -> None:
    """Draw the screen."""
    c.facts.update({f"slot:{s.slot}": str(s.on_hand) for s in view.slots})
    body = frame(c, view.status)
    body, foot = c.cut_bottom(body, TOUCH)
    corner(c, "staff", "staff", square(c, foot.right, foot.bottom))
    words = Box(foot.x, foot.y, foot.width - c.px(TOUCH + SPACE.snug), foot.height)
    if view.alerts:
        x = words.x
        for alert in view.alerts:
            text = c.say_or_other("alert", alert)
            if x > words.x and x + c.measure(text, Style(TYPE.small, bold=True)) + c.px(70) > words.right:
                break
            x = pill(c, (x, words.centery), text, "warning", SUNNY).right + c.px(SPACE.snug)
    else:
        c.text(c.say("shelf.all_good"), words, Style(TYPE.lead, bold=True))
    for slot, place in zip(view.slots, slots.layout(c, body, view.slots), strict=True):
        slots.board_tile(c, place, slot)
