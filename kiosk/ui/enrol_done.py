"""enrol.done: welcome, or why it did not work; once, the code that opens a member's face."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import EnrolDone
from kiosk.ui.widgets import GOOD, PRIMARY, Face, button, frame, heading


def draw(c: Canvas, view: EnrolDone) -> None:
    """Draw the screen."""
    c.facts["ok"] = "yes" if view.ok else "no"
    body = frame(c, view.status, "joy" if view.ok else "alarm")
    if view.ok:
        motion.confetti(c, body.y, view.time_s, seed=11)
    body, foot = c.cut_bottom(body, TOUCH + 16, SPACE.base)
    width = min(foot.width, c.px(400))
    button(c, "done", Box(foot.centerx - width // 2, foot.y, width, foot.height),
           Face(c.say("pay.done"), "check", GOOD if view.ok else PRIMARY, TYPE.lead))
    if view.card:
        _card(c, body, view.card)
        return
    side = min(round(body.height * 0.42), c.px(200))
    centre = (body.centerx, body.y + round(body.height * (0.12 if c.portrait else 0)) + side // 2)
    c.disc(centre, side / c.unit, COLOURS.green if view.ok else COLOURS.blush)
    c.icon("face" if view.ok else "warning", centre, side / c.unit * 0.56, COLOURS.paper if view.ok else COLOURS.red)
    words = Box(body.x, centre[1] + side // 2 + c.px(SPACE.snug), body.width, 0)
    words.height = min(body.bottom - words.y, c.px(240))
    title, more = c.cut_top(words, words.height / c.unit * 0.46, 0)
    c.text(c.say("enrol.done.ok" if view.ok else "enrol.done.failed"), title, Style(TYPE.hero, bold=True, align="centre", lines=2))
    text = c.say("enrol.done.ok_more") if view.ok else c.say_or_other("enrol.failed", view.reason)
    c.text(text, more, Style(TYPE.body, COLOURS.ink, align="centre", valign="top", lines=4))


def _card(c: Canvas, body: Box, text: str) -> None:
    code, words = c.along(body, 0.58 if c.portrait else 0.44)
    c.panel(code, COLOURS.paper, RADIUS.sheet, shadow=True)
    c.picture(paint.qr(text, min(code.size) - c.px(2 * SPACE.base)), code.center)
    c.panel(words, COLOURS.paper, RADIUS.sheet)
    heading(c, words.inflate(-2 * c.px(SPACE.wide), -2 * c.px(SPACE.wide)), c.say("enrol.done.card"), c.say("enrol.done.card_more"))
