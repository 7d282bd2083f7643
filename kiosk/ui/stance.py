"""An animated figure that shows how to stand: it steps onto its mark, faces the mirror, and holds its arms a little away from the body."""

from __future__ import annotations

import math
from functools import lru_cache

import pygame

from kiosk.design.tokens import COLOURS
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas

_ROUND_S = 5.2
_WALK_S, _STOOD_S, _SPREAD_S, _BACK_S = 1.7, 2.1, 2.8, 4.8
"""When the figure has come to its mark, has stood there, holds its arms out, and lets them down again."""
_STRIDES, _SPREADS = 4, 8
_SOLE = 0.955
"""Where the feet are, as a part of the figure's height."""


def figure(c: Canvas, box: Box, time_s: float) -> None:
    """Draw the figure as large as a box allows: where it stands and how it moves tell what to do."""
    now = time_s % _ROUND_S
    height = round(min(box.height / 1.06, box.width * 1.5))
    middle, centre = box.centerx, box.y + height // 2
    stands = now >= _WALK_S
    lit = 1 + round(motion.wave(time_s) * 4) if stands else 0
    c.picture(_mark(height, lit), (middle, box.y + round(_SOLE * height)))
    share = min(1.0, now / _WALK_S)
    off = round(0.42 * height * (1 - share) * (1 - share) * (1 + 0.6 * share))
    if stands:
        picture = _pose(height, 0, round(_spread(now) * _SPREADS))
    else:
        picture = _pose(height, round(math.sin(share * 2.5 * 2 * math.pi) * _STRIDES * (1 - share * share)), 0)
    faded = min(1.0, 4 * share, (_ROUND_S - now) / 0.3)
    picture.set_alpha(round(245 * max(0.0, faded)))
    c.picture(picture, (middle + off, centre))
    if _SPREAD_S <= now < _BACK_S:
        beside = middle + round(0.21 * height), centre - round(0.37 * height)
        units = 0.17 * height / c.unit
        c.disc(beside, units * 1.14, COLOURS.night)
        c.disc(beside, units, COLOURS.green)
        c.icon("check", beside, units * 0.62, COLOURS.paper)


def _spread(now: float) -> float:
    """Return how far the arms are out, 0..1."""
    if now < _STOOD_S or now >= _ROUND_S:
        return 0.0
    out, back = (now - _STOOD_S) / (_SPREAD_S - _STOOD_S), (_ROUND_S - now) / (_ROUND_S - _BACK_S)
    return motion.wave(min(1.0, out, back), 2.0)


@lru_cache(16)
def _mark(height: int, lit: int) -> pygame.Surface:
    """Return the mark on the floor for a figure of a height. lit: 0 while nobody stands on it, else how large it is just then, 1..5."""
    wide, tall = round(0.76 * height), round(0.20 * height)
    fine = pygame.Surface((2 * wide, 2 * tall), pygame.SRCALPHA)
    grow = 0.84 + 0.03 * lit
    for share, colour in ((grow, COLOURS.night), (grow - 0.07, COLOURS.sun if lit else COLOURS.lilac), (grow - 0.22, COLOURS.night)):
        oval = pygame.Rect(0, 0, round(2 * wide * share), round(2 * tall * share))
        oval.center = wide, tall
        pygame.draw.ellipse(fine, (*colour, 240), oval)
    return pygame.transform.smoothscale(fine, (wide, tall))


_POSES: dict[tuple[int, int, int], pygame.Surface] = {}


def _pose(height: int, stride: int, spread: int) -> pygame.Surface:
    """Return the figure. stride: which foot is lifted how far, -4..4; spread: how far the arms are out, 0..8."""
    key = height, stride, spread
    if key not in _POSES:
        if len(_POSES) > 2 * _STRIDES + _SPREADS + 2:
            _POSES.clear()
        _POSES[key] = _drawn(height, stride / _STRIDES, spread / _SPREADS)
    return _POSES[key]


def _drawn(height: int, stride: float, spread: float) -> pygame.Surface:
    scale = height / 50
    width = round(height * 0.72)
    fine = pygame.Surface((width * 2, height * 2), pygame.SRCALPHA)
    fine.fill((*COLOURS.night, 0))
    middle = width / scale
    bones = _bones(middle, stride, math.radians(9 + 25 * spread))
    for wider, colour in ((3.0, COLOURS.night), (0.0, COLOURS.sun)):
        shade = (*colour, 255)
        for points in bones:
            line = [(x * scale, y * scale) for x, y in points]
            if len(points) > 3:
                pygame.draw.polygon(fine, shade, line)
            paint.stroke(fine, line, (6.2 + wider) * scale, shade)
        pygame.draw.circle(fine, shade, (middle * scale, 12 * scale), (8.0 + wider / 2) * scale)
    return pygame.transform.smoothscale(fine, (width, height))


def _bones(middle: float, stride: float, angle: float) -> list[list[tuple[float, float]]]:
    """Return legs, arms and trunk as lines, in hundredths of the figure's height."""
    lines: list[list[tuple[float, float]]] = []
    for side in (-1, 1):
        lift = max(0.0, side * stride)
        lines.append([(middle + side * 5, 52), (middle + side * (5 + lift), 72 - 5 * lift), (middle + side * 4.5, 93 - 10 * lift)])
        shoulder = (middle + side * 10, 27)
        elbow = (shoulder[0] + side * 15 * math.sin(angle), shoulder[1] + 15 * math.cos(angle))
        lines.append([shoulder, elbow, (elbow[0] + side * 14 * math.sin(angle * 1.1), elbow[1] + 14 * math.cos(angle * 1.1))])
    trunk = (-10, 25), (10, 25), (7, 40), (8, 54), (-8, 54), (-7, 40), (-10, 25)
    lines.append([(middle + x, float(y)) for x, y in trunk])
    return lines
