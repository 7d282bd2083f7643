"""Charts that we draw ourselves, as SVG text: what a share of service costs, and how long stock will last.

Colours are the product's tokens; numbers are told in the reader's language; a title and a description speak to those who cannot see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import pairwise
from math import floor, log10

from kiosk.design.amounts import number
from kiosk.design.tokens import COLOURS, Colour
from kiosk.design.words import say

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 300, 64, 24, 24, 44
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """(share served 0..1, mean stock) points by rising share, and the one that is asked for. unit: what stock is told in, ready to show.

    others: further curves of the same kind by name. compared: another share that is marked, None for none.
    """

    title: str
    curve: Sequence[Point]
    asked: float
    unit: str
    others: Sequence[tuple[str, Sequence[Point]]] = ()
    compared: float | None = None


@dataclass(frozen=True, slots=True)
class StockFan:
    """Stock as it was and as it may become when nothing comes.

    past: (day, pieces) by day; now: (day, pieces) at which the fan opens; fan: pieces left on the days after, (chances, days), from the
    least to the most demand, an odd number of them; marks: days (any numbers) that are named, with their names; point: reorder point;
    capacity: pieces that fit.
    """

    title: str
    past: Sequence[tuple[int, int]]
    now: tuple[int, int]
    fan: Sequence[Sequence[float]]
    point: int
    capacity: int
    marks: Sequence[tuple[int, str]]


def stock_fan(chart: StockFan, language: str) -> str:
    """Return the picture of a slot's stock, its reorder point, and where it is going."""
    day, pieces = chart.now
    last = day + (len(chart.fan[0]) if chart.fan else 0)
    first = chart.past[0][0] if chart.past else day - 1
    top = max([chart.capacity, pieces, *(n for _, n in chart.past)]) * 1.04
    frame = _Frame((first, last + 0.5), top)
    parts = [frame.grid(language)]
    for at, name in chart.marks:
        parts.append(_text((frame.x(at), _H - _BOTTOM + 18), name, "middle", COLOURS.muted))
    middle = len(chart.fan) // 2
    for depth in range(middle):
        upper, lower = chart.fan[depth], chart.fan[-1 - depth]
        rim = [(day, pieces), *enumerate(upper, day + 1)]
        back = [*reversed([*enumerate(lower, day + 1)]), (day, pieces)]
        shade = f'fill="{_hex(COLOURS.coral)}" fill-opacity="{0.16 + 0.14 * depth:.2f}"'
        parts.append(f'<polygon points="{frame.points([*rim, *back])}" {shade}/>')
    if chart.fan:
        parts.append(_line(frame.points([(day, pieces), *enumerate(chart.fan[middle], day + 1)]), COLOURS.coral_dark, 3))
    told: list[str] = []
    for value, key, colour in ((chart.point, "point", COLOURS.tangerine), (chart.capacity, "capacity", COLOURS.muted)):
        line = frame.points([(first, value), (last + 0.5, value)])
        told.append(_text((_LEFT + 8, frame.y(value) - 6), say(f"chart.{key}", language, count=value), "start", COLOURS.ink))
        parts.append(_line(line, colour, 2, "6 4"))
    parts.append(_line(frame.points(_steps([*chart.past, chart.now])), COLOURS.blue, 3))
    parts.append(f'<circle cx="{frame.x(day):.1f}" cy="{frame.y(pieces):.1f}" r="5" fill="{_hex(COLOURS.blue)}"/>')
    # What the lines are called stays readable where the stock runs through it.
    parts.append(f'<g paint-order="stroke" stroke="{_hex(COLOURS.paper)}" stroke-width="5">{"".join(told)}</g>')
    return _svg(chart.title, say("chart.fan", language), parts)


def _steps(values: Sequence[tuple[int, int]]) -> list[Point]:
    """Stock stays until it changes: the corners of its steps."""
    corners: list[Point] = []
    for at, value in values:
        if corners:
            corners.append((at, corners[-1][1]))
        corners.append((at, value))
    return corners


