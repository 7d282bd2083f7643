"""Advice on sizes of packs: found where it was planted, silent where the record is thin, fair to range and empty shelves."""

import numpy as np
import pytest

from kiosk.domain.assortment import LEAST_COUNT, MOST_WEIGHT, PackLine, advise, clusters, gaps, market, prior_weight

MARKET = {"small": 0.25, "large": 0.75}


def line(store, size, units, days=182.0, product=""):
    return PackLine(store, product or size, "snacks", size, units, days, units)


def chain(stores=40, units=200, seed=1):
    draws = np.random.default_rng(seed)
    out = []
    for n in range(stores):
        small = draws.binomial(units, MARKET["small"])
        out += [line(f"s{n:02d}", "small", float(small)), line(f"s{n:02d}", "large", float(units - small))]
    return out


def test_a_store_that_wants_small_packs_is_found_with_the_lines_behind_it():
    told = advise([*chain(), line("wants", "small", 90.0, product="mini"), line("wants", "small", 20.0), line("wants", "large", 90.0)],
                  "snacks", known_range=False)
    assert [(one.store, one.size) for one in told] == [("wants", "small")]
    one = told[0]
    assert [behind.product for behind in one.lines] == ["mini", "small"]
    assert one.expected < one.low < one.share < one.high and one.index > 150 and one.gap > 0


def test_where_nobody_wants_anything_else_next_to_nothing_is_said():
    assert sum(len(advise(chain(seed=seed), "snacks")) for seed in range(10)) <= 12, "of 800 shares that were looked at"


def test_below_a_count_nothing_is_said():
    few = LEAST_COUNT - 1
    assert advise([*chain(), line("thin", "small", few), line("thin", "large", 0.5)], "snacks", known_range=False) == ()


def test_a_product_that_was_not_there_is_no_preference_for_the_others():
    gone = [line("gone", "small", 50.0), line("gone", "large", 50.0, days=61.0)]
    assert advise([*chain(), *gone], "snacks") == ()
    assert [one.store for one in advise([*chain(), *gone], "snacks", known_range=False)] == ["gone"]


def test_a_market_is_told_in_the_fields_own_measures():
    lines = [line("a", "small", 70.0, 70.0), line("a", "large", 30.0, 70.0), line("b", "large", 100.0, 70.0)]
    large, small = market(lines, "snacks")
    assert (large.share, small.share) == pytest.approx((0.65, 0.35))
    assert (large.range_share, small.range_share) == pytest.approx((2 / 3, 1 / 3))
    assert (large.distribution, small.distribution) == (1.0, 0.5)
    assert small.rate == pytest.approx(7.0)
    assert small.fair_share == pytest.approx(100 * (1 / 3) / 0.35)
    assert gaps(lines, "snacks") == pytest.approx({("a", "large"): 3.5, ("b", "small"): 3.5})


def test_stores_of_like_turnover_are_a_cluster():
    lines = [line(name, "small", units) for name, units in (("a", 9.0), ("b", 1.0), ("c", 5.0), ("d", 7.0))]
    assert clusters(lines, 2) == {"b": 0, "c": 0, "d": 1, "a": 1}


def test_the_prior_knows_how_much_stores_differ():
    draws = np.random.default_rng(2)

    def seen(weight):
        share = draws.beta(0.3 * weight, 0.7 * weight, 400) if weight else np.full(400, 0.3)
        return [(200.0, float(draws.binomial(200, p)) / 200, 0.3) for p in share]

    assert 10 < prior_weight(seen(25.0)) < 60
    assert prior_weight(seen(0.0)) == MOST_WEIGHT
