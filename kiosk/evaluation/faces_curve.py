"""The curve of false accepts against false refusals, drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from kiosk.design.tokens import Colour, Colours
from kiosk.evaluation.faces_identification import BucketFigure, Curve, ShippedFigure

_WIDTH, _HEIGHT = 860, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 208, 76, 74
_X_TICKS = (1e-4, 1e-3, 1e-2, 1e-1)
_TOPS = (0.05, 0.1, 0.2, 0.5)
_COLOURS = ("green", "blue", "coral", "plum")


def draw(curves: Sequence[Curve], rows: Sequence[BucketFigure], title: str, shipped: Sequence[ShippedFigure] = ()) -> str:
    """An SVG document: FNIR (0 to at most 50 %) over FPIR (1 in 10,000 to 1 in 3, logarithmic), a line a bucket size.

    A bar at each of `rows` shows its 95 % interval; bars of one rate stand beside each other. A ring at each of `shipped` shows where a
    kiosk stands on its curve.
    """
    palette = Colours()
    highest = max([*(float(curve.fnir.max(initial=0.0)) for curve in curves), *(row.interval[1] for row in rows)])
    top = next((top for top in _TOPS if top >= highest), _TOPS[-1])
    parts = [_frame(palette, top), _text(_LEFT, 36, title, palette.ink, 22)]
    names = []
    for number, (curve, name) in enumerate(zip(curves, _COLOURS, strict=False)):
        colour = getattr(palette, name)
        path = " ".join(f"{_x(x):.1f},{_y(y, top):.1f}" for x, y in zip(curve.fpir, curve.fnir, strict=True))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_css(colour)}" stroke-width="3" stroke-linejoin="round"/>')
        parts += [_bar(row, colour, top, 9.0 * (number - len(curves) / 2 + 0.5)) for row in rows if row.size == curve.size]
        parts += [_ring(at, colour, top) for at in shipped if at.size == curve.size and _X_TICKS[0] <= at.fpir <= 1 / 3]
        names.append((f"{curve.size} in the bucket" if curve.size != "all" else "everybody at once", colour))
    for number, (name, colour) in enumerate(reversed(names)):
        y = _TOP + 24 + 30 * number
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 22}" y="{y - 8}" width="22" height="6" rx="3" fill="{_css(colour)}"/>')
        parts.append(_text(_WIDTH - _RIGHT + 54, y, name, palette.ink, 16))
    if shipped:
        y = _TOP + 34 + 30 * len(names)
        parts.append(f'<circle cx="{_WIDTH - _RIGHT + 33}" cy="{y - 5}" r="7" fill="none" stroke="{_css(palette.ink)}" stroke-width="3"/>')
        parts.append(_text(_WIDTH - _RIGHT + 54, y, f"as shipped: {shipped[0].threshold:g}", palette.ink, 16))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="Noto Sans, sans-serif">'
    return "\n".join([head, *parts, "</svg>", ""])


def _frame(palette: Colours, top: float) -> str:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_css(palette.paper)}"/>']
    for tick in _X_TICKS:
        x = _x(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{_css(palette.line)}"/>')
        parts.append(_text(x, bottom + 24, f"{tick * 100:g} %", palette.muted, 15, anchor="middle"))
    for tick in (top * step / 5 for step in range(6)):
        y = _y(tick, top)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_css(palette.line)}"/>')
        parts.append(_text(_LEFT - 12, y + 5, f"{tick * 100:g} %", palette.muted, 15, anchor="end"))
    parts.append(_text(_LEFT, _TOP - 14, "members who are not recognised (FNIR)", palette.muted, 15))
    parts.append(_text((_LEFT + right) / 2, bottom + 54, "others who are taken for a member (FPIR)", palette.muted, 15, anchor="middle"))
    return "\n".join(parts)


def _bar(row: BucketFigure, colour: Colour, top: float, aside: float) -> str:
    x, low, high = _x(row.fpir) + aside, _y(row.interval[0], top), _y(row.interval[1], top)
    line = f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{_css(colour)}" stroke-width="2"/>'
    return line + f'<circle cx="{x:.1f}" cy="{_y(row.fnir, top):.1f}" r="5" fill="{_css(colour)}"/>'


def _ring(at: ShippedFigure, colour: Colour, top: float) -> str:
    return f'<circle cx="{_x(at.fpir):.1f}" cy="{_y(at.fnir, top):.1f}" r="8" fill="none" stroke="{_css(colour)}" stroke-width="3"/>'


def _text(x: float, y: float, words: str, colour: Colour, size: int, anchor: str = "start") -> str:
    style = f'font-size="{size}" font-weight="{700 if size > 20 else 400}" text-anchor="{anchor}" fill="{_css(colour)}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def _x(rate: float) -> float:
    share = (math.log10(rate) - math.log10(_X_TICKS[0])) / (math.log10(1 / 3) - math.log10(_X_TICKS[0]))
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(rate: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - min(max(rate, 0.0), top) / top * (_HEIGHT - _TOP - _BOTTOM)


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