def service_cost(chart: ServiceCost, language: str) -> str:
    """Return the picture of what each share of the demand served costs in stock, with the asked one marked."""
    every = [*chart.curve, *(p for _, curve in chart.others for p in curve)]
    low = min((p[0] for p in every), default=0.8)
    frame = _Frame((max(min(low, chart.asked - 0.05), 0.7), 1.0), max((p[1] for p in every if p[0] <= 0.995), default=1.0) * 1.05)
    parts = [frame.grid(language)]
    for share in (0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0):
        if frame.xs[0] <= share:
            parts.append(_text((frame.x(share), _H - _BOTTOM + 18), f"{share * 100:.0f} %", "middle", COLOURS.muted))
    inks = (COLOURS.muted, COLOURS.blue, COLOURS.tangerine)
    for place, (name, curve) in enumerate(chart.others):
        kept = frame.inside(curve)
        parts.append(_line(frame.points(kept), inks[place % len(inks)], 2, "6 4"))
        if kept:
            under = _TOP + (60 if chart.compared else 40) + 20 * place
            parts.append(_text((_LEFT + 12, under), f"- - {name}", "start", inks[place % len(inks)]))
    parts.append(_line(frame.points(frame.inside(chart.curve)), COLOURS.coral_dark, 3))
    for place, share in enumerate(share for share in (chart.asked, chart.compared) if share is not None):
        at = value_at(chart.curve, share)
        if at is None:
            continue
        colour = COLOURS.blue if place else COLOURS.coral_dark
        parts.append(f'<circle cx="{frame.x(share):.1f}" cy="{frame.y(at):.1f}" r="6" fill="{_hex(colour)}"/>')
        told = say("chart.asked", language, share=_percent(share, language), stock=_short(at, language), unit=chart.unit)
        parts.append(_text((_LEFT + 12, _TOP + 16 + 20 * place), told, "start", colour))
    parts.append(_text((_W - _RIGHT, _H - 8), say("chart.served", language), "end", COLOURS.ink))
    return _svg(chart.title, say("chart.cost", language, unit=chart.unit), parts)


def value_at(curve: Sequence[Point], share: float) -> float | None:
    """Return the stock at a share, between the points of a curve that rises; None beyond its ends."""
    for (a, low), (b, high) in pairwise(curve):
        if a <= share <= b:
            return low if a == b else low + (high - low) * (share - a) / (b - a)
    return None


class _Frame:
    """Where values lie in the picture."""

    def __init__(self, xs: Point, top: float) -> None:
        """xs: the least and the most; top: the least that fits, rounded up so that the lines of the grid have round numbers."""
        self.xs, self.ys = xs, (0.0, 4 * _round_step(top / 4))

    def x(self, value: float) -> float:
        return _LEFT + (value - self.xs[0]) / max(self.xs[1] - self.xs[0], 1e-9) * (_W - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _H - _BOTTOM - (min(value, self.ys[1]) - self.ys[0]) / max(self.ys[1] - self.ys[0], 1e-9) * (_H - _TOP - _BOTTOM)

    def points(self, values: Sequence[Point]) -> str:
        return " ".join(f"{self.x(a):.1f},{self.y(max(b, 0.0)):.1f}" for a, b in values)

    def inside(self, values: Sequence[Point]) -> list[Point]:
        return [(a, b) for a, b in values if self.xs[0] <= a <= self.xs[1] and b <= self.ys[1]]

    def grid(self, language: str) -> str:
        lines = []
        for n in range(5):
            value = self.ys[1] * n / 4
            y = self.y(value)
            lines.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_W - _RIGHT}" y2="{y:.1f}" stroke="{_hex(COLOURS.line)}"/>'
                         + _text((_LEFT - 8, y + 4), _short(value, language), "end", COLOURS.muted))
        return "".join(lines)


def _round_step(least: float) -> float:
    """Return the smallest round number, such as .5, 1, 1.5, 2, 7 or 10, that is not below `least`."""
    size = 10.0 ** floor(log10(max(least, 1e-9)))
    return next(step for n in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0) if (step := n * size) >= least * (1 - 1e-9))


def _svg(title: str, description: str, parts: list[str]) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_W} {_H}" role="img" font-family="Noto Sans, sans-serif"'
            ' font-size="13">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
            f'<rect width="{_W}" height="{_H}" rx="14" fill="{_hex(COLOURS.paper)}"/>{"".join(parts)}</svg>')


def _line(points: str, colour: Colour, width: int, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{_hex(colour)}" stroke-width="{width}" stroke-linejoin="round"{dashed}/>'


def _text(at: Point, text: str, anchor: str, colour: Colour) -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="{_hex(colour)}">{escape(text)}</text>'


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])


def _short(value: float, language: str) -> str:
    return number(Decimal(f"{value:.1f}") if 0 < value < 100 else round(value), language)


def _percent(share: float, language: str) -> str:
    return f"{number(Decimal(f'{share * 100:.1f}').normalize(), language)} %"
