"""Sizes: the chart has no holes, a range says how sure it is and keeps its word, and where nothing can be said the shopper is asked."""

from __future__ import annotations

import random

from kiosk.domain.sizing import ASK, ENOUGH, HEIGHT_ERROR, SHOULDERS_ERROR, SIZES, SURE, Measure, Sizer, advise, place, size_of


def test_taller_and_broader_people_never_wear_smaller_sizes():
    places = [place(Measure(1500 + 10 * n, 280 + 2 * n)) for n in range(50)]
    assert places == sorted(places)
    assert size_of(Measure(1400, 250)) == "XXS" and size_of(Measure(2200, 480)) == "XXL"
    assert {size_of(Measure(1500 + 10 * n, 280 + 2.2 * n)) for n in range(50)} == set(SIZES)


def test_a_range_holds_as_often_as_it_says():
    draw = random.Random(4)
    holds, said = 0, 0.0
    advised = []
    for _ in range(2000):
        true = Measure(draw.uniform(1540, 1900), draw.uniform(290, 380))
        seen = Measure(true.height_mm * draw.gauss(1, HEIGHT_ERROR), true.shoulders_mm * draw.gauss(1, SHOULDERS_ERROR))
        found = advise(seen)
        if found != ASK:
            advised.append(found)
            holds, said = holds + (size_of(true) in found.sizes), said + found.sure
    assert len(advised) > 1500 and all(1 <= len(found.sizes) <= 2 and found.likely in found.sizes for found in advised)
    assert all(found.sure >= SURE for found in advised)
    assert abs(holds - said) / len(advised) < 0.03


def test_few_looks_and_looks_that_differ_advise_nothing():
    sizer = Sizer()
    for _ in range(ENOUGH - 1):
        sizer.feed(Measure(1720, 325))
    sizer.feed(None)
    assert sizer.advice() == ASK
    sizer.feed(Measure(1720, 325))
    assert sizer.advice().sizes
    sizer.reset()
    draw = random.Random(1)
    for _ in range(20):
        sizer.feed(Measure(draw.uniform(1450, 2000), draw.uniform(260, 420)))
    assert sizer.advice() == ASK
    assert advise(Measure(1100, 180)) == ASK, "a child is no XXS"
