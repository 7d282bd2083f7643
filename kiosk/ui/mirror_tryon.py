"""mirror.tryon: the dressed shopper, what the garment costs, and what can be done with it by hand."""

from __future__ import annotations

from dataclasses import replace

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.mirror_parts import SPOT, backdrop, hand_mark, hot_spot, struck, struck_width
from kiosk.ui.stance import figure
from kiosk.ui.views import GarmentCard, MirrorTryOn
from kiosk.ui.widgets import DARK, PRIMARY, QUIET, SUNNY, Face, button, corner, language_button, square, status_line

_CARD = 268
_ARROW = 76


def draw(c: Canvas, view: MirrorTryOn) -> None:
    """Draw the screen."""
    c.facts.update(index=str(view.index), count=str(view.count), basket_count=str(view.basket_count), likes=str(view.likes))
    backdrop(c, view.picture)
    c.veil(Box(0, 0, c.size[0], c.px(46)), COLOURS.night, 235, 0)
    body = status_line(c, view.status, dark=True)
    top = Box(body.x, body.y + c.px(SPACE.tight), body.width, c.px(TOUCH))
    language_button(c, Box(top.right - c.px(104), top.y, c.px(104), top.height), dark=True)
    # The mirror takes a clerk for a shopper as soon as he stands before it.
    corner(c, "staff", "staff", square(c, top.x + top.height, top.bottom), dark=True)
    sheet = Box(c.px(SPACE.snug), 0, c.size[0] - 2 * c.px(SPACE.snug), c.px(_CARD))
    sheet.bottom = c.size[1] - c.px(SPACE.snug)
    if view.guide:
        _guide(c, Box(body.x, top.bottom, body.width, sheet.y - top.bottom), view.time_s)
    elif view.countdown:
        _countdown(c, view.countdown)
    elif view.card is not None:
        over = sheet.y - (c.px(_ARROW) + c.px(2 * SPACE.base) if view.count > 1 else c.px(SPACE.base))
        _spots(c, Box(0, top.bottom + c.px(SPACE.snug), c.size[0], over - top.bottom - c.px(SPACE.snug)), view)
    if view.count > 1 and not view.countdown:
        _arrows(c, sheet, view)
    if view.card is not None:
        _card(c, sheet, view, view.card)
    hand_mark(c, view.held)


