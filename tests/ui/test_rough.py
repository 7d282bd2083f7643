"""Screens draw whatever a flow may hand them: odd pictures, counts out of range, empty words."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.money import Money
from kiosk.ui import views
from kiosk.ui.screens import render
from kiosk.ui.views import Status

EN = Status("en")
COUNT = st.integers(-3, 40)
STATE = st.sampled_from(["ok", "low", "empty", "unsure", "else"])
SIDE = st.integers(1, 40)
FEW = settings(max_examples=10, deadline=None)


@FEW
@given(COUNT, st.sampled_from([4, 6, 8]))
def test_any_number_of_digits(entered, wanted):
    render(views.PayDigits(EN, entered, wanted), (800, 480))
    render(views.StaffLogin(EN, entered), (800, 480))


@FEW
@given(SIDE, SIDE, st.tuples(COUNT, COUNT, COUNT, COUNT), st.floats(-1, 3), st.floats(0, 1e6))
def test_any_camera_picture(height, width, face, progress, time_s):
    picture = np.zeros((height, width, 3), np.uint8)
    picture.flags.writeable = False
    render(views.PayFace(EN, picture, face, progress, "closer", time_s), (800, 480))
    render(views.MirrorTryOn(EN, picture[::-1], guide=True, time_s=time_s), (720, 1280))


@FEW
@given(st.lists(st.tuples(COUNT, COUNT, COUNT, STATE, st.text(max_size=40)), max_size=24))
def test_any_shelf(rows):
    slots = tuple(views.SlotView(f"S{i}", name, have, room, point, 1, Money(100, "EUR"), "apple", state)
                  for i, (have, room, point, state, name) in enumerate(rows))
    render(views.ShelfBoard(EN, slots, ("low",) * len(rows)), (800, 480))
    render(views.StaffSlots(EN, "count", slots, "S0", -1), (720, 1280))


@FEW
@given(st.text(max_size=80), st.integers(-(10**12), 10**12), COUNT)
def test_any_words_and_amounts(text, minor, quantity):
    amount = Money(minor, "EUR")
    render(views.PayBasket(EN, (views.LineView(text, quantity, amount, text, text),) * 9, amount, amount), (800, 480))
    render(views.PayPaid(EN, amount, text, text.replace("\x00", "") or "r"), (800, 480))
    render(views.StaffReport(EN, ((text, text),) * 30), (800, 480))
