"""A slot of the shelf as a tile, for staff and for the board beside the shelf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TYPE, Colour
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import SlotView

_STATES: dict[str, tuple[Colour, Colour, Colour]] = {
    "ok": (COLOURS.green, COLOURS.mint, COLOURS.ink),
    "low": (COLOURS.tangerine, COLOURS.sun, COLOURS.ink),
    "empty": (COLOURS.red, COLOURS.blush, COLOURS.red),
    "unsure": (COLOURS.blue, COLOURS.sky, COLOURS.blue),
}
"""State -> colour of the bar, ground and text of the chip."""


_LEAST_WIDTH = 76
"""A slot narrower than this in units shows nothing that can be read or touched."""


def layout(c: Canvas, box: Box, slots: Sequence[SlotView]) -> list[Box]:
    """Return a place for each slot: as the planogram has them, board by board and to scale; else, as square as can be."""
    if not slots:
        return []
    if all(slot.width_mm > 0 for slot in slots):
        places = _to_scale(c, box, slots)
        if min(place.width for place in places) >= c.px(_LEAST_WIDTH):
            return places
    return _grid(c, box, len(slots))


def _to_scale(c: Canvas, box: Box, slots: Sequence[SlotView]) -> list[Box]:
    boards = list(dict.fromkeys(slot.shelf for slot in slots))
    rows = dict(zip(boards, c.rows(box, len(boards)), strict=True))
    gap = c.px(SPACE.tight)
    begin, end = min(slot.x_mm for slot in slots), max(slot.x_mm + slot.width_mm for slot in slots)
    scale = (box.width + gap) / (end - begin)
    return [Box(box.x + round((s.x_mm - begin) * scale), rows[s.shelf].y, round(s.width_mm * scale) - gap, rows[s.shelf].height)
            for s in slots]


def _grid(c: Canvas, box: Box, count: int) -> list[Box]:

    def squareness(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log((box.width / columns) / (box.height / rows) / 1.15))

    columns = min(range(1, count + 1), key=squareness)
    return c.grid(box, columns, math.ceil(count / columns), SPACE.snug)[:count]


def bar(c: Canvas, box: Box, slot: SlotView) -> None:
    """Draw how full a slot is, with a tick at the point where it is ordered again, and a ring where a camera sees it end."""
    colour = _STATES.get(slot.state, _STATES["unsure"])[0]
    radius = box.height / c.unit / 2
    c.panel(box, COLOURS.line, round(radius))
    share = min(1.0, max(0, slot.on_hand) / max(1, slot.capacity))
    if share > 0:
        c.panel(Box(box.x, box.y, max(box.height, round(box.width * share)), box.height), colour, round(radius))
    tick = box.x + round(box.width * min(1.0, slot.reorder_point / max(1, slot.capacity)))
    c.surface.fill(c.tone(COLOURS.ink), Box(tick - c.px(1), box.y - c.px(3), max(2, c.px(2)), box.height + c.px(6)))
    if slot.seen in ("ok", "empty"):
        at = box.x + round(box.width * min(1.0, max(0.0, slot.seen_fill)))
        c.disc((min(max(at, box.x + c.px(7)), box.right - c.px(7)), box.centery), 16, COLOURS.ink)
        c.disc((min(max(at, box.x + c.px(7)), box.right - c.px(7)), box.centery), 10, COLOURS.paper)


def board_tile(c: Canvas, box: Box, slot: SlotView) -> None:
    """Draw a slot for shoppers: picture, name, price, how full, and its state where it is not plain."""
    c.panel(box, COLOURS.paper, RADIUS.card, shadow=True)
    inner = box.inflate(-c.px(20), -c.px(16))
    inner, fill = c.cut_bottom(inner, 12, SPACE.tight)
    bar(c, fill, slot)
    inner, foot = c.cut_bottom(inner, 28, 2)
    style = Style(TYPE.small, bold=True, align="centre", lines=2)
    inner, name = c.cut_bottom(inner, 28 if c.fits(slot.name, inner.width, style) else 46, 2)
    _picture(c, inner, slot)
    c.text(slot.name, name, style)
    if slot.state == "empty":
        _chip(c, foot, slot)
        return
    c.text(c.money(slot.price), foot, Style(20, COLOURS.coral_dark, bold=True, align="centre"))
    if slot.state != "ok":
        _badge(c, (box.right - c.px(26), box.y + c.px(26)), slot)


def staff_tile(c: Canvas, box: Box, slot: SlotView, chosen: bool) -> None:
    """Draw a slot for staff: its label, picture, and its count where there is room; the caller makes it touchable."""
    c.panel(box, COLOURS.coral if chosen else COLOURS.line, RADIUS.button)
    edge = c.px(4 if chosen else 2)
    c.panel(box.inflate(-2 * edge, -2 * edge), COLOURS.paper, RADIUS.button - 3)
    inner = box.inflate(-c.px(20), -c.px(16))
    inner, fill = c.cut_bottom(inner, 10, 6)
    bar(c, fill, slot)
    inner, words = c.cut_bottom(inner, 26, 2)
    _picture(c, inner, slot)
    if slot.seen:
        c.icon("camera_lost" if slot.seen == "unseen" else "camera", (box.right - c.px(18), box.y + c.px(18)), 18,
               COLOURS.red if slot.seen == "empty" else COLOURS.muted)
    style, quiet = Style(TYPE.small, bold=True), Style(TYPE.small, COLOURS.muted, align="right")
    room = words.width - c.measure(slot.slot, style) - c.px(6)
    count = next((t for t in (f"{slot.on_hand}/{slot.capacity}", str(slot.on_hand)) if c.fits(t, room, quiet)), "")
    c.text(slot.slot, words, style if count else replace(style, align="centre"))
    if count:
        c.text(count, Box(words.right - room, words.y, room, words.height), quiet)


def _picture(c: Canvas, box: Box, slot: SlotView) -> None:
    side = min(box.size)
    if side > c.px(16):
        picture = paint.product(slot.picture, side)
        if slot.state == "empty":
            picture = picture.copy()
            picture.set_alpha(90)
        c.picture(picture, box.center)


def _badge(c: Canvas, centre: tuple[int, int], slot: SlotView) -> None:
    _bar, ground, colour = _STATES.get(slot.state, _STATES["unsure"])
    c.disc(centre, 38, ground)
    c.icon("truck" if slot.on_order > 0 else "warning", centre, 22, colour)


def _chip(c: Canvas, box: Box, slot: SlotView) -> None:
    _bar, ground, text = _STATES["empty"]
    words = c.say("shelf.on_order", count=slot.on_order) if slot.on_order > 0 else c.say("shelf.empty")
    c.panel(box, ground, RADIUS.chip)
    c.text(words, box.inflate(-c.px(8), 0), Style(TYPE.small, text, bold=True, align="centre"))
