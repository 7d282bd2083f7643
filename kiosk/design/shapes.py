"""Flat vector shapes on a square of 100 by 100, origin top-left: the one source of icons and product pictures on screens and web pages."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

from kiosk.design.tokens import Colour, hex_code

Point = tuple[float, float]

_STEPS = 12
_TOKEN = re.compile(r"[MLCQZ]|-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon, or a line when `stroke` > 0 (its width; round ends). fill None takes the colour that the picture is drawn in."""

    points: tuple[Point, ...]
    fill: Colour | None = None
    stroke: float = 0.0
    alpha: float = 1.0


def circle(cx: float, cy: float, r: float, fill: Colour | None = None, alpha: float = 1.0) -> Shape:
    """Return a filled circle."""
    return ellipse(cx, cy, r, r, fill, alpha)


def ellipse(cx: float, cy: float, rx: float, ry: float, fill: Colour | None = None, alpha: float = 1.0) -> Shape:
    """Return a filled ellipse."""
    return Shape(_arc(cx, cy, rx, ry, 0, 360), fill, 0.0, alpha)


def ring(cx: float, cy: float, r: float, width: float, fill: Colour | None = None) -> Shape:
    """Return the outline of a circle."""
    return Shape(_arc(cx, cy, r, r, 0, 360), fill, width)


def arc(centre: Point, r: float, degrees: tuple[float, float], width: float, fill: Colour | None = None) -> Shape:
    """Return a part of a circle's outline, clockwise from the first angle to the second; 0 is right, 90 is down."""
    return Shape(_arc(centre[0], centre[1], r, r, *degrees), fill, width)


def box(x: float, y: float, w: float, h: float, r: float = 0.0, fill: Colour | None = None) -> Shape:
    """Return a filled rectangle with round corners."""
    r = min(r, w / 2, h / 2)
    if r <= 0:
        return Shape(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), fill)
    corners = ((x + w - r, y + r, -90), (x + w - r, y + h - r, 0), (x + r, y + h - r, 90), (x + r, y + r, 180))
    points = tuple(p for cx, cy, start in corners for p in _arc(cx, cy, r, r, start, start + 90))
    return Shape(points, fill)


def frame(x: float, y: float, w: float, h: float, r: float, width: float) -> Shape:
    """Return the outline of a rectangle with round corners."""
    points = box(x, y, w, h, r).points
    return Shape((*points, points[0]), None, width)


def path(d: str, fill: Colour | None = None, stroke: float = 0.0, alpha: float = 1.0) -> Shape:
    """Return a shape from a path in SVG's absolute commands M L C Q Z, with one M."""
    tokens = _TOKEN.findall(d)
    points: list[Point] = []
    command, at = "M", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
            if command == "Z":
                points.append(points[0])
                continue
        count = {"M": 2, "L": 2, "Q": 4, "C": 6}[command]
        numbers = [float(t) for t in tokens[at : at + count]]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += ends if len(ends) == 1 else _curve([points[-1], *ends])
        at += count
    return Shape(tuple(points), fill, stroke, alpha)


def line(*points: Point, width: float = 8.0, fill: Colour | None = None) -> Shape:
    """Return a line through points."""
    return Shape(points, fill, width)


def svg(shapes: tuple[Shape, ...], colour: Colour, title: str = "") -> str:
    """Return shapes as an SVG document of 100 by 100; `colour` fills what has no colour of its own."""
    label = f'role="img" aria-label="{title}"' if title else 'aria-hidden="true"'
    body = "".join(_element(s, colour) for s in shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" {label}>{body}</svg>'


def _element(shape: Shape, colour: Colour) -> str:
    points = " ".join(f"{x:.4g},{y:.4g}" for x, y in shape.points)
    paint = hex_code(shape.fill or colour)
    opacity = "" if shape.alpha >= 1 else f' opacity="{shape.alpha:.3g}"'
    if not shape.stroke:
        return f'<polygon points="{points}" fill="{paint}"{opacity}/>'
    return (f'<polyline points="{points}" fill="none" stroke="{paint}" stroke-width="{shape.stroke:.4g}" '
            f'stroke-linecap="round" stroke-linejoin="round"{opacity}/>')


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> tuple[Point, ...]:
    count = max(6, int(abs(end - start) / 7.5))
    angles = (math.radians(start + (end - start) * i / count) for i in range(count + 1))
    return tuple((cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles)


def _curve(control: list[Point]) -> list[Point]:
    return [_bezier(control, (i + 1) / _STEPS) for i in range(_STEPS)]


def _bezier(control: list[Point], t: float) -> Point:
    while len(control) > 1:
        control = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(control)]
    return control[0]
