"""A trace as a picture: raw weight of each cell over time, what was found in it above, and the truth, where it is known, below. SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from kiosk.design.tokens import COLOURS, Colour
from kiosk.devices.scale_trace import Trace
from kiosk.errors import InvalidValueError
from kiosk.evaluation.shelf_score import Detected

_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP, _FOOT = 1200, 190, 92, 24, 78, 44
_MOST_PANELS = 6
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


_TRUE_WIDE = 26.0
"""Room that a true action and its number take."""
_MUTED = f'fill="#{COLOURS.muted[0]:02x}{COLOURS.muted[1]:02x}{COLOURS.muted[2]:02x}"'


@dataclass(frozen=True, slots=True)
class Plot:
    """What of a trace is drawn. cells: none for the busiest; begins_s: from its first sample."""

    cells: tuple[str, ...] = ()
    begins_s: float = 0.0
    seconds: float = math.inf


def plot(trace: Trace, found: Sequence[Detected], wanted: Plot) -> str:
    """Return the picture as the text of an SVG file. Raises InvalidValueError for a cell or a span that the trace has not."""
    unknown = set(wanted.cells) - set(trace.cells)
    if unknown:
        raise InvalidValueError(f"the trace has no cell {', '.join(sorted(unknown))}; it has {', '.join(trace.cells)}")
    start = float(trace.time_s[0]) + wanted.begins_s
    end = min(start + wanted.seconds, float(trace.time_s[-1]))
    rows = (trace.time_s >= start) & (trace.time_s <= end)
    if rows.sum() < 2:
        raise InvalidValueError(f"the trace has no two samples from {wanted.begins_s:g} s on within {wanted.seconds:g} s")
    cells = wanted.cells or _busiest(trace, found)
    view = _View(start, end, float(trace.time_s[0]))
    height = _TOP + _PANEL * len(cells) + _FOOT
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Noto Sans, sans-serif" font-size="13">',
             f'<rect width="{_WIDTH}" height="{height}" fill="{_hex(COLOURS.cream)}"/>', *_legend(trace)]
    for number, cell in enumerate(cells):
        column = trace.grams[rows, trace.cells.index(cell)]
        here = [d for d in found if cell in d.cells and start <= d.time_s <= end]
        truth = [(a.time_s, a.pieces) for a in trace.truth if cell in a.cells and start <= a.time_s <= end]
        parts += _panel(view, _TOP + _PANEL * number, (cell, _stands(trace, cell)), (trace.time_s[rows], column), here, truth)
    parts += [*_axis(view, _TOP + _PANEL * len(cells)), "</svg>", ""]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _View:
    start: float
    end: float
    zero: float

    def x(self, time_s: float) -> float:
        return _LEFT + (time_s - self.start) / (self.end - self.start) * (_WIDTH - _LEFT - _RIGHT)


def _busiest(trace: Trace, found: Sequence[Detected]) -> tuple[str, ...]:
    count = {cell: sum(cell in d.cells for d in found) for cell in trace.cells}
    chosen = sorted(trace.cells, key=lambda c: -count[c])[:_MOST_PANELS]
    return tuple(c for c in trace.cells if c in chosen)


def _stands(trace: Trace, cell: str) -> str:
    names = [f.product for f in trace.plan.facings if cell in f.cells]
    text = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return text if text != cell else ""


def _panel(view: _View, top: float, name: tuple[str, str], samples: tuple[NDArray[np.float64], NDArray[np.float64]],
           found: Sequence[Detected], truth: Sequence[tuple[float, int]]) -> list[str]:
    good = np.isfinite(samples[1])
    times, grams = samples[0][good], samples[1][good]
    # A hand may push ten times what lies there: the axis follows the weight, what sticks out is cut off.
    low, high = (float(np.percentile(grams, q)) for q in (0.5, 99.5)) if len(grams) else (0.0, 1.0)
    room = max(high - low, 1.0) * 0.12
    low, high = low - room, high + room
    above, below = top + 40, top + _PANEL - 22

    def y(weight: float) -> float:
        return below - (min(max(weight, low), high) - low) / (high - low) * (below - above)

    ground = f'y="{above - 4:.1f}" width="{_WIDTH - _LEFT - _RIGHT}" height="{below - above + 8:.1f}"'
    parts = [f'<rect x="{_LEFT}" {ground} rx="8" fill="{_hex(COLOURS.paper)}"/>',
             f'<text x="12" y="{(above + below) / 2 + 5:.0f}" font-size="16" {_ink(bold=True)}>{escape(name[0])}</text>',
             f'<text x="{_LEFT}" y="{below + 18:.0f}" {_MUTED}>{escape(name[1])}</text>']
    for weight in _ticks(low, high):
        parts.append(f'<path d="M{_LEFT} {y(weight):.1f}H{_WIDTH - _RIGHT}" stroke="{_hex(COLOURS.line)}"/>'
                     f'<text x="{_LEFT - 8}" y="{y(weight) + 4:.1f}" text-anchor="end" font-size="11" {_MUTED}>{weight:g}</text>')
    points = _envelope(times, grams, view)
    line = " ".join(f"{view.x(t):.1f},{y(g):.1f}" for t, g in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_hex(COLOURS.plum)}" stroke-width="1" stroke-linejoin="round"/>')
    lifted, last = 0.0, -math.inf
    for one in found:
        x = view.x(one.time_s)
        lifted, last = (13.0 if not lifted and x - last < 26 else 0.0), x
        parts.append(_mark(x, above - 6, one.pieces, not one.product, (below, lifted)))
    at = [view.x(t) for t, _ in truth]
    for x, following, (_, pieces) in zip(at, [*at[1:], math.inf], truth, strict=True):
        parts.append(_true_mark(x, below + 14, pieces, beside=following - x >= _TRUE_WIDE))
    return parts


def _envelope(times: NDArray[np.float64], grams: NDArray[np.float64], view: _View) -> list[tuple[float, float]]:
    """Return the least and the greatest weight of each pixel column: nothing that happened is smoothed away."""
    columns = np.floor([view.x(t) for t in times]) if len(times) else np.empty(0)
    if len(times) <= 2 * _WIDTH:
        return list(zip(times.tolist(), grams.tolist(), strict=True))
    edges = np.flatnonzero(np.diff(columns)) + 1
    points: list[tuple[float, float]] = []
    for t, g in zip(np.split(times, edges), np.split(grams, edges), strict=True):
        first, second = sorted((int(g.argmin()), int(g.argmax())))
        points += [(float(t[first]), float(g[first])), (float(t[second]), float(g[second]))]
    return points


def _mark(x: float, y: float, pieces: int, unsure: bool, span: tuple[float, float]) -> str:
    """Return a triangle and its number. span: how far down its line goes, and how far up the number stands, to clear a neighbour's."""
    below, lifted = span
    colour = _hex(COLOURS.blue if unsure else COLOURS.coral if pieces < 0 else COLOURS.green)
    text = "?" if unsure else f"{pieces:+d}".replace("-", "−")
    shape = f"M{x - 5:.1f} {y - 9:.1f}h10l-5 8z" if pieces <= 0 else f"M{x - 5:.1f} {y - 1:.1f}h10l-5 -8z"
    line = f'<path d="M{x:.1f} {y:.1f}V{below:.1f}" stroke="{colour}" stroke-opacity=".35" stroke-dasharray="2 3"/>'
    at = f'x="{x:.1f}" y="{y - 12 - lifted:.1f}" text-anchor="middle"'
    number = f'<text {at} fill="{colour}" font-weight="600" font-size="12">{text}</text>'
    return f'{line}<path d="{shape}" fill="{colour}"/>{number}'


