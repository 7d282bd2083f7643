"""pay.pin: the member's PIN, where a face alone is not enough."""

from __future__ import annotations

from kiosk.ui import digit_pad
from kiosk.ui.canvas import Canvas
from kiosk.ui.views import PayPin


def draw(c: Canvas, view: PayPin) -> None:
    """Draw the screen."""
    why = c.say("pay.pin.pays", amount=c.money(view.pays)) if view.pays else c.say("pay.pin.why")
    digit_pad.draw(c, view, (c.say("pay.pin.title"), why), c.say("pay.pin.wrong") if view.wrong else "")