def _spots(c: Canvas, room: Box, view: MirrorTryOn) -> None:
    """Hot-spots stand where a hand is held up without stretching, and where no hanging hand is."""
    liked = c.say("mirror.hot.likes") + (f" {view.likes}" if view.likes else "")
    columns = ((("like", "heart_full" if view.liked else "heart", c.say("mirror.hot.like"), view.liked),
                ("compare", "compare", c.say("mirror.hot.compare"), False),
                ("back_view", "back_view", c.say("mirror.hot.back_view"), False)),
               (("photo", "camera", c.say("mirror.hot.photo"), False), ("likes", "heart_full", liked, view.likes > 0),
                ("phone", "phone", c.say("mirror.hot.phone"), False)))
    gap = c.px(SPACE.tight)
    width, height = c.px(SPOT[0]), min(c.px(SPOT[1]), (room.height - 2 * gap) // 3)
    for number, column in enumerate(columns):
        x = c.size[0] - c.px(SPACE.snug) - width if number else c.px(SPACE.snug)
        for row, (target, icon, label, lit) in enumerate(column):
            hot_spot(c, target, Box(x, room.y + row * (height + gap), width, height), (icon, label, lit), view.held)


def _countdown(c: Canvas, seconds: int) -> None:
    box = Box(0, 0, c.px(230), c.px(230))
    box.center = (c.size[0] // 2, round(c.size[1] * 0.3))
    c.veil(box, COLOURS.night, 240, 60)
    number, words = c.cut_top(box, 150, 0)
    c.text(str(seconds), number, Style(TYPE.giant + 20, COLOURS.sun, bold=True, align="centre", valign="bottom"))
    c.text(c.say("mirror.photo.count"), words.inflate(-c.px(56), -c.px(24)), Style(TYPE.body, COLOURS.cream, bold=True, align="centre"))


def _arrows(c: Canvas, sheet: Box, view: MirrorTryOn) -> None:
    side = c.px(_ARROW)
    y = sheet.y - side - c.px(SPACE.base)
    button(c, "previous", Box(sheet.x, y, side, side), Face("", "left", DARK, 30))
    button(c, "next", Box(sheet.right - side, y, side, side), Face("", "right", DARK, 30))
    if view.guide:
        return
    text = c.say("mirror.position", index=view.index + 1, count=view.count)
    style = Style(TYPE.body, COLOURS.cream, bold=True, align="centre")
    note = Box(0, 0, c.measure(text, style) + c.px(36), c.px(44))
    note.center = (c.size[0] // 2, y + side - c.px(22))
    c.veil(note, COLOURS.night, 235, 22)
    c.text(text, note, style)


def _guide(c: Canvas, box: Box, time_s: float) -> None:
    words = Box(box.x, box.y + c.px(SPACE.snug), box.width, c.px(136))
    c.veil(words, COLOURS.night, 235)
    inner = words.inflate(-c.px(2 * SPACE.base), -c.px(SPACE.base))
    title, inner = c.cut_top(inner, inner.height / c.unit * 0.4, 0)
    more, hand = c.cut_top(inner, inner.height / c.unit * 0.5, 0)
    c.text(c.say("mirror.guide"), title, Style(TYPE.lead, COLOURS.sun, bold=True, align="centre"))
    c.text(c.say("mirror.guide_more"), more, Style(TYPE.body, COLOURS.cream, align="centre"))
    c.text(c.say("mirror.hand"), hand, Style(20, COLOURS.lilac, align="centre"))
    figure(c, Box(box.x, words.bottom + c.px(SPACE.snug), box.width, box.bottom - words.bottom - c.px(2 * SPACE.snug)), time_s)


def _card(c: Canvas, sheet: Box, view: MirrorTryOn, card: GarmentCard) -> None:
    c.panel(sheet, COLOURS.paper, RADIUS.sheet)
    inner = sheet.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.base))
    inner, ways = c.cut_bottom(inner, TOUCH + 16)
    _buttons(c, ways, view, card)
    info = square(c, inner.right, inner.y + c.px(TOUCH))
    button(c, "card", info, Face("", "info", QUIET, 26))
    name, rest = c.cut_top(inner, 48, 2)
    name.width -= info.width + c.px(SPACE.tight)
    c.text(card.name, name, Style(TYPE.title, bold=True))
    price, more = c.cut_top(rest, 54, 2)
    price.width = info.x - c.px(SPACE.tight) - price.x
    was = struck_width(c, card.was)
    taken = c.text(c.money(card.price), Box(price.x, price.y, price.width - was, price.height), Style(46, COLOURS.coral_dark, bold=True))
    if card.was is not None:
        left = taken.right + c.px(SPACE.base)
        struck(c, Box(left, price.y, price.right - left, price.height), c.money(card.was))
    style = Style(TYPE.body, COLOURS.muted)
    stock = c.say("mirror.stock", count=card.stock) if card.stock > 0 else c.say("mirror.sold_out")
    strong = replace(style, bold=True, colour=COLOURS.green if card.stock > 1 else COLOURS.red)
    width = min(more.width // 2, c.measure(stock, strong) + c.px(4))
    c.text(stock, Box(more.right - width, more.y, width, more.height), replace(strong, align="right"))
    if card.sizes:
        c.text(c.say("mirror.sizes", sizes=card.sizes), Box(more.x, more.y, more.width - width - c.px(SPACE.base), more.height), style)


def _buttons(c: Canvas, ways: Box, view: MirrorTryOn, card: GarmentCard) -> None:
    boxes = [ways]
    if view.basket_count > 0:
        width = c.px(172)
        boxes = [Box(ways.x, ways.y, ways.width - width - c.px(SPACE.snug), ways.height),
                 Box(ways.right - width, ways.y, width, ways.height)]
        button(c, "pay", boxes[1], Face(f"{c.say('mirror.pay')}\u00a0·\u00a0{view.basket_count}", "bag", SUNNY))
    if card.stock > 0:
        button(c, "add", boxes[0], Face(c.say("mirror.add"), "plus", PRIMARY))
    else:
        c.panel(boxes[0], COLOURS.sand, RADIUS.button)
        c.text(c.say("mirror.sold_out"), boxes[0], Style(TYPE.lead, COLOURS.muted, bold=True, align="centre"))
