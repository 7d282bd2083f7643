"""Alive or not, on faces made of numbers: heads that turn, sheets that tilt and bend, answers to other questions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.challenge import SLOWEST, STEPS, TAIL_S, Ask, Challenge, Step, draw, orders, pace_of
from kiosk.domain.liveness import LIMITS, Sighting, judge, judge_attempt, judge_soon, motion, track_of

EYES_PX = 60.0


def face() -> np.ndarray:
    """(468, 3) points of a face in eye distances, z away from the camera: an egg with a nose, eyes' corners where the mesh has them."""
    chance = np.random.default_rng(5)
    places = chance.uniform((-1.1, -1.1), (1.1, 1.5), (468, 2))
    for vertex, place in {33: (-0.75, 0.0), 133: (-0.25, 0.0), 362: (0.25, 0.0), 263: (0.75, 0.0)}.items():
        places[vertex] = place
    x, y = places.T
    depth = 0.5 * x**2 + 0.12 * (y - 0.2) ** 2 - 0.45 * np.exp(-((x / 0.22) ** 2) - ((y - 0.45) / 0.3) ** 2)
    return np.column_stack([x, y, depth])


def pose(points: np.ndarray, turn_deg: float, near: float) -> np.ndarray:
    """Points as a camera sees them: turned to the picture's right, `near` times as near, in pixels."""
    angle = math.radians(turn_deg)
    x, y, z = points.T
    seen_x, seen_z = x * math.cos(angle) - z * math.sin(angle), x * math.sin(angle) + z * math.cos(angle)
    scale = EYES_PX * near / (1 + near * seen_z / 9)
    return np.column_stack([320 + seen_x * scale, 240 + y * scale, seen_z * EYES_PX]).astype(np.float32)


def sheet(points: np.ndarray, bend: float) -> np.ndarray:
    """The same face on paper, bent round an upright cylinder of `1 / bend` eye distances; 0 is flat."""
    flat = points.copy()
    if bend:
        flat[:, 0], flat[:, 2] = np.sin(points[:, 0] * bend) / bend, (1 - np.cos(points[:, 0] * bend)) / bend
    else:
        flat[:, 2] = 0
    return flat


def acted(challenge: Challenge, surface: np.ndarray, *, lag_s: float = 0.35, turn_deg: float = 24.0, blinks: bool = True,
          noise_px: float = 0.3, claims: np.ndarray | None = None) -> list[Sighting]:
    """Frames at ten a second of somebody who follows. claims: depth that a network would see in it whatever it is."""
    chance, made = np.random.default_rng(3), []
    for at_s in np.arange(0, challenge.ends_s, 0.1):
        turn, near, shut = challenge.wanted(np.array([at_s - lag_s]))[0]
        seen = pose(surface, turn_deg * turn, 1 + 0.3 * near)
        seen[:, :2] += chance.normal(0, noise_px, (len(seen), 2))
        if claims is not None:
            seen[:, 2] = claims[:, 2] * EYES_PX
        wide = 1 - 0.8 * shut * blinks
        made.append(Sighting(float(at_s), seen, (wide, wide)))
    return made


FACE = face()


@pytest.mark.parametrize("seed", range(6))
def test_a_head_that_follows_is_alive(seed: int) -> None:
    verdict = judge(draw(seed), track_of(acted(draw(seed), FACE)))
    assert verdict.live and verdict.rule == "live" and verdict.margin >= 1, verdict


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bend", [0.0, 0.3, 0.9])
def test_a_sheet_that_follows_is_not(seed: int, bend: float) -> None:
    frames = acted(draw(seed), sheet(FACE, bend), turn_deg=42.0, blinks=False, claims=FACE)
    assert judge(draw(seed), track_of(frames)).rule in ("answer", "flat")


def test_holes_for_the_eyes_do_not_save_a_sheet() -> None:
    assert not judge(draw(1), track_of(acted(draw(1), sheet(FACE, 0.5), turn_deg=45.0, claims=FACE))).live


def test_a_little_depth_that_answers_all_is_not_a_head() -> None:
    shallow = FACE * (1.0, 1.0, 0.4)
    verdict = judge(draw(1), track_of(acted(draw(1), shallow, turn_deg=44.0, claims=FACE)))
    assert verdict.rule == "flat" and verdict.scores["answer"] >= 1, verdict


def test_who_does_nothing_or_the_contrary_has_not_answered() -> None:
    still = acted(draw(2), FACE, turn_deg=0.0)
    assert judge(draw(2), track_of(still)).rule == "answer"
    assert judge(draw(2), track_of(acted(draw(2), FACE, turn_deg=-24.0))).rule == "answer"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_recorded_answer_is_no_answer_to_another_order(first: int, second: int) -> None:
    asked, recorded = draw(first), draw(second)
    if asked.order != recorded.order:
        track = track_of(acted(recorded, FACE))
        assert not judge(asked, track).live


def test_a_recording_that_begins_late_is_out_of_time() -> None:
    asked = draw(4)
    assert judge(asked, track_of(acted(asked, FACE, lag_s=0.35))).live
    assert judge(asked, track_of(acted(asked, FACE, lag_s=1.4))).rule == "answer"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**15))
