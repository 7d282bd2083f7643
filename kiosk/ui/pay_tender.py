"""pay.tender: how to pay; face and the other ways are equally easy to see."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE, Colour
from kiosk.ui.canvas import Align, Box, Canvas, Style
from kiosk.ui.views import PayTender
from kiosk.ui.widgets import Face, button, frame, seeing_button


def draw(c: Canvas, view: PayTender) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), codes=",".join(view.codes))
    body = frame(c, view.status)
    body, foot = c.cut_bottom(body, TOUCH + 4)
    head, cards = c.cut_top(body, 96 if c.portrait else 52, SPACE.base)
    c.text(c.say("pay.tender.title"), head, Style(TYPE.title, bold=True, lines=2))
    if view.codes:
        cards, codes = c.cut_bottom(cards, 2 * TOUCH if c.portrait else TOUCH, SPACE.base)
        for place, tender in zip(c.columns(codes, len(view.codes), SPACE.base), view.codes, strict=True):
            button(c, f"code:{tender}", place, Face(c.say(f"pay.tender.{tender}"), "qr", size=20, stacked=c.portrait))
    places = c.rows(cards, 3, SPACE.base) if c.portrait else c.columns(cards, 3, SPACE.base)
    ways = (("face", view.face, COLOURS.coral), ("qr", view.qr, COLOURS.blue), ("cash", True, COLOURS.green))
    c.facts["ways"] = ",".join(name for name, offered, _colour in ways if offered)
    for place, (name, offered, colour) in zip(places, ways, strict=True):
        _way(c, place, name, offered, colour)
    button(c, "back", Box(foot.x, foot.y, c.px(170), foot.height), Face(c.say("pay.back"), "back", size=20))
    seeing_button(c, Box(foot.x + c.px(180), foot.y, c.px(TOUCH), foot.height))
    total = f"{c.say('pay.total')}  {c.money(view.total)}"
    left = c.px(190 + TOUCH)
    lines = 1 if c.fits(total, foot.width - left, Style(TYPE.small, bold=True)) else 2  # an amount is never cut
    c.text(total, Box(foot.x + left, foot.y, foot.width - left, foot.height), Style(TYPE.title, bold=True, align="right", lines=lines))


def _way(c: Canvas, box: Box, name: str, offered: bool, colour: Colour) -> None:
    c.panel(box, COLOURS.paper if offered else COLOURS.sand, RADIUS.sheet, shadow=offered)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.base))
    more = c.say(f"pay.tender.{name}_more") if offered else c.say("pay.tender.unavailable")
    ground = colour if offered else COLOURS.muted
    icon = {"face": "face", "qr": "phone", "cash": "cash"}[name]
    if c.portrait:
        side = min(inner.height, c.px(130))
        centre = (inner.x + side // 2, inner.centery)
        words = Box(inner.x + side + c.px(SPACE.wide), inner.y, inner.width - side - c.px(SPACE.wide), inner.height)
    else:
        side = min(inner.height - c.px(112), inner.width)
        centre = (inner.centerx, inner.y + side // 2)
        words = Box(inner.x, inner.y + side + c.px(10), inner.width, inner.height - side - c.px(10))
    c.disc(centre, side / c.unit, ground)
    c.icon(icon, centre, side / c.unit * 0.56, COLOURS.paper)
    align: Align = "left" if c.portrait else "centre"
    upper, lower = c.cut_top(words, words.height / c.unit * 0.5, 0)
    c.text(c.say(f"pay.tender.{name}"), upper, Style(TYPE.title, bold=True, align=align, valign="bottom" if c.portrait else "middle"))
    c.text(more, lower, Style(20, COLOURS.muted, align=align, valign="top", lines=2))
    if offered:
        c.target(name, box)
