"""Accept, refuse, ask for more: each by its rule."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.domain.identity import Candidate, FaceQuality, Policy, Template, decide, digits_wanted, hint, template

POLICY = Policy(threshold=0.443, pin_threshold=0.48, margin=0.04, looks=3, frames=6)


def at(distance: float, axis: int = 1) -> Template:
    """A point this far from the origin, where the first candidate lies."""
    point = np.zeros(384, np.float32)
    point[axis] = distance
    return point


ME = Candidate("me", at(0.0))
OTHER = Candidate("other", at(1.0, axis=2))


def test_three_agreeing_frames_are_accepted() -> None:
    assert decide([at(0.3)] * 2, [ME, OTHER], POLICY).outcome == "undecided"
    made = decide([at(0.3)] * 3, [ME, OTHER], POLICY)
    assert (made.outcome, made.rule, made.member_id) == ("accepted", "k_of_n", "me")
    assert made.distance == pytest.approx(0.3)


def test_one_bad_frame_in_three_does_not_turn_a_member_away() -> None:
    assert decide([at(0.3), at(0.7), at(0.3)], [ME, OTHER], POLICY).member_id == "me"


def test_half_of_the_frames_is_not_enough() -> None:
    assert decide([at(0.3), at(0.7)] * 2, [ME], POLICY).outcome == "undecided"
    assert decide([at(0.3), at(0.7)] * 3, [ME], POLICY).rule == "no_match"
    assert decide([at(0.3), at(0.7)] * 2 + [at(0.3)], [ME], POLICY).outcome == "accepted"


def test_a_stranger_is_refused_when_acceptance_has_become_impossible() -> None:
    assert decide([at(0.5)] * 2, [ME], POLICY).outcome == "undecided"
    made = decide([at(0.5)] * 3, [ME], POLICY)
    assert (made.outcome, made.rule) == ("refused", "no_match")


def test_of_two_who_look_alike_the_nearer_one_is_asked_for_the_pin() -> None:
    twin = Candidate("twin", at(0.02))
    made = decide([at(0.2)] * 6, [ME, twin], POLICY)
    assert (made.outcome, made.rule, made.member_id) == ("ask_pin", "gap", "twin")
    assert decide([at(0.2), at(-0.2)] * 3, [ME, twin], POLICY).rule == "frames_disagree", "the frames do not say which of the two"


def test_a_face_a_little_too_far_is_asked_for_the_pin_and_one_farther_is_nobody() -> None:
    made = decide([at(0.46)] * 6, [ME, OTHER], POLICY)
    assert (made.outcome, made.rule, made.member_id, made.distance) == ("ask_pin", "nearly", "me", pytest.approx(0.46))
    assert decide([at(0.49)] * 6, [ME, OTHER], POLICY).rule == "no_match"
    assert decide([at(0.46), at(0.49)] * 3, [ME, OTHER], POLICY).rule == "no_match", "half of the frames is not enough"
    assert decide([at(0.46), at(0.3)] * 3, [ME, OTHER], POLICY).outcome == "ask_pin"


def test_at_the_end_there_is_an_answer() -> None:
    assert decide([at(0.3), at(0.3), at(0.7), at(0.7)], [ME], POLICY).outcome == "undecided"
    for frames, bucket, rule in (([at(0.3)] * 2, [ME], "too_few_frames"), ([], [], "too_few_frames"), ([at(0.3)] * 3, [ME], "k_of_n"),
                                 ([at(0.46)] * 3, [ME], "nearly"), ([at(0.3), at(0.3), at(0.7), at(0.7)], [ME], "no_match")):
        assert decide(frames, bucket, POLICY, final=True).rule == rule


def test_frames_that_name_different_members_are_refused() -> None:
    close = Candidate("close", at(0.6, axis=2))
    frames = [at(0.1), at(0.55, axis=2)]
    assert decide(frames, [ME, close], POLICY).rule == "frames_disagree"


def test_no_face_charges_in_a_bucket_larger_than_five() -> None:
    bucket = [Candidate(str(i), at(0.0)) for i in range(6)]
    assert decide([at(0.0)] * 6, bucket, POLICY).rule == "bucket_too_large"


def test_unknown_digits_take_as_many_frames_as_a_wrong_face_may() -> None:
    assert decide([at(0.0)] * 2, [], POLICY).outcome == "undecided"
    assert decide([at(0.0)] * 3, [], POLICY).rule == "no_match"


@pytest.mark.parametrize(("sizes", "wanted"), [((), 4), ((5,), None), ((6,), 6), ((9, 6), 8), ((9, 8, 7), None), ((0,), None)])
def test_digits_are_asked_for_until_the_bucket_is_small(sizes: tuple[int, ...], wanted: int | None) -> None:
    assert digits_wanted(sizes) == wanted


GOOD = FaceQuality(60.0, 0.03, 3.0, 2.0)


@pytest.mark.parametrize(("quality", "expected"), [
    (GOOD, ""), (None, "look_here"), (FaceQuality(20.0, 0.03, 0.0, 0.0), "closer"), (FaceQuality(60.0, 0.03, 40.0, 0.0), "look_here"),
    (FaceQuality(60.0, 0.002, 0.0, 0.0), "hold_still"), (FaceQuality(60.0, 0.03, 0.0, 0.0, others_px=50.0), "one_person"),
    (FaceQuality(60.0, 0.03, 0.0, 0.0, others_px=30.0), ""),
])
def test_hints_say_what_to_change(quality: FaceQuality | None, expected: str) -> None:
    assert hint(quality, Policy()) == expected


def test_a_template_is_the_mean_of_three_shots() -> None:
    assert template([at(0.3), at(0.6), at(0.9)])[1] == pytest.approx(0.6)
    with pytest.raises(ValueError, match="three shots"):
        template([at(0.3)] * 2)
