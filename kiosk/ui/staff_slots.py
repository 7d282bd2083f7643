"""staff.slots: refill or count, slot by slot."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui import slots
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import StaffSlots
from kiosk.ui.widgets import GOOD, PRIMARY, Face, button, frame

_ASKED = {"refill": "added", "waste": "thrown_away"}


def draw(c: Canvas, view: StaffSlots) -> None:
    """Draw the screen."""
    c.facts.update(mode=view.mode, chosen=view.chosen, value=str(view.value))
    body = frame(c, view.status, "calm")
    head, body = c.cut_top(body, 84 if c.portrait else 46)
    c.text(c.say(f"staff.slots.{view.mode}"), head, Style(TYPE.lead, bold=True, lines=2))
    shelf, side = c.along(body, 0.56 if c.portrait else 0.6, SPACE.base)
    for slot, place in zip(view.slots, slots.layout(c, shelf, view.slots), strict=True):
        slots.staff_tile(c, place, slot, slot.slot == view.chosen)
        c.target(f"slot:{slot.slot}", place)
    _editor(c, side, view)


def _editor(c: Canvas, box: Box, view: StaffSlots) -> None:
    box, foot = c.cut_bottom(box, TOUCH + 4)
    chosen = next((s for s in view.slots if s.slot == view.chosen), None)
    if chosen is None:
        button(c, "back", foot, Face(c.say("pay.back"), "back", size=20))
        c.panel(box, COLOURS.sand, RADIUS.sheet)
        icon = {"refill": "refill", "waste": "trash"}.get(view.mode, "count")
        c.icon(icon, box.center, min(90, box.height / c.unit * 0.5), COLOURS.muted)
        return
    back, ok = c.columns(foot, 2)
    button(c, "back", back, Face(c.say("pay.back"), "back", size=20))
    button(c, "ok", ok, Face(c.say("pay.ok"), "check", GOOD))
    c.panel(box, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = box.inflate(-c.px(2 * SPACE.base), -c.px(2 * SPACE.snug))
    inner, keys = c.cut_bottom(inner, TOUCH + 12)
    words, what = c.cut_top(inner, inner.height / c.unit * 0.5, 0)
    c.text(f"{chosen.slot} · {chosen.name}", words, Style(TYPE.body, bold=True, align="centre", lines=2))
    asked = c.say(f"staff.slots.{_ASKED.get(view.mode, 'counted')}")
    c.text(f"{asked} · {chosen.on_hand}/{chosen.capacity}", what, Style(TYPE.small, COLOURS.muted, align="centre", lines=2))
    minus, value, plus = c.columns(keys, 3)
    button(c, "minus", minus, Face("", "minus", PRIMARY, 30))
    c.text(str(view.value), value, Style(TYPE.hero, bold=True, align="centre"))
    button(c, "plus", plus, Face("", "plus", PRIMARY, 30))
