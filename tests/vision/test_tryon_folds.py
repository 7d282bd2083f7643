"""No garment ever turns inside out: over random poses, each triangle of the maps keeps its side."""

from functools import cache

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.meshes import MARGIN
from kiosk.vision import body as b
from kiosk.vision.body import BodyFound
from kiosk.vision.draping import apart, grid, trunk_map
from kiosk.vision.fit import fit, leg_covered, legs_of
from kiosk.vision.mannequin import HEIGHT, WIDTH
from kiosk.vision.mannequin import test_body as body_of_ours
from kiosk.vision.sleeves import arm_tube, leg_tubes, limb_map, reach_of
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment as drawn

garment = cache(drawn)
angles = st.floats(-170, 170)


def turned(point, about, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return about + np.float32([[c, -s], [s, c]]) @ (point - about)


@st.composite
def bodies(draw) -> BodyFound:
    """The test body with arms and legs bent at any angle, its trunk sheared, and its outline as it stands or worn away."""
    _, still = body_of_ours()
    points = still.landmarks.copy()
    for shoulder, elbow, wrist, hand in ((b.L_SHOULDER, b.L_ELBOW, b.L_WRIST, b.L_INDEX), (b.R_SHOULDER, b.R_ELBOW, b.R_WRIST, b.R_INDEX)):
        for about, moved in ((shoulder, (elbow, wrist, hand)), (elbow, (wrist, hand))):
            angle = draw(angles)
            for joint in moved:
                points[joint, :2] = turned(points[joint, :2], points[about, :2], angle)
    for hip, knee, ankle in ((b.L_HIP, b.L_KNEE, b.L_ANKLE), (b.R_HIP, b.R_KNEE, b.R_ANKLE)):
        angle = draw(st.floats(-25, 25))
        for joint in (knee, ankle):
            points[joint, :2] = turned(points[joint, :2], points[hip, :2], angle)
    lean = draw(st.floats(-0.3, 0.3))
    points[:, 0] += lean * (points[:, 1] - 420)
    points[[b.L_SHOULDER, b.R_SHOULDER], 1] += np.float32([1, -1]) * draw(st.floats(-25, 25))
    worn = cv2.erode(still.crop_mask, np.ones((draw(st.integers(1, 9)),) * 2, np.uint8))
    return BodyFound(points, worn, still.to_picture, 1.0)


def sides(x: np.ndarray, y: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Twice the signed areas, on the garment, of the triangles of a grid, where all corners lie inside."""
    def area(ax, ay, bx, by):
        return ax * by - ay * bx

    found = []
    for one, two in (((0, 1), (1, 0)), ((1, 0), (0, 1))):
        far = (slice(1, None), slice(1, None)) if one == (1, 0) else (slice(None, -1), slice(None, -1))
        right = (slice(None, -1), slice(1, None)) if one == (0, 1) else (slice(1, None), slice(None, -1))
        down = (slice(1, None), slice(None, -1)) if two == (1, 0) else (slice(None, -1), slice(1, None))
        shown = inside[far] & inside[right] & inside[down]
        found.append(area(x[right] - x[far], y[right] - y[far], x[down] - x[far], y[down] - y[far])[shown])
    return np.concatenate(found)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(body=bodies(), name=st.sampled_from(["shirt_white", "coat_camel", "dress_green", "skirt_plaid"]))
def test_no_triangle_of_a_trunk_is_inverted(body, name):
    worn = garment(name)
    places = grid((0, 0, WIDTH, HEIGHT))
    column, row = trunk_map(worn, fit(body, worn, HEIGHT, WIDTH), places)
    first, last = worn.trunk[np.clip(row, 0, len(worn.trunk) - 1).astype(int)].transpose(2, 0, 1)
    inside = (row >= worn.cut.top) & (row <= worn.cut.hem_row) & (column >= first) & (column <= last)
    assert inside.sum() > 200 and (sides(column, row, inside) >= -1e-2).all()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(body=bodies(), name=st.sampled_from(["shirt_white", "coat_camel", "dress_green", "jeans_indigo"]))
def test_no_cell_of_a_mesh_is_inverted_and_none_asks_beyond_what_is_there(body, name):
    pixels, _ = body_of_ours()
    outfit = Dresser().outfit(pixels, body, garment(name))
    for patch in (patch for piece in (outfit.pieces if outfit else ()) for patch in piece.patches):
        a, b_, c, d = (patch.corners[:, k] for k in range(4))
        for one, two, three in ((a, b_, c), (a, c, d)):
            assert ((two - one)[:, 0] * (three - one)[:, 1] - (two - one)[:, 1] * (three - one)[:, 0] > 0).all()
        height, width = patch.cloth.shape[:2]
        assert (patch.places > -MARGIN).all() and (patch.places < np.float32([width + MARGIN - 1, height + MARGIN - 1])).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(body=bodies(), name=st.sampled_from(["shirt_white", "coat_camel", "jeans_indigo"]))
def test_no_triangle_of_a_limb_is_mirrored(body, name):
    """On a sleeve, places beside the bone keep their side, however the elbow bends: a mirrored sleeve would exchange them."""
    worn = garment(name)
    fitted = fit(body, worn, HEIGHT, WIDTH)
    person = body.mask(HEIGHT, WIDTH)
    if worn.cut.legs:
        tubes = leg_tubes(legs_of(body, fitted.frame.across), leg_covered(worn, body, fitted.frame), person,
                          (fitted.frame.width, np.zeros(2, np.float32)))
    else:
        tubes = tuple(arm_tube(fitted.frame.arms[k], k, fitted, person, np.zeros(2, np.float32)) for k in (0, 1))
    for part, tube in zip(apart(worn).limbs, tubes, strict=True):
        box = reach_of(tube, (HEIGHT, WIDTH))
        if part is None or box is None:
            continue
        x0, y0, x1, y1 = box
        places = np.stack(np.meshgrid(np.arange(x0, x1, 6), np.arange(y0, y1, 6)), axis=-1).astype(np.float32)
        column, row, along, beside = limb_map(part[1], tube, places)
        assert np.isfinite(column).all() and np.isfinite(row).all()
        shown = (np.abs(beside) <= 1) & (along >= 0) & (along <= 1)
        ahead = np.gradient(part[1].points, axis=0)
        nearest = np.clip(np.round((along + 0.16) / 1.32 * (len(ahead) - 1)), 0, len(ahead) - 1).astype(int)
        off = np.stack([column, row], axis=-1) - part[1].points[nearest]
        side = (off * part[1].normals[nearest]).sum(axis=-1)
        clear = shown & (np.abs(beside) > 0.3)
        assert (np.sign(side[clear]) == np.sign(beside[clear])).mean() > 0.97 if clear.any() else True
