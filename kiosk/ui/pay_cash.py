"""pay.cash: take this number to the cash desk."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayCash
from kiosk.ui.widgets import GOOD, Face, button, corner, frame, heading


def draw(c: Canvas, view: PayCash) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), ticket=view.ticket)
    body = frame(c, view.status)
    if c.portrait:
        body, done = c.cut_bottom(body, TOUCH + 24, SPACE.wide)
        words, ticket = c.along(body, 0.3)
    else:
        words, ticket = c.along(body, 0.46, SPACE.huge)
        words, done = c.cut_bottom(words, TOUCH + 24)
    heading(c, words, c.say("pay.cash.title"), c.say("pay.cash.more"))
    staff = Box(done.right - c.px(TOUCH), done.y, c.px(TOUCH), done.height)
    corner(c, "staff", "staff", staff)
    done.width = staff.x - c.px(SPACE.tight) - done.x
    button(c, "done", done, Face(c.say("pay.done"), "check", GOOD, TYPE.lead))
    _ticket(c, ticket, view)


def _ticket(c: Canvas, box: Box, view: PayCash) -> None:
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    seam = box.y + round(box.height * 0.62)
    for x in (box.left, box.right):
        c.disc((x, seam), 34, COLOURS.peach)
    for x in range(box.left + c.px(30), box.right - c.px(30), c.px(16)):
        c.panel(Box(x, seam - c.px(1), c.px(8), c.px(3)), COLOURS.line, 1)
    upper = Box(box.x, box.y, box.width, seam - box.y).inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.base))
    label, number = c.cut_top(upper, 34, 0)
    c.text(c.say("pay.cash.ticket"), label, Style(TYPE.body, COLOURS.muted, align="centre"))
    c.text(view.ticket, number, Style(TYPE.giant, COLOURS.coral_dark, bold=True, align="centre"))
    lower = Box(box.x, seam, box.width, box.bottom - seam).inflate(-c.px(2 * SPACE.wide), -c.px(SPACE.base))
    c.text(c.money(view.total), lower, Style(TYPE.hero, bold=True, align="centre"))
