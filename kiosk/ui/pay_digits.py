"""pay.digits: the last digits of the phone number."""

from __future__ import annotations

from kiosk.ui import digit_pad
from kiosk.ui.canvas import Canvas
from kiosk.ui.views import PayDigits


def draw(c: Canvas, view: PayDigits) -> None:
    """Draw the screen."""
    first = c.say("pay.digits.title", wanted=view.wanted), c.say("pay.digits.why")
    digit_pad.draw(c, view, (c.say("pay.digits.more"), c.say("pay.digits.why_more")) if view.more else first)
