"""Charts that we draw ourselves, as SVG text: what a share of service costs.

Colours are the product's tokens; numbers are told in the reader's language; a title and a description speak to those who cannot see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import pairwise

from kiosk.design.amounts import number
from kiosk.design.tokens import COLOURS, Colour
from kiosk.design.words import say

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 300, 64, 24, 24, 44
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """(share served 0..1, mean stock) points by rising share, and the one that is asked for. unit: what stock is told in, ready to show.

    others: further curves of the same kind by name.
    """

    title: str
    curve: Sequence[Point]
    asked: float
    unit: str
    others: Sequence[tuple[str, Sequence[Point]]] = ()


def service_cost(chart: ServiceCost, language: str) -> str:
    """Return the picture of what each share of the demand served costs in stock, with the asked one marked."""
    every = [*chart.curve, *(p for _, curve in chart.others for p in curve)]
    low = min((p[0] for p in every), default=0.8)
    frame = _Frame((max(min(low, chart.asked - 0.05), 0.7), 1.0), (0.0, max((p[1] for p in every if p[0] <= 0.995), default=1.0) * 1.05))
    parts = [frame.grid(language)]
    for share in (0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0):
        if frame.xs[0] <= share:
            parts.append(_text((frame.x(share), _H - _BOTTOM + 18), f"{share * 100:.0f} %", "middle", COLOURS.muted))
    inks = (COLOURS.muted, COLOURS.blue, COLOURS.tangerine)
    for place, (name, curve) in enumerate(chart.others):
        kept = frame.inside(curve)
        parts.append(_line(frame.points(kept), inks[place % len(inks)], 2, "6 4"))
        if kept:
            parts.append(_text((_LEFT + 12, _TOP + 40 + 20 * place), f"- - {name}", "start", inks[place % len(inks)]))
    parts.append(_line(frame.points(frame.inside(chart.curve)), COLOURS.coral_dark, 3))
    at = value_at(chart.curve, chart.asked)
    if at is not None:
        x, y = frame.x(chart.asked), frame.y(at)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{_hex(COLOURS.coral_dark)}"/>')
        told = say("chart.asked", language, share=_percent(chart.asked, language), stock=_short(at, language), unit=chart.unit)
        parts.append(_text((_LEFT + 12, _TOP + 16), told, "start", COLOURS.ink))
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

    def __init__(self, xs: Point, ys: Point) -> None:
        self.xs, self.ys = xs, ys

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
