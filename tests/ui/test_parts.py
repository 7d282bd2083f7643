"""The pieces: type, panels, camera pictures, QR codes."""

import numpy as np
import pygame
import pygame.freetype
import zxingcpp

from kiosk.design.products import PRODUCTS
from kiosk.design.tokens import COLOURS
from kiosk.design.words import table
from kiosk.domain.catalog import LANGUAGES
from kiosk.ui import fonts, motion, paint, stance
from kiosk.ui.canvas import Box, Canvas, Style


def pixels(surface: pygame.Surface) -> np.ndarray:
    return np.frombuffer(pygame.image.tobytes(surface, "RGBA"), np.uint8).reshape(surface.get_height(), surface.get_width(), 4)


def test_no_line_is_wider_than_it_was_measured():
    for texts in table().values():
        for language in LANGUAGES:
            line = texts[language].split("\n")[0]
            ink = np.flatnonzero(pixels(fonts.drawn(line, 27, True, (0, 0, 0)))[:, :, 3].max(axis=0))
            roomy = pygame.Surface((fonts.width(line, 27, True) + 200, 60), pygame.SRCALPHA)
            roomy.blit(fonts.drawn(line + "  ", 27, True, (0, 0, 0)), (0, 0))
            full = np.flatnonzero(pixels(roomy)[:, :, 3].max(axis=0))
            assert ink[-1] >= full[-1], line


def test_every_text_has_its_glyphs_and_an_emoji_does_not():
    assert fonts.missing("".join("".join(t.values()) for t in table().values())) == set()
    assert fonts.missing("a\U0001F600") == {"\U0001F600"}


def test_a_text_that_is_cut_shows_that_it_goes_on():
    canvas = Canvas((800, 480), "fr")
    for lines, width in ((1, 90), (2, 90), (3, 90), (2, 30)):
        shown, size = canvas._fit("Jus d'orange pressée du matin, sans sucre", Box(0, 0, width, 90), Style(lines=lines))
        assert shown[-1].endswith("…") and len(shown) <= lines
        assert all(fonts.width(line, size, False) <= width for line in shown)


def test_lines_break_at_spaces_and_between_chinese_characters_but_not_before_their_marks():
    assert fonts.wrap("un deux trois", 20, False, fonts.width("un deux", 20, False)) == ("un deux", "trois")
    assert fonts.wrap("请看镜头。谢谢", 20, False, 80) == ("请看镜", "头。谢谢")
    assert fonts.wrap("payer\u202f? oui", 20, False, fonts.width("payer", 20, False) + 3)[0] == "payer\u202f?"
    assert fonts.balanced("un deux trois quatre", 20, False, fonts.width("un deux trois q", 20, False)) == ("un deux", "trois quatre")


def test_text_shrinks_before_it_is_cut_and_a_cut_is_noted():
    canvas = Canvas((800, 480), "en", audit=True)
    canvas.surface.fill((255, 255, 255))
    canvas.text("shrinks", Box(0, 0, canvas.measure("shrinks", Style(40)) - 30, 60), Style(40))
    assert canvas.problems == []
    canvas.text("does not fit at all", Box(0, 0, 60, 60), Style(40))
    assert "does not fit" in canvas.problems[0]
    canvas.text("pale", Box(100, 100, 300, 60), Style(40, (220, 220, 220)))
    assert "contrast" in canvas.problems[1]


def test_the_stance_guide_steps_onto_its_mark_then_holds_its_arms_out_and_begins_anew():
    def sun(time_s: float) -> np.ndarray:
        canvas = Canvas((400, 600), "en")
        canvas.surface.fill((255, 255, 255))
        stance.figure(canvas, Box(0, 100, 400, 400), time_s)
        return np.abs(pixels(canvas.surface)[:, :, :3].astype(int) - COLOURS.sun).max(axis=2) < 24

    coming, standing, shown, again = (sun(moment) for moment in (0.9, 1.9, 3.4, 3.4 + 5.2))
    assert np.flatnonzero(coming.any(axis=0)).mean() > 220 > np.flatnonzero(standing.any(axis=0)).mean() > 180, "it comes from the side"
    hands, feet = slice(260, 320), slice(440, 500)
    assert np.ptp(np.flatnonzero(shown[hands].any(axis=0))) > 1.3 * np.ptp(np.flatnonzero(standing[hands].any(axis=0)))
    assert standing[feet].sum() > 2 * coming[feet].sum(), "the mark is lit while somebody stands on it"
    assert (shown[hands] == again[hands]).mean() > 0.99


def test_a_camera_picture_is_turned_as_in_a_mirror_and_fills_without_distortion():
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, :100] = (255, 0, 0)
    shown = paint.camera(picture, (50, 50))
    assert shown.get_size() == (50, 50)
    assert shown.get_at((5, 25))[:3] == (0, 0, 0) and shown.get_at((45, 25))[:3] == (255, 0, 0)
    assert paint.cut(picture, (50, 50)) == (50, 0, 100, 100)
    striding = np.zeros((100, 200, 3), np.uint8)[::2, ::2]
    assert paint.camera(striding, (30, 60)).get_size() == (30, 60)


def test_a_receipts_code_can_be_scanned():
    text = "kiosk:receipt:K1-000128:1348:EUR:6f1d2c9a"
    code = paint.qr(text, 230)
    read = zxingcpp.read_barcode(np.ascontiguousarray(pixels(code)[:, :, :3]))
    assert read is not None and read.text == text


def test_every_product_is_drawn_and_a_parcel_stands_for_others():
    drawn = {name: pygame.image.tobytes(paint.product(name, 48), "RGBA") for name in (*PRODUCTS, "nobody knows", "nor this")}
    assert drawn["nobody knows"] == drawn["nor this"]
    assert len(set(drawn.values())) == len(PRODUCTS) + 1


def test_panels_have_round_corners_and_full_sides():
    panel = pixels(paint.panel((60, 40), 12, (10, 20, 30)))[:, :, 3]
    assert panel[0, 0] == 0 and panel[20, 0] == 255 and panel[0, 30] == 255 and panel[20, 30] == 255


def test_a_wave_comes_back():
    assert motion.wave(0, 2) == 0
    assert round(motion.wave(1, 2), 6) == 1
    assert round(motion.wave(2, 2), 6) == 0
