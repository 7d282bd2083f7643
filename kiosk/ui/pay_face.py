"""pay.face: the shopper looks into a round mirror and follows a ring until the device knows who it is, and that somebody is there."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui import motion
from kiosk.ui.canvas import Align, Box, Canvas, Style
from kiosk.ui.preview import round_mirror
from kiosk.ui.views import PayFace
from kiosk.ui.widgets import DARK, Face, button, frame

_ICONS = {"look_here": "look_here", "closer": "closer", "more_light": "light", "hold_still": "hold_still", "one_person": "one_person",
          "good": "check", "left": "turn_left", "right": "turn_right", "blink": "blink"}


def draw(c: Canvas, view: PayFace) -> None:
    """Draw the screen."""
    body = frame(c, view.status, "night")
    mirror, words = c.along(body, 0.56 if c.portrait else 0.55)
    c.facts.update(asked=view.asked)
    led = view.asked != "" and view.preview is not None
    place = round_mirror(c, mirror, view.preview, None if led else view.face_box, (view.progress, view.time_s))
    if led:
        motion.leading_ring(c, place, *view.ring, view.time_s)
    words, ways = c.cut_bottom(words, TOUCH + 8 if c.portrait else 2 * TOUCH + SPACE.snug)
    boxes = c.columns(ways, 2) if c.portrait else c.rows(ways, 2)
    button(c, "other_way", boxes[0], Face(c.say("pay.other_way"), "wallet", DARK, 20))
    button(c, "cancel", boxes[1], Face(c.say("pay.cancel"), "cross", DARK, 20))
    what = view.asked or view.hint or "good"
    hint(c, words, what if view.preview is not None else "", c.say("pay.face.follow" if led else "pay.face.privacy"))


def hint(c: Canvas, box: Box, key: str, more: str) -> None:
    """Draw what the shopper should do, large, with an icon, and a sentence under it. key: of `hint.*`, "" while there is no picture."""
    text = (c.say_if_known("hint", key) or c.say("hint.look_here")) if key else c.say("pay.face.no_picture")
    box, foot = c.cut_bottom(box, 64, SPACE.tight)
    badge, words = c.cut_top(box, 76, SPACE.snug)
    align: Align = "centre" if c.portrait else "left"
    centre = (badge.centerx if c.portrait else badge.x + c.px(38), badge.centery)
    c.disc(centre, 76, COLOURS.sun)
    c.icon(_ICONS.get(key, "look_here" if key else "camera"), centre, 46, COLOURS.ink)
    c.text(text, words, Style(TYPE.title, COLOURS.cream, bold=True, align=align, valign="top", lines=3))
    c.text(more, foot, Style(20, COLOURS.lilac, align=align, lines=2))
