"""The design tokens: one look for kiosk screens, phone pages and the console.

Lengths are in units: one unit is one pixel of a 800x480 screen and grows with the shorter side of the screen; `css` writes it as px.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

Colour = tuple[int, int, int]
"""sRGB, 0..255 each."""


@dataclass(frozen=True, slots=True)
class Colours:
    """The palette. A name says what a colour is for; `PAIRS` says which text may stand on which ground."""

    cream: Colour = (255, 247, 237)
    peach: Colour = (255, 221, 199)
    paper: Colour = (255, 255, 255)
    sand: Colour = (244, 232, 220)
    line: Colour = (226, 208, 195)
    ink: Colour = (43, 20, 51)
    muted: Colour = (107, 80, 104)
    night: Colour = (38, 16, 56)
    plum: Colour = (74, 28, 92)
    lilac: Colour = (226, 204, 240)
    coral: Colour = (214, 48, 64)
    coral_dark: Colour = (168, 28, 58)
    tangerine: Colour = (255, 138, 61)
    sun: Colour = (255, 200, 66)
    mint: Colour = (190, 240, 214)
    green: Colour = (10, 116, 78)
    blush: Colour = (255, 218, 214)
    red: Colour = (170, 24, 40)
    sky: Colour = (206, 230, 255)
    blue: Colour = (26, 86, 178)


@dataclass(frozen=True, slots=True)
class TypeScale:
    """Sizes of type in units (em height)."""

    small: int = 18
    body: int = 22
    lead: int = 27
    title: int = 36
    hero: int = 52
    giant: int = 84


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances in units."""

    hair: int = 4
    tight: int = 8
    snug: int = 12
    base: int = 16
    wide: int = 24
    huge: int = 40


@dataclass(frozen=True, slots=True)
class Radii:
    """Corner radii in units."""

    chip: int = 12
    button: int = 20
    card: int = 24
    sheet: int = 36


@dataclass(frozen=True, slots=True)
class Motion:
    """Durations in seconds. Nothing flashes: the fastest thing on a screen pulses less than three times a second."""

    quick_s: float = 0.18
    settle_s: float = 0.45
    pulse_s: float = 1.6
    drift_s: float = 8.0


COLOURS: Final = Colours()
TYPE: Final = TypeScale()
SPACE: Final = Spacing()
RADIUS: Final = Radii()
MOTION: Final = Motion()

TOUCH: Final = 60
"""The smallest side of a touch target in units: 12 mm on a 7 inch 800x480 screen (5 pixels a millimetre)."""

FAR_TEXT: Final = 40
"""What must be read from two metres is at least one part in this many of the screen's height."""

MIN_CONTRAST: Final = 4.5

PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("ink", "cream"), ("ink", "peach"), ("ink", "paper"), ("ink", "sand"), ("ink", "sun"), ("ink", "mint"),
    ("ink", "blush"), ("ink", "sky"), ("ink", "lilac"), ("ink", "tangerine"), ("muted", "cream"), ("muted", "paper"),
    ("muted", "sand"), ("muted", "peach"), ("cream", "night"), ("cream", "plum"), ("lilac", "night"), ("lilac", "plum"),
    ("sun", "night"), ("sun", "plum"), ("paper", "coral"), ("paper", "coral_dark"), ("paper", "green"),
    ("paper", "red"), ("paper", "blue"), ("paper", "ink"), ("green", "paper"), ("green", "cream"), ("green", "mint"),
    ("red", "paper"), ("red", "cream"), ("red", "blush"), ("coral_dark", "cream"), ("coral_dark", "paper"),
    ("coral_dark", "peach"), ("blue", "paper"), ("blue", "sky"),
)
"""(text, ground) that people may be shown; each holds `MIN_CONTRAST`."""


MIN_CONTRAST_HIGH: Final = 7.0
"""What the high-contrast look holds (WCAG 2.2, level AAA)."""

_BLACK, _WHITE, _YELLOW = (0, 0, 0), (255, 255, 255), (255, 214, 0)
_HIGH: Final[dict[Colour, Colour]] = {
    **dict.fromkeys((COLOURS.cream, COLOURS.peach, COLOURS.paper, COLOURS.sand, COLOURS.lilac, COLOURS.mint, COLOURS.blush,
                     COLOURS.sky), _WHITE),
    **dict.fromkeys((COLOURS.ink, COLOURS.muted, COLOURS.line, COLOURS.night, COLOURS.plum), _BLACK),
    **dict.fromkeys((COLOURS.sun, COLOURS.tangerine), _YELLOW),
    **dict.fromkeys((COLOURS.coral, COLOURS.coral_dark, COLOURS.red), (118, 0, 16)),
    COLOURS.green: (0, 76, 44), COLOURS.blue: (10, 44, 130),
}


def high_contrast(colour: Colour) -> Colour:
    """Return the colour that stands for one of the palette in the high-contrast look: grounds white or black, warnings yellow."""
    return _HIGH.get(colour, _WHITE if luminance(colour) > 0.18 else _BLACK)


def luminance(colour: Colour) -> float:
    """Return the relative luminance of WCAG 2.2, 0 (black) to 1 (white)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def hex_code(colour: Colour) -> str:
    """Return a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def css() -> str:
    """Return the tokens as custom properties: `--color-coral-dark`, `--type-body`, `--space-base`, `--radius-card`, `--motion-quick`."""
    rules = [f"--color-{_dashed(f.name)}:{hex_code(getattr(COLOURS, f.name))}" for f in fields(COLOURS)]
    for prefix, scale in (("type", TYPE), ("space", SPACE), ("radius", RADIUS)):
        rules += [f"--{prefix}-{f.name}:{getattr(scale, f.name)}px" for f in fields(scale)]
    rules += [f"--motion-{f.name.removesuffix('_s')}:{getattr(MOTION, f.name)}s" for f in fields(MOTION)]
    rules.append('--font:"Noto Sans","Noto Sans CJK SC",sans-serif')
    return ":root{" + ";".join(rules) + "}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")
