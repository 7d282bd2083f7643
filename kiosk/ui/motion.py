"""What moves: rings, confetti, waiting. Pure functions of the time they are given; anything random comes from a seed."""

from __future__ import annotations

import math
import random
from functools import cache, lru_cache

import pygame

from kiosk.design.tokens import COLOURS, MOTION, Colour
from kiosk.ui import paint
from kiosk.ui.canvas import Canvas

_PIECES = 130
_TURNS = 12
_CONFETTI = ((255, 128, 128), COLOURS.sun, COLOURS.tangerine, (72, 196, 146), (160, 150, 255))
"""Light enough for dark text to be read in front of it."""


def wave(time_s: float, period_s: float = MOTION.pulse_s) -> float:
    """Return a soft swing between 0 and 1."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * time_s / period_s)


def progress_ring(c: Canvas, centre: tuple[float, float], radius: float, progress: float, time_s: float) -> None:
    """Draw a ring of dots around a point (radius in pixels): lit as far as `progress`, with a light that runs around."""
    count = 60
    runner = time_s / 2.4 % 1.0
    for i in range(count):
        share = i / count
        angle = 2 * math.pi * share - math.pi / 2
        near = max(0.0, 1.0 - min((share - runner) % 1.0, (runner - share) % 1.0) * 7)
        lit = share < progress - 1e-9
        colour = COLOURS.sun if lit else (150, 112, 168)
        units = 9.0 + (3.0 if lit else 0.0) + 4.0 * round(near * 4) / 4
        c.disc((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)), units, colour)


def leading_ring(c: Canvas, mirror: pygame.Rect, turn: float, near: float, time_s: float) -> None:
    """Draw the ring that a face follows in a round mirror. turn: 1 fully to the shopper's left; near: 1 come closer, drawn larger."""
    side = mirror.width
    reach = side * (0.30 + 0.13 * near)
    x, y = mirror.centerx - 0.22 * side * turn, mirror.centery + 0.02 * side * wave(time_s)
    for number in range(30):
        angle = 2 * math.pi * (number / 30 + time_s / 9)
        c.disc((x + reach * math.cos(angle), y + reach * math.sin(angle)), 13 + 4 * near, COLOURS.sun if number % 2 else COLOURS.tangerine)


def pulse(c: Canvas, box: pygame.Rect, time_s: float, colour: Colour, radius: int) -> None:
    """Draw a soft halo that breathes around a box, behind what is drawn there next."""
    for number in range(2):
        grow = (time_s / MOTION.pulse_s + number / 2) % 1.0
        step = round(grow * 10)
        halo = box.inflate(2 * c.px(2 * step), 2 * c.px(2 * step))
        c.veil(halo, colour, 84 - 8 * step, radius + 2 * step)


def waiting(c: Canvas, centre: tuple[float, float], time_s: float) -> None:
    """Draw discs that chase each other on a circle."""
    radius = c.px(78)
    for i in range(8):
        angle = 2 * math.pi * (i / 8 + time_s / MOTION.pulse_s / 1.5)
        size = 12 + 3 * i
        colour = (COLOURS.coral, COLOURS.tangerine, COLOURS.sun)[i % 3]
        c.disc((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)), size, colour)


@cache
def _throw(seed: int) -> tuple[tuple[float, ...], ...]:
    dice = random.Random(seed)
    return tuple((dice.random(), dice.random(), dice.uniform(0.10, 0.26), dice.uniform(0.4, 1.1), dice.random(), dice.uniform(13, 25))
                 for _ in range(_PIECES))


@lru_cache(256)
def _paper(side: int, colour: Colour, turn: int) -> pygame.Surface:
    big = pygame.Surface((side * 3, side * 3), pygame.SRCALPHA)
    big.fill((*colour, 0))
    pygame.draw.rect(big, colour, (side * 0.4, side * 0.9, side * 2.2, side * 1.2), border_radius=side // 4)
    return pygame.transform.smoothscale(pygame.transform.rotate(big, turn * 180 / _TURNS), (side, side))


def confetti(c: Canvas, top: int, time_s: float, seed: int = 7) -> None:
    """Let confetti fall over the picture below `top` in pixels."""
    width, height = c.size
    c.surface.set_clip((0, top, width, height - top))
    for number, (x, y, fall, sway, spin, size) in enumerate(_throw(seed)):
        down = (y + time_s * fall) % 1.15 - 0.08
        aside = x + 0.03 * math.sin(time_s * 2 * sway + 6 * spin)
        piece = _paper(2 * (c.px(size) // 2), _CONFETTI[number % len(_CONFETTI)], int(time_s * 6 * sway + spin * _TURNS) % _TURNS)
        c.picture(piece, (aside * width, down * height))
    c.surface.set_clip(None)


def floating(c: Canvas, area: pygame.Rect, names: tuple[str, ...], time_s: float) -> None:
    """Let product pictures on tiles float about in a box, the first in the middle and larger."""
    side = min(area.width, area.height)
    for number, name in enumerate(reversed(names)):
        first = number == len(names) - 1
        angle = 2 * math.pi * (number / max(1, len(names) - 1) + time_s / 60)
        reach = 0.0 if first else side * 0.39
        bob = c.px(7) * math.sin(time_s * 1.3 + number * 1.9)
        stretch = min(area.width, 1.35 * side) / side, min(area.height, 1.35 * side) / side
        at = (area.centerx + reach * stretch[0] * math.cos(angle), area.centery + reach * stretch[1] * math.sin(angle) + bob)
        tile = side * (0.46 if first else 0.29) / c.unit
        c.disc(at, round(tile), COLOURS.paper)
        c.picture(paint.product(name, c.px(tile * 0.66)), at)


def beside(c: Canvas, area: pygame.Rect, names: tuple[str, ...], time_s: float) -> None:
    """Let product pictures on tiles hover at both sides of a box, the middle left free."""
    rows = (len(names) + 1) // 2
    for number, name in enumerate(names):
        bob = c.px(9) * math.sin(time_s * 1.3 + number * 1.9)
        at = (area.left + c.px(44) if number % 2 == 0 else area.right - c.px(44), area.y + area.height * (number // 2 + 0.5) / rows + bob)
        c.disc(at, 104, COLOURS.paper)
        c.picture(paint.product(name, c.px(72)), at)
