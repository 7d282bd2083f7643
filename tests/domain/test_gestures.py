"""Two gestures: seen when they are meant, and not when somebody merely moves."""

from __future__ import annotations

import math

import pytest

from kiosk.domain.gestures import HOLD_S, Gesture, Gestures, Hand, Posture

RATE_HZ, WIDTH = 12.5, 200.0
SPOT = (600.0, 400.0)


def spot_at(point):
    return "like" if math.dist(point, SPOT) < 60 else ""


def run(points, *, other_rests=True, trunk=lambda _t: (360.0, 600.0), facing=True, guessed=lambda _t: False):
    """What is understood while the right hand goes through (seconds, point); None: it hangs. guessed: when it is not seen for sure."""
    gestures, found = Gestures(), []
    end = points[-1][0]
    for look in range(int(end * RATE_HZ) + 1):
        now = look / RATE_HZ
        at = next((p for t, p in reversed(points) if t <= now), None)
        later = next(((t, p) for t, p in points if t > now), None)
        if at is not None and later is not None and later[1] is not None:
            began = max(t for t, p in points if t <= now)
            share = (now - began) / (later[0] - began)
            at = tuple(a + (b - a) * share for a, b in zip(at, later[1], strict=True))
        hand = Hand(at, raised=True, rests=False) if at is not None else Hand((500.0, 900.0), raised=False, rests=True)
        if guessed(now):
            hand = Hand((420.0 + 37.0 * (look % 3), 850.0), raised=False, rests=True, seen=0.4)
        other = Hand((220.0, 900.0), raised=False, rests=True) if other_rests else Hand((220.0, 400.0), raised=True, rests=False)
        found.append(gestures.feed(Posture(now, trunk(now), WIDTH, facing, (other, hand)), spot_at))
    return found


HELD = [(0.0, None), (1.6, SPOT), (1.7 + HOLD_S + 0.2, SPOT)]
SWEPT = [(0.0, None), (1.6, (620.0, 600.0)), (2.3, (620.0, 600.0)), (2.7, (390.0, 605.0)), (3.2, (390.0, 605.0))]


def test_a_hand_held_on_a_hot_spot_presses_it_once_and_its_progress_is_shown():
    found = run(HELD)
    assert [g.pressed for g in found if g.pressed] == ["like"]
    shown = [g.progress for g in found if g.spot]
    assert shown == sorted(shown) and shown[0] < 0.2


def test_a_hand_swept_aside_changes_as_the_mirror_shows_it():
    assert [g.swipe for g in run(SWEPT) if g.swipe] == ["next"]
    back = [(t, (1010.0 - p[0], p[1]) if p else None) for t, p in SWEPT]
    assert [g.swipe for g in run(back) if g.swipe] == ["previous"]


def test_a_sweep_that_ends_on_a_hot_spot_is_a_sweep():
    outwards = [(0.0, None), (1.6, (400.0, 410.0)), (2.3, (400.0, 410.0)), (2.7, SPOT), (3.0, SPOT)]
    assert [g.swipe or g.pressed for g in run(outwards) if g.swipe or g.pressed] == ["previous"]


def test_a_hand_that_rested_unseen_before_the_trunk_is_seen_when_it_sweeps():
    """The network guesses such a hand somewhere low, as if it hung there."""
    outwards = [(0.0, None), (1.6, (380.0, 600.0)), (2.3, (380.0, 600.0)), (2.7, (620.0, 600.0)), (3.2, (620.0, 600.0))]
    assert [g.swipe for g in run(outwards, guessed=lambda t: 1.6 <= t < 2.35) if g.swipe] == ["previous"]
    assert [g.swipe for g in run(SWEPT, guessed=lambda t: t in (2.48, 2.56)) if g.swipe] == ["next"], "lost for a moment on the way"
    assert not any(g.swipe for g in run(SWEPT, guessed=lambda t: t > 2.38)), "what is only guessed sweeps nothing"


def test_a_hand_that_was_guessed_too_low_while_it_rested_sweeps_from_where_it_is_seen():
    low = [(0.0, None), (1.6, (450.0, 740.0)), (2.4, (450.0, 740.0)), (2.4001, (490.0, 600.0)),
           (2.8, (660.0, 600.0)), (3.2, (660.0, 600.0))]
    assert [g.swipe for g in run(low) if g.swipe] == ["previous"]


