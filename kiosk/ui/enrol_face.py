"""enrol.face: a few pictures of the face; only numbers stay."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.pay_face import hint
from kiosk.ui.preview import round_mirror
from kiosk.ui.views import EnrolFace
from kiosk.ui.widgets import DARK, Face, button, frame


def draw(c: Canvas, view: EnrolFace) -> None:
    """Draw the screen."""
    c.facts.update(taken=str(view.taken), wanted=str(view.wanted))
    body = frame(c, view.status, "night")
    mirror, words = c.along(body, 0.5 if c.portrait else 0.55)
    round_mirror(c, mirror, view.preview, view.face_box, (view.taken / max(1, view.wanted), view.time_s))
    words, cancel = c.cut_bottom(words, TOUCH + 8)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross", DARK, 20))
    steps, words = c.cut_top(words, 48)
    _steps(c, steps, view)
    hint(c, words, (view.hint or "good") if view.preview is not None else "", c.say("enrol.face.privacy"))


def _steps(c: Canvas, box: Box, view: EnrolFace) -> None:
    done = view.taken >= view.wanted
    text = c.say("enrol.face.all") if done else c.say("enrol.face.title", number=view.taken + 1, wanted=view.wanted)
    style = Style(TYPE.body, COLOURS.sun, bold=True)
    width = view.wanted * c.px(34 + SPACE.tight) + c.px(SPACE.tight) + c.measure(text, style)
    x = box.x + (max(0, box.width - width) // 2 if c.portrait else 0)
    for number in range(view.wanted):
        centre = (x + c.px(18), box.centery)
        c.disc(centre, 34, COLOURS.sun if number < view.taken else COLOURS.plum)
        if number < view.taken:
            c.icon("check", centre, 22, COLOURS.ink)
        x += c.px(34 + SPACE.tight)
    c.text(text, Box(x + c.px(SPACE.tight), box.y, box.right - x - c.px(SPACE.tight), box.height), style)
