"""Tops, coats and dresses of the demo, drawn by our own code."""

from __future__ import annotations

from kiosk.vision.cloth import (
    ARMHOLE,
    AXIS,
    CUFF,
    LONG_SLEEVE,
    SHORT_SLEEVE,
    Cloth,
    Points,
    Sheet,
    beside,
    curve,
    mirrored,
    shade,
    trunk,
    whole,
)


def tshirt_red(sheet: Sheet) -> None:
    """Tshirt red."""
    red = Cloth((196, 36, 44), "knit", 0.035, 0.07)
    ribs = Cloth(shade(red.colour, 0.9), "rib", 0.05, 0.0)
    neck = curve((0, 182), (54, 164), (90, 114), (100, 80))
    back = curve((0, 112), (60, 104), (100, 80))
    sheet.lay(whole([*back, *reversed(neck)]), Cloth(shade(red.colour, 0.62), "knit", 0.03, 0.0))
    sheet.both(SHORT_SLEEVE, red)
    sheet.lay(whole(trunk(neck, 870, 262, 246)), red)
    sheet.stripe(mirrored(neck), 17, ribs)
    sheet.stripe(mirrored(back), 13, ribs)
    sheet.seam(mirrored(curve((0, 193), (60, 174), (99, 120), (110, 86))), stitches=True)
    sheet.seam(mirrored(curve((0, 852), (130, 851), (259, 843))), 0.82, 1.4, stitches=True)
    for sign in (1, -1):
        sheet.seam(beside(ARMHOLE, sign), 0.78)
        sheet.seam(beside(curve((390, 288), (345, 324), (277, 350)), sign), 0.82, 1.4, stitches=True)


def shirt_white(sheet: Sheet) -> None:
    """Shirt white."""
    white = Cloth((240, 240, 238), "plain", 0.012, 0.035)
    crisp = Cloth((246, 246, 245), "plain", 0.01, 0.01)
    pocket = [(96, 322), (184, 322), (184, 412), (140, 434), (96, 412)]
    neck = curve((0, 176), (44, 140), (88, 84))
    sheet.lay(whole([*curve((0, 100), (54, 94), (88, 70)), *reversed(neck)]), Cloth((204, 205, 208), "plain", 0.01, 0.0))
    sheet.both(LONG_SLEEVE, white)
    sheet.lay(whole(trunk(neck, 850, 258, 246, drop=62)), white)
    sheet.lay([(AXIS - 19, 168), (AXIS + 19, 168), (AXIS + 19, 908), (AXIS - 19, 910)], crisp, 8)
    sheet.both([(0, 178), (92, 64), (108, 86), (112, 112), (62, 218)], crisp, 14)
    sheet.both(CUFF, crisp, 12)
    sheet.both(pocket, crisp, 8)
    for x in (-19, 19):
        sheet.seam([(AXIS + x, 172), (AXIS + x, 906)], 0.84, 1.2)
    for sign in (1, -1):
        sheet.seam(beside(ARMHOLE, sign), 0.84, 1.6)
        sheet.seam(beside([(104, 110), (170, 124), (226, 146)], sign), 0.88, 1.2)
        sheet.seam(beside([(0, 178), (62, 218), (112, 112)], sign), 0.80, 1.4)
        sheet.seam(beside(CUFF[:2], sign), 0.84, 1.4)
        sheet.button(AXIS + sign * 380, 842, (228, 226, 220), 6)
    for y in range(232, 860, 92):
        sheet.button(AXIS, y, (228, 226, 220), 7)


def hoodie_grey(sheet: Sheet) -> None:
    """Hoodie grey."""
    grey = Cloth((140, 143, 150), "fleece", 0.045, 0.08)
    ribs = Cloth(shade(grey.colour, 0.92), "rib", 0.06, 0.0)
    neck = curve((0, 204), (60, 172), (104, 100))
    opening = curve((0, 206), (60, 170), (92, 116), (64, 76), (0, 66))
    pouch = [(0, 590), (124, 590), (180, 712), (180, 806), (0, 808)]
    sheet.both(LONG_SLEEVE, grey)
    sheet.lay(whole(trunk(neck, 820, 256, 262)), grey)
    sheet.lay(whole(curve((0, 30), (92, 40), (146, 104), (104, 176), (0, 236))), grey, 34)
    sheet.lay(whole(opening[::-1]), Cloth(shade(grey.colour, 0.5), "fleece", 0.03, 0.0), 44)
    sheet.seam(mirrored(opening), 0.74, 2.0, stitches=True)
    sheet.lay(whole([(0, 822), (250, 814), (244, 876), (0, 884)]), ribs, 10)
    sheet.both([(334, 838), (424, 828), (418, 896), (344, 900)], ribs, 10)
    sheet.lay(whole(pouch), grey, 12)
    sheet.seam(mirrored(pouch[:-1]), 0.76, 1.8, stitches=True)
    for sign in (1, -1):
        sheet.seam(beside(ARMHOLE, sign), 0.76)
        cord = Cloth((232, 230, 224), "plain", 0.03, 0.0)
        sheet.stripe(beside(curve((34, 206), (44, 290), (38, 366 + 12 * sign)), sign), 7, cord)
        sheet.button(AXIS + sign * 34, 206, (176, 174, 168), 6)


