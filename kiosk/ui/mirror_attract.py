"""mirror.attract: nobody stands at the mirror; come closer."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.stance import figure
from kiosk.ui.views import MirrorAttract
from kiosk.ui.widgets import LANGUAGE_WIDTH, corner, language_choice, square, status_line

_DIMMEST = 200
"""How dark a screen becomes before which nobody has stood for long, of 255."""
_GARMENTS = ("tshirt_red", "jacket_blue", "dress_green", "hoodie_grey")


def draw(c: Canvas, view: MirrorAttract) -> None:
    """Draw the screen."""
    if view.preview is None:
        c.ground("night")
    else:
        c.surface.blit(paint.camera(view.preview, c.size), (0, 0))
    c.surface.blit(paint.fade((c.size[0], c.px(90)), COLOURS.night, 250, True), (0, 0))
    c.surface.fill(COLOURS.night, Box(0, 0, c.size[0], c.px(46)))
    body = status_line(c, view.status, dark=True)
    foot = Box(0, 0, c.size[0], c.px(340))
    foot.bottom = c.size[1]
    c.surface.blit(paint.fade((c.size[0], c.px(110)), COLOURS.night, 255, False), (0, foot.y - c.px(110)))
    c.surface.fill(COLOURS.night, foot)
    show = Box(body.x, body.y, body.width, foot.y - body.y)
    if view.cabin:
        c.disc(show.center, 220, COLOURS.plum)
        c.icon("barcode", show.center, 130 + 10 * motion.wave(view.time_s), COLOURS.sun)
    else:
        figure(c, show.inflate(-c.px(190), -c.px(90)), view.time_s)
    motion.beside(c, show, _GARMENTS, view.time_s)
    inner = foot.inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.base))
    inner, ways = c.cut_bottom(inner, TOUCH, SPACE.base)
    title, more = c.cut_top(inner, inner.height / c.unit * 0.6, SPACE.tight)
    words = "mirror.attract.cabin" if view.cabin else "mirror.attract.title"
    c.text(c.say(words), title, Style(TYPE.hero, COLOURS.cream, bold=True, align="centre", lines=2))
    words = "mirror.attract.cabin_more" if view.cabin else "mirror.attract.more"
    c.text(c.say(words), more, Style(TYPE.lead, COLOURS.sun, bold=True, align="centre", lines=2, valign="top"))
    language_choice(c, Box(ways.x, ways.y, c.px(LANGUAGE_WIDTH + 60), ways.height), dark=True)
    corner(c, "staff", "staff", square(c, ways.right, ways.bottom), dark=True)
    if view.dim > 0:
        c.surface.blit(paint.panel(c.size, 0, (0, 0, 0), round(view.dim * _DIMMEST / 8) * 8), (0, 0))
