import re
from dataclasses import fields

from kiosk.design.tokens import COLOURS, MIN_CONTRAST, MOTION, PAIRS, TYPE, contrast, css


def test_contrast_is_the_one_of_wcag():
    assert round(contrast((0, 0, 0), (255, 255, 255)), 1) == 21.0
    assert round(contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48


def test_every_pair_of_text_and_ground_can_be_read():
    for text, ground in PAIRS:
        assert contrast(getattr(COLOURS, text), getattr(COLOURS, ground)) >= MIN_CONTRAST, (text, ground)


def test_css_carries_every_token():
    sheet = css()
    assert sheet.startswith(":root{") and sheet.endswith("}")
    assert "--color-coral-dark:#a81c3a" in sheet
    assert f"--type-hero:{TYPE.hero}px" in sheet and "--motion-quick:0.18s" in sheet
    assert len(re.findall(r"--color-", sheet)) == len(fields(COLOURS))


def test_type_grows_and_nothing_flashes():
    sizes = [getattr(TYPE, f.name) for f in fields(TYPE)]
    assert sizes == sorted(sizes)
    assert MOTION.pulse_s > 1 / 3
