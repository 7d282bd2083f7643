"""A storm as a picture: sales announced and sales at HQ over time, what HQ lags behind, and every blow. SVG, drawn here."""

from __future__ import annotations

from kiosk.sim.storm import KINDS, Trace

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 960, 532, 70, 20, 44
UPPER, LOWER = 230, 110
GAP = 58
_INK, _SOFT, _GRID = "#1b1f24", "#5a6472", "#e3e7ec"
_PRODUCED, _AT_HQ, _LAG = "#1f6feb", "#1a7f37", "#bc4c00"
_BLOWS = ("#8250df", "#bf3989", "#cf222e", "#9a6700", "#0969da", "#116329", "#57606a", "#000000")


def storm_plot(trace: Trace) -> str:
    """Return an SVG picture of a storm."""
    samples = trace.samples or [(0.0, 0, 0)]
    span = max(1.0, samples[-1][0])
    most = max(1, *(produced for _s, produced, _hq in samples))
    lag = [(seconds, produced - at_hq) for seconds, produced, at_hq in samples]
    most_lag = max(1, *(behind for _s, behind in lag))
    upper, lower = TOP + UPPER, TOP + UPPER + GAP + LOWER
    parts = [
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="Noto Sans, sans-serif" font-size="13">'),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 24, "Sales announced by the kiosks and sales in HQ's books", _INK, 16),
        *_axes(upper, UPPER, most, span), *_axes(lower, LOWER, most_lag, span),
        _text(LEFT, TOP + UPPER + GAP - 12, "Sales that HQ lags behind", _INK, 14),
        _line([(s, produced) for s, produced, _hq in samples], (span, most, upper, UPPER), _PRODUCED, 3.5),
        _line([(s, at_hq) for s, _produced, at_hq in samples], (span, most, upper, UPPER), _AT_HQ, 1.8),
        _area(lag, (span, most_lag, lower, LOWER)),
        *_strokes(trace, span, lower + 8),
        *_legend(trace, lower + 62),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


Frame = tuple[float, int, int, int]
"""(seconds of the whole width, value at the top, y of the bottom, height)"""


def _x(seconds: float, span: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / span


def _point(at: tuple[float, int], frame: Frame) -> str:
    span, most, bottom, height = frame
    return f"{_x(at[0], span):.1f},{bottom - height * at[1] / most:.1f}"


def _line(points: list[tuple[float, int]], frame: Frame, colour: str, width: float) -> str:
    path = " ".join(_point(point, frame) for point in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _area(points: list[tuple[float, int]], frame: Frame) -> str:
    closed = [(points[0][0], 0), *points, (points[-1][0], 0)]
    path = " ".join(_point(point, frame) for point in closed)
    return f'<polygon points="{path}" fill="{_LAG}" fill-opacity="0.28" stroke="{_LAG}" stroke-width="1.2"/>'


def _axes(bottom: int, height: int, most: int, span: float) -> list[str]:
    parts = []
    for value in _ticks(most, 4):
        y = bottom - height * value / most
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{_GRID}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:,}", _SOFT, 12, "end"))
    return parts + [_text(_x(seconds, span), bottom + 18, f"{seconds} s", _SOFT, 12, "middle") for seconds in _ticks(int(span), 10)]


def _ticks(most: int, count: int) -> range:
    """Round numbers from 0 to `most`, at most `count` of them after the first."""
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 5))
    return range(0, most + 1, next(step for step in steps if most <= step * count))


def _strokes(trace: Trace, span: float, y: int) -> list[str]:
    colours = dict(zip(KINDS, _BLOWS, strict=True))
    return [f'<line x1="{_x(seconds, span):.1f}" y1="{y + 16}" x2="{_x(seconds, span):.1f}" y2="{y + 26}" stroke="{colours[kind]}"'
            ' stroke-width="1.4"/>' for seconds, kind in trace.blows]


def _legend(trace: Trace, y: int) -> list[str]:
    colours = dict(zip(KINDS, _BLOWS, strict=True))
    seen = [kind for kind in KINDS if any(kind == struck for _s, struck in trace.blows)]
    entries = [("announced", _PRODUCED), ("at HQ", _AT_HQ), *((kind, colours[kind]) for kind in seen)]
    parts, x = [], float(LEFT)
    for name, colour in entries:
        parts.append(f'<rect x="{x:.0f}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 17, y + 1, name, _INK, 13))
        x += 34 + 7.6 * len(name)
    return parts


def _text(x: float, y: float, text: str, colour: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{text}</text>'
