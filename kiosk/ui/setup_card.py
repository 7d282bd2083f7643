"""setup.card: a new device starts, or says to the technician what is wrong with its SD card, mistake by mistake."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import SetupCard
from kiosk.ui.widgets import frame

_ROWS = (4, 5)
"""How many mistakes are shown on a screen that lies and on one that stands."""


def draw(c: Canvas, view: SetupCard) -> None:
    """Draw the screen."""
    c.facts["mistakes"] = str(len(view.mistakes))
    if view.mistakes:
        _mistakes(c, view)
    else:
        _starts(c, view)


def _starts(c: Canvas, view: SetupCard) -> None:
    body = frame(c, view.status, "night")
    middle = Box(body.x, body.centery - c.px(110), body.width, c.px(220))
    c.disc((middle.centerx, middle.y + c.px(50)), 100, COLOURS.plum)
    c.icon("bag", (middle.centerx, middle.y + c.px(50)), 56, COLOURS.sun)
    c.text(c.say("setup.starts"), Box(middle.x, middle.y + c.px(112), middle.width, c.px(62)),
           Style(TYPE.hero, COLOURS.cream, bold=True, align="centre"))
    c.text(c.say("setup.starts.more"), Box(middle.x, middle.y + c.px(176), middle.width, c.px(44)),
           Style(TYPE.lead, COLOURS.lilac, align="centre"))


def _mistakes(c: Canvas, view: SetupCard) -> None:
    body = frame(c, view.status, "calm")
    head, body = c.cut_top(body, 56)
    body, foot = c.cut_bottom(body, 66 if not c.portrait else 110)
    c.icon("warning", (head.x + c.px(22), head.centery), 44, COLOURS.coral_dark)
    c.text(c.say("setup.mistakes", count=len(view.mistakes)), Box(head.x + c.px(56), head.y, head.width - c.px(56), head.height),
           Style(TYPE.title, bold=True))
    room = _ROWS[c.portrait]
    shown = view.mistakes if len(view.mistakes) <= room else view.mistakes[: room - 1]
    rest = len(view.mistakes) - len(shown)
    lines = [*enumerate(shown, 1)]
    count = len(lines) + (1 if rest else 0)
    height = min(c.px(72 if not c.portrait else 150), body.height // count)
    panel = Box(body.x, body.y, body.width, height * count)
    c.panel(panel, COLOURS.paper, RADIUS.card, shadow=True)
    for number, mistake in lines:
        _row(c, Box(panel.x, panel.y + (number - 1) * height, panel.width, height), number, mistake)
    if rest:
        c.text(c.say("setup.rest", count=rest), Box(panel.x + c.px(70), panel.bottom - height, panel.width - c.px(86), height),
               Style(TYPE.small, COLOURS.muted, bold=True, lines=2))
    c.text(c.say("setup.step"), foot, Style(TYPE.body, COLOURS.ink, lines=3, valign="top" if c.portrait else "middle"))


def _row(c: Canvas, row: Box, number: int, mistake: str) -> None:
    if number > 1:
        c.surface.fill(c.tone(COLOURS.line), Box(row.x + c.px(SPACE.base), row.y, row.width - c.px(2 * SPACE.base), max(1, c.px(1))))
    at = (row.x + c.px(38), row.centery)
    side = c.px(36)
    c.disc(at, 36, COLOURS.blush)
    c.text(str(number), Box(at[0] - side // 2, at[1] - side // 2, side, side), Style(TYPE.small, COLOURS.red, bold=True, align="centre"))
    c.text(mistake, Box(row.x + c.px(70), row.y + c.px(4), row.width - c.px(86), row.height - c.px(8)), Style(TYPE.small, lines=5))
