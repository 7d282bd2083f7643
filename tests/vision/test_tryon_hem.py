"""Where the shopper's own top ends, on painted figures."""

import numpy as np
import pytest

from kiosk.vision.body import L_HIP, L_SHOULDER, R_HIP, R_SHOULDER, BodyFound
from kiosk.vision.fit import Fit, frame_of
from kiosk.vision.hem import widened, worn_hem

TOP, BOTTOM = (180, 40, 50), (40, 60, 140)


def painted(hem_row: int, bottom=BOTTOM, seed=1):
    """A person of 120 x 300 pixels in a picture of 320 x 480: shoulders in row 100, hips in row 250."""
    random = np.random.default_rng(seed)
    pixels = np.full((480, 320, 3), 235, np.uint8)
    pixels[80:hem_row, 100:220] = TOP
    pixels[hem_row:400, 100:220] = bottom
    noisy = np.clip(pixels + random.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)
    points = np.zeros((33, 4), np.float32)
    points[:, 3] = 1
    points[:11, :2] = 160, 50
    points[11:23, :2] = [(220 if i % 2 else 100, 100 + 40 * ((i - 11) // 2)) for i in range(11, 23)]
    for index, xy in ((L_SHOULDER, (205, 100)), (R_SHOULDER, (115, 100)), (L_HIP, (190, 250)), (R_HIP, (130, 250))):
        points[index, :2] = xy
    mask = np.zeros((256, 256), np.uint8)
    to_picture = np.float32([[480 / 256, 0, -80], [0, 480 / 256, 0]])
    crop = np.float32([[100, 40], [220, 400]]) - np.float32([-80, 0])
    (x0, y0), (x1, y1) = np.round(crop * 256 / 480).astype(int)
    mask[y0:y1, x0:x1] = 255
    return noisy, BodyFound(points, mask, to_picture, 1.0)


@pytest.mark.parametrize("hem_row", [205, 230, 260, 300])
def test_the_hem_is_found_where_the_colours_change(hem_row):
    pixels, body = painted(hem_row)
    found = worn_hem(pixels, body, frame_of(body))
    assert found is not None
    assert abs(100 + found * 150 - hem_row) < 6


def test_one_colour_from_shoulder_to_knee_tells_nothing():
    pixels, body = painted(230, bottom=TOP)
    assert worn_hem(pixels, body, frame_of(body)) is None


def test_a_picture_that_ends_above_the_hips_tells_nothing():
    pixels, body = painted(205)
    assert worn_hem(pixels[:215], body, frame_of(body)) is None


def narrow(body: BodyFound, half: float) -> Fit:
    rows = np.arange(-0.3, 2.0, 0.025, dtype=np.float32)
    edge = np.full(len(rows), half, np.float32)
    return Fit(frame_of(body), 0.57, rows, -edge, edge, 1.0, (0.0, 0.0))


def test_sides_go_as_far_as_the_top_that_is_worn():
    pixels, body = painted(240)
    fitted = widened(pixels, body, narrow(body, 0.6))
    middle = (fitted.rows > 0.35) & (fitted.rows < 0.8)
    assert np.abs(fitted.right[middle] - 60 / 90).max() < 0.02 and np.abs(fitted.left[middle] + 60 / 90).max() < 0.02
    assert (fitted.right[fitted.rows > 1.1] == np.float32(0.6)).all()


def test_sides_stay_where_skin_begins_and_where_a_sleeve_of_the_same_cloth_hangs_beside_the_trunk():
    pixels, body = painted(240)
    pixels[80:240, 215:] = (222, 172, 140)
    beside = widened(pixels, body, narrow(body, 0.6))
    middle = (beside.rows > 0.35) & (beside.rows < 0.8)
    assert np.abs(beside.right[middle] - 55 / 90).max() < 0.02
    pixels, body = painted(240)
    pixels[80:240] = pixels[80:240, 150:151]
    body.crop_mask[:] = 255
    same = widened(pixels, body, narrow(body, 0.6))
    assert (same.right == np.float32(0.6)).all() and (same.left == np.float32(-0.6)).all()
