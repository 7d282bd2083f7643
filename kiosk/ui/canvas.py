"""What a screen draws on: it knows the unit, the language and the touch targets, fits text into boxes and notes what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import pygame

from kiosk.design import amounts
from kiosk.design.tokens import COLOURS, FAR_TEXT, MIN_CONTRAST, MIN_CONTRAST_HIGH, SPACE, TYPE, Colour, contrast, high_contrast
from kiosk.design.words import known, say
from kiosk.domain.money import Money
from kiosk.ui import fonts, paint

Box = pygame.Rect

Align = Literal["left", "centre", "right"]

_SHRINK = 0.5
"""A text may shrink to this part of its size before it counts as clipped."""
_SMALLEST = 16
"""The smallest type in units on a screen at arm's length."""
_LARGE = 1.3
"""How much larger large type is, wherever its box has room."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How a picture is drawn for whoever looks at it: large type, high contrast."""

    large: bool = False
    contrast: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set. size in units; lines: how many it may take at most."""

    size: int = TYPE.body
    colour: Colour = COLOURS.ink
    bold: bool = False
    align: Align = "left"
    valign: Literal["top", "middle", "bottom"] = "middle"
    lines: int = 1


class Canvas:
    """One picture being drawn. `problems` lists text that was clipped, too pale or has no glyph; `audit` measures contrast too."""

    def __init__(self, size: tuple[int, int], language: str, audit: bool = False, sight: Sight = Sight(), clear: bool = False) -> None:
        """clear: nothing is below what is drawn, so that a picture can lie there."""
        self.size = size
        self.sight = sight
        self.language = language
        self.surface = pygame.Surface(size, pygame.SRCALPHA if clear else 0)
        self.unit = min(size) / 480
        self.portrait = size[1] > size[0]
        self.targets: dict[str, tuple[int, int, int, int]] = {}
        self.facts: dict[str, str] = {}
        self.problems: list[str] = []
        self._audit = audit
        self._smallest = max(round(_SMALLEST * self.unit), -(-size[1] // FAR_TEXT) if self.portrait else 0)

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box((0, 0), self.size)

    def px(self, units: float) -> int:
        """Return units as pixels."""
        return round(units * self.unit)

    def say(self, key: str, **values: object) -> str:
        """Return a text in the language of the screen."""
        return say(key, self.language, **values)

    def say_or_other(self, area: str, key: str, suffix: str = "") -> str:
        """Return the text of a key that came from outside; the area's general words when it is not known."""
        full = f"{area}.{key}{suffix}"
        return self.say(full if known(full) else f"{area}.other{suffix}")

    def say_if_known(self, area: str, key: str) -> str:
        """Return the text of a key that came from outside, "" for one that is not known or empty. After a colon it may carry a {value}."""
        name, _, value = key.partition(":")
        return self.say(f"{area}.{name}", value=value) if name and known(f"{area}.{name}") else ""

    def money(self, amount: Money) -> str:
        """Return an amount as the language of the screen writes it."""
        return amounts.money(amount, self.language)

    def _type_size(self, units: float) -> int:
        """Return a type size in pixels, never below what can be read on this screen."""
        return max(self.px(units * (_LARGE if self.sight.large else 1)), self._smallest)

    def tone(self, colour: Colour) -> Colour:
        """Return a colour of the palette as this picture shows it."""
        return high_contrast(colour) if self.sight.contrast else colour

    def ground(self, kind: str) -> None:
        """Fill the picture with a background."""
        self.surface.blit(paint.ground(self.size, f"{kind}-plain" if self.sight.contrast else kind), (0, 0))

    def target(self, name: str, box: Box) -> None:
        """Make a box of the picture touchable."""
        self.targets[name] = (box.x, box.y, box.width, box.height)

    def along(self, box: Box, share: float, gap: int = SPACE.wide) -> tuple[Box, Box]:
        """Split a box in two along the screen's longer side; `share` of it goes to the first part, `gap` units between them."""
        space = self.px(gap)
        if self.portrait:
            first = round((box.height - space) * share)
            return Box(box.x, box.y, box.width, first), Box(box.x, box.y + first + space, box.width, box.height - first - space)
        first = round((box.width - space) * share)
        return Box(box.x, box.y, first, box.height), Box(box.x + first + space, box.y, box.width - first - space, box.height)

    def rows(self, box: Box, count: int, gap: int = SPACE.snug) -> list[Box]:
        """Split a box into rows of equal height."""
        return [Box(box.x, y, box.width, height) for y, height in _shares(box.y, box.height, count, self.px(gap))]

    def columns(self, box: Box, count: int, gap: int = SPACE.snug) -> list[Box]:
        """Split a box into columns of equal width."""
        return [Box(x, box.y, width, box.height) for x, width in _shares(box.x, box.width, count, self.px(gap))]

    def grid(self, box: Box, columns: int, rows: int, gap: int = SPACE.snug) -> list[Box]:
        """Split a box into cells, row by row."""
        return [cell for row in self.rows(box, rows, gap) for cell in self.columns(row, columns, gap)]

    def cut_top(self, box: Box, units: float, gap: int = SPACE.snug) -> tuple[Box, Box]:
        """Cut a strip of `units` off the top; return (strip, rest)."""
        height, space = self.px(units), self.px(gap)
        return Box(box.x, box.y, box.width, height), Box(box.x, box.y + height + space, box.width, box.height - height - space)

    def cut_bottom(self, box: Box, units: float, gap: int = SPACE.snug) -> tuple[Box, Box]:
        """Cut a strip of `units` off the bottom; return (rest, strip)."""
        height, space = self.px(units), self.px(gap)
        return Box(box.x, box.y, box.width, box.height - height - space), Box(box.x, box.bottom - height, box.width, height)

    def panel(self, box: Box, colour: Colour, radius: int = 24, shadow: bool = False) -> None:
        """Draw a filled box with round corners of `radius` units."""
        if shadow and not self.sight.contrast:
            blur = self.px(14)
            self.surface.blit(paint.shadow(box.size, self.px(radius), blur), (box.x - blur, box.y - blur + self.px(5)))
        shown = self.tone(colour)
        if self.sight.contrast and shown in _PLAIN:
            # Without tints a panel needs an edge to be seen.
            paint.fill(self.surface, box, self.px(radius), _PLAIN[shown])
            box, radius = box.inflate(-2 * self.px(2), -2 * self.px(2)), radius - 2
        paint.fill(self.surface, box, self.px(radius), shown)

    def veil(self, box: Box, colour: Colour, alpha: int, radius: int = 24) -> None:
        """Draw a panel that lets a picture shine through."""
        if self.sight.contrast:
            # Half-seen colours are what this look is without: a veil is either a panel or nothing.
            if alpha >= 128:
                self.panel(box, colour, radius)
            return
        self.surface.blit(paint.panel(box.size, self.px(radius), colour, alpha), box.topleft)

    def picture(self, surface: pygame.Surface, centre: tuple[float, float]) -> None:
        """Draw a surface around a point."""
        self.surface.blit(surface, (round(centre[0] - surface.get_width() / 2), round(centre[1] - surface.get_height() / 2)))

    def icon(self, name: str, centre: tuple[float, float], units: float, colour: Colour) -> None:
        """Draw an icon of `units` around a point."""
        self.picture(paint.icon(name, self.px(units), self.tone(colour)), centre)

    def disc(self, centre: tuple[float, float], units: float, colour: Colour, alpha: int = 255) -> None:
        """Draw a filled circle of a diameter in units around a point."""
        self.picture(paint.disc(max(1, self.px(units)), self.tone(colour), alpha), centre)

    def fits(self, text: str, width: int, style: Style) -> bool:
        """Return whether a text fits on one line of `width` pixels, a little smaller if need be."""
        size = max(self._smallest, round(self._type_size(style.size) * 0.84))
        return fonts.width(text, size, style.bold) <= width

    def measure(self, text: str, style: Style) -> int:
        """Return the width in pixels of a text on one line at its full size."""
        return fonts.width(text, self._type_size(style.size), style.bold)

    def text(self, text: str, box: Box, style: Style) -> Box:
        """Draw a text inside a box, smaller where it must be, and return the box that it takes."""
        missing = fonts.missing(text)
        if missing:
            self.problems.append(f"no glyph for {sorted(missing)!r} in {text!r}")
        lines, size = self._fit(text, box, style)
        height = fonts.line_height(size)
        total = height * len(lines)
        top = box.y + {"top": 0, "middle": (box.height - total) // 2, "bottom": box.height - total}[style.valign]
        taken = Box(box.x, top, 0, total)
        for number, line in enumerate(lines):
            drawn = fonts.drawn(line, size, style.bold, self.tone(style.colour))
            x = box.x + {"left": 0, "centre": (box.width - drawn.get_width()) // 2, "right": box.width - drawn.get_width()}[style.align]
            place = Box(x, top + number * height, drawn.get_width(), height)
            if self._audit:
                self._check_contrast(line, place, self.tone(style.colour))
            self.surface.blit(drawn, place)
            taken = place if number == 0 else taken.union(place)
        return taken

    def _fit(self, text: str, box: Box, style: Style) -> tuple[tuple[str, ...], int]:
        full = self._type_size(style.size)
        # Large type that has no room is set as small as the usual one may be, and no smaller.
        least = max(self._smallest, round(self.px(style.size) * _SHRINK))
        breaker = fonts.balanced if style.align == "centre" else fonts.wrap
        for size in (*range(full, least, -max(1, full // 16)), least):
            lines = breaker(text, size, style.bold, box.width) if style.lines > 1 or "\n" in text else (text,)
            fits = len(lines) <= style.lines and all(fonts.width(line, size, style.bold) <= box.width for line in lines)
            if fits and len(lines) * fonts.line_height(size) <= box.height + size // 4:
                return lines, size
        self.problems.append(f"{text!r} does not fit into {tuple(box)}")
        lines = fonts.wrap(text, least, style.bold, box.width)
        if len(lines) > style.lines:
            lines = (*lines[: style.lines - 1], lines[style.lines - 1] + "…")
        return tuple(_ellipsis(line, least, style.bold, box.width) for line in lines), least

    def _check_contrast(self, text: str, place: Box, colour: Colour) -> None:
        inner = place.inflate(0, -place.height // 3).clip(self.box)
        if inner != place.inflate(0, -place.height // 3):
            self.problems.append(f"{text!r} runs out of the picture")
        for i in range(9):
            at = (inner.x + (inner.width - 1) * i // 8, inner.y + (inner.height - 1) * (i * 4 % 9) // 8)
            if inner.width and self.box.collidepoint(at):
                below = self.surface.get_at(at)
                ratio = contrast(colour, (below.r, below.g, below.b))
                if ratio < (MIN_CONTRAST_HIGH if self.sight.contrast else MIN_CONTRAST):
                    self.problems.append(f"{text!r} has a contrast of {ratio:.1f} at {at}")
                    return


_PLAIN = {high_contrast(COLOURS.paper): high_contrast(COLOURS.ink), high_contrast(COLOURS.ink): high_contrast(COLOURS.paper)}
"""Colour of a panel without a tint -> colour of the edge it needs."""


def _shares(start: int, length: int, count: int, gap: int) -> list[tuple[int, int]]:
    edges = [start + round((length + gap) * i / count) for i in range(count + 1)]
    return [(a, b - a - gap) for a, b in pairwise(edges)]


def _ellipsis(line: str, size: int, bold: bool, available: int) -> str:
    if fonts.width(line, size, bold) <= available:
        return line
    while line and fonts.width(line + "…", size, bold) > available:
        line = line[:-1]
    return line + "…"
