"""pay.basket: what is in the basket and what it costs."""

from __future__ import annotations

from dataclasses import replace

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import LineView, PayBasket
from kiosk.ui.widgets import (
    PILL,
    PRIMARY,
    SUNNY,
    Face,
    Look,
    button,
    corner,
    frame,
    label,
    language_button,
    pill,
    pill_lines,
    seeing_button,
)

_ROW = 72
_NOTE = 44
"""An upright screen is read from farther away: a note takes two lines there."""


def draw(c: Canvas, view: PayBasket) -> None:
    """Draw the screen."""
    pieces = sum(line.quantity for line in view.lines if line.amount is not None and not line.fixed)
    c.facts.update(items=str(pieces), total_minor=str(view.total.minor))
    body = frame(c, view.status)
    if not view.lines:
        goods, ways = c.cut_bottom(body, TOUCH)
        _nothing(c, view, goods)
        _ways(c, ways)
        return
    if c.portrait:
        goods, side = c.cut_bottom(body, 344)
    else:
        side = Box(body.right - c.px(270), body.y, c.px(270), body.height)
        goods = Box(body.x, body.y, side.x - body.x - c.px(SPACE.wide), body.height)
    _goods(c, view, goods)
    _bill(c, view, side, pieces)


def _nothing(c: Canvas, view: PayBasket, box: Box) -> None:
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.wide))
    picture, words = c.cut_top(inner, inner.height / c.unit * 0.44)
    tile = min(picture.height, c.px(220))
    c.panel(Box(picture.centerx - tile * 0.8, picture.y, round(tile * 1.6), tile), COLOURS.sun, 30)
    c.icon("barcode", (picture.centerx, picture.y + tile / 2), tile / c.unit * 0.86, COLOURS.ink)
    words, more = c.cut_bottom(words, words.height / c.unit * 0.4, 4)
    c.text(c.say("pay.basket.empty"), words, Style(TYPE.title, bold=True, align="centre", lines=3, valign="bottom"))
    hint = c.say_if_known("hint", view.hint) or c.say("pay.basket.empty_more")
    c.text(hint, more, Style(TYPE.body, COLOURS.muted, align="centre", lines=3, valign="top"))


def _goods(c: Canvas, view: PayBasket, box: Box) -> None:
    words = c.say_if_known("hint", view.hint)
    head, rows = c.cut_top(box, max(44, PILL[pill_lines(c, words, box.width) - 1]), SPACE.tight)
    _head(c, head, words)
    plain = _ROW + (14 if c.sight.large else 0)
    heights = [plain + (_NOTE if c.portrait and line.note else 0) for line in view.lines]
    hidden = _hidden(heights, rows.height / c.unit)
    if hidden:
        strip, rows = c.cut_top(rows, 30, SPACE.tight)
        c.text(c.say("pay.more_lines", count=hidden), strip, Style(TYPE.small, COLOURS.muted, bold=True))
    for index in range(hidden, len(view.lines)):
        row, rows = c.cut_top(rows, heights[index], SPACE.tight)
        _line(c, row, index, view.lines[index])


def _hidden(heights: list[int], room: float) -> int:
    """Return how many of the first lines have no room; the newest are always shown."""
    needed = sum(heights) + SPACE.tight * (len(heights) - 1)
    hidden = 0
    while needed > room and hidden < len(heights) - 1:
        needed -= heights[hidden] + SPACE.tight - (0 if hidden else 30 + SPACE.tight)
        hidden += 1
    return hidden


def _head(c: Canvas, box: Box, words: str) -> None:
    title, style = c.say("pay.basket.title"), Style(TYPE.title, bold=True)
    left = box.x + c.measure(title, style) + c.px(SPACE.base)
    if words and left + c.measure(words, Style(TYPE.small, bold=True)) + c.px(64) > box.right:
        pill(c, (box.x, box.centery), words, "barcode", SUNNY, box.width)
        return
    c.text(title, box, style)
    if words:
        pill(c, (left, box.centery), words, "barcode", SUNNY)


