"""What varies between rendered attempts: fixed before anything was measured, and cut in halves, to choose limits on and to judge."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

SLICES = 8
PARITY = {"tune": "even", "test": "odd"}
"""Every range is cut into so many slices: the even ones are for tuning, the odd ones for testing."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Lowest and highest value of everything that is drawn.

    Lengths in millimetres, angles in degrees, times in seconds. Sway is what a hand or a head that is asked for nothing does by itself.
    """

    focal_widths: Range = (0.6, 1.4)
    eyes_px: Range = (44.0, 64.0)
    lux: Range = (200.0, 1200.0)
    rolling_shutter_s: Range = (0.004, 0.030)
    lamp_flicker: Range = (0.0, 0.05)
    sway_mm: Range = (2.0, 12.0)
    sway_deg: Range = (0.5, 3.0)
    turn_deg: Range = (16.0, 34.0)
    tilt_deg: Range = (18.0, 50.0)
    approach: Range = (1.15, 1.40)
    lag_s: Range = (0.20, 0.50)
    lag_spread_s: Range = (0.0, 0.12)
    move_s: Range = (0.22, 0.40)
    blink_s: Range = (0.28, 0.55)
    bend_radius_mm: Range = (50.0, 600.0)
    bend_axis_deg: Range = (-90.0, 90.0)
    paper_margin: Range = (0.0, 0.35)
    bezel_mm: Range = (2.0, 9.0)
    screen_flicker: Range = (0.0, 0.12)
    screen_grid: Range = (0.0, 5.0)
    ink: Range = (0.72, 1.0)


RANGES = Ranges()


class Draw:
    """Draws from one half of every range. half: "tune" or "test"; the same seed draws the same. Raises KeyError for another half."""

    def __init__(self, seed: str, half: str) -> None:
        self.chance = Random(f"{half}/{seed}")
        self._odd = PARITY[half] == "odd"

    def __call__(self, span: Range) -> float:
        """Return a value of the range."""
        number = 2 * self.chance.randrange(SLICES // 2) + self._odd
        low, high = span
        return low + (high - low) * (number + self.chance.random()) / SLICES


def lines() -> list[str]:
    """What is drawn, one line a range, ready to print."""
    return [f"{field.name:18} {getattr(RANGES, field.name)[0]:g} to {getattr(RANGES, field.name)[1]:g}" for field in fields(RANGES)]
