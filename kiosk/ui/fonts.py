"""Type: Noto Sans, and Noto Sans CJK (Simplified Chinese) for the characters that it lacks. Lines are measured, broken and drawn here."""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pygame
import pygame.freetype

from kiosk.design.tokens import Colour
from kiosk.errors import DeviceMissingError

_FOLDER = Path("/usr/share/fonts")
_LATIN = {False: "truetype/noto/NotoSans-Regular.ttf", True: "truetype/noto/NotoSans-Bold.ttf"}
_CJK = {False: "opentype/noto/NotoSansCJK-Regular.ttc", True: "opentype/noto/NotoSansCJK-Bold.ttc"}
_SIMPLIFIED_CHINESE = 2
_UNIT = 48
"""Any size: opened fonts are drawn at the size that each call asks for."""

LINE = 1.28
"""Height of a line by em."""
_BASELINE = 1.0
"""Baseline below the top of a line by em; capitals and Chinese characters then stand in the middle of it."""

_CLOSING = "，。：；？！、）」》…"
_PIECES = re.compile(rf"[^\s\u2e80-\uffef]+[{_CLOSING}]*[ \t]*|[\u2e80-\uffef][{_CLOSING}]*|[\u00a0\u202f]+|\s")


@cache
def _font(cjk: bool, bold: bool) -> Any:
    path = _FOLDER / (_CJK if cjk else _LATIN)[bold]
    if not path.exists():
        raise DeviceMissingError(f"the font {path} is not there: install Debian's fonts-noto-core and fonts-noto-cjk")
    pygame.freetype.init()
    font = pygame.freetype.Font(str(path), _UNIT, font_index=_SIMPLIFIED_CHINESE if cjk else 0)
    font.origin = True
    return font


@lru_cache(4096)
def _source(character: str, bold: bool) -> bool | None:
    """Return whether CJK draws a character, None when no font has it."""
    for cjk in (False, True):
        if _font(cjk, bold).get_metrics(character)[0] is not None:
            return cjk
    return None


@lru_cache(8192)
def _advance(character: str, size: int, bold: bool) -> float:
    """Return how far a character moves the pen in pixels; hinting makes that depend on the size."""
    metrics = _font(bool(_source(character, bold)), bold).get_metrics(character, size=size)[0]
    return float(metrics[4]) if metrics else size * 0.6


def missing(text: str) -> set[str]:
    """Return the characters that neither font can draw."""
    return {c for c in text if c != "\n" and _source(c, False) is None}


@lru_cache(4096)
def width(text: str, size: int, bold: bool) -> int:
    """Return the width in pixels of one line at an em of `size` pixels."""
    return math.ceil(sum(_advance(c, size, bold) for c in text))


def line_height(size: int) -> int:
    """Return the height in pixels of one line."""
    return math.ceil(size * LINE)


def _pieces(paragraph: str) -> list[str]:
    merged: list[str] = []
    for piece in _PIECES.findall(paragraph):
        if merged and (piece[0] in "\u00a0\u202f" or merged[-1][-1] in "\u00a0\u202f"):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


@lru_cache(2048)
def wrap(text: str, size: int, bold: bool, available: int) -> tuple[str, ...]:
    """Return the lines of a text; a piece that is wider than `available` gets a line of its own and sticks out."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        current = ""
        for piece in _pieces(paragraph):
            if current and width((current + piece).rstrip(), size, bold) > available:
                lines.append(current.rstrip())
                current = piece.lstrip(" ")
            else:
                current += piece
        lines.append(current.rstrip())
    return tuple(lines)


@lru_cache(2048)
def balanced(text: str, size: int, bold: bool, available: int) -> tuple[str, ...]:
    """Return the lines of a text, as few as `wrap` needs and about equally long."""
    best = wrap(text, size, bold, available)
    low, high = max(available // max(1, len(best)), 1), available
    while high - low > 8:
        middle = (low + high) // 2
        lines = wrap(text, size, bold, middle)
        if len(lines) <= len(best) and all(width(one, size, bold) <= middle for one in lines):
            high, best = middle, lines
        else:
            low = middle
    return best


@lru_cache(320)
def drawn(text: str, size: int, bold: bool, colour: Colour) -> pygame.Surface:
    """Return one line as a surface with alpha, `line_height` high; don't draw on it."""
    surface = pygame.Surface((max(1, width(text, size, bold) + 2), line_height(size)), pygame.SRCALPHA)
    surface.fill((*colour, 0))
    x = 0.0
    for cjk, run in groupby(text, key=lambda c: bool(_source(c, bold))):
        part = "".join(run)
        _font(cjk, bold).render_to(surface, (round(x), round(size * _BASELINE)), part, colour, size=size)
        x += sum(_advance(c, size, bold) for c in part)
    return surface
