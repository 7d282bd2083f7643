"""mirror.card: all about one garment, its sizes first; beside it the shopper who wears it, or the garment in a cabin."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.mirror_parts import backdrop, cloth, struck, struck_width
from kiosk.ui.views import ItemTile, MirrorCard, ProductCard, SizeTile
from kiosk.ui.widgets import PLAIN, PRIMARY, Face, button, status_line

_SHOWN, _SHOWN_ALONE = 0.25, 0.37
"""The share of the screen's height that shows the shopper, with and without garments that go well."""

_OFFER = 110
"""Width in units that an offer's name has at least beside a long price."""


def draw(c: Canvas, view: MirrorCard) -> None:
    """Draw the screen."""
    card = view.card
    chosen = next((tile for tile in card.sizes if tile.chosen), None)
    c.facts.update(sizes=" ".join(tile.gtin for tile in card.sizes if tile.stock > 0), chosen=chosen.gtin if chosen else "",
                   basket_count=str(view.basket_count), advice=card.advice)
    c.ground("day")
    top = Box(0, 0, c.size[0], round(c.size[1] * (_SHOWN if card.matches else _SHOWN_ALONE)))
    if view.picture is not None:
        # The upper part of the body, where most garments are.
        c.surface.blit(paint.camera(view.picture[: round(view.picture.shape[0] * 0.5)], top.size), top)
    elif view.cloth is not None:
        cloth(c, view.cloth, Box(0, c.px(46), c.size[0], top.height - c.px(46 + SPACE.wide)), COLOURS.peach)
    else:
        backdrop(c, None, top)
    c.veil(Box(0, 0, c.size[0], c.px(46)), COLOURS.night, 235, 0)
    status_line(c, view.status, dark=True)
    sheet = Box(0, top.bottom - c.px(SPACE.wide), c.size[0], c.size[1] - top.bottom + c.px(SPACE.wide) + c.px(RADIUS.sheet))
    c.panel(sheet, COLOURS.paper, RADIUS.sheet)
    inner = Box(c.px(SPACE.wide), sheet.y + c.px(SPACE.base), c.size[0] - 2 * c.px(SPACE.wide), c.size[1] - sheet.y - 2 * c.px(SPACE.base))
    inner, ways = c.cut_bottom(inner, 2 * TOUCH + SPACE.tight, SPACE.snug)
    _ways(c, ways, card, chosen)
    inner = _head(c, inner, card)
    inner = _sizes(c, inner, view)
    _facts(c, inner, card)


def _head(c: Canvas, box: Box, card: ProductCard) -> Box:
    name, rest = c.cut_top(box, 44, 0)
    c.text(card.name, name, Style(TYPE.title, bold=True))
    price, rest = c.cut_top(rest, 46, 4)
    amount, was, kept = c.money(card.price), struck_width(c, card.was), c.px(_OFFER) if card.offer else 0
    if not c.fits(amount, price.width - was - kept, Style(TYPE.small, bold=True)):
        kept = 0
    now = Box(price.x, price.y, price.width - was - kept, price.height)
    left = c.text(amount, now, Style(40, COLOURS.coral_dark, bold=True)).right + c.px(SPACE.base)
    if card.was is not None:
        left = struck(c, Box(left, price.y, was, price.height), c.money(card.was)).right + c.px(SPACE.base)
    if card.offer:
        offer = Box(left, price.y - c.px(4), price.right - left, price.height + c.px(8))
        c.panel(offer, COLOURS.sun, RADIUS.chip)
        c.text(card.offer, offer.inflate(-c.px(14), -c.px(4)), Style(20, bold=True, align="centre", lines=2))
    return rest


def _sizes(c: Canvas, box: Box, view: MirrorCard) -> Box:
    card = view.card
    line, box = c.cut_top(box, 34, 2)
    more, box = c.cut_top(box, 54 if card.doubt else 1, 4)
    words = c.say("mirror.size.ask" if view.asks else "mirror.size.choose") if card.sizes else ""
    words = c.say("mirror.size.advice", sizes=card.advice) if card.advice else words
    c.text(words, line, Style(TYPE.lead, COLOURS.blue if card.advice or view.asks else COLOURS.ink, bold=True))
    if card.doubt:
        c.text(card.doubt, more, Style(20, COLOURS.muted, lines=2))
    if card.sizes:
        row, box = c.cut_top(box, TOUCH + 20, SPACE.snug)
        for place, tile in zip(c.columns(row, max(4, len(card.sizes)), 8), card.sizes, strict=False):
            _size(c, place, tile)
    return box