def _true_mark(x: float, y: float, pieces: int, beside: bool) -> str:
    """Return a ring and its number: beside it, or under it where the next one follows closely."""
    said = f"{pieces:+d}".replace("-", "−")
    at = f'x="{x + 6:.1f}" y="{y:.1f}"' if beside else f'x="{x:.1f}" y="{y + 12:.1f}" text-anchor="middle"'
    return (f'<circle cx="{x:.1f}" cy="{y - 4:.1f}" r="3" fill="none" stroke="{_hex(COLOURS.ink)}" stroke-width="1.5"/>'
            f'<text {at} font-size="11" {_ink()}>{said}</text>')


def _legend(trace: Trace) -> list[str]:
    down, up = "M0 -9h10l-5 8z", "M0 -1h10l-5 -8z"
    entries = [("picked", COLOURS.coral, down), ("put back", COLOURS.green, up), ("unsure", COLOURS.blue, down)]
    parts = [f'<text x="{_LEFT}" y="30" font-size="20" {_ink(bold=True)}>Weight in grams, and what was found in it</text>']
    x = float(_LEFT)
    for words, colour, shape in entries:
        parts.append(f'<g transform="translate({x:.0f} 58)"><path d="{shape}" fill="{_hex(colour)}"/>'
                     f'<text x="16" fill="{_hex(COLOURS.ink)}">{words}</text></g>')
        x += 110
    if trace.truth:
        parts.append(f'<g transform="translate({x:.0f} 58)"><circle cx="4" cy="-5" r="3" fill="none" stroke="{_hex(COLOURS.ink)}"/>'
                     f'<text x="16" fill="{_hex(COLOURS.ink)}">truth</text></g>')
    return parts


def _axis(view: _View, y: float) -> list[str]:
    step = next((s for s in _TICKS_S if (view.end - view.start) / s <= 14), _TICKS_S[-1])
    first = math.ceil((view.start - view.zero) / step)
    parts = []
    for n in range(first, math.floor((view.end - view.zero) / step) + 1):
        x, at = view.x(view.zero + n * step), n * step
        words = f"{at // 3600}:{at % 3600 // 60:02d}:{at % 60:02d}" if at >= 3600 else f"{at // 60}:{at % 60:02d}"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{y + 5:.1f}" stroke="{_hex(COLOURS.muted)}"/>'
                     f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle" {_MUTED}>{words}</text>')
    return parts


def _ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 4
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(m * scale for m in (1, 2, 5, 10) if m * scale >= raw)
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _ink(bold: bool = False) -> str:
    return f'fill="{_hex(COLOURS.ink)}"' + (' font-weight="600"' if bold else "")


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
