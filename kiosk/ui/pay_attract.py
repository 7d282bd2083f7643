"""pay.attract: nobody is paying; come and start."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui import motion
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayAttract
from kiosk.ui.widgets import LANGUAGE_WIDTH, PRIMARY, Face, button, corner, frame, language_choice, square

_SHOWN = ("apple", "juice", "cookie", "noodles", "tshirt_red", "coffee", "chips")


def draw(c: Canvas, view: PayAttract) -> None:
    """Draw the screen."""
    body = frame(c, view.status)
    body, foot = c.cut_bottom(body, TOUCH)
    staff = square(c, foot.right, foot.bottom)
    corner(c, "staff", "staff", staff)
    if c.portrait:
        _portrait(c, view, body, foot)
    else:
        _landscape(c, view, body, foot)


def _landscape(c: Canvas, view: PayAttract, body: Box, foot: Box) -> None:
    words, show = c.along(body, 0.54)
    motion.floating(c, show.inflate(-c.px(8), -c.px(8)), _SHOWN, view.time_s)
    words, start = c.cut_bottom(words, 84)
    c.text(c.say("pay.attract.title"), words, Style(TYPE.hero, COLOURS.ink, bold=True, lines=3))
    _start(c, view, start)
    choice = Box(foot.x, foot.y, c.px(LANGUAGE_WIDTH), foot.height)
    language_choice(c, choice)
    _enrol(c, Box(choice.right + c.px(SPACE.snug), foot.y, foot.width - choice.width - c.px(TOUCH + 2 * SPACE.snug), foot.height))


def _portrait(c: Canvas, view: PayAttract, body: Box, foot: Box) -> None:
    language_choice(c, Box(foot.x, foot.y, c.px(TOUCH * 5.4), foot.height))
    body, enrol = c.cut_bottom(body, 68)
    body, start = c.cut_bottom(body, 104, SPACE.wide)
    words, show = c.cut_top(body, 220)
    c.text(c.say("pay.attract.title"), words, Style(60, COLOURS.ink, bold=True, lines=3))
    motion.floating(c, show, _SHOWN, view.time_s)
    _start(c, view, start.inflate(-c.px(20), -c.px(16)))
    _enrol(c, enrol)


def _start(c: Canvas, view: PayAttract, box: Box) -> None:
    motion.pulse(c, box, view.time_s, COLOURS.coral, 26)
    button(c, "start", box, Face(c.say("pay.attract.start"), "barcode", PRIMARY, TYPE.lead))


def _enrol(c: Canvas, box: Box) -> None:
    button(c, "enrol", box, Face(c.say("pay.attract.enrol"), "face", size=20))
