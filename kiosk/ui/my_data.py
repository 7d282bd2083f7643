"""my.data: a code that opens on the phone what is kept of a member; and the way to erase it here."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import MyData
from kiosk.ui.widgets import PLAIN, PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: MyData) -> None:
    """Draw the screen."""
    c.facts.update(refused=view.refused, code=view.qr)
    body = frame(c, view.status, "alarm" if view.refused else "calm")
    body, ways = c.cut_bottom(body, TOUCH + 12, SPACE.base)
    if view.refused:
        c.panel(body, COLOURS.paper, RADIUS.sheet, shadow=True)
        heading(c, body.inflate(-2 * c.px(SPACE.huge), -2 * c.px(SPACE.huge)), c.say_or_other("refused", view.refused),
                c.say("my.refused.more"))
        button(c, "done", ways, Face(c.say("pay.done"), "check", PRIMARY))
        return
    code, words = c.along(body, 0.55 if c.portrait else 0.44)
    c.panel(code, COLOURS.paper, RADIUS.sheet, shadow=True)
    if view.qr:
        c.picture(paint.qr(view.qr, min(code.size) - c.px(2 * SPACE.base)), code.center)
    else:
        side = min(code.size) * 0.5
        c.disc(code.center, side / c.unit, COLOURS.mint)
        c.icon("phone", code.center, side / c.unit * 0.6, COLOURS.green)
    c.panel(words, COLOURS.paper, RADIUS.sheet)
    inner = words.inflate(-2 * c.px(SPACE.wide), -2 * c.px(SPACE.wide))
    inner, note = c.cut_bottom(inner, 60 if view.qr else 1)
    heading(c, inner, c.say("my.data.title"), c.say("my.data.more" if view.qr else "my.data.none"))
    if view.qr:
        c.text(c.say("my.data.minutes", minutes=view.minutes), note, Style(TYPE.small, COLOURS.muted, lines=3))
    _ways(c, ways)


def _ways(c: Canvas, ways: Box) -> None:
    erase, done = c.columns(ways, 2)
    button(c, "erase", erase, Face(c.say("my.erase"), "trash", PLAIN, 20))
    button(c, "done", done, Face(c.say("pay.done"), "check"))
