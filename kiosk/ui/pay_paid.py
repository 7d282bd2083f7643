"""pay.paid: thank you; take the receipt along."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayPaid
from kiosk.ui.widgets import GOOD, SUNNY, Face, button, frame


def draw(c: Canvas, view: PayPaid) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), receipt=view.receipt)
    body = frame(c, view.status, "joy")
    motion.confetti(c, body.y, view.time_s)
    if c.portrait:
        body = _done(c, body, view)
    if view.receipt_qr:
        thanks, receipt = c.along(body, 0.5 if c.portrait else 0.58)
        _receipt(c, receipt, view)
    else:
        thanks = body
    _thanks(c, thanks, view)


def _done(c: Canvas, box: Box, view: PayPaid) -> Box:
    text = c.say("pay.paid.left", seconds=view.seconds_left) if view.seconds_left > 0 else c.say("pay.done")
    rest, done = c.cut_bottom(box, TOUCH + 12, SPACE.base)
    button(c, "done", done, Face(text, "check", GOOD, TYPE.lead))
    return rest


def _thanks(c: Canvas, box: Box, view: PayPaid) -> None:
    if not c.portrait:
        box = _done(c, box, view)
    if view.offline:
        box, note = c.cut_bottom(box, 52, SPACE.tight)
        c.panel(note, SUNNY.ground, RADIUS.chip)
        c.text(c.say("pay.paid.offline"), note.inflate(-c.px(20), 0), Style(TYPE.small, bold=True, align="centre", lines=2))
    side = min(box.height * 0.42, c.px(190))
    grow = 1.0 + 0.04 * motion.wave(view.time_s)
    mark = (box.centerx, box.y + side / 2)
    c.disc(mark, round(side / c.unit * grow), COLOURS.green)
    c.icon("check", mark, side / c.unit * 0.62, COLOURS.paper)
    words = Box(box.x, round(box.y + side + c.px(8)), box.width, 0)
    words.height = box.bottom - words.y
    upper, lower = c.cut_top(words, words.height / c.unit * 0.46, 0)
    c.text(c.say("pay.paid.title"), upper, Style(TYPE.title, bold=True, align="centre"))
    c.text(c.money(view.total), lower, Style(TYPE.giant, COLOURS.ink, bold=True, align="centre"))


def _receipt(c: Canvas, box: Box, view: PayPaid) -> None:
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.base))
    if view.signature:
        inner, signature = c.cut_bottom(inner, 26, 0)
        c.text(f"{c.say('receipt.signature')} {view.signature}", signature, Style(TYPE.small, COLOURS.muted, align="centre"))
    inner, number = c.cut_bottom(inner, 26, 4)
    inner, take = c.cut_bottom(inner, 60, 4)
    code = paint.qr(view.receipt_qr, min(inner.size))
    c.picture(code, inner.center)
    c.text(c.say("pay.paid.take"), take, Style(20, bold=True, align="centre", lines=2))
    c.text(c.say("pay.paid.receipt", receipt=view.receipt), number, Style(TYPE.small, COLOURS.muted, align="centre"))