def test_a_hand_that_swings_where_hands_hang_sweeps_nothing_however_badly_it_is_seen():
    gestures, found = Gestures(), []
    for look in range(60):
        at = (500.0 + 40.0 * max(0, min(4, look - 40)), 880.0)
        hands = Hand((220.0, 900.0), raised=False, rests=True), Hand(at, raised=False, rests=True, seen=0.7)
        found.append(gestures.feed(Posture(look / RATE_HZ, (360.0, 600.0), WIDTH, True, hands), spot_at))
    assert {g.swipe for g in found} == {""}


def test_a_guess_that_is_put_right_jumps_and_is_no_sweep():
    jumping = [(0.0, None), (1.6, (620.0, 600.0)), (2.6, (620.0, 600.0)), (2.6001, (400.0, 600.0)), (3.2, (400.0, 600.0))]
    assert {g.swipe for g in run(jumping)} == {""}


def test_a_hand_that_trembles_on_the_edge_of_a_hot_spot_has_not_left_it():
    edge = SPOT[0] - 50.0
    trembling = [(0.0, None), (1.6, (edge, 400.0)), *((1.8 + 0.16 * k, (edge - 14.0 * (k % 3 == 2), 400.0)) for k in range(14))]
    assert [g.pressed for g in run(trembling) if g.pressed] == ["like"]


def test_a_hand_that_comes_up_from_hanging_and_goes_to_a_hot_spot_does_not_sweep():
    reaching = [(0.0, None), (1.6, (500.0, 700.0)), (2.0, SPOT), (4.0, SPOT)]
    assert {g.swipe for g in run(reaching)} == {""} and "like" in {g.pressed for g in run(reaching)}


@pytest.mark.parametrize("how", [
    {"other_rests": False}, {"facing": False}, {"trunk": lambda t: (360.0 + 60 * math.sin(4 * t), 600.0)},
], ids=["both hands are up", "turned away", "the body moves"])
def test_what_does_not_look_meant_is_nothing(how):
    assert {(g.pressed, g.swipe, g.spot) for path in (HELD, SWEPT) for g in run(path, **how)} == {("", "", "")}


def test_a_hand_that_passes_or_wanders_presses_nothing():
    passing = [(0.0, None), (1.6, (600.0, 800.0)), (2.6, (600.0, 100.0)), (3.0, (600.0, 100.0))]
    assert not any(g.pressed or g.swipe for g in run(passing))
    early = [(0.0, SPOT), (0.9, SPOT)]
    assert not any(g.pressed for g in run(early)), "who has just stepped in presses nothing yet"


def test_a_sweep_without_a_rest_before_it_is_an_arm_that_swings():
    swinging = [(0.0, None), *((1.6 + 0.3 * k, (620.0 if k % 2 else 380.0, 600.0)) for k in range(14))]
    assert not any(g.swipe for g in run(swinging))


def test_somebody_else_begins_anew():
    gestures = Gestures()
    assert gestures.feed(None, spot_at) == Gesture()


def held_out(ends, guess=(500.0, 900.0), *, seen=0.9, rests=True):
    """What is understood when an arm's end stands before the background at these places, one a look, whatever is guessed of its hand."""
    gestures = Gestures()
    other = Hand((220.0, 900.0), raised=False, rests=True)
    calm = [Hand((500.0, 900.0), raised=False, rests=True)] * 20
    hands = [*calm, *(Hand(guess, raised=False, rests=rests, seen=seen, held=end) for end in ends)]
    return [gestures.feed(Posture(look / RATE_HZ, (360.0, 600.0), WIDTH, True, (other, hand)), spot_at) for look, hand in enumerate(hands)]


def test_a_hand_that_stands_before_the_background_presses_though_the_network_has_lost_it():
    found = held_out([SPOT] * round(RATE_HZ * (HOLD_S + 0.3)))
    assert [g.pressed for g in found if g.pressed] == ["like"]
    assert {g.hand for g in found} == {None, SPOT}, "and it is shown where it is"


def test_a_hand_seen_still_sweeps_nothing_while_the_guess_of_it_wanders():
    gestures, found = Gestures(), []
    for look in range(60):
        at = (620.0 - 12.0 * max(0, look - 40), 600.0)
        hand = Hand(at, raised=True, rests=False, held=(620.0, 600.0))
        found.append(gestures.feed(Posture(look / RATE_HZ, (360.0, 600.0), WIDTH, True,
                                           (Hand((220.0, 900.0), raised=False, rests=True), hand)), spot_at))
    assert {g.swipe for g in found} == {""}
