"""enrol.sign: a finger signs the consent."""

from __future__ import annotations

import pygame

from kiosk.design.consent import VERSION
from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import EnrolSign
from kiosk.ui.widgets import GOOD, QUIET, Face, button, frame, heading


def draw(c: Canvas, view: EnrolSign) -> None:
    """Draw the screen."""
    c.facts["points"] = str(sum(len(stroke) for stroke in view.strokes))
    body = frame(c, view.status, "calm")
    head, pad = c.cut_top(body, 190 if c.portrait else 84)
    heading(c, head, c.say("enrol.sign.title"), c.say("enrol.sign.more", version=VERSION))
    pad, ways = c.cut_bottom(pad, TOUCH + 8, SPACE.base)
    if c.portrait:
        pad.height = min(pad.height, c.px(420))
    c.panel(pad, COLOURS.line, RADIUS.card)
    inner = pad.inflate(-2 * c.px(3), -2 * c.px(3))
    c.panel(inner, COLOURS.paper, RADIUS.card - 3)
    line = inner.y + round(inner.height * 0.76)
    c.surface.fill(COLOURS.sand, Box(inner.x + c.px(SPACE.huge), line, inner.width - 2 * c.px(SPACE.huge), c.px(3)))
    c.text("×", Box(inner.x + c.px(SPACE.huge), line - c.px(46), c.px(40), c.px(44)), Style(34, COLOURS.muted))
    _ink(c, inner, view)
    c.target("pad", inner)
    cancel, clear, ok = c.columns(ways, 3)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross", size=20))
    button(c, "clear", clear, Face(c.say("enrol.sign.clear"), "erase", size=20))
    if view.signed:
        button(c, "ok", ok, Face(c.say("pay.ok"), "check", GOOD))
    else:
        c.panel(ok, QUIET.ground, RADIUS.button)
        c.text(c.say("pay.ok"), ok, Style(22, COLOURS.muted, bold=True, align="centre"))


def _ink(c: Canvas, pad: Box, view: EnrolSign) -> None:
    width = c.px(5)
    for stroke in view.strokes:
        places = [(pad.x + x * pad.width // 1000, pad.y + y * pad.height // 1000) for x, y in stroke]
        if len(places) > 1:
            pygame.draw.lines(c.surface, COLOURS.blue, False, places, width)
        for place in places:
            pygame.draw.circle(c.surface, COLOURS.blue, place, width / 2)