def _size(c: Canvas, box: Box, tile: SizeTile) -> None:
    edge = COLOURS.coral if tile.chosen else COLOURS.blue if tile.advised else COLOURS.line
    ground = COLOURS.peach if tile.chosen else COLOURS.sky if tile.advised else COLOURS.paper
    c.panel(box, edge, RADIUS.button)
    thick = 2 * c.px(4 if tile.chosen else 2)
    c.panel(box.inflate(-thick, -thick), ground if tile.stock > 0 else COLOURS.sand, RADIUS.button - 3)
    inner = box.inflate(-2 * c.px(6), -2 * c.px(6))
    upper, lower = c.cut_top(inner, inner.height / c.unit * 0.54, 0)
    c.text(tile.size, upper, Style(24, bold=True, align="centre"))
    here = str(tile.stock) if tile.stock > 0 else "–"
    c.text(here, lower, Style(20, COLOURS.green if tile.stock > 0 else COLOURS.muted, bold=True, align="centre"))
    c.target(f"size:{tile.gtin}", box)


def _facts(c: Canvas, box: Box, card: ProductCard) -> None:
    told = [c.say("mirror.here", count=card.stock) if card.stock > 0 else c.say("mirror.here_none")]
    told += [f"{store} : {count}" if c.language == "fr" else f"{store}: {count}" for store, count in card.elsewhere[:3]]
    line, box = c.cut_top(box, 30, 2)
    c.text(" · ".join(told), line, Style(20, COLOURS.green if card.stock > 0 else COLOURS.red, bold=True))
    if card.origin:
        line, box = c.cut_top(box, 28, 4)
        c.text(c.say("mirror.origin", country=card.origin), line, Style(20, COLOURS.muted))
    if card.matches and box.height > c.px(110):
        title, box = c.cut_top(box, 30, 4)
        c.text(c.say("mirror.matches"), title, Style(20, bold=True))
        box.height = min(box.height, c.px(150))
        for number, (place, tile) in enumerate(zip(c.columns(box, 2), card.matches[:2], strict=False)):
            _match(c, place, tile)
            c.target(f"match:{number}", place)


def _match(c: Canvas, box: Box, tile: ItemTile) -> None:
    c.panel(box, COLOURS.sand, RADIUS.button)
    inner = box.inflate(-2 * c.px(6), -2 * c.px(6))
    side = min(inner.height, inner.width * 3 // 10)
    cloth(c, tile.cloth, Box(inner.x, inner.y, side, inner.height), COLOURS.paper)
    words = Box(inner.x + side + c.px(6), inner.y, inner.width - side - c.px(8), inner.height)
    name, price = c.cut_top(words, words.height / c.unit * 0.62, 0)
    c.text(tile.name, name, Style(20, bold=True, lines=3))
    c.text(c.money(tile.price), price, Style(20, COLOURS.coral_dark, bold=True))


def _ways(c: Canvas, box: Box, card: ProductCard, chosen: SizeTile | None) -> None:
    first, second = c.rows(box, 2, SPACE.tight)
    can_add = card.stock > 0 and (chosen is not None or not card.sizes)
    if can_add:
        button(c, "add", first, Face(c.say("mirror.add"), "plus", PRIMARY))
    else:
        c.panel(first, COLOURS.sand, RADIUS.button)
        c.text(c.say("mirror.sold_out" if card.stock <= 0 else "mirror.size.choose"), first,
               Style(TYPE.body, COLOURS.muted, bold=True, align="centre"))
    done, bring, reserve = c.columns(second, 3, SPACE.tight)
    button(c, "done", done, Face("", "back", PLAIN, 26))
    if card.wished:
        c.panel(bring, COLOURS.mint, RADIUS.button)
        c.text(c.say("mirror.brought"), bring.inflate(-c.px(12), 0), Style(20, COLOURS.green, bold=True, align="centre"))
    else:
        button(c, "bring", bring, Face(c.say("mirror.bring_short"), "bell", PLAIN, 20))
    button(c, "reserve", reserve, Face(c.say("mirror.reserve"), "lock", PLAIN, 20))
