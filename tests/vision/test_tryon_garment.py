"""Cutting out and measuring garments: the drawn ones and bare shapes of known measure."""

from functools import cache

import cv2
import numpy as np
import pytest

from kiosk.errors import InvalidValueError
from kiosk.vision.fit import Arm, Fit, Frame
from kiosk.vision.garment import cut_out, read
from kiosk.vision.sleeves import arm_tube
from kiosk.vision.wardrobe import NAMES, photo
from kiosk.vision.wardrobe import garment as drawn

garment = cache(drawn)


def tshirt(colour: tuple[int, int, int], background: int = 255) -> tuple[np.ndarray, np.ndarray]:
    right = [(250, 40), (280, 60), (370, 150), (320, 190), (280, 150), (280, 380)]
    outline = np.array([*right, *((400 - x, y) for x, y in reversed(right))])
    mask = cv2.fillPoly(np.zeros((420, 400), np.uint8), [outline], 255)
    sheet = np.full((420, 400, 3), background, np.uint8)
    sheet[mask > 0] = colour
    return sheet, mask


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > 127) & (b > 127)).sum() / ((a > 127) | (b > 127)).sum())


@pytest.mark.parametrize("colour", [(200, 30, 40), (20, 20, 24), (248, 248, 246), (240, 235, 220)])
def test_a_garment_of_any_colour_is_cut_out_of_white(colour):
    sheet, mask = tshirt(colour)
    noisy = np.clip(sheet + np.random.default_rng(1).normal(0, 0.7, sheet.shape), 0, 255).astype(np.uint8)
    assert iou(cut_out(noisy), mask) > 0.96


def test_compression_leaves_no_halo():
    sheet, mask = tshirt((220, 20, 120))
    _, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert iou(cut_out(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)), mask) > 0.97


def test_a_white_print_is_no_hole():
    sheet, mask = tshirt((30, 40, 90))
    sheet[200:300, 150:250] = 255
    assert cut_out(sheet)[200:300, 150:250].min() == 255
    assert iou(cut_out(sheet), mask) > 0.97


def test_an_outline_of_a_white_garment_is_filled():
    sheet, mask = tshirt((255, 255, 255))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(sheet, contours, -1, (228, 228, 228), 3)
    sheet[378:384, 190:194] = 255  # a gap in the hem
    assert iou(cut_out(sheet), mask) > 0.93


def test_landmarks_lie_where_the_shape_has_its_corners():
    sheet, mask = tshirt((200, 30, 40))
    cut = read("shape", sheet, mask=mask).cut
    assert cut.sleeve == "short"
    offset = np.array([30, 40])
    for found, true in ((cut.left.armpit, (120, 150)), (cut.right.armpit, (280, 150))):
        assert np.linalg.norm(np.array(found) + offset - true) < 8
    assert abs(cut.top + 40 - 40) < 4
    assert abs(cut.chest_width - 160) < 8 and abs(cut.hem_row + 40 - 380) < 4


def test_a_blank_sheet_is_refused_by_name():
    with pytest.raises(InvalidValueError, match="garment blank"):
        read("blank", np.full((300, 300, 3), 250, np.uint8))


@pytest.mark.parametrize(
    ("name", "sleeve"),
    [("tshirt_red", "short"), ("shirt_white", "long"), ("hoodie_grey", "long"), ("jacket_blue", "long"), ("dress_green", "none")])
def test_the_drawn_garments_are_measured_as_what_they_are(name, sleeve):
    cut = garment(name).cut
    assert cut.sleeve == sleeve
    assert abs(cut.left.armpit[1] - cut.right.armpit[1]) < 12
    assert abs((cut.left.cuff[0] + cut.right.cuff[0]) - (cut.left.armpit[0] + cut.right.armpit[0])) < 16


@pytest.mark.parametrize(
    ("name", "sleeve"), [("tshirt_striped", "short"), ("jumper_mustard", "long"), ("tank_black", "none"), ("coat_camel", "long"),
                         ("dress_evening", "none")])
def test_more_drawn_garments_are_measured_as_what_they_are(name, sleeve):
    cut = garment(name).cut
    assert cut.sleeve == sleeve and cut.legs is None
    assert cut.length > (1.8 if name.startswith(("coat", "dress")) else 1.1)


@pytest.mark.parametrize(("name", "legs"), [("skirt_plaid", False), ("jeans_indigo", True), ("chinos_sand", True), ("shorts_navy", True)])
def test_bottoms_have_a_waist_and_legs_or_none(name, legs):
    cut = garment(name).cut
    assert (cut.legs is not None) == legs
    assert cut.left.collar[0] < cut.right.collar[0] and cut.top < cut.armpit_row < cut.hem_row
    assert abs(cut.left.collar[1] - cut.right.collar[1]) < 6


