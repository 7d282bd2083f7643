"""enrol.age: only adults may pay by face; that one is of age is kept, nothing else."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Canvas
from kiosk.ui.views import EnrolAge
from kiosk.ui.widgets import PLAIN, Face, button, frame, heading


def draw(c: Canvas, view: EnrolAge) -> None:
    """Draw the screen."""
    c.facts["age"] = str(view.age)
    body = frame(c, view.status, "calm")
    words, ways = c.cut_bottom(body, 2 * TOUCH + 3 * SPACE.huge if c.portrait else 2 * TOUCH, SPACE.base)
    top = words.height * (0.3 if c.portrait else 0.12)
    words.y += round(top)
    words.height -= round(top)
    heading(c, words, c.say("enrol.age.title", age=view.age), c.say("enrol.age.more"), (COLOURS.ink, COLOURS.muted))
    minor, adult = c.rows(ways, 2, SPACE.wide)[::-1] if c.portrait else c.columns(ways, 2, SPACE.wide)
    button(c, "minor", minor, Face(c.say("enrol.age.minor", age=view.age), "", PLAIN, TYPE.lead))
    button(c, "adult", adult, Face(c.say("enrol.age.adult", age=view.age), "", PLAIN, TYPE.lead))
