"""pay.refused: what happened, and what to do next."""

from __future__ import annotations

from kiosk.design.tokens import COLOURS, RADIUS, SPACE, TOUCH, TYPE
from kiosk.ui.canvas import Canvas, Style
from kiosk.ui.views import PayRefused
from kiosk.ui.widgets import PRIMARY, Face, button, frame, heading

_ICONS = {"several_people": "one_person", "camera_lost": "camera_lost", "offline_limit": "offline", "hq_silent": "offline",
          "bad_code": "qr", "pin_locked": "lock", "pin_missing": "lock", "code_expired": "qr", "service_down": "offline",
          "insufficient_funds": "wallet", "not_recognised": "look_here", "no_face": "look_here", "no_member": "numbers",
          "pin_refused": "lock"}


def draw(c: Canvas, view: PayRefused) -> None:
    """Draw the screen."""
    c.facts["reason"] = view.reason
    body = frame(c, view.status, "alarm")
    faces = _faces(c, view)
    c.facts["ways"] = ",".join(faces)
    rows = len(faces) - view.pin if c.portrait else len(faces)
    body, ways = c.cut_bottom(body, rows * (TOUCH + SPACE.snug) if c.portrait else 2 * TOUCH + 34, SPACE.base)
    side = min(c.px(150), round(body.height * (0.26 if c.portrait else 0.8)))
    c.panel(body, COLOURS.paper, RADIUS.sheet, shadow=True)
    inner = body.inflate(-c.px(2 * SPACE.wide), -c.px(2 * SPACE.wide))
    if c.portrait:
        badge, words = c.cut_top(inner, side / c.unit, SPACE.wide)
        centre = (badge.x + side / 2, badge.centery)
    else:
        centre = (inner.x + side / 2, inner.centery)
        words = inner.copy()
        words.width -= side + c.px(SPACE.wide)
        words.x += side + c.px(SPACE.wide)
    c.disc(centre, side / c.unit, COLOURS.blush)
    c.icon(_ICONS.get(view.reason, "warning"), centre, side / c.unit * 0.56, COLOURS.red)
    words, after = c.cut_bottom(words, 36)
    c.text(c.say("pay.refused.next"), after, Style(TYPE.body, bold=True))
    more = c.say(view.instead) if view.instead else c.say_or_other("refused", view.reason, ".more")
    heading(c, words, c.say_or_other("refused", view.reason), more)
    if c.portrait:
        boxes = c.rows(ways, rows)
        if view.pin:
            boxes[1:2] = c.columns(boxes[1], 2)
    else:
        upper, lower = c.cut_top(ways, TOUCH + 18)
        boxes = [*c.columns(upper, rows - 1), lower]
    for (name, face), box in zip(faces.items(), boxes, strict=True):
        button(c, name, box, face)


def _faces(c: Canvas, view: PayRefused) -> dict[str, Face]:
    phone = {"qr": Face(c.say("pay.refused.qr"), "phone")} if view.qr else {}
    pin = {"pin": Face(c.say("pay.refused.pin"), "numbers")} if view.pin else {}
    return {"retry": Face(c.say("pay.refused.retry"), "back", PRIMARY), **pin, **phone, "cash": Face(c.say("pay.refused.cash"), "cash"),
            "cancel": Face(c.say("pay.cancel"), "cross", size=20)}
