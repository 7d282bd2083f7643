"""enrol.review: what will be kept and what will not, before anything is."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE, Colour
from kiosk.ui.canvas import Box, Canvas, Style
from kiosk.ui.views import EnrolReview
from kiosk.ui.widgets import GOOD, Face, button, frame

_KEPT = (COLOURS.mint, COLOURS.green)
_GONE = (COLOURS.sand, COLOURS.ink)
_NOTE = (COLOURS.sun, COLOURS.ink)


def draw(c: Canvas, view: EnrolReview) -> None:
    """Draw the screen."""
    c.facts["twin"] = "yes" if view.twin else "no"
    body = frame(c, view.status, "calm")
    head, rest = c.cut_top(body, 96 if c.portrait else 52)
    c.text(c.say("enrol.review.title"), head, Style(TYPE.title, bold=True, lines=2))
    rest, ways = c.cut_bottom(rest, TOUCH + 8, SPACE.base)
    lines: list[tuple[str, str, tuple[Colour, Colour]]] = [
        (c.say("enrol.review.numbers"), "numbers", _KEPT), (c.say("enrol.review.private"), "lock", _KEPT),
        (c.say("enrol.review.gone"), "trash", _GONE), (c.say("enrol.review.days", days=view.days), "refill", _GONE)]
    if view.card:
        lines.append((c.say("enrol.review.card"), "qr", _NOTE))
    if view.twin:
        lines.append((c.say("enrol.review.twin"), "warning", _NOTE))
    if c.portrait:
        rest.height = min(rest.height, c.px(110) * len(lines))
    for row, line in zip(c.rows(rest, len(lines), SPACE.tight), lines, strict=True):
        _row(c, row, line)
    cancel, keep = c.columns(ways, 2)
    button(c, "cancel", cancel, Face(c.say("pay.cancel"), "cross"))
    button(c, "keep", keep, Face(c.say("enrol.review.keep"), "check", GOOD))


def _row(c: Canvas, row: Box, line: tuple[str, str, tuple[Colour, Colour]]) -> None:
    text, icon, (ground, ink) = line
    c.panel(row, COLOURS.sun if ground == COLOURS.sun else COLOURS.paper, RADIUS.button)
    side = min(row.height - c.px(12), c.px(56))
    centre = (row.x + c.px(10) + side / 2, row.centery)
    c.disc(centre, side / c.unit, COLOURS.paper if ground == COLOURS.sun else ground)
    c.icon(icon, centre, side / c.unit * 0.56, ink)
    left = row.x + c.px(10) + side + c.px(SPACE.base)
    c.text(text, Box(left, row.y + c.px(4), row.right - left - c.px(SPACE.base), row.height - c.px(8)), Style(TYPE.body, lines=3))
