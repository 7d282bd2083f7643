"""The curve of attacks that pass against genuine attempts refused, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np

from kiosk.design.tokens import Colour, Colours
from kiosk.devices.simulated.attacks import GENUINE

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 208, 76, 74
_MOST = 0.10
AIM = (0.05, 0.02)
"""What is aimed at: genuine attempts refused, attacks of any one kind that pass."""
_COLOURS = ("coral", "tangerine", "blue", "green", "plum")


def draw(margins: Mapping[str, Sequence[float]], title: str) -> str:
    """An SVG document: APCER of each attack over BPCER, both up to 10 %, as all limits are moved together.

    margins: kind -> of each attempt the smallest measured value over its limit; the mark on each line is at the shipped limits.
    """
    palette = Colours()
    parts = [_frame(palette), _text((_LEFT, 36), title, palette.ink, 20)]
    genuine = np.sort(np.array(margins[GENUINE]))
    attacks = [kind for kind in margins if kind != GENUINE]
    for number, (kind, name) in enumerate(zip(attacks, _COLOURS, strict=False)):
        colour, passed = getattr(palette, name), np.array(margins[kind])
        steps = np.concatenate([[0.0], genuine, [1.0]])
        path = " ".join(f"{_x(float((genuine < step).mean())):.1f},{_y(float((passed >= step).mean())):.1f}" for step in np.sort(steps))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_css(colour)}" stroke-width="3" stroke-linejoin="round"/>')
        x, y = _x(float((genuine < 1.0).mean())), _y(float((passed >= 1.0).mean()))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{_css(colour)}"/>')
        row = _TOP + 24 + 30 * number
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 22}" y="{row - 8}" width="22" height="6" rx="3" fill="{_css(colour)}"/>')
        parts.append(_text((_WIDTH - _RIGHT + 54, row), kind.replace("_", " "), palette.ink, 16))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="Noto Sans, sans-serif">'
    return "\n".join([head, *parts, "</svg>", ""])


def _frame(palette: Colours) -> str:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_css(palette.paper)}"/>']
    across, down = _x(AIM[0]), _y(AIM[1])
    parts.append(f'<rect x="{_LEFT}" y="{down:.1f}" width="{across - _LEFT:.1f}" height="{bottom - down:.1f}" '
                 f'fill="{_css(palette.sun)}" opacity="0.35"/>')
    parts.append(_text((across - 10, down + 20), "aim", palette.muted, 15, "end"))
    for tick in np.linspace(0, _MOST, 5):
        x, y = _x(tick), _y(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{_css(palette.line)}"/>')
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_css(palette.line)}"/>')
        parts.append(_text((x, bottom + 24), f"{tick * 100:g} %", palette.muted, 15, "middle"))
        parts.append(_text((_LEFT - 12, y + 5), f"{tick * 100:g} %", palette.muted, 15, "end"))
    parts.append(_text((_LEFT, _TOP - 14), "attacks that pass (APCER), rendered", palette.muted, 15))
    parts.append(_text(((_LEFT + right) / 2, bottom + 54), "genuine attempts refused (BPCER), rendered", palette.muted, 15, "middle"))
    return "\n".join(parts)


def _text(at: tuple[float, float], words: str, colour: Colour, size: int, anchor: str = "start") -> str:
    style = f'font-size="{size}" font-weight="{700 if size > 18 else 400}" text-anchor="{anchor}" fill="{_css(colour)}"'
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" {style}>{escape(words)}</text>'


def _x(rate: float) -> float:
    return _LEFT + min(rate, _MOST) / _MOST * (_WIDTH - _LEFT - _RIGHT)


def _y(rate: float) -> float:
    return _HEIGHT - _BOTTOM - min(rate, _MOST) / _MOST * (_HEIGHT - _TOP - _BOTTOM)


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
