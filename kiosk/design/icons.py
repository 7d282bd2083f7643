"""Our icons, as shapes in one colour."""

from __future__ import annotations

from typing import Final

from kiosk.design.shapes import Shape, arc, box, circle, ellipse, frame, line, path, ring, svg
from kiosk.design.tokens import Colour
from kiosk.errors import InvalidValueError

_SLASH = line((16, 16), (84, 84), width=9)

ICONS: Final[dict[str, tuple[Shape, ...]]] = {
    "face": (
        path("M10 30 L10 18 Q10 10 18 10 L30 10", stroke=8), path("M70 10 L82 10 Q90 10 90 18 L90 30", stroke=8),
        path("M90 70 L90 82 Q90 90 82 90 L70 90", stroke=8), path("M30 90 L18 90 Q10 90 10 82 L10 70", stroke=8),
        circle(37, 42, 5.5), circle(63, 42, 5.5), path("M33 60 Q50 78 67 60", stroke=8)),
    "phone": (frame(28, 8, 44, 84, 9, 8), line((45, 80), (55, 80), width=6), box(39, 28, 10, 10, 1), box(53, 28, 8, 8, 1),
              box(39, 44, 8, 8, 1),
              box(51, 42, 12, 12, 1)),
    "qr": (frame(12, 12, 28, 28, 3, 8), frame(60, 12, 28, 28, 3, 8), frame(12, 60, 28, 28, 3, 8), box(21, 21, 10, 10), box(69, 21, 10, 10),
           box(21, 69, 10, 10), box(56, 56, 14, 14, 1), box(76, 56, 14, 14, 1), box(66, 68, 12, 12, 1), box(56, 80, 12, 12, 1),
           box(80, 78, 12, 14, 1)),
    "cash": (frame(8, 26, 84, 50, 7, 8), ring(50, 51, 12, 7), circle(24, 51, 4), circle(76, 51, 4)),
    "back": (path("M56 22 L28 50 L56 78", stroke=10), line((30, 50), (78, 50), width=10)),
    "left": (path("M62 18 L30 50 L62 82", stroke=12),),
    "right": (path("M38 18 L70 50 L38 82", stroke=12),),
    "cross": (line((24, 24), (76, 76), width=11), line((76, 24), (24, 76), width=11)),
    "check": (path("M18 54 L41 76 L82 28", stroke=13),),
    "clock": (ring(50, 50, 38, 8), path("M50 28 L50 52 L66 62", stroke=8)),
    "receipt": (path("M24 10 L76 10 L76 90 L65 82 L54 90 L43 82 L32 90 L24 84 Z", stroke=7), line((36, 32), (64, 32), width=6),
                line((36, 48), (64, 48), width=6), line((36, 64), (54, 64), width=6)),
    "printer_lost": (frame(14, 38, 72, 34, 6, 8), path("M28 38 L28 14 L72 14 L72 38", stroke=8), frame(30, 60, 40, 28, 3, 8), _SLASH),
    "training": (path("M6 38 L50 18 L94 38 L50 58 Z", stroke=7), path("M24 48 L24 70 Q50 86 76 70 L76 48", stroke=7),
                 line((90, 40), (90, 66), width=6)),
    "plus": (line((50, 20), (50, 80), width=12), line((20, 50), (80, 50), width=12)),
    "minus": (line((20, 50), (80, 50), width=12),),
    "erase": (path("M34 22 L88 22 L88 78 L34 78 L10 50 Z", stroke=8), line((48, 39), (70, 61), width=8), line((70, 39), (48, 61), width=8)),
    "globe": (ring(50, 50, 38, 7), Shape(ellipse(50, 50, 17, 38).points, None, 6), line((14, 50), (86, 50), width=6)),
    "staff": (circle(50, 32, 17), path("M16 88 Q16 56 50 56 Q84 56 84 88 Z")),
    "bag": (path("M18 34 L82 34 L88 88 L12 88 Z", stroke=8), path("M34 42 L34 28 Q34 10 50 10 Q66 10 66 28 L66 42", stroke=8)),
    "barcode": tuple(box(x, 22, w, 56) for x, w in ((10, 7), (21, 4), (29, 9), (43, 4), (52, 7), (64, 4), (72, 4), (81, 9))),
    "offline": (path("M28 76 Q10 76 10 58 Q10 42 27 41 Q31 20 52 20 Q72 20 76 40 Q91 42 91 58 Q91 76 74 76 Z", stroke=8), _SLASH),
    "camera_lost": (frame(10, 28, 80, 52, 8, 8), ring(50, 54, 14, 7), line((36, 24), (64, 24), width=9), _SLASH),
    "camera": (frame(10, 28, 80, 52, 8, 8), ring(50, 54, 14, 7), line((36, 22), (64, 22), width=9)),
    "stale_price": (path("M10 12 L48 12 L90 54 L54 90 L10 46 Z", stroke=8), circle(31, 33, 7)),
    "refill": (path("M12 42 L12 88 L88 88 L88 42", stroke=9), line((50, 10), (50, 58), width=10), path("M30 42 L50 62 L70 42", stroke=10)),
    "count": (frame(18, 16, 64, 74, 7, 8), line((38, 14), (62, 14), width=12), line((36, 44), (64, 44), width=7),
              line((36, 60), (64, 60), width=7),
              line((36, 76), (54, 76), width=7)),
    "out_of_order": (ring(50, 50, 38, 10), line((26, 26), (74, 74), width=10)),
    "in_order": (ring(50, 50, 38, 8), path("M32 52 L45 65 L69 38", stroke=10)),
    "close_day": (path("M64 12 Q28 22 30 56 Q34 90 74 84 Q52 98 30 84 Q8 66 14 40 Q24 10 64 12 Z"), circle(72, 36, 5), circle(84, 54, 4)),
    "leave": (path("M52 12 L16 12 L16 88 L52 88", stroke=9), line((42, 50), (88, 50), width=9), path("M70 30 L90 50 L70 70", stroke=9)),
    "warning": (path("M50 12 L92 86 L8 86 Z", stroke=9), line((50, 40), (50, 60), width=9), circle(50, 72, 5.5)),
    "heart": (path("M50 88 Q8 58 8 34 Q8 12 29 12 Q43 12 50 26 Q57 12 71 12 Q92 12 92 34 Q92 58 50 88 Z", stroke=9),),
    "heart_full": (path("M50 88 Q8 58 8 34 Q8 12 29 12 Q43 12 50 26 Q57 12 71 12 Q92 12 92 34 Q92 58 50 88 Z"),),
    "compare": (frame(8, 18, 36, 64, 6, 8), frame(56, 18, 36, 64, 6, 8)),
    "back_view": (path("M78 30 Q66 10 44 12 Q14 16 12 48 Q12 84 48 88 Q72 88 82 68", stroke=9), path("M84 12 L80 34 L58 30", stroke=9)),
    "info": (ring(50, 50, 38, 8), circle(50, 32, 6), line((50, 47), (50, 70), width=10)),
    "bell": (path("M22 72 Q28 64 28 44 Q28 20 50 20 Q72 20 72 44 Q72 64 78 72 Z", stroke=8), line((50, 10), (50, 18), width=9),
             path("M42 84 Q50 92 58 84", stroke=8)),
    "light": (circle(50, 50, 18), *(line(a, b, width=8) for a, b in (
        ((50, 8), (50, 18)), ((50, 82), (50, 92)), ((8, 50), (18, 50)), ((82, 50), (92, 50)), ((20, 20), (27, 27)), ((73, 73), (80, 80)),
        ((80, 20), (73, 27)), ((27, 73), (20, 80))))),
    "closer": (line((20, 20), (42, 42), width=9), path("M42 22 L42 42 L22 42", stroke=9), line((80, 80), (58, 58), width=9),
               path("M58 78 L58 58 L78 58", stroke=9)),
    "hold_still": (path("M28 52 L28 30 Q28 24 34 24 Q40 24 40 30 L40 18 Q40 12 46 12 Q52 12 52 18 L52 16 Q52 10 58 10 Q64 10 64 16 L64 26 "
                        "Q64 20 70 20 Q76 20 76 26 L76 62 Q76 90 52 90 Q36 90 28 76 L16 58 Q14 50 22 50 Z"),),
    "one_person": (circle(50, 34, 15), path("M20 84 Q20 56 50 56 Q80 56 80 84 Z")),
    "turn_left": (path("M88 50 L20 50", stroke=12), path("M44 22 L16 50 L44 78", stroke=12)),
    "turn_right": (path("M12 50 L80 50", stroke=12), path("M56 22 L84 50 L56 78", stroke=12)),
    "blink": (path("M8 44 Q50 84 92 44", stroke=9), line((24, 66), (14, 80), width=8), line((50, 74), (50, 92), width=8),
              line((76, 66), (86, 80), width=8)),
    "look_here": (path("M8 50 Q50 4 92 50 Q50 96 8 50 Z", stroke=8), circle(50, 50, 14)),
    "lock": (box(18, 44, 64, 46, 8), path("M32 46 L32 30 Q32 12 50 12 Q68 12 68 30 L68 46", stroke=9)),
    "trash": (line((14, 26), (86, 26), width=9), path("M24 30 L30 90 L70 90 L76 30", stroke=8), line((40, 14), (60, 14), width=8),
              line((43, 44), (44, 76), width=7), line((57, 44), (56, 76), width=7)),
    "numbers": tuple(circle(x, y, 6) for x in (24, 50, 76) for y in (18, 40, 62, 84) if (x, y) not in {(24, 84), (76, 84)}),
    "wallet": (frame(10, 26, 80, 56, 8, 8), path("M18 24 L66 12 L70 24", stroke=7), circle(70, 54, 7)),
    "truck": (box(6, 28, 52, 38, 4), path("M62 40 L78 40 L94 56 L94 66 L62 66 Z"), circle(26, 74, 9), circle(76, 74, 9)),
    "mirror": (Shape(ellipse(50, 40, 28, 34).points, None, 8), line((50, 76), (50, 90), width=8), line((30, 91), (70, 91), width=8),
               arc((50, 40), 14, (190, 260), 6)),
}
"""Icon name -> shapes; drawn in one colour."""


def icon(name: str) -> tuple[Shape, ...]:
    """Return the shapes of an icon; raise InvalidValueError for a name that is not drawn."""
    try:
        return ICONS[name]
    except KeyError as error:
        raise InvalidValueError(f"there is no icon {name!r}") from error


def icon_svg(name: str, colour: Colour, title: str = "") -> str:
    """Return an icon as an SVG document in one colour."""
    return svg(icon(name), colour, title)
