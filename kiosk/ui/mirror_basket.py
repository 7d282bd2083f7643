"""mirror.basket: what was chosen, and three ways to have it: pay here, reserve, delivered home."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE, Colour
from kiosk.domain.money import Money
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import LineView, MirrorBasket
from kiosk.ui.widgets import PLAIN, QUIET, Face, button, frame

_ROW = 84


def draw(c: Canvas, view: MirrorBasket) -> None:
    """Draw the screen."""
    c.facts.update(total_minor=str(view.total.minor), items=str(len(view.lines)))
    body = frame(c, view.status)
    head, body = c.cut_top(body, 56)
    c.text(c.say("mirror.basket.title"), head, Style(TYPE.title, bold=True))
    body, done = c.cut_bottom(body, TOUCH)
    button(c, "done", done, Face(c.say("mirror.done"), "back", PLAIN))
    body, ways = c.cut_bottom(body, 3 * 84 + 2 * SPACE.tight, SPACE.base)
    offered = (("pay", "face", COLOURS.coral, view.pays), ("reserve", "lock", COLOURS.green, True),
               ("deliver", "truck", COLOURS.blue, view.delivers))
    for place, (name, icon, colour, possible) in zip(c.rows(ways, 3, SPACE.tight), offered, strict=True):
        _way(c, place, (name, icon, colour), possible)
    body, foot = c.cut_bottom(body, 60, SPACE.tight)
    c.text(c.say("pay.total"), foot, Style(TYPE.lead, bold=True))
    c.text(c.money(view.total), foot, Style(42, COLOURS.coral_dark, bold=True, align="right"))
    _lines(c, body, view.lines)


def _lines(c: Canvas, body: Box, lines: tuple[LineView, ...]) -> None:
    room = max(1, (body.height + c.px(SPACE.tight)) // c.px(_ROW + SPACE.tight))
    shown = list(enumerate(lines))
    if len(shown) > room:
        hidden, body = c.cut_top(body, 30, SPACE.tight)
        shown = shown[-max(1, (body.height + c.px(SPACE.tight)) // c.px(_ROW + SPACE.tight)):]
        c.text(f"+ {len(lines) - len(shown)}", hidden, Style(20, COLOURS.muted, bold=True, align="centre"))
    for index, line in shown:
        row, body = c.cut_top(body, _ROW, SPACE.tight)
        c.panel(row, COLOURS.paper, RADIUS.button)
        side = row.height - c.px(12)
        tile = Box(row.x + c.px(6), row.y + c.px(6), side, side)
        c.panel(tile, COLOURS.peach, 16)
        c.picture(paint.product(line.picture, round(side * 0.82)), tile.center)
        remove = Box(row.right - c.px(TOUCH) - c.px(6), row.centery - c.px(TOUCH) // 2, c.px(TOUCH), c.px(TOUCH))
        button(c, f"remove:{index}", remove, Face("", "trash", QUIET, 20))
        amount = c.money(line.amount if line.amount is not None else Money(0, "EUR"))
        style = Style(TYPE.body, bold=True, align="right")
        width = c.measure(amount, style) + c.px(2)
        price = Box(remove.x - c.px(SPACE.tight) - width, row.y, width, row.height)
        c.text(amount, price, style)
        name = Box(tile.right + c.px(SPACE.snug), row.y, price.x - tile.right - c.px(SPACE.snug + SPACE.tight), row.height)
        title = line.name if line.quantity == 1 else f"{line.quantity}\u00a0× {line.name}"
        c.text(f"{title} · {line.note}" if line.note else title, name, Style(20, bold=True, lines=3 if c.sight.large else 2))


def _way(c: Canvas, box: Box, way: tuple[str, str, Colour], possible: bool) -> None:
    name, icon, colour = way
    c.panel(box, COLOURS.paper if possible else COLOURS.sand, RADIUS.card, shadow=possible)
    side = box.height - c.px(20)
    centre = box.x + c.px(12) + side // 2, box.centery
    c.disc(centre, side / c.unit, colour if possible else COLOURS.muted)
    c.icon(icon, centre, side / c.unit * 0.56, COLOURS.paper)
    words = Box(centre[0] + side // 2 + c.px(SPACE.base), box.y + c.px(4), box.right - centre[0] - side // 2 - c.px(2 * SPACE.base),
                box.height - c.px(8))
    upper, lower = c.cut_top(words, words.height / c.unit * 0.54, 0)
    c.text(c.say(f"mirror.basket.{name}"), upper, Style(TYPE.lead, bold=True, valign="bottom"))
    c.text(c.say(f"mirror.basket.{name}_more" if possible else "pay.tender.unavailable"), lower, Style(20, COLOURS.muted, valign="top"))
    if possible:
        c.target(name, box)
