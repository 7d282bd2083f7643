"""Pictures of our own demonstration products: flat illustrations, drawn by us."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.design import shapes
from kiosk.design.shapes import Shape, box, circle, ellipse, line, path
from kiosk.design.tokens import COLOURS, Colour

_WHITE: Colour = (255, 255, 255)
_INK: Colour = (60, 36, 66)


def _shine(x: float, y: float, w: float, h: float) -> Shape:
    return replace(box(x, y, w, h, w / 2, _WHITE), alpha=0.45)


def _bottle(body: Colour, label: Colour, cap: Colour) -> tuple[Shape, ...]:
    outline = path("M42 16 L58 16 L58 26 Q70 32 70 46 L70 86 Q70 94 62 94 L38 94 Q30 94 30 86 L30 46 Q30 32 42 26 Z", body)
    return (outline, box(30, 50, 40, 26, 0, label), box(40, 7, 20, 11, 3, cap), _shine(36, 38, 5, 50))


def _cup(body: Colour, sleeve: Colour, lid: Colour) -> tuple[Shape, ...]:
    return (path("M26 28 L74 28 L67 90 Q66 94 62 94 L38 94 Q34 94 33 90 Z", body), path("M28.5 46 L71.5 46 L68.5 72 L31.5 72 Z", sleeve),
            box(22, 20, 56, 11, 4, lid), box(28, 13, 44, 9, 4, lid), _shine(34, 34, 4, 54))


def _shirt(body: Colour, shade: Colour, sleeve: float) -> tuple[Shape, ...]:
    cuff = 40 + sleeve
    drop = 22 + sleeve * 0.2
    return (path(f"M34 14 L14 22 L{22 - drop / 2 - 1:g} {cuff:g} L{22 + 4:g} {cuff + 7:g} L30 40 Z", shade),
            path(f"M66 14 L86 22 L{78 + drop / 2 + 1:g} {cuff:g} L{74:g} {cuff + 7:g} L70 40 Z", shade),
            path("M34 13 Q50 26 66 13 L78 20 L73 42 L74 90 Q50 95 26 90 L27 42 L22 20 Z", body),
            path("M34 13 Q50 30 66 13 Q50 22 34 13 Z", shade))


_APPLE = (path("M50 30 Q62 18 78 28 Q94 42 86 66 Q78 92 62 92 Q54 92 50 88 Q46 92 38 92 Q22 92 14 66 Q6 42 22 28 Q38 18 50 30 Z",
               (226, 52, 62)),
          path("M50 30 Q48 16 56 8", _INK, 5), path("M54 20 Q66 4 82 12 Q74 28 54 20 Z", (86, 170, 74)),
          ellipse(29, 46, 6, 11, _WHITE, 0.45))
_CHOCOLATE = (box(18, 10, 64, 80, 5, (112, 62, 40)),
              *(box(24 + 19.5 * i, 16 + 17.5 * j, 15, 13, 2, (142, 84, 56)) for i in range(3) for j in range(2)),
              path("M18 50 L30 46 L42 51 L56 45 L70 51 L82 46 L82 86 Q82 90 78 90 L22 90 Q18 90 18 86 Z", COLOURS.coral),
              box(28, 62, 44, 14, 7, COLOURS.sun))
_CHIPS = (path("M22 12 Q50 18 78 12 Q72 50 80 90 Q50 84 20 90 Q28 50 22 12 Z", (255, 170, 40)),
          path("M24 30 Q50 24 76 30 L76 44 Q50 38 24 44 Z", COLOURS.coral),
          ellipse(42, 64, 15, 10, (255, 222, 120)), ellipse(58, 70, 15, 10, (255, 236, 160)), _shine(30, 20, 4, 62))
_NOODLES = (path("M12 48 L88 48 Q86 84 62 90 L38 90 Q14 84 12 48 Z", COLOURS.coral),
            path("M17 66 Q50 74 83 66 L81 74 Q50 82 19 74 Z", COLOURS.sun),
            ellipse(50, 48, 38, 9, (255, 236, 190)),
            *(path(f"M{22 + 8 * i} 49 Q{26 + 8 * i} {39 + i % 2 * 5} {32 + 8 * i} 49", (240, 186, 86), 3) for i in range(6)),
            line((58, 46), (86, 10), width=4, fill=_INK), line((66, 46), (94, 16), width=4, fill=_INK))
_COOKIE = (circle(50, 51, 41, (202, 142, 78)), circle(50, 50, 36, (222, 166, 100)),
           *(circle(x, y, r, (104, 58, 38)) for x, y, r in ((36, 34, 6), (62, 30, 5), (70, 54, 7), (48, 54, 6), (30, 60, 5), (54, 76, 6))))
_SOAP = (box(14, 40, 72, 46, 20, (142, 206, 226)), box(14, 36, 72, 44, 20, (178, 226, 240)), box(30, 48, 40, 18, 9, (218, 243, 250)),
         circle(28, 24, 8, (218, 240, 250)), circle(46, 15, 6, (218, 240, 250)), circle(74, 24, 7, (218, 240, 250)),
         circle(26, 22, 2.5, _WHITE))
_HOODIE = (*_shirt((150, 152, 164), (126, 128, 142), 40),
           path("M32 14 Q34 2 50 2 Q66 2 68 14 Q60 30 50 31 Q40 30 32 14 Z", (126, 128, 142)),
           ellipse(50, 15, 11, 9, (92, 94, 108)), path("M36 64 L64 64 L69 82 L31 82 Z", (126, 128, 142)),
           line((45, 30), (44, 44), width=2.5, fill=_WHITE),
           line((55, 30), (56, 44), width=2.5, fill=_WHITE))
_JACKET = (*_shirt((44, 84, 156), (32, 64, 124), 40), line((50, 22), (50, 91), width=3, fill=COLOURS.sun),
           path("M34 13 L50 26 L40 40 Z", (70, 112, 186)),
           path("M66 13 L50 26 L60 40 Z", (70, 112, 186)), box(31, 60, 13, 4, 2, (22, 46, 96)), box(56, 60, 13, 4, 2, (22, 46, 96)))
_DRESS = (path("M36 8 L40 8 Q50 24 60 8 L64 8 L70 34 L62 46 L84 90 Q50 100 16 90 L38 46 L30 34 Z", (30, 140, 98)),
          path("M38 46 L62 46 L64 51 L36 51 Z", COLOURS.sun), path("M44 54 L32 92 L40 93.5 Z", (22, 114, 80)),
          path("M56 54 L68 92 L60 93.5 Z", (22, 114, 80)))
_STRIPED = (*_shirt((214, 224, 236), (180, 192, 208), 0), *(box(27, y, 46, 5, 0, (44, 58, 100)) for y in (34, 48, 62, 76)))
_JUMPER = (*_shirt((216, 162, 52), (184, 132, 36), 44), path("M26 82 L74 82 L74 90 Q50 95 26 90 Z", (184, 132, 36)),
           *(line((x, 34), (x, 80), width=2, fill=(184, 132, 36)) for x in (38, 44, 56, 62)))
_TANK = (path("M33 10 L40 10 Q50 40 60 10 L67 10 Q65 34 75 40 L75 90 Q50 95 25 90 L25 40 Q35 34 33 10 Z", (62, 60, 70)),
         path("M25 82 L75 82 L75 90 Q50 95 25 90 Z", (42, 40, 50)))
_COAT = (path("M34 8 L16 16 L12 66 L24 68 L30 30 Z", (156, 114, 70)), path("M66 8 L84 16 L88 66 L76 68 L70 30 Z", (156, 114, 70)),
         path("M34 8 Q50 20 66 8 L77 16 L72 40 L80 94 L20 94 L28 40 L23 16 Z", (198, 150, 98)),
         path("M36 8 L50 44 L64 8 L58 7 L50 22 L42 7 Z", (232, 204, 164)), line((52, 44), (52, 94), width=2, fill=(138, 98, 58)),
         *(circle(58, y, 2.5, (92, 62, 40)) for y in (52, 64, 76)), box(30, 62, 13, 4, 2, (156, 114, 70)),
         box(64, 62, 11, 4, 2, (156, 114, 70)))
_EVENING = (path("M36 6 L39 6 L42 18 Q50 24 58 18 L61 6 L64 6 L64 30 L60 42 L78 93 Q50 99 22 93 L40 42 L36 30 Z", (142, 28, 60)),
            path("M40 42 L60 42 L61 46 L39 46 Z", (104, 14, 40)), path("M47 50 L38 95 L46 96 Z", (112, 18, 44)),
            path("M54 50 L62 95 L55 96 Z", (112, 18, 44)))
_SKIRT = (path("M30 16 L70 16 L88 84 Q50 94 12 84 Z", (180, 44, 52)), box(29, 12, 42, 9, 3, (138, 28, 38)),
          *(path(f"M{48 + 11 * i} 21 L{52 + 11 * i} 21 L{54 + 24 * i} 88 L{46 + 24 * i} 88 Z", (52, 54, 84)) for i in (-1, 0, 1)),
          line((23, 46), (77, 46), width=3, fill=(52, 54, 84)), line((17, 66), (83, 66), width=3, fill=(52, 54, 84)))


def _trousers(body: Colour, shade: Colour, hem: int) -> tuple[Shape, ...]:
    left, right = 27 - hem / 20, 73 + hem / 20
    return (path(f"M30 10 L70 10 L{right:g} {hem} L54 {hem} L50 38 L46 {hem} L{left:g} {hem} Z", body), box(29.5, 7, 41, 9, 2, shade),
            line((50, 16), (50, 38), width=1.8, fill=shade), line((33, 20), (41, 27), width=1.8, fill=shade),
            line((67, 20), (59, 27), width=1.8, fill=shade), line((left, hem - 4), (46, hem - 4), width=1.8, fill=shade),
            line((54, hem - 4), (right, hem - 4), width=1.8, fill=shade))


_UNKNOWN = (path("M14 34 L50 16 L86 34 L86 74 L50 92 L14 74 Z", (222, 178, 130)), path("M14 34 L50 52 L86 34 L50 16 Z", (240, 206, 164)),
            path("M50 52 L86 34 L86 74 L50 92 Z", (198, 150, 104)), path("M30 26 L66 44 L66 56 L72 53 L72 41 L36 23 Z", COLOURS.coral))

_CHEESE: Final = (path("M8 62 L66 26 Q92 38 92 62 Z", (255, 214, 96)), path("M8 62 L92 62 L92 82 L8 82 Z", (244, 186, 62)),
                  circle(34, 71, 5, (222, 156, 40)), circle(62, 74, 6, (222, 156, 40)), circle(66, 48, 5, (236, 184, 66)))
_COUPON: Final = (path("M8 30 L92 30 L92 44 Q84 50 92 56 L92 70 L8 70 L8 56 Q16 50 8 44 Z", (255, 200, 66)),
                  line((64, 34), (64, 66), width=2, fill=(168, 28, 58)), line((28, 62), (48, 38), width=5, fill=(168, 28, 58)),
                  circle(30, 42, 5, (168, 28, 58)), circle(46, 58, 5, (168, 28, 58)))

PRODUCTS: Final[dict[str, tuple[Shape, ...]]] = {
    "apple": _APPLE,
    "water": _bottle((170, 216, 244), (52, 120, 206), (30, 84, 168)),
    "juice": _bottle((255, 170, 54), (255, 226, 130), (74, 150, 70)),
    "chocolate": _CHOCOLATE,
    "chips": _CHIPS,
    "coffee": _cup((250, 240, 228), (134, 84, 56), (78, 46, 34)),
    "tea": _cup((226, 242, 216), (86, 150, 90), (52, 104, 62)),
    "noodles": _NOODLES,
    "cookie": _COOKIE,
    "soap": _SOAP,
    "beer": _bottle((190, 120, 40), (250, 220, 150), (60, 40, 30)),
    "cheese": _CHEESE,
    "coupon": _COUPON,
    "deposit": _bottle((214, 232, 224), (240, 248, 244), (150, 176, 166)),
    "tshirt_red": _shirt((222, 52, 62), (186, 34, 50), 0),
    "shirt_white": (*_shirt((250, 248, 244), (218, 214, 214), 40), path("M38 14 L50 25 L43 34 Z", (234, 230, 230)),
                    path("M62 14 L50 25 L57 34 Z", (234, 230, 230)),
                    line((50, 26), (50, 91), width=1.5, fill=(200, 194, 198)),
                    *(circle(50, y, 1.8, (120, 110, 124)) for y in (38, 52, 66, 80))),
    "hoodie_grey": _HOODIE,
    "jacket_blue": _JACKET,
    "dress_green": _DRESS,
    "tshirt_striped": _STRIPED,
    "jumper_mustard": _JUMPER,
    "tank_black": _TANK,
    "coat_camel": _COAT,
    "dress_evening": _EVENING,
    "skirt_plaid": _SKIRT,
    "jeans_indigo": _trousers((62, 88, 148), (40, 58, 106), 94),
    "chinos_sand": _trousers((212, 186, 146), (176, 148, 108), 93),
    "shorts_navy": _trousers((48, 62, 106), (30, 40, 74), 60),
}
"""Picture name -> shapes on 100 by 100."""


def product(picture: str) -> tuple[Shape, ...]:
    """Return the shapes of a product's picture; a parcel for a name that is not drawn."""
    return PRODUCTS.get(picture, _UNKNOWN)


def svg(picture: str, title: str = "") -> str:
    """Return a product's picture as an SVG document of 100 by 100."""
    return shapes.svg(product(picture), COLOURS.ink, title)
