"""Rendered figures: pure, and joints where they are said to be."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from kiosk.devices.simulated.figure import (
    ACTIONS,
    IDENTITIES,
    Appearance,
    Figures,
    HeadPose,
    appearance,
    background,
    body_pose,
    hold_card,
)
from kiosk.devices.simulated.figure_pose import HANGING, BodyPose, skeleton
from kiosk.devices.simulated.figure_reach import Reach
from kiosk.domain.frame import Picture
from kiosk.errors import DeviceMissingError, InvalidValueError
from kiosk.vision.networks import ModelStore


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures(ModelStore().path("astronaut"))


@lru_cache(maxsize=1)
def _shop() -> Picture:
    return background(720, 1280, 3)


def _body(figures: Figures, who: Appearance, action: str, phase: float) -> tuple[Picture, dict[str, tuple[float, float]]]:
    canvas = _shop().copy()
    joints = figures.draw_body(canvas, who, body_pose(action, phase), (360, 1230), 1000, HeadPose(yaw_deg=4, smile=0.5))
    return canvas, joints


def test_the_same_arguments_give_the_same_pixels(figures: Figures) -> None:
    again = Figures(ModelStore().path("astronaut"))
    for identity, action in ((0, "walk"), (3, "turn")):
        who = appearance(identity, 5)
        assert who == appearance(identity, 5)
        _body(figures, appearance(identity + 1, 5), "sway", 0.9)
        np.testing.assert_array_equal(_body(figures, who, action, 0.3)[0], _body(again, who, action, 0.3)[0])
    assert np.array_equal(background(320, 240, 1), background(320, 240, 1))
    assert not np.array_equal(background(320, 240, 1), background(320, 240, 2))


def test_a_person_keeps_body_and_face_and_changes_clothes() -> None:
    monday, tuesday = appearance(2, 1), appearance(2, 2)
    assert (monday.height_m, monday.build, monday.skin, monday.hair) == (tuesday.height_m, tuesday.build, tuesday.skin, tuesday.hair)
    assert len({(who.top, who.bottom, who.sleeve, who.stripe) for who in (appearance(2, seed) for seed in range(10))}) > 5
    assert len(set(IDENTITIES)) == len(IDENTITIES) >= 8


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_moves_smoothly_and_loops(action: str) -> None:
    steps = [skeleton(body_pose(action, phase / 120), 1.0) for phase in range(121)]
    for name in steps[0]:
        way = np.array([step[name] for step in steps])
        assert np.abs(way[0] - way[-1]).max() < 1e-9
        assert np.abs(np.diff(way, axis=0)).max() < 0.03, name
    assert any(np.ptp([step[name] for step in steps], axis=0).max() > 0.001 for name in steps[0])


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="moonwalk"):
        body_pose("moonwalk", 0)


def test_a_missing_portrait_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeviceMissingError, match=r"nowhere\.png.*kiosk models fetch"):
        Figures(tmp_path / "nowhere.png")


@pytest.mark.parametrize("action", ACTIONS)
def test_the_joints_lie_inside_the_canvas_and_on_the_figure(figures: Figures, action: str) -> None:
    empty = _shop()
    for phase in (0.0, 0.25, 0.5, 0.8):
        canvas, joints = _body(figures, appearance(1, 4), action, phase)
        drawn = np.abs(canvas.astype(int) - empty).sum(-1) > 24
        for name, (x, y) in joints.items():
            assert 0 <= x < 720 and 0 <= y < 1280, name
            assert drawn[max(int(y) - 12, 0) : int(y) + 13, max(int(x) - 12, 0) : int(x) + 13].any(), name


def test_figures_may_stand_half_outside(figures: Figures) -> None:
    canvas = background(320, 240, 1).copy()
    for feet in ((-40, 300), (340, 200), (160, 900), (-900, 100)):
        figures.draw_body(canvas, appearance(0, 0), body_pose("walk", 0.2), feet, 400)
    figures.draw_bust(canvas, appearance(0, 0), HeadPose(), (-10, -10), 90)
    assert canvas.shape == (240, 320, 3) and canvas.dtype == np.uint8


def test_a_held_card_stays_readable(figures: Figures) -> None:
    code = np.array(zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13).to_image(scale=5))
    card = np.full((300, code.shape[1] + 80, 3), 255, np.uint8)
    card[30:230, 40:-40] = np.resize(code[10], (200, code.shape[1]))[..., None]
    for lean in (0, 6, -10):
        canvas, who = background(640, 480, 2).copy(), appearance(lean % 3, 1)
        figures.draw_bust(canvas, who, HeadPose(), (320, 190), 160)
        hold_card(canvas, card, ((210, 290 + lean), (430, 292), (432, 412), (208, 410 - lean)), who.skin)
        assert [found.text for found in zxingcpp.read_barcodes(canvas)] == ["4006381333931"]



def test_an_arm_reaches_a_place_the_elbow_low_and_the_hand_before_the_trunk():
    for out, up in ((0.16, 0.0), (0.12, -0.20), (-0.08, -0.10), (0.05, 0.12)):
        reach = Reach()
        for share in np.linspace(0, 1, 8):
            arm = reach.to(0.03 + (out - 0.03) * share, -0.33 + (up + 0.33) * share)
        joints = skeleton(BodyPose(arm, HANGING), 1.0)
        shoulder, elbow, wrist, hand = (np.array(joints[f"left_{name}"]) for name in ("shoulder", "elbow", "wrist", "hand"))
        middle = (wrist + hand) / 2 - shoulder
        assert np.hypot(middle[0] - out, middle[1] - up) < 0.03, (out, up)
        assert hand[2] < -0.10 or out > 0.02, "a hand that crosses the trunk passes before it"
        assert elbow[1] < shoulder[1] - 0.05, "nobody lifts the elbow higher than the hand needs"
