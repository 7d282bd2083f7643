"""The pieces that screens are made of: the frame with its status, buttons, keypad, language choice, chips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE, Colour
from kiosk.domain.catalog import LANGUAGES
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import Status

HEADER: Final = 46
"""Height of the status line in units."""

PILL: Final = (38, 66)
"""Height in units of a pill of one line, and of two."""

DARK_GROUNDS: Final = frozenset({"night"})


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a button. edge: an outline, None for none."""

    ground: Colour
    text: Colour
    edge: Colour | None = None


PRIMARY: Final = Look(COLOURS.coral, COLOURS.paper)
GOOD: Final = Look(COLOURS.green, COLOURS.paper)
PLAIN: Final = Look(COLOURS.paper, COLOURS.ink, COLOURS.line)
QUIET: Final = Look(COLOURS.sand, COLOURS.ink)
DARK: Final = Look(COLOURS.plum, COLOURS.cream, (118, 66, 136))
SUNNY: Final = Look(COLOURS.sun, COLOURS.ink)


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on a button. stacked: the icon above the label; size: of the label, in units."""

    label: str
    icon: str = ""
    look: Look = PLAIN
    size: int = TYPE.body
    stacked: bool = False


def frame(c: Canvas, status: Status, ground: str = "day") -> Box:
    """Draw the ground and the status line; return the box that is left for the screen, with its margins."""
    c.ground(ground)
    return status_line(c, status, ground in DARK_GROUNDS)


def status_line(c: Canvas, status: Status, dark: bool) -> Box:
    """Draw the status line alone; return the box that is left for the screen, with its margins."""
    margin = c.px(SPACE.wide)
    bar = Box(margin, 0, c.size[0] - 2 * margin, c.px(HEADER))
    ink = COLOURS.cream if dark else COLOURS.ink
    style = Style(TYPE.small, ink, bold=True)
    right = bar.right
    if status.clock:
        width = c.measure(status.clock, style) + c.px(2)
        c.text(status.clock, Box(right - width, bar.y, width, bar.height), replace(style, align="right"))
        right -= width + c.px(SPACE.base)
    alerts = [k for k in ("offline", "camera_lost", "stale_price", "printer_lost") if getattr(status, k)]
    left = _chips(c, alerts, Box(bar.x, bar.y, right - bar.x, bar.height))
    if status.store and left - bar.x >= c.measure(status.store, style) + c.px(SPACE.base):
        c.text(status.store, Box(bar.x, bar.y, left - bar.x, bar.height), style)
    top = bar.bottom
    if text := c.say_if_known("banner", status.banner):
        note = Style(TYPE.small, bold=True, align="centre", lines=2)
        strip = Box(0, top, c.size[0], c.px(42 if c.measure(text, note) <= bar.width else 72))
        c.surface.fill(c.tone(COLOURS.sun), strip)
        c.text(text, strip.inflate(-2 * margin, 0), note)
        top = strip.bottom + c.px(SPACE.tight)
    c.facts["language"] = status.language
    return Box(margin, top, c.size[0] - 2 * margin, c.size[1] - top - c.px(SPACE.base))


def _chips(c: Canvas, alerts: list[str], area: Box) -> int:
    """Draw alerts from the right; words are left out where there is no room. Return where they begin."""
    style = Style(TYPE.small, COLOURS.ink, bold=True)
    height, pad, side, gap = c.px(34), c.px(10), c.px(22), c.px(6)
    words = [c.say(f"status.{alert}") for alert in alerts]
    widths = [c.measure(word, style) + side + gap + 2 * pad for word in words]
    while words and sum(widths) + gap * len(widths) > area.width:
        last = max(i for i, word in enumerate(words) if word)
        words[last], widths[last] = "", side + 2 * pad
        if not any(words):
            break
    x = area.right
    for alert, word, width in reversed(list(zip(alerts, words, widths, strict=True))):
        x -= width
        chip = Box(x, area.centery - height // 2, width, height)
        c.panel(chip, COLOURS.sun, RADIUS.chip)
        c.icon(alert, (chip.x + pad + side / 2, chip.centery), 22, COLOURS.ink)
        if word:
            c.text(word, Box(chip.x + pad + side + gap, chip.y, width - side - gap - 2 * pad + 2, height), style)
        x -= gap
    return x


def button(c: Canvas, target: str, box: Box, face: Face) -> None:
    """Draw a button and make it touchable."""
    look = face.look
    if look.edge:
        c.panel(box, look.edge, RADIUS.button)
        c.panel(box.inflate(-2 * c.px(2), -2 * c.px(2)), look.ground, RADIUS.button - 2)
    else:
        c.panel(box, look.ground, RADIUS.button)
    label(c, box, face)
    c.target(target, box)


def label(c: Canvas, box: Box, face: Face) -> None:
    """Draw an icon with its label in the middle of a box."""
    inner = box.inflate(-2 * c.px(SPACE.snug), -2 * c.px(4))
    style = Style(face.size, face.look.text, bold=True, align="centre")
    side, gap = c.px(face.size * 1.25), c.px(10)
    alone = not face.icon or (face.label and not face.stacked and not c.fits(face.label, inner.width - side - gap, style))
    if alone:
        c.text(face.label, inner, style if c.fits(face.label, inner.width, style) else replace(style, lines=2))
        return
    if not face.label:
        c.icon(face.icon, box.center, min(face.size * 1.5, box.height / c.unit * 0.62), face.look.text)
        return
    if face.stacked:
        style = replace(style, lines=2)
        words = c.px(face.size * (1.5 if c.fits(face.label, inner.width, style) else 2.8) * (1.25 if c.sight.large else 1))
        big = min(c.px(face.size * 3), inner.height - words - gap)
        if big < c.px(face.size):  # no room for a picture worth looking at
            c.text(face.label, inner, style)
            return
        top = inner.y + (inner.height - big - words - gap) // 2
        c.icon(face.icon, (inner.centerx, top + big / 2), big / c.unit, face.look.text)
        c.text(face.label, Box(inner.x, top + big + gap, inner.width, words), replace(style, valign="top"))
        return
    words = min(inner.width - side - gap, c.measure(face.label, style) + c.px(2))
    x = inner.x + (inner.width - side - gap - words) // 2
    c.icon(face.icon, (x + side / 2, inner.centery), face.size * 1.25, face.look.text)
    c.text(face.label, Box(x + side + gap, inner.y, words, inner.height), replace(style, align="left"))


def corner(c: Canvas, target: str, icon: str, box: Box, dark: bool = False) -> None:
    """Draw a quiet icon button of the smallest size, e.g. the way in for staff."""
    button(c, target, box, Face("", icon, DARK if dark else QUIET, 20))


def square(c: Canvas, right: int, bottom: int) -> Box:
    """Return the smallest touch target whose lower right corner is given in pixels."""
    side = c.px(TOUCH)
    return Box(right - side, bottom - side, side, side)


def seeing_button(c: Canvas, box: Box, dark: bool = False) -> None:
    """Draw the button that makes type larger and colours stronger."""
    button(c, "seeing", box, Face("Aa", "", DARK if dark else PLAIN, 20))


LANGUAGE_WIDTH: Final = 264
"""Width of the language choice in units."""


def language_choice(c: Canvas, box: Box, dark: bool = False) -> None:
    """Draw the languages with the present one marked; a touch goes on to the next."""
    look = DARK if dark else PLAIN
    c.panel(box, look.edge or look.ground, RADIUS.button)
    c.panel(box.inflate(-2 * c.px(2), -2 * c.px(2)), look.ground, RADIUS.button - 2)
    for code, cell in zip(LANGUAGES, c.columns(box.inflate(-2 * c.px(6), -2 * c.px(6)), len(LANGUAGES), 4), strict=True):
        chosen = code == c.language
        if chosen:
            c.panel(cell, COLOURS.sun, RADIUS.button - 6)
        colour = COLOURS.ink if chosen else look.text
        c.text(c.say(f"language.{code}"), cell, Style(16, colour, bold=chosen, align="centre"))
    c.target("language", box)


def language_button(c: Canvas, box: Box, dark: bool = False) -> None:
    """Draw a small button with a globe and the present language; a touch goes on to the next."""
    button(c, "language", box, Face(c.language.upper() if c.language != "zh" else "中", "globe", DARK if dark else PLAIN, 20))


def keypad(c: Canvas, box: Box, left: str = "", right: str = "erase", look: Look = PLAIN) -> None:
    """Draw ten keys in a telephone's order, and up to two more beside the zero: "erase", "ok" or ""."""
    names = [*(f"key:{n}" for n in range(1, 10)), left, "key:0", right]
    for name, cell in zip(names, c.grid(box, 3, 4, 10), strict=True):
        if name == "erase":
            button(c, name, cell, Face("", "erase", look, 32))
        elif name == "ok":
            button(c, name, cell, Face("", "check", GOOD, 32))
        elif name:
            button(c, name, cell, Face(name.removeprefix("key:"), "", look, TYPE.title))


