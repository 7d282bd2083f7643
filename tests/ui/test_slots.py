"""The shelf on a screen stands as its planogram has it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.money import Money
from kiosk.ui import slots
from kiosk.ui.canvas import Box, Canvas
from kiosk.ui.views import SlotView

PLAIN = SlotView("A1", "Tea", 5, 10, 3, 0, Money(100, "EUR"))


def placed(shelf: str, x_mm: float, width_mm: float) -> SlotView:
    return replace(PLAIN, slot=f"{shelf}{x_mm:g}", shelf=shelf, x_mm=x_mm, width_mm=width_mm)


def test_slots_stand_board_by_board_and_to_scale() -> None:
    seen = [placed("A", 0, 200), placed("A", 200, 400), placed("B", 0, 600)]
    first, second, below = slots.layout(Canvas((800, 480), "en"), Box(0, 0, 760, 400), seen)
    assert first.y == second.y < below.y
    assert first.right < second.x
    assert abs(second.width / first.width - 2) < 0.1
    assert below.width > first.width + second.width
    assert below.right <= 760


def test_slots_without_a_place_or_too_narrow_to_touch_are_tiles() -> None:
    canvas, box = Canvas((800, 480), "en"), Box(0, 0, 760, 400)
    narrow = [placed("A", 10 * n, 10) for n in range(40)]
    for seen in ([PLAIN] * 6, narrow, [*narrow[:3], PLAIN]):
        places = slots.layout(canvas, box, seen)
        assert len(places) == len(seen)
        assert len({place.width for place in places}) <= 2
