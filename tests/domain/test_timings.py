"""Stages that were timed."""

from kiosk.domain.timings import Timings


def test_a_stage_is_told_by_its_middle_and_its_late_ones():
    timings = Timings()
    for number in range(100):
        timings.add("body", 0.010 if number < 90 else 0.050)
    assert timings.milliseconds("body") == (10.0, 50.0)
    timings.add("garment", 0.012)
    assert str(timings) == "body 10 (50), garment 12 (12) ms, median (95th of a hundred)"


def test_only_the_last_ones_count():
    timings = Timings(kept=3)
    for seconds in (9.0, 0.001, 0.002, 0.003):
        timings.add("draw", seconds)
    assert timings.milliseconds("draw")[0] == 2.0


def test_what_never_ran_took_no_time():
    assert Timings().milliseconds("body") == (0.0, 0.0) and str(Timings()) == "nothing was timed"
