"""Surfaces to draw with, made once and kept: panels, shadows, grounds, icons, products, QR codes; camera pictures are made each time."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pygame
import segno

from kiosk.design.icons import icon as icon_shapes
from kiosk.design.products import product as product_shapes
from kiosk.design.shapes import Shape
from kiosk.design.tokens import COLOURS, Colour, high_contrast
from kiosk.domain.frame import Picture
from kiosk.domain.meshes import Worn
from kiosk.ui import fonts

Size = tuple[int, int]

_FINE = 4
"""Edges are smoothed by drawing this many times larger, twice for what is `_LARGE` pixels or more."""
_LARGE = 200


@lru_cache(256)
def disc(diameter: int, colour: Colour, alpha: int = 255) -> pygame.Surface:
    """Return a filled circle with smooth edges."""
    side = diameter * (_FINE if diameter < _LARGE else 2)
    big = pygame.Surface((side, side), pygame.SRCALPHA)
    big.fill((*colour, 0))
    pygame.draw.circle(big, (*colour, alpha), (side / 2, side / 2), side / 2)
    return pygame.transform.smoothscale(big, (diameter, diameter))


def fill(surface: pygame.Surface, box: pygame.Rect, radius: int, colour: Colour) -> None:
    """Draw a filled rectangle with smooth round corners; nothing but its corners is kept."""
    radius = min(radius, box.width // 2, box.height // 2)
    surface.fill(colour, (box.x + radius, box.y, box.width - 2 * radius, box.height))
    surface.fill(colour, (box.x, box.y + radius, radius, box.height - 2 * radius))
    surface.fill(colour, (box.right - radius, box.y + radius, radius, box.height - 2 * radius))
    if radius < 1:
        return
    corner = disc(2 * radius, colour)
    for x, left in ((box.x, 0), (box.right - radius, radius)):
        for y, top in ((box.y, 0), (box.bottom - radius, radius)):
            surface.blit(corner, (x, y), (left, top, radius, radius))


@lru_cache(24)
def panel(size: Size, radius: int, colour: Colour, alpha: int = 255) -> pygame.Surface:
    """Return a filled rectangle with smooth round corners, for veils and masks."""
    width, height = size
    radius = min(radius, width // 2, height // 2)
    surface = pygame.Surface(size, pygame.SRCALPHA)
    surface.fill((*colour, alpha))
    if radius < 1:
        return surface
    corner = disc(2 * radius, colour, alpha)
    for x, left in ((0, 0), (width - radius, radius)):
        for y, top in ((0, 0), (height - radius, radius)):
            surface.fill((*colour, 0), (x, y, radius, radius))
            surface.blit(corner, (x, y), (left, top, radius, radius), special_flags=pygame.BLEND_RGBA_MAX)
    return surface


@lru_cache(12)
def shadow(size: Size, radius: int, blur: int) -> pygame.Surface:
    """Return a soft shadow of a panel, `blur` pixels larger on each side."""
    scale = 4
    small = pygame.Surface(((size[0] + 2 * blur) // scale, (size[1] + 2 * blur) // scale), pygame.SRCALPHA)
    small.fill((*COLOURS.plum, 0))
    inner = pygame.Rect(blur // scale, blur // scale, size[0] // scale, size[1] // scale)
    pygame.draw.rect(small, (*COLOURS.plum, 58), inner, border_radius=radius // scale)
    small = pygame.transform.box_blur(small, max(1, blur // scale // 2))
    return pygame.transform.smoothscale(small, (size[0] + 2 * blur, size[1] + 2 * blur))


_GROUNDS: dict[str, tuple[Colour, Colour, tuple[tuple[float, float, float, Colour, int], ...]]] = {
    "day": (COLOURS.cream, COLOURS.peach, ((0.95, 0.1, 0.55, COLOURS.sun, 70), (0.05, 1.0, 0.5, COLOURS.tangerine, 46))),
    "calm": (COLOURS.cream, COLOURS.sand, ((1.0, 0.0, 0.5, COLOURS.peach, 90),)),
    "night": (COLOURS.night, COLOURS.plum, ((0.1, 0.05, 0.5, (96, 34, 112), 90), (1.0, 1.0, 0.5, (112, 26, 70), 70))),
    "joy": (COLOURS.mint, COLOURS.cream, ((0.9, 0.0, 0.6, COLOURS.sun, 110), (0.0, 1.0, 0.6, (120, 226, 176), 90))),
    **dict.fromkeys(("day-plain", "calm-plain", "joy-plain", "alarm-plain"),
                    (high_contrast(COLOURS.paper), high_contrast(COLOURS.paper), ())),
    "night-plain": (high_contrast(COLOURS.night), high_contrast(COLOURS.night), ()),
    "alarm": (COLOURS.cream, COLOURS.blush, ((1.0, 0.0, 0.5, COLOURS.peach, 120),)),
}
"""Ground -> colour above, colour below, soft spots: (x, y, radius by the longer side, colour, alpha)."""


@lru_cache(12)
def ground(size: Size, kind: str) -> pygame.Surface:
    """Return a background: a gradient with soft spots of light."""
    top, bottom, spots = _GROUNDS[kind]
    small = pygame.Surface((32, 32))
    for y in range(32):
        share = y / 31
        small.fill(tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)), (0, y, 32, 1))
    surface = pygame.transform.smoothscale(small, size)
    longer = max(size)
    for across, down, radius, colour, alpha in spots:
        diameter = round(2 * radius * longer)
        surface.blit(_spot(diameter, colour, alpha), (across * size[0] - diameter / 2, down * size[1] - diameter / 2))
    return surface


@lru_cache(8)
def watermark(text: str, size: int) -> pygame.Surface:
    """Return words that lie across a picture, half seen."""
    words = fonts.drawn(text, size, True, COLOURS.red)
    turned = pygame.transform.rotate(words, 24)
    turned.set_alpha(44)
    return turned


def _spot(diameter: int, colour: Colour, alpha: int) -> pygame.Surface:
    small = pygame.Surface((64, 64), pygame.SRCALPHA)
    small.fill((*colour, 0))
    for y in range(64):
        for x in range(64):
            share = max(0.0, 1.0 - math.hypot(x - 31.5, y - 31.5) / 31)
            small.set_at((x, y), (*colour, round(alpha * share * share * (3 - 2 * share))))
    return pygame.transform.smoothscale(small, (diameter, diameter))


@lru_cache(24)
def fade(size: Size, colour: Colour, alpha: int, upwards: bool) -> pygame.Surface:
    """Return a veil that is clear on one side and `alpha` on the other: above when `upwards`, else below."""
    small = pygame.Surface((2, 32), pygame.SRCALPHA)
    for y in range(32):
        share = (31 - y if upwards else y) / 31
        small.fill((*colour, round(alpha * min(1.0, share * 1.6))), (0, y, 2, 1))
    return pygame.transform.smoothscale(small, size)


@lru_cache(256)
def icon(name: str, side: int, colour: Colour) -> pygame.Surface:
    """Return one of our icons."""
    return _shapes(icon_shapes(name), side, colour)


@lru_cache(96)
def product(name: str, side: int) -> pygame.Surface:
    """Return the picture of a product."""
    return _shapes(product_shapes(name), side, COLOURS.ink)


def _shapes(shapes: tuple[Shape, ...], side: int, colour: Colour) -> pygame.Surface:
    fine = _FINE if side < _LARGE else 2
    scale = side * fine / 100
    big = pygame.Surface((side * fine, side * fine), pygame.SRCALPHA)
    big.fill((*(shapes[0].fill or colour), 0))
    for shape in shapes:
        target = big if shape.alpha >= 1 else pygame.Surface(big.get_size(), pygame.SRCALPHA)
        _shape(target, shape, scale, shape.fill or colour)
        if target is not big:
            big.blit(target, (0, 0))
    return pygame.transform.smoothscale(big, (side, side))


def _shape(surface: pygame.Surface, shape: Shape, scale: float, colour: Colour) -> None:
    paint = (*colour, round(255 * shape.alpha))
    points = [(x * scale, y * scale) for x, y in shape.points]
    if shape.stroke:
        stroke(surface, points, shape.stroke * scale, paint)
    else:
        pygame.draw.polygon(surface, paint, points)


def stroke(surface: pygame.Surface, points: list[tuple[float, float]], width: float, paint: tuple[int, ...]) -> None:
    """Draw a line with round joints and ends."""
    half = width / 2
    for start, end in pairwise(points):
        length = math.dist(start, end)
        if length > 0:
            dx, dy = (end[1] - start[1]) / length * half, (start[0] - end[0]) / length * half
            pygame.draw.polygon(surface, paint, [(start[0] + dx, start[1] + dy), (end[0] + dx, end[1] + dy),
                                                 (end[0] - dx, end[1] - dy), (start[0] - dx, start[1] - dy)])
    for point in points:
        pygame.draw.circle(surface, paint, point, half)


@lru_cache(4)
def qr(text: str, side: int) -> pygame.Surface:
    """Return a QR code (error correction M) on white with its quiet zone, at most `side` pixels wide."""
    code = segno.make(text, error="m", micro=False)
    modules = code.symbol_size(border=4)[0]
    small = pygame.Surface((modules, modules))
    small.fill((255, 255, 255))
    for y, row in enumerate(code.matrix_iter(border=4)):
        for x, dark in enumerate(row):
            if dark:
                small.set_at((x, y), (0, 0, 0))
    factor = max(1, side // modules)
    return pygame.transform.scale(small, (modules * factor, modules * factor))


@lru_cache(1)
def _nothing() -> pygame.Surface:
    return pygame.Surface((1, 1), pygame.SRCALPHA)


def camera(picture: Picture | Worn, size: Size) -> pygame.Surface:
    """Return a camera's picture, turned left to right and cut to fill `size`. picture: (H, W, 3) uint8 RGB, origin top-left.

    Of what the renderer draws itself, there is nothing to be painted.
    """
    if isinstance(picture, Worn):
        return _nothing()
    height, width = picture.shape[:2]
    left, top, cut_w, cut_h = cut(picture, size)
    part = np.ascontiguousarray(picture[top : top + cut_h, left : left + cut_w]) if (cut_w, cut_h) != (width, height) else picture
    part = part if part.flags.c_contiguous else np.ascontiguousarray(part)
    raw = pygame.image.frombuffer(part.data, (cut_w, cut_h), "RGB")
    surface = pygame.Surface((cut_w, cut_h))
    surface.blit(raw, (0, 0))
    return pygame.transform.smoothscale(pygame.transform.flip(surface, True, False), size)


def cut(picture: Picture, size: Size) -> tuple[int, int, int, int]:
    """Return the part (x, y, width, height) of a picture that fills `size` without distortion, from its middle."""
    height, width = picture.shape[:2]
    scale = min(width / size[0], height / size[1])
    cut_w, cut_h = max(1, min(width, round(size[0] * scale))), max(1, min(height, round(size[1] * scale)))
    return (width - cut_w) // 2, (height - cut_h) // 2, cut_w, cut_h


@lru_cache(8)
def _window(size: Size, radius: int) -> pygame.Surface:
    return panel(size, radius, (255, 255, 255))


def rounded(surface: pygame.Surface, radius: int) -> pygame.Surface:
    """Return a picture with round corners."""
    out = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
    out.blit(surface, (0, 0))
    out.blit(_window(surface.get_size(), radius), (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    return out
