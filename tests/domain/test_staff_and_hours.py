"""Who may do what, when the store is open, and on which business day a sale falls."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import hours
from kiosk.domain.staff import RIGHTS, Right, Role, may
from kiosk.errors import InvalidValueError
from kiosk.flows.staff_till import born_by

WEEK = st.tuples(*[st.builds(hours.Day, st.integers(0, 1440), st.integers(0, 1440))] * 7)


def test_money_back_days_and_hours_are_a_managers() -> None:
    assert set(RIGHTS) == set(Role)
    for right in (Right.REFUND, Right.CLOSE_DAY, Right.HOURS):
        assert [role for role in Role if may(role, right)] == [Role.MERCHANT]
    assert not may(Role.OPERATOR, Right.APPROVE_AGE)
    assert not any(may(role, right) for role in (Role.VIEWER, Role.PRIVACY) for right in Right)
    assert all(any(may(role, right) for role in Role) for right in Right)


@given(WEEK)
def test_a_week_survives_its_text_and_every_change(week: hours.Week) -> None:
    assert hours.unpack(hours.pack(week)) == week
    changed = hours.moved(hours.toggled(week, 3), 3, -15, 15)
    assert changed[:2] == week[:2] and changed[3:] == week[3:]
    for weekday in range(1, 8):
        assert sum(hours.is_open(week, weekday, minute) for minute in range(0, 1440, 7)) <= 206


@pytest.mark.parametrize("text", ["1-2", "a-b " * 7, "0-1500 " * 7, "1-2-3 " * 7, "１-2 " * 7])
def test_a_week_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        hours.unpack(text)


def test_hours_over_midnight_and_a_closed_day() -> None:
    week = (*(hours.Day(480, 1200),) * 4, hours.Day(1200, 120), hours.Day(0, 0), hours.Day(0, 0))
    assert [hours.is_open(week, *at) for at in ((1, 479), (1, 480), (1, 1199), (1, 1200), (5, 1250), (6, 119), (6, 120), (7, 600))] == [
        False, True, True, False, True, True, False, False]


def test_the_birthday_of_somebody_who_is_just_old_enough() -> None:
    assert born_by(date(2026, 11, 22), 18) == date(2008, 11, 22)
    assert born_by(date(2028, 2, 29), 18) == date(2010, 2, 28)
