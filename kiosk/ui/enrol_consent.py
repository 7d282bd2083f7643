"""enrol.consent: what is kept, where, and how it is erased; yes and no are equally easy."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import EnrolConsent
from kiosk.ui.widgets import GOOD, Face, Look, button, frame, language_button

_POINTS = {"keep": "numbers", "where": "lock", "erase": "trash"}
_NO = Look(COLOURS.ink, COLOURS.paper)


def draw(c: Canvas, view: EnrolConsent) -> None:
    """Draw the screen."""
    c.facts["text_version"] = view.text_version
    body = frame(c, view.status, "calm")
    body, foot = c.cut_bottom(body, TOUCH + 8)
    head, points = c.cut_top(body, 96 if c.portrait else TOUCH)
    language = Box(head.right - c.px(96), head.y, c.px(96), c.px(TOUCH))
    language_button(c, language)
    mine = Box(language.x - c.px(SPACE.snug) - c.px(150), head.y, c.px(150), language.height)
    button(c, "my_data", mine, Face(c.say("my.data.button"), "", size=20))
    c.text(c.say("enrol.consent.title"), Box(head.x, head.y, mine.x - head.x - c.px(SPACE.base), head.height),
           Style(TYPE.title, bold=True, lines=3 if c.portrait else 2))
    points, apart = c.cut_bottom(points, 96 if c.portrait else 30, 6)
    for row, (name, icon) in zip(c.rows(points, 3, SPACE.tight), _POINTS.items(), strict=True):
        _point(c, row, c.say(f"enrol.consent.{name}"), icon)
    c.text(c.say("enrol.consent.apart"), apart, Style(TYPE.small, COLOURS.muted, align="centre", lines=3 if c.portrait else 1))
    _answers(c, foot, view)


def _point(c: Canvas, row: Box, text: str, icon: str) -> None:
    c.panel(row, COLOURS.paper, RADIUS.button)
    side = min(row.height - c.px(16), c.px(72))
    centre = (row.x + c.px(10) + side / 2, row.centery)
    c.disc(centre, side / c.unit, COLOURS.peach)
    c.icon(icon, centre, side / c.unit * 0.56, COLOURS.coral_dark)
    left = row.x + c.px(10) + side + c.px(SPACE.base)
    words = Box(left, row.y + c.px(4), row.right - left - c.px(SPACE.base), row.height - c.px(8))
    c.text(text, words, Style(TYPE.lead if c.portrait else TYPE.body, lines=7 if c.portrait else 3))


def _answers(c: Canvas, foot: Box, view: EnrolConsent) -> None:
    version = c.say("enrol.consent.version", version=view.text_version)
    style = Style(16, COLOURS.muted, align="centre")
    note = 0 if c.portrait else c.measure(version, style) + c.px(8)
    ways = Box(foot.x, foot.y, foot.width - note - (c.px(SPACE.snug) if note else 0), foot.height)
    no, yes = c.columns(ways, 2)
    button(c, "decline", no, Face(c.say("enrol.consent.decline"), "cross", _NO))
    button(c, "accept", yes, Face(c.say("enrol.consent.accept"), "check", GOOD))
    if note:
        c.text(version, Box(foot.right - note, foot.y, note, foot.height), style)
