"""More of the demo's garments: knitwear, a coat, an evening dress, a skirt, trousers and shorts."""

from __future__ import annotations

from itertools import pairwise

from kiosk.vision.cloth import ARMHOLE, AXIS, LONG_SLEEVE, SHORT_SLEEVE, Cloth, Points, Sheet, beside, curve, mirrored, shade, trunk, whole

_NAVY, _PALE = (34.0, 46.0, 82.0), (208.0, 214.0, 222.0)


def tshirt_striped(sheet: Sheet) -> None:
    """A pale blue T-shirt with navy stripes."""
    pale, navy = Cloth(_PALE, "knit", 0.03, 0.05), Cloth(_NAVY, "knit", 0.04, 0.05)
    neck, back = curve((0, 150), (62, 138), (104, 96), (116, 78)), curve((0, 104), (66, 100), (116, 78))
    body = whole(trunk(neck, 860, 262, 250))
    sheet.lay(whole([*back, *reversed(neck)]), Cloth(shade(_PALE, 0.66), "knit", 0.03, 0.0))
    sheet.both(SHORT_SLEEVE, pale)
    sheet.lay(body, pale)
    for y in range(224, 850, 58):
        half = 242 if y > 300 else 214
        sheet.lay(whole([(0, y), (half, y - 2), (half, y + 20), (0, y + 22)]), navy, 2)
    sheet.stripe(mirrored(neck), 15, Cloth(shade(_NAVY, 1.0), "rib", 0.05, 0.0))
    for sign in (1, -1):
        sheet.seam(beside(ARMHOLE, sign), 0.8)
        for k in range(3):
            sheet.stripe(beside([(302 + 34 * k, 188 + 42 * k), (262 + 22 * k, 300 + 18 * k)], sign), 16, navy)


def jumper_mustard(sheet: Sheet) -> None:
    """A mustard jumper in cable knit."""
    wool = Cloth((204, 152, 44), "rib", 0.035, 0.07)
    ribs = Cloth(shade(wool.colour, 0.88), "rib", 0.08, 0.0)
    neck, back = curve((0, 152), (58, 138), (98, 86)), curve((0, 104), (58, 98), (98, 86))
    sheet.lay(whole([*back, *reversed(neck)]), Cloth(shade(wool.colour, 0.6), "rib", 0.03, 0.0))
    sheet.both(LONG_SLEEVE, wool)
    sheet.lay(whole(trunk(neck, 820, 262, 264)), wool)
    sheet.stripe(mirrored(neck), 30, ribs)
    sheet.lay(whole([(0, 812), (262, 804), (254, 868), (0, 876)]), ribs, 10)
    sheet.both([(334, 820), (422, 808), (428, 876), (342, 886)], ribs, 10)
    for x in (46, 120):
        for sign in (1, -1):
            for k in range(20):
                y = 214 + 29 * k
                sheet.seam(beside([(x - 14, y), (x + 14, y + 22)], sign), 0.72, 3.4)
                sheet.seam(beside([(x + 14, y), (x - 14, y + 22)], sign), 0.82, 2.4)
            sheet.seam(beside([(x - 24, 206), (x - 24, 800)], sign), 0.78, 2.4)
            sheet.seam(beside([(x + 24, 206), (x + 24, 800)], sign), 0.78, 2.4)
    for sign in (1, -1):
        sheet.seam(beside(ARMHOLE, sign), 0.74)


def tank_black(sheet: Sheet) -> None:
    """A black tank top."""
    black = Cloth((44, 44, 48), "knit", 0.05, 0.10)
    neck, back = curve((0, 250), (70, 220), (108, 90)), curve((0, 170), (66, 150), (108, 90))
    armhole = curve((166, 92), (160, 220), (232, 312))
    sheet.lay(whole([*back, *reversed(neck)]), Cloth(shade(black.colour, 0.6), "knit", 0.03, 0.0))
    side = curve((232, 312), (222, 560), (236, 720), (240, 860))
    sheet.lay(whole([*neck, (108, 90), (166, 92), *armhole, *side, *curve((240, 860), (120, 872), (0, 874))]), black)
    sheet.seam(mirrored([(x + 7, y + 8) for x, y in neck]), 0.7, 1.6, stitches=True)
    for sign in (1, -1):
        sheet.seam(beside([(x - 9, y) for x, y in armhole], sign), 0.7, 1.6, stitches=True)
    sheet.seam(mirrored(curve((0, 856), (120, 854), (238, 842))), 0.75, 1.4, stitches=True)


