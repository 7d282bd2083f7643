"""The checkout's table: nothing leaves AUTHORISING but an answer, and every state has a way home."""

from __future__ import annotations

import itertools

import pytest

from kiosk.domain.checkout import TABLE, Event, State, after
from kiosk.errors import IllegalTransitionError


def test_every_pair_is_in_the_table_or_refused() -> None:
    for state, event in itertools.product(State, Event):
        if (state, event) in TABLE:
            assert after(state, event) is TABLE[state, event]
        else:
            with pytest.raises(IllegalTransitionError):
                after(state, event)


def test_money_on_its_way_ends_by_an_answer_only() -> None:
    assert {event for state, event in TABLE if state is State.AUTHORISING} == {Event.APPROVED, Event.DECLINED}


def test_paid_follows_an_approval_only() -> None:
    assert {pair for pair, to in TABLE.items() if to is State.PAID} == {(State.AUTHORISING, Event.APPROVED), (State.CODE, Event.APPROVED)}


def test_a_face_leads_to_money_only_through_a_confirmation() -> None:
    assert {event for (state, event), to in TABLE.items() if to is State.AUTHORISING} == {Event.CONFIRM, Event.CODE_SEEN}


@pytest.mark.parametrize("start", list(State))
def test_every_state_has_a_way_home(start: State) -> None:
    seen, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        for (origin, _), to in TABLE.items():
            if origin is state and to not in seen:
                seen.add(to)
                waiting.append(to)
    assert State.IDLE in seen
