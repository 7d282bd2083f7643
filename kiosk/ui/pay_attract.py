"""pay.attract: nobody is paying; come and start."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui import motion
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayAttract
from kiosk.ui.widgets import LANGUAGE_WIDTH, PRIMARY, Face, button, corner, frame, language_choice, seeing_button, square

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
    seeing_button(c, Box(foot.right - c.px(2 * TOUCH + SPACE.tight), foot.y, c.px(TOUCH), foot.height))
    taken = choice.width + c.px(2 * TOUCH + SPACE.tight + 2 * SPACE.snug)
    _enrol(c, Box(choice.right + c.px(SPACE.snug), foot.y, foot.width - taken, foot.height))


def _portrait(c: Canvas, view: PayAttract, body: Box, foot: Box) -> None:
    language_choice(c, Box(foot.x, foot.y, c.px(TOUCH * 5.4), foot.height))
    body, enrol = c.cut_bottom(body, 68)
    body, start = c.cut_bottom(body, 104, SPACE.wide)
    words, show = c.cut_top(body, 220)
    c.text(c.say("pay.attract.title"), words, Style(60, COLOURS.ink, bold=True, lines=3))
    motion.floating(c, show, _SHOWN, view.time_s)
    _start(c, view, start.inflate(-c.px(20), -c.px(16)))
    seeing = Box(enrol.right - c.px(TOUCH + 8), enrol.y, c.px(TOUCH + 8), enrol.height)
    seeing_button(c, seeing)
    _enrol(c, Box(enrol.x, enrol.y, seeing.x - c.px(SPACE.snug) - enrol.x, enrol.height))


def _start(c: Canvas, view: PayAttract, box: Box) -> None:
    motion.pulse(c, box, view.time_s, COLOURS.coral, 26)
    button(c, "start", box, Face(c.say("pay.attract.start"), "barcode", PRIMARY, TYPE.lead))


def _enrol(c: Canvas, box: Box) -> None:
    button(c, "enrol", box, Face(c.say("pay.attract.enrol"), "face", size=20))
