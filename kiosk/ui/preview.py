"""The camera's picture inside a screen: round as a hand mirror, or as a window with corners to aim with."""

from __future__ import annotations

import math

from kiosk.design.tokens import COLOURS, RADIUS
from kiosk.domain.frame import Picture
from kiosk.ui import motion, paint
from kiosk.ui.canvas import Box, Canvas
from kiosk.ui.views import FaceBox


def round_mirror(c: Canvas, box: Box, preview: Picture | None, face_box: FaceBox | None, ring: tuple[float, float]) -> Box:
    """Draw the shopper in a round mirror with a ring; return where the mirror is. ring: (progress 0..1, time in seconds)."""
    outer = min(box.width, box.height)
    side = outer - c.px(44)
    place = Box(box.centerx - side // 2, box.centery - side // 2, side, side)
    if preview is None:
        c.disc(place.center, side / c.unit, COLOURS.plum)
        c.icon("camera", place.center, side / c.unit * (0.34 + 0.02 * motion.wave(ring[1])), COLOURS.lilac)
    else:
        c.surface.blit(paint.rounded(paint.camera(preview, (side, side)), side // 2), place)
        if face_box is not None:
            _brackets(c, _seen(preview, face_box, place))
    motion.progress_ring(c, place.center, side / 2 + c.px(12), ring[0], ring[1])
    return place


def _seen(preview: Picture, face_box: FaceBox, place: Box) -> Box:
    """Return where a box of the picture lies on the screen, turned left to right as the picture is."""
    left, top, width, _height = paint.cut(preview, place.size)
    scale = place.width / width
    x, y, w, h = face_box
    return Box(round(place.x + (left + width - x - w) * scale), round(place.y + (y - top) * scale), round(w * scale), round(h * scale))


def _brackets(c: Canvas, box: Box) -> None:
    arm, thick = max(4, min(box.width, box.height) // 5), max(2.0, c.unit * 4)
    for x, dx in ((box.left, 1), (box.right, -1)):
        for y, dy in ((box.top, 1), (box.bottom, -1)):
            paint.stroke(c.surface, [(x, y + dy * arm), (x, y), (x + dx * arm, y)], thick, COLOURS.sun)


def window(c: Canvas, box: Box, preview: Picture | None, time_s: float) -> None:
    """Draw the camera's picture in a window with corners to aim with and a line that sweeps."""
    if preview is None:
        c.panel(box, COLOURS.plum, RADIUS.sheet)
        c.icon("qr", box.center, min(box.size) / c.unit * 0.4, COLOURS.lilac)
    else:
        c.surface.blit(paint.rounded(paint.camera(preview, box.size), c.px(RADIUS.sheet)), box)
    side = round(min(box.size) * 0.66)
    aim = Box(box.centerx - side // 2, box.centery - side // 2, side, side)
    _brackets(c, aim)
    y = aim.centery + aim.height * 0.42 * math.sin(time_s * 2.4)
    paint.stroke(c.surface, [(aim.left + c.px(10), y), (aim.right - c.px(10), y)], max(2.0, c.unit * 3), COLOURS.tangerine)