def test_every_challenge_shows_depth_and_asks_for_eyes(seed: int) -> None:
    challenge = draw(seed)
    assert draw(seed) == challenge
    assert len(challenge.steps) == STEPS and {Ask.LEFT, Ask.RIGHT, Ask.BLINK} <= set(challenge.order)
    assert all(one.to_s == other.from_s and one.ask != other.ask for one, other in zip(challenge.steps, challenge.steps[1:], strict=False))
    assert challenge.ends_s == challenge.steps[-1].to_s + TAIL_S < 6.0
    assert challenge.order[-1] is not Ask.BLINK
    assert challenge.asked(0.0) is None and challenge.asked(challenge.steps[2].from_s) is challenge.steps[2].ask


def test_a_slow_device_asks_slowly_and_is_answered_as_well() -> None:
    assert pace_of(0.1) == 1.0 and 1.0 < pace_of(0.16) < pace_of(0.3) == pace_of(5.0) == SLOWEST
    for seed in range(6):
        brisk, slow = draw(seed), draw(seed, (), SLOWEST)
        assert slow.order == brisk.order and slow.steps[-1].to_s == pytest.approx(SLOWEST * brisk.steps[-1].to_s)
        assert judge_attempt(slow, acted(slow, FACE)[::2]).live
        assert not judge_attempt(slow, acted(slow, sheet(FACE, 0.3), turn_deg=42.0, blinks=False, claims=FACE)[::2]).live


def test_what_was_asked_lately_is_not_asked_again() -> None:
    lately = [draw(7).order]
    assert draw(7, lately).order not in lately
    everything = orders()
    assert draw(7, everything).order in everything, "when all were asked, one has to come again"
    assert len({draw(seed).order for seed in range(len(everything))}) == len(everything), "no order is left out"


def test_a_face_that_was_hardly_seen_proves_nothing() -> None:
    challenge, frames = draw(8), acted(draw(8), FACE)
    assert judge(challenge, track_of(frames[:6])).rule == "too_few"
    with_hole = [frame for frame in frames if not 0.8 < frame.time_s < 2.4]
    assert judge(challenge, track_of(with_hole)).rule == "too_few"


def test_a_depth_camera_and_copies_have_their_say_and_may_be_missing() -> None:
    challenge = draw(9)
    frames = acted(challenge, FACE)

    def told(**what: float) -> str:
        return judge(challenge, track_of([Sighting(f.time_s, f.landmarks, f.openness, **what) for f in frames])).rule

    assert told() == "live"
    assert told(depth_mm=20.0, passive=0.1) == "live"
    assert told(depth_mm=1.0) == "depth"
    assert told(passive=0.99) == "passive"
    assert told(passive=0.8) == "live", "traces of a copy alone refuse nobody who has shown a head"


def test_pixels_around_the_nose_speak_for_a_head_or_against_it() -> None:
    challenge = draw(9)
    frames = acted(challenge, FACE)

    def told(nose: float) -> float:
        return judge(challenge, track_of([replace(frame, nose=nose) for frame in frames])).scores["flat"]

    assert told(-0.1) < told(math.nan) == told(0.0) < told(0.1)
    assert told(-0.1) == told(-1.5), "no single sign decides alone"


def test_one_side_that_is_squeezed_more_is_made_up_for_by_the_other() -> None:
    aside = FACE @ np.array([[math.cos(0.2), 0, math.sin(0.2)], [0, 1, 0], [-math.sin(0.2), 0, math.cos(0.2)]])
    for seed in range(6):
        assert judge(draw(seed), track_of(acted(draw(seed), aside))).live


def test_who_has_answered_is_known_before_all_time_is_over_and_nobody_is_refused_before() -> None:
    asked = draw(6)
    frames = acted(asked, FACE)
    early = [verdict for end in range(2, len(frames)) if (verdict := judge_soon(asked, frames[:end])) is not None]
    assert len(early) == 1 and early[0].live
    shown = acted(asked, sheet(FACE, 0.3), turn_deg=42.0, blinks=False, claims=FACE)
    assert all(judge_soon(asked, shown[:end]) is None for end in range(2, len(shown)))
    assert judge_attempt(asked, frames).live and not judge_attempt(asked, shown).live
    assert judge_attempt(asked, []).rule == "too_few"


def test_turn_is_the_sine_of_the_angle_and_shows_its_side() -> None:
    challenge = Challenge((Step(Ask.LEFT, 0.5, 1.5), Step(Ask.RIGHT, 1.5, 2.5)))
    moved = motion(track_of(acted(challenge, FACE, lag_s=0.0, turn_deg=20.0, noise_px=0.0)), 0.5)
    assert moved.turn[12] == pytest.approx(math.sin(math.radians(20)), rel=0.25)
    assert moved.turn[22] == pytest.approx(-math.sin(math.radians(20)), rel=0.25)
    assert abs(moved.turn[:5]).max() < 0.02
    flat = motion(track_of(acted(challenge, sheet(FACE, 0.0), lag_s=0.0, turn_deg=40.0, noise_px=0.0, claims=FACE)), 0.5)
    assert abs(flat.turn).max() < 0.05 and flat.squeeze.max() > 0.1


def test_the_limits_that_ship_are_the_ones_judged_by() -> None:
    frames = track_of(acted(draw(3), FACE))
    assert judge(draw(3), frames) == judge(draw(3), frames, LIMITS)