def jacket_blue(sheet: Sheet) -> None:
    """Jacket blue."""
    denim = Cloth((52, 82, 134), "twill", 0.06, 0.07)
    brass = (184.0, 142.0, 92.0)
    neck = curve((0, 190), (48, 146), (92, 86))
    sheet.lay(whole([*curve((0, 104), (54, 98), (92, 72)), *reversed(neck)]), Cloth(shade(denim.colour, 0.55), "twill", 0.04, 0.0))
    sheet.both(LONG_SLEEVE, denim)
    sheet.lay(whole(trunk(neck, 770, 244, 250)), denim)
    sheet.both([(0, 192), (96, 62), (122, 92), (130, 128), (76, 236)], denim, 16)
    sheet.lay(whole([(0, 762), (245, 752), (242, 820), (0, 830)]), denim, 10)
    sheet.both(CUFF, denim, 12)
    sheet.seam([(AXIS, 192), (AXIS, 828)], 0.5, 2.6)
    lines: tuple[Points, ...] = (
        ARMHOLE, [(26, 200), (26, 826)], [(44, 290), (236, 290)], [(112, 292), (78, 758)], [(186, 292), (146, 756)],
        [(94, 292), (94, 378), (138, 400), (182, 378), (182, 292)], [(0, 192), (76, 236), (130, 128)], [(0, 760), (245, 750)], CUFF[:2])
    for sign in (1, -1):
        for line in lines:
            sheet.seam(beside(line, sign), 0.62, 1.8, stitches=True)
        sheet.button(AXIS + sign * 138, 382, brass, 7)
        sheet.button(AXIS + sign * 380, 842, brass, 7)
    for y in range(256, 820, 108):
        sheet.button(AXIS + 13, y, brass, 9)


def dress_green(sheet: Sheet) -> None:
    """Dress green."""
    green = Cloth((30, 112, 88), "plain", 0.03, 0.10)
    neck = curve((0, 214), (36, 160), (84, 72))
    back = curve((0, 104), (50, 98), (84, 72))
    sheet.lay(whole([*back, *reversed(neck)]), Cloth(shade(green.colour, 0.58), "plain", 0.02, 0.0))
    armhole = curve((158, 84), (146, 176), (196, 262))
    bodice = [*neck, *curve((84, 72), (118, 76), (158, 84)), *armhole, *curve((196, 262), (172, 390), (162, 470)), (0, 476)]
    skirt = [(0, 468), (163, 464), *curve((163, 464), (204, 640), (262, 860), (312, 1040)), *curve((312, 1040), (160, 1066), (0, 1072))]
    sheet.lay(whole(skirt), green, 40)
    sheet.lay(whole(bodice), green)
    for x in (34, 82, 122):
        for sign in (1, -1):
            sheet.seam(beside(curve((x, 478), (x * 1.35, 680), (x * 2.0, 1000)), sign), 0.86, 5.0)
    sheet.lay(whole([(0, 448), (166, 444), (165, 480), (0, 486)]), Cloth(shade(green.colour, 0.78), "plain", 0.03, 0.02), 8)
    sheet.seam(mirrored([(x + 4, y + 8) for x, y in neck]), 0.76, 1.6, stitches=True)
    sheet.seam(mirrored([(x, y - 16) for x, y in curve((0, 1072), (160, 1066), (309, 1040))]), 0.82, 1.4, stitches=True)
    for sign in (1, -1):
        sheet.seam(beside([(x - 7, y) for x, y in armhole], sign), 0.8, 1.4, stitches=True)
