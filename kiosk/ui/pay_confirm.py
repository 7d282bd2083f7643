"""pay.confirm: somebody was recognised; nothing is paid before they say so."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import PayConfirm
from kiosk.ui.widgets import GOOD, Face, button, frame


def draw(c: Canvas, view: PayConfirm) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), who=view.who)
    body = frame(c, view.status)
    person, bill = c.along(body, 0.4 if c.portrait else 0.42)
    _person(c, person, view)
    bill, ways = c.cut_bottom(bill, 2 * TOUCH + 28 if c.portrait else TOUCH + 8)
    bill, confirm = c.cut_bottom(bill, 100)
    c.panel(bill, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = bill.inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.snug))
    upper, lower = c.cut_top(inner, inner.height / c.unit * 0.34, 0)
    c.text(c.say("pay.items", count=view.lines), upper, Style(TYPE.body, COLOURS.muted, align="centre"))
    c.text(c.money(view.total), lower, Style(TYPE.giant if c.portrait else TYPE.hero, bold=True, align="centre"))
    button(c, "confirm", confirm, Face(c.say("pay.confirm.pay", amount=c.money(view.total)), "check", GOOD, TYPE.lead))
    upper, lower = c.cut_top(ways, TOUCH + 8) if c.portrait else (ways, ways)
    first, second, third = [*c.columns(upper, 2), lower] if c.portrait else c.columns(ways, 3, SPACE.tight)
    button(c, "not_me", first, Face(c.say("pay.confirm.not_me"), "", size=20))
    button(c, "other_way", second, Face(c.say("pay.other_way"), "", size=20))
    button(c, "cancel", third, Face(c.say("pay.cancel"), "", size=20))


def _person(c: Canvas, box: Box, view: PayConfirm) -> None:
    side = min(box.width, box.height - c.px(110))
    centre = (box.centerx, box.y + side / 2)
    c.disc(centre, side / c.unit, COLOURS.paper)
    c.disc(centre, side / c.unit * 0.9, COLOURS.peach)
    c.icon("staff", centre, side / c.unit * 0.52, COLOURS.coral_dark)
    mark = (centre[0] + side * 0.34, centre[1] + side * 0.34)
    c.disc(mark, side / c.unit * 0.3, COLOURS.green)
    c.icon("check", mark, side / c.unit * 0.18, COLOURS.paper)
    words = Box(box.x, round(centre[1] + side / 2 + c.px(6)), box.width, 0)
    words.height = box.bottom - words.y
    upper, lower = c.cut_top(words, words.height / c.unit * 0.54, 0)
    c.text(c.say("pay.confirm.title"), upper, Style(TYPE.title, bold=True, align="centre"))
    c.text(c.say("pay.confirm.who", who=view.who), lower, Style(TYPE.lead, COLOURS.muted, bold=True, align="centre"))