def test_a_garment_in_another_colour_keeps_its_light_its_shape_and_its_print():
    red, blue = garment("tshirt_red"), garment("tshirt_red#1f4e8c")
    inside = red.picture[:, :, 3] > 200
    mean = blue.picture[inside].mean(axis=0)
    assert np.abs(mean[:3] - (31, 78, 140)).max() < 26
    assert blue.cut == red.cut and np.array_equal(blue.picture[:, :, 3], red.picture[:, :, 3])
    light = [cv2.cvtColor(g.picture[:, :, :3], cv2.COLOR_RGB2GRAY)[inside].astype(float) for g in (red, blue)]
    assert np.corrcoef(*light)[0, 1] > 0.7
    printed = garment("jacket_blue#803020")
    brass = np.abs(garment("jacket_blue").picture[:, :, :3].astype(int) - (184, 142, 92)).max(axis=2) < 14
    assert brass.sum() > 50
    assert np.abs(printed.picture[brass][:, :3].astype(int) - garment("jacket_blue").picture[brass][:, :3]).mean() < 8


@pytest.mark.parametrize("name", ["tshirt_red#12345", "tshirt_red#GGGGGG", "../tshirt", "tshirt red"])
def test_a_colour_that_cannot_be_is_refused(name):
    with pytest.raises(InvalidValueError):
        garment(name)


def test_a_drawn_photograph_is_always_the_same_and_on_white():
    first = photo("tshirt_red")
    assert np.array_equal(first, photo("tshirt_red"))
    assert first.shape == (1100, 900, 3) and first[:20].min() > 250


def test_a_dress_is_longer_than_a_jacket():
    assert garment("dress_green").cut.length > 1.5 * garment("jacket_blue").cut.length


def test_an_unknown_garment_names_those_there_are():
    with pytest.raises(InvalidValueError, match=NAMES[0]):
        photo("tuxedo")


def shape(right: list[tuple[int, int]]) -> np.ndarray:
    """The mask (420, 400) of an outline that is the same on both sides of column 200."""
    outline = np.array([*right, *((400 - x, y) for x, y in reversed(right))])
    return cv2.fillPoly(np.zeros((420, 400), np.uint8), [outline], 255)


def test_sleeves_that_hang_down_and_touch_the_hem_are_sleeves():
    mask = shape([(230, 20), (280, 40), (350, 380), (310, 390), (270, 120), (270, 400)])
    closed = mask.copy()
    closed[384:394, 90:310] = 255  # both cuffs lie against the trunk: the gaps are holes
    for seen in (mask, closed):
        cut = read("shape", np.full((420, 400, 3), 255, np.uint8), mask=seen).cut
        assert cut.sleeve == "long"
        assert abs(cut.left.armpit[1] - 100) < 12 and abs(cut.right.armpit[1] - 100) < 12


def test_where_one_armpit_hides_the_other_tells():
    mask = shape([(230, 20), (280, 40), (350, 380), (310, 390), (270, 120), (270, 400)])
    mask[100:400, 260:330] = 255  # the right sleeve lies on the trunk
    cut = read("shape", np.full((420, 400, 3), 255, np.uint8), mask=mask).cut
    assert abs(cut.left.armpit[1] - cut.right.armpit[1]) < 12
    assert cut.right.sleeve_width > 0


def test_a_waist_makes_no_sleeve():
    mask = shape([(230, 20), (250, 20), (258, 80), (285, 110), (268, 230), (290, 400)])
    cut = read("shape", np.full((420, 400, 3), 255, np.uint8), mask=mask).cut
    assert cut.sleeve == "none" and cut.left.sleeve_width == cut.right.sleeve_width == 0
    assert abs(cut.left.armpit[1] - 90) < 15


def test_under_an_armpit_neither_the_ground_of_the_photo_nor_the_sleeve_is_trunk():
    jumper = garment("jumper_mustard")
    seen = jumper.picture[jumper.picture[:, :, 3] > 250][:, :3]
    assert not (seen.min(axis=1) > 225).any(), "white ground that was closed in"
    row = round(max(jumper.cut.left.armpit[1], jumper.cut.right.armpit[1]))
    wide = (jumper.trunk[:, 1] - jumper.trunk[:, 0])[row:row + 12]
    assert wide.max() < wide.min() + 0.05 * jumper.cut.chest_width


def test_a_sleeve_covers_the_step_in_which_a_short_sleeve_ends():
    """An arm of 40 pixels goes out of the shoulder, in a short sleeve of 70 that ends half way to the elbow."""
    arms = [Arm(*(np.array((300.0 + side * x, 200.0), np.float32) for x in (80, 190, 300, 340)), 1.0) for side in (-1, 1)]
    frame = Frame(np.array((300, 200), np.float32), np.array((1, 0), np.float32), np.array((0, 1), np.float32), 200.0, 300.0, 0.0, 0.0,
                  (arms[0], arms[1]))
    rows = np.linspace(0, 1, 8, dtype=np.float32)
    fitted = Fit(frame, 0.5, rows, np.full(8, -0.5, np.float32), np.full(8, 0.5, np.float32), 1.0, (1.0, 1.0))
    person = np.zeros((500, 700), np.uint8)
    person[180:220, 300:640] = 255
    person[165:235, 300:455] = 255
    tube = arm_tube(arms[1], 1, fitted, person, np.zeros(2, np.float32))
    sleeved = (tube.points[:, 0] > 390) & (tube.points[:, 0] < 452)
    wide = tube.left + tube.right
    assert wide[sleeved].min() >= 70
    assert wide[-6:-3].max() < 48, "and not the forearm"
