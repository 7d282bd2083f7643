"""An animated figure that shows how to stand: upright, arms a little away from the body."""

from __future__ import annotations

import math

import pygame

from kiosk.design.tokens import COLOURS
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas

_STEPS = 16


def figure(c: Canvas, box: Box, time_s: float) -> None:
    """Draw the figure as large as a box allows, its arms swinging out and back."""
    step = round(motion.wave(time_s, 3.2) * _STEPS)
    picture = _pose(min(box.height, round(box.width * 1.5)), step)
    c.picture(picture, box.center)


_POSES: dict[tuple[int, int], pygame.Surface] = {}


def _pose(height: int, step: int) -> pygame.Surface:
    if (height, step) not in _POSES:
        if len(_POSES) > 2 * _STEPS + 2:
            _POSES.clear()
        _POSES[height, step] = _drawn(height, step)
    return _POSES[height, step]


def _drawn(height: int, step: int) -> pygame.Surface:
    scale = height / 100
    width = round(height * 0.72)
    fine = pygame.Surface((width * 2, height * 2), pygame.SRCALPHA)
    fine.fill((*COLOURS.sun, 0))
    middle = width / scale / 2
    spread = math.radians(8 + 30 * step / _STEPS)
    lines: list[list[tuple[float, float]]] = [[(middle - 4, 93), (middle - 5, 72), (middle - 5, 52)],
                                              [(middle + 4, 93), (middle + 5, 72), (middle + 5, 52)]]
    for side in (-1, 1):
        shoulder = (middle + side * 10, 27)
        elbow = (shoulder[0] + side * 15 * math.sin(spread), shoulder[1] + 15 * math.cos(spread))
        hand = (elbow[0] + side * 14 * math.sin(spread * 1.1), elbow[1] + 14 * math.cos(spread * 1.1))
        lines.append([shoulder, elbow, hand])
    torso: list[tuple[float, float]] = [(middle - 10, 25), (middle + 10, 25), (middle + 7, 40), (middle + 8, 54), (middle - 8, 54),
                                        (middle - 7, 40), (middle - 10, 25)]
    paint_colour = (*COLOURS.sun, 255)
    pygame.draw.polygon(fine, paint_colour, [(x * scale * 2, y * scale * 2) for x, y in torso])
    for points in (*lines, torso):
        paint.stroke(fine, [(x * scale * 2, y * scale * 2) for x, y in points], 6.2 * scale * 2, paint_colour)
    pygame.draw.circle(fine, paint_colour, (middle * scale * 2, 12 * scale * 2), 8.4 * scale * 2)
    small = pygame.transform.smoothscale(fine, (width, height))
    small.set_alpha(205)
    return small
