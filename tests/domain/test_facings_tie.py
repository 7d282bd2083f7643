"""Ties of weight that the shelf camera settles, and those that it must leave."""

from __future__ import annotations

import pytest

from kiosk.domain.facings_tie import Candidate, Sighted, Tie, settle

TIE = Tie(100.0, ("P1", "P2"), (Candidate("A1", -2, 12, 0.5, 0.5, 6), Candidate("A2", -2, 12, 0.48, 0.75, 9)))


def seen(a1: float, a2: float, at_s: float = 110.0, on_hand: tuple[int, int] = (6, 9)) -> dict[str, Sighted]:
    return {"A1": Sighted(a1, at_s, on_hand[0]), "A2": Sighted(a2, at_s, on_hand[1])}


@pytest.mark.parametrize(("a1", "a2", "which"), [(0.33, 0.75, "A1"), (0.5, 0.58, "A2")])
def test_the_slot_that_lost_the_pieces_was_it(a1: float, a2: float, which: str) -> None:
    answer = settle(TIE, seen(a1, a2))
    assert answer is not None
    assert (answer[0].slot, answer[0].pieces) == (which, -2)
    assert answer[1] > 0.95


@pytest.mark.parametrize("looks", [seen(0.5, 0.75), seen(0.42, 0.67), seen(0.0, 0.0), seen(0.33, 0.75, at_s=99.0),
                                   {"A1": Sighted(0.33, 110.0, 6)}])
def test_what_the_camera_cannot_tell_stays_unsure(looks: dict[str, Sighted]) -> None:
    assert settle(TIE, looks) is None


def test_what_was_booked_meanwhile_is_no_sign() -> None:
    """Two more went from A2 by a move that was named: that its fill fell says nothing about the tie."""
    answer = settle(TIE, seen(0.33, 0.58, on_hand=(6, 7)))
    assert answer is not None
    assert answer[0].slot == "A1"
