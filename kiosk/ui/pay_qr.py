"""pay.qr: the shopper holds the code on the phone to the camera."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, TOUCH, TYPE
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.preview import window
from kiosk.ui.views import PayQr
from kiosk.ui.widgets import DARK, Face, button, frame, heading


def draw(c: Canvas, view: PayQr) -> None:
    """Draw the screen."""
    if view.total is not None:
        c.facts["total_minor"] = str(view.total.minor)
    body = frame(c, view.status, "night")
    seen, words = c.along(body, 0.56)
    window(c, seen, view.preview, view.time_s)
    words, ways = c.cut_bottom(words, TOUCH + 8)
    words, total = c.cut_bottom(words, 64)
    key = "pay.member_card" if view.card else "pay.qr"
    heading(c, words, c.say(f"{key}.title"), c.say(f"{key}.more"), (COLOURS.cream, COLOURS.lilac))
    if view.total is not None:
        c.text(c.money(view.total), total, Style(TYPE.hero, COLOURS.sun, bold=True))
    first, second = c.columns(ways, 2)
    button(c, "back", first, Face(c.say("pay.other_way" if view.card else "pay.back"), "wallet" if view.card else "back", DARK, 20))
    button(c, "cancel", second, Face(c.say("pay.cancel"), "cross", DARK, 20))