def _line(c: Canvas, row: Box, index: int, line: LineView) -> None:
    c.panel(row, COLOURS.paper, RADIUS.button)
    pad = c.px(6)
    side = c.px(_ROW) - 2 * pad
    tile = Box(row.x + pad, row.centery - side // 2, side, side)
    c.panel(tile, COLOURS.peach, 16)
    c.picture(paint.product(line.picture, round(tile.width * 0.82)), tile.center)
    remove = Box(row.right - c.px(TOUCH) - pad, row.centery - c.px(TOUCH) // 2, c.px(TOUCH), c.px(TOUCH))
    if not line.fixed:
        button(c, f"remove:{index}", remove, Face("", "trash", Look(COLOURS.sand, COLOURS.muted), 20))
    amount_style = Style(TYPE.body, bold=True, align="right")
    amount = c.money(line.amount) if line.amount else ""
    width = c.measure(amount, amount_style) + c.px(2)
    price = Box(remove.x - c.px(SPACE.snug) - width, row.y, width, row.height)
    c.text(amount, price, amount_style)
    name = Box(tile.right + c.px(SPACE.snug), row.y + c.px(4), price.x - tile.right - c.px(2 * SPACE.snug), row.height - c.px(8))
    title = line.name if line.quantity == 1 else f"{line.quantity}\u00a0× {line.name}"
    if line.note:
        upper, lower = c.cut_top(name, name.height / c.unit * (0.46 if c.portrait else 0.52), 0)
        c.text(title, upper, Style(20, bold=True))
        c.text(line.note, lower, Style(TYPE.small, COLOURS.green, bold=True, lines=2 if c.portrait else 1))
    else:
        c.text(title, name, Style(20, bold=True, lines=2))


def _bill(c: Canvas, view: PayBasket, box: Box, pieces: int) -> None:
    box, ways = c.cut_bottom(box, TOUCH if c.portrait else 2 * TOUCH + SPACE.tight)
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.base))
    inner, pay = c.cut_bottom(inner, 84 if inner.height > c.px(180) else TOUCH)
    lower = inner
    if inner.height > c.px(118):
        upper, lower = c.cut_top(inner, 34, 0)
        c.text(c.say("pay.items", count=pieces), upper, Style(TYPE.body, COLOURS.muted))
    if view.saved and view.saved.minor > 0:
        lower, saved = c.cut_bottom(lower, 44, 4)
        c.panel(saved, COLOURS.mint, RADIUS.chip)
        style, words = Style(TYPE.small, COLOURS.green, bold=True, align="centre"), c.say("pay.saved", amount=c.money(view.saved))
        saved = saved.inflate(-c.px(16), 0)
        c.text(words, saved, style if c.fits(words, saved.width, style) else replace(style, lines=2))
    c.text(c.money(view.total), lower, Style(TYPE.hero, bold=True))
    c.panel(pay, PRIMARY.ground, RADIUS.card)
    label(c, pay, Face(c.say("pay.pay"), "wallet", PRIMARY, TYPE.title))
    c.target("pay", pay)
    _ways(c, ways)


def _ways(c: Canvas, box: Box) -> None:
    gap, side = c.px(SPACE.tight), c.px(TOUCH)
    if box.height > side:
        upper, cancel = Box(box.x, box.y, box.width, side), Box(box.x, box.bottom - side, box.width, side)
    else:
        upper = Box(box.x, box.y, c.px(96) + 2 * (gap + side), side)
        cancel = Box(upper.right + gap, box.y, box.right - upper.right - gap, side)
    staff = Box(upper.right - side, upper.y, side, side)
    seeing = staff.move(-gap - side, 0)
    language_button(c, Box(upper.x, upper.y, seeing.x - gap - upper.x, side))
    seeing_button(c, seeing)
    corner(c, "staff", "staff", staff)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross", size=20))
