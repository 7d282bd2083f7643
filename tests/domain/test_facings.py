"""A fill level is believed when looks agree; nobody calls a slot empty that cannot be seen."""

from __future__ import annotations

from kiosk.domain.facings import FORGET_S, FacingWatch, FillLevel, SlotSight


def sight(fill: float, seen: float = 1.0, empty: bool = False) -> tuple[SlotSight, ...]:
    return (SlotSight("A1", fill, seen, empty),)


def test_three_looks_that_agree_are_believed_once() -> None:
    watch = FacingWatch()
    assert watch.look(0, sight(0.5)) == (FillLevel("A1", None, "unseen"),)
    assert watch.look(5, sight(0.55)) == ()
    assert watch.look(10, sight(0.52)) == (FillLevel("A1", 0.52, "ok"),)
    assert watch.look(15, sight(0.53)) == ()


def test_one_odd_look_changes_nothing() -> None:
    watch = FacingWatch()
    for n in range(3):
        watch.look(n, sight(0.5))
    assert watch.look(3, sight(0.0, empty=True)) == ()
    assert watch.level("A1") == FillLevel("A1", 0.5, "ok")


def test_empty_is_said_after_three_looks() -> None:
    watch = FacingWatch()
    levels = [watch.look(n, sight(0.02, empty=True)) for n in range(3)]
    assert levels[2] == (FillLevel("A1", 0.02, "empty"),)


def test_who_stands_in_front_is_not_an_empty_slot_and_what_nobody_sees_for_long_is_not_known() -> None:
    watch = FacingWatch()
    for n in range(3):
        watch.look(n, sight(0.8))
    for n in range(3, 60):
        assert watch.look(n, sight(0.0, seen=0.1, empty=True)) == ()
    assert watch.look(2 + FORGET_S, sight(0.0, seen=0.0)) == (FillLevel("A1", 0.8, "unseen"),)