def dots(c: Canvas, box: Box, entered: int, wanted: int) -> None:
    """Draw one place per digit, filled when it was entered."""
    gap = c.px(10)
    side = min((box.width - gap * (wanted - 1)) // wanted, box.height, c.px(56))
    x = box.x
    for number in range(wanted):
        place = Box(x, box.centery - side // 2, side, side)
        here = number == entered
        c.panel(place, COLOURS.coral if here else COLOURS.line, 14)
        c.panel(place.inflate(-2 * c.px(3), -2 * c.px(3)), COLOURS.paper, 11)
        if number < entered:
            c.disc(place.center, side / c.unit * 0.42, COLOURS.ink)
        x += side + gap


def pill(c: Canvas, centre_left: tuple[int, int], text: str, icon: str, look: Look, widest: int = 0) -> Box:
    """Draw a small rounded note that is as wide as its text, or `widest` pixels, see `pill_lines`; return its box."""
    style = Style(TYPE.small, look.text, bold=True)
    side, gap, pad = c.px(22), c.px(8), c.px(14)
    width = c.measure(text, style) + c.px(2)
    if widest:
        width = min(width, widest - side - gap - 2 * pad)
    style = replace(style, lines=pill_lines(c, text, widest) if widest else 1)
    height = c.px(PILL[style.lines - 1])
    box = Box(centre_left[0], centre_left[1] - height // 2, width + side + gap + 2 * pad, height)
    c.panel(box, look.ground, 19)
    c.icon(icon, (box.x + pad + side / 2, box.centery), 22, look.text)
    c.text(text, Box(box.x + pad + side + gap, box.y, width, box.height), style)
    return box


def pill_lines(c: Canvas, text: str, widest: int) -> int:
    """Return in how many lines a pill of at most `widest` pixels shows a text: an upright screen's type shrinks less, so it takes two."""
    room = widest - c.px(22 + 8 + 2 * 14)
    return 2 if c.portrait and not c.fits(text, room, Style(TYPE.small, bold=True)) else 1


def heading(c: Canvas, box: Box, text: str, more: str = "", colours: tuple[Colour, Colour] = (COLOURS.ink, COLOURS.muted)) -> int:
    """Draw a title and a sentence under it from the top of a box; return where they end in pixels."""
    taken = c.text(text, Box(box.x, box.y, box.width, round(box.height * ((0.4 if c.sight.large else 0.62) if more else 1))),
                   Style(TYPE.title, colours[0], bold=True, valign="top", lines=3))
    if not more:
        return taken.bottom
    rest = Box(box.x, taken.bottom + c.px(6), box.width, box.bottom - taken.bottom - c.px(6))
    return c.text(more, rest, Style(TYPE.lead if c.portrait else TYPE.body, colours[1], valign="top", lines=6)).bottom
