"""mirror.phone: a code that opens a page on the shopper's own phone: the photo, the delivery, the mirror's buttons."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import MirrorPhone
from kiosk.ui.widgets import PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: MirrorPhone) -> None:
    """Draw the screen."""
    c.facts.update(why=view.why, code=view.qr)
    body = frame(c, view.status, "calm")
    body, ways = c.cut_bottom(body, TOUCH + 12, SPACE.base)
    button(c, "done", ways, Face(c.say("mirror.done"), "back", PRIMARY))
    code, words = c.along(body, 0.56)
    c.panel(code, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = code.inflate(-2 * c.px(SPACE.base), -2 * c.px(SPACE.base))
    if view.picture is not None:
        width = min(round(inner.height * 0.5), inner.width * 2 // 5)
        shot = Box(inner.x, inner.y, width, inner.height)
        c.surface.blit(paint.rounded(paint.camera(view.picture, shot.size), c.px(RADIUS.button)), shot)
        inner = Box(shot.right + c.px(SPACE.base), inner.y, inner.right - shot.right - c.px(SPACE.base), inner.height)
    if view.qr:
        c.picture(paint.qr(view.qr, min(inner.size)), inner.center)
    else:
        side = min(inner.size) * 0.6
        c.disc(inner.center, side / c.unit, COLOURS.sand if view.off else COLOURS.mint)
        c.icon("offline" if view.off else "phone", inner.center, side / c.unit * 0.6, COLOURS.muted if view.off else COLOURS.green)
    c.panel(words, COLOURS.paper, RADIUS.sheet)
    told = words.inflate(-2 * c.px(SPACE.wide), -2 * c.px(SPACE.wide))
    told, note = c.cut_bottom(told, 62 if view.qr else 1)
    more = "mirror.phone.off" if view.off else f"mirror.phone.{view.why}_more" if view.qr else "mirror.phone.here"
    heading(c, told, c.say(f"mirror.phone.{view.why}"), c.say(more))
    if view.qr:
        key = "mirror.phone.minutes_photo" if view.picture is not None else "mirror.phone.minutes"
        c.text(c.say(key, minutes=view.minutes), note, Style(TYPE.small, COLOURS.muted, lines=2))
