"""What the mirror's screens are made of: the picture behind them, hot-spots for hands and fingers, garments by themselves."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pygame

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, Colour
from kiosk.domain.frame import Picture
from kiosk.domain.meshes import Worn
from kiosk.domain.money import Money
from kiosk.ui import paint
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import Held, ItemTile

SPOT: Final = (118, 90)
"""Width and height of a hot-spot in units."""
_DOTS = 14
_KEPT = 12
_MARK: Final = ((72, COLOURS.sun, 26), (58, COLOURS.sun, 34), (44, COLOURS.sun, 60), (24, COLOURS.night, 150), (19, COLOURS.cream, 255))
"""The light that follows a hand: discs over one another, diameter in units, colour and alpha of each; the first `_GLOW` are its glow."""
_GLOW = 3
_CLOTHS: dict[tuple[int, int, int], tuple[Picture, pygame.Surface]] = {}


def backdrop(c: Canvas, picture: Picture | Worn | None, box: Box | None = None) -> None:
    """Fill the screen, or a box of it, with the mirror's picture; with the night where there is none."""
    if picture is None:
        if box is None:
            c.ground("night")
        else:
            c.panel(box, COLOURS.plum, 0)
        return
    place = box or c.box
    c.surface.blit(paint.camera(picture, place.size), place)


def hot_spot(c: Canvas, target: str, box: Box, face: tuple[str, str, bool], held: Held) -> None:
    """Draw a place that a finger touches or a hand is held on. face: (icon, label, lit); a ring fills while a hand rests there."""
    icon, label, lit = face
    c.veil(box, COLOURS.night, 236, RADIUS.button)
    words = c.px(36 if not c.sight.large else 44)
    centre = box.centerx, box.y + (box.height - words) // 2 + c.px(2)
    c.icon(icon, centre, 38, COLOURS.sun if lit else COLOURS.cream)
    if held.target == target and held.progress > 0:
        radius = (box.height - words) * 0.42
        for number in range(_DOTS):
            angle = 2 * math.pi * number / _DOTS - math.pi / 2
            done = number < round(held.progress * _DOTS)
            c.disc((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)), 8 if done else 5,
                   COLOURS.sun if done else COLOURS.lilac)
    c.text(label, Box(box.x + c.px(4), box.bottom - words - c.px(3), box.width - c.px(8), words),
           Style(20, COLOURS.cream, bold=True, align="centre"))
    c.target(target, box)
    c.facts["hot"] = f"{c.facts.get('hot', '')} {target}".strip()


def hand_mark(c: Canvas, held: Held) -> None:
    """Draw a soft light where the mirror believes a raised hand to be, so that whoever is seen a little aside puts it right."""
    if held.at is None:
        return
    centre = held.at[0] * c.size[0], held.at[1] * c.size[1]
    for units, colour, alpha in _MARK[: _GLOW if held.target else None]:  # on a hot-spot its words stay readable and its own ring fills
        c.disc(centre, units, colour, alpha)


def cloth(c: Canvas, garment: Picture | None, box: Box, ground: Colour = COLOURS.cream) -> None:
    """Draw a garment by itself in a box, on a soft tile. garment: (H, W, 4) uint8 RGBA, None draws the tile alone."""
    c.panel(box, ground, RADIUS.button)
    if garment is None:
        return
    inner = box.inflate(-2 * c.px(SPACE.tight), -2 * c.px(SPACE.tight))
    scale = min(inner.width / garment.shape[1], inner.height / garment.shape[0])
    size = max(1, round(garment.shape[1] * scale)), max(1, round(garment.shape[0] * scale))
    key = (id(garment), *size)
    kept = _CLOTHS.get(key)
    if kept is None or kept[0] is not garment:
        if len(_CLOTHS) >= _KEPT:
            del _CLOTHS[next(iter(_CLOTHS))]
        kept = _CLOTHS[key] = garment, _scaled(garment, size)
    c.picture(kept[1], box.center)


def _scaled(garment: Picture, size: tuple[int, int]) -> pygame.Surface:
    whole = pygame.image.frombuffer(np.ascontiguousarray(garment).tobytes(), (garment.shape[1], garment.shape[0]), "RGBA")
    return pygame.transform.smoothscale(whole, size)


def item(c: Canvas, box: Box, tile: ItemTile) -> None:
    """Draw a garment with its name and price below."""
    c.panel(box, COLOURS.paper, RADIUS.card)
    inner = box.inflate(-2 * c.px(SPACE.tight), -2 * c.px(SPACE.tight))
    inner, price = c.cut_bottom(inner, 34, 0)
    picture, name = c.cut_bottom(inner, 54, SPACE.hair)
    cloth(c, tile.cloth, picture)
    c.text(tile.name, name, Style(20, bold=True, align="centre", lines=2))
    c.text(c.money(tile.price), price, Style(22, COLOURS.coral_dark, bold=True, align="centre"))


_STRUCK: Final = Style(22, COLOURS.muted)


def struck_width(c: Canvas, was: Money | None) -> int:
    """Return the pixels that a former price takes whole, with the gap before it; 0 without one."""
    return c.measure(c.money(was), _STRUCK) + c.px(SPACE.base) + 2 if was is not None else 0


def struck(c: Canvas, box: Box, text: str) -> Box:
    """Draw a former price with a line through it; return the box that it takes."""
    taken = c.text(text, box, _STRUCK)
    pygame.draw.line(c.surface, c.tone(COLOURS.red), (taken.x, taken.centery), (taken.right, taken.centery), max(2, c.px(3)))
    return taken
