"""enrol.pin: choosing a PIN, and typing it again."""

from __future__ import annotations

from kiosk.ui import digit_pad
from kiosk.ui.canvas import Canvas
from kiosk.ui.views import EnrolPin


def draw(c: Canvas, view: EnrolPin) -> None:
    """Draw the screen."""
    c.facts["again"] = "yes" if view.again else "no"
    title = c.say("enrol.pin.again" if view.again else "enrol.pin.title")
    digit_pad.draw(c, view, (title, c.say("enrol.pin.why")), c.say_if_known("enrol.pin", view.objection), digit_pad.WAYS[1:])