def coat_camel(sheet: Sheet) -> None:
    """A long camel coat whose lapels leave the chest open."""
    wool = Cloth((184, 140, 92), "fleece", 0.035, 0.06)
    horn = (84.0, 58.0, 38.0)
    neck = [(0, 470), (28, 430), (96, 100)]
    side = curve((252, 318), (246, 520), (268, 800), (288, 1068))
    sheet.both(LONG_SLEEVE, wool)
    sheet.lay(whole([*neck, *curve((96, 100), (160, 106), (228, 128)), *curve((228, 128), (214, 210), (252, 318)), *side,
                     *curve((288, 1068), (140, 1078), (0, 1078))]), wool, 34)
    lapel = [(2, 470), (96, 100), (120, 108), (166, 232), (112, 262), (150, 290), (20, 476)]
    sheet.both(lapel, Cloth(shade(wool.colour, 1.05), "fleece", 0.03, 0.02), 12)
    sheet.seam([(AXIS + 6, 470), (AXIS + 6, 1076)], 0.55, 2.6)
    for sign in (1, -1):
        sheet.seam(beside(curve((228, 128), (214, 210), (252, 318)), sign), 0.72, 2.2)
        sheet.seam(beside([(166, 232), (112, 262), (150, 290), (20, 476)], sign), 0.68, 2.2)
        sheet.lay(beside([(128, 640), (226, 622), (232, 656), (134, 676)], sign), Cloth(shade(wool.colour, 0.96), "fleece", 0.03, 0.0), 6)
        sheet.seam(beside([(128, 640), (226, 622), (232, 656), (134, 676), (128, 640)], sign), 0.7, 1.8)
        sheet.seam(beside([(326, 796), (414, 782)], sign), 0.74, 2.0)
    for y in (520, 630, 740):
        sheet.button(AXIS + 34, y, horn, 13)


def dress_evening(sheet: Sheet) -> None:
    """A long burgundy dress with straps."""
    satin = Cloth((120, 22, 48), "plain", 0.015, 0.17)
    neck = curve((0, 196), (60, 190), (108, 168), (118, 84))
    armhole = curve((138, 84), (138, 160), (172, 232))
    bodice = [*neck, (138, 84), *armhole, *curve((172, 232), (158, 330), (140, 398)), (0, 404)]
    skirt = [(0, 396), (141, 392), *curve((141, 392), (178, 520), (196, 760), (246, 1078)), *curve((246, 1078), (120, 1088), (0, 1090))]
    sheet.lay(whole(skirt), satin, 46)
    sheet.lay(whole(bodice), satin, 20)
    sheet.seam(mirrored([(0, 398), (141, 393)]), 0.66, 3.0)
    for x in (36, 78, 112):
        for sign in (1, -1):
            sheet.seam(beside(curve((x, 402), (x * 1.2, 640), (x * 1.8, 1070)), sign), 0.84, 7.0)
    sheet.seam(mirrored([(x + 3, y + 8) for x, y in neck[:-8]]), 0.74, 1.6)


