"""The checkout's table: every event has an answer in every state, nothing leaves a payment but its answer, every state has a way home."""

from __future__ import annotations

import itertools

import pytest

from kiosk.domain.checkout import ANSWERS, EYES, FINGERS, RESTARTS, TABLE, Event, Ruling, State, after, ruling
from kiosk.errors import IllegalTransitionError

ASKING = {State.AUTHORISING, State.CHECKING, State.CODE}


def test_every_event_has_an_answer_in_every_state() -> None:
    for state, event in itertools.product(State, Event):
        told = ruling(state, event)
        if told is Ruling.MOVES:
            assert after(state, event) is TABLE[state, event]
        elif told is Ruling.IGNORED:
            assert after(state, event) is state
        else:
            with pytest.raises(IllegalTransitionError):
                after(state, event)


def test_the_kinds_of_events_are_all_there_and_apart() -> None:
    kinds = (FINGERS, EYES, ANSWERS, RESTARTS)
    assert set().union(*kinds) == set(Event) and sum(map(len, kinds)) == len(Event)


def test_what_comes_late_is_ignored_and_what_would_pay_twice_is_refused() -> None:
    refused = {(state, event) for state, event in itertools.product(State, Event) if ruling(state, event) is Ruling.REFUSED}
    assert refused == {(state, event) for state in State for event in ANSWERS if state not in ASKING} | {
        (state, event) for state in State for event in RESTARTS if state is not State.IDLE}


def test_money_on_its_way_ends_by_an_answer_only() -> None:
    for waiting in (State.AUTHORISING, State.CHECKING):
        assert {event for state, event in TABLE if state is waiting} == {Event.APPROVED, Event.DECLINED}


def test_paid_follows_an_approval_or_cash_in_the_hand_of_staff_only() -> None:
    assert {pair for pair, to in TABLE.items() if to is State.PAID} == {
        *((state, Event.APPROVED) for state in ASKING), (State.IDLE, Event.PAID_BEFORE), (State.CASH, Event.CASH_TAKEN)}


def test_a_face_leads_to_money_only_through_a_confirmation() -> None:
    assert {event for (state, event), to in TABLE.items() if to is State.AUTHORISING} == {Event.CONFIRM, Event.CODE_SEEN, Event.PIN_TYPED}
    assert {state for (state, event), to in TABLE.items() if event is Event.PIN_TYPED} == {State.NUMBER}, "where no face is asked for"


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