def skirt_plaid(sheet: Sheet) -> None:
    """A red tartan skirt."""
    red, dark = Cloth((158, 34, 42), "twill", 0.05, 0.06), Cloth((38, 44, 64), "twill", 0.05, 0.06)
    light = Cloth((222, 196, 120), "twill", 0.04, 0.03)
    edge = curve((176, 300), (214, 420), (246, 620), (280, 850))
    sheet.lay(whole([(0, 300), *edge, *curve((280, 850), (140, 872), (0, 876))]), red, 36)
    for x in (-0.72, -0.36, 0.0, 0.36, 0.72):
        for width, shift, cloth in ((22, 0.0, dark), (4, 0.09, light)):
            line = [(AXIS + (x + shift) * 176, 352), (AXIS + (x + shift) * 214, 430), (AXIS + (x + shift) * 280, 860)]
            sheet.stripe(line, width, cloth)
    for y in range(410, 850, 96):
        half = 176 + (y - 300) * 0.185
        sheet.lay(whole([(0, y), (half, y - 6), (half + 3, y + 18), (0, y + 24)]), dark, 2)
        sheet.stripe(mirrored([(0, y + 44), (half + 4, y + 38)]), 4, light)
    for x in (0.18, 0.54):
        for sign in (1, -1):
            sheet.seam(beside([(x * 176, 352), (x * 280, 862)], sign), 0.7, 3.0)
    sheet.lay(whole([(0, 290), (174, 290), (182, 350), (0, 354)]), Cloth(shade(red.colour, 0.8), "twill", 0.05, 0.0), 8)


def jeans_indigo(sheet: Sheet) -> None:
    """Indigo jeans."""
    _trousers(sheet, Cloth((44, 62, 104), "twill", 0.08, 0.06), 1080, stitched=True)


def chinos_sand(sheet: Sheet) -> None:
    """Sand-coloured chinos."""
    _trousers(sheet, Cloth((198, 172, 132), "twill", 0.03, 0.06), 1070, stitched=False)


def shorts_navy(sheet: Sheet) -> None:
    """Navy shorts."""
    _trousers(sheet, Cloth(_NAVY, "plain", 0.04, 0.07), 560, stitched=False)


def _trousers(sheet: Sheet, cloth: Cloth, hem: float, *, stitched: bool) -> None:
    outer = curve((172, 60), (206, 190), (212, 330), (204, 620), (190, 1080))
    inner = curve((0, 330), (44, 372), (66, 640), (76, 1080))
    out, within = _away(outer, hem), _away(inner, hem)
    leg = [(0, 60), *[p for p in outer if p[1] < hem], (out, hem), (within, hem), *[p for p in reversed(inner) if p[1] < hem]]
    sheet.both(leg, cloth, 30)
    sheet.lay(whole([(0, 40), (170, 40), (178, 92), (0, 98)]), Cloth(shade(cloth.colour, 0.92), cloth.weave, cloth.grain, 0.0), 8)
    sheet.seam([(AXIS, 98), (AXIS, 326)], 0.55, 2.2, stitches=stitched)
    sheet.seam([(AXIS + 2, 300), (AXIS + 34, 268), (AXIS + 36, 100)], 0.66, 1.8, stitches=stitched)
    turn = hem - 26
    crease = [(124, 240), (132, 600), ((out + within) / 2, hem - 6)] if hem > 700 else [(124, 240), (130, hem - 8)]
    for sign in (1, -1):
        sheet.seam(beside(curve((74, 98), (110, 176), (202, 190)), sign), 0.58, 2.2, stitches=stitched)
        sheet.seam(beside([(_away(outer, turn) - 4, turn), (_away(inner, turn) + 4, turn)], sign), 0.7, 1.8, stitches=stitched)
        sheet.seam(beside(crease, sign), 0.9 if stitched else 0.78, 4.0)
        for x in (60, 136):
            sheet.lay(beside([(x, 34), (x + 12, 34), (x + 12, 104), (x, 104)], sign), cloth, 4)
    sheet.button(AXIS + 8, 68, (196, 160, 96) if stitched else (120, 104, 84), 9)


def _away(line: Points, y: float) -> float:
    """Return how far a line that runs down lies from the axis at a height."""
    for (x0, y0), (x1, y1) in pairwise(line):
        if y0 <= y <= y1:
            return x0 + (x1 - x0) * (y - y0) / max(y1 - y0, 1e-6)
    return line[-1][0]
