"""Forecasts of many items at once: level, weekdays, gaps, new items, scatter."""

import numpy as np
import pytest

from kiosk.domain.demand import filled, forecast, smoothings, squared_steps, weekdays
from kiosk.domain.demand_counts import KNOTS, Counts, Past, calibrated
from kiosk.domain.demand_smoothing import adida, first_day, imapa, levels, mean_gap, ses, tsb
from kiosk.errors import InvalidValueError


def shop(rates, days, seed=1):
    return np.random.default_rng(seed).poisson(np.asarray(rates)[:, None], (len(rates), days)).astype(float)


def test_smoothing_follows_its_recursion():
    sales = np.array([[0.0, 3, 1, 2]])
    level, error = levels(sales, first_day(sales), np.array([0.5]))
    assert level[0, 0] == pytest.approx((0.5 * 1 * 0.5 + 0.5 * 2) / 0.75)
    assert error[0, 0] == pytest.approx((2 - 1) ** 2 / 1)


@pytest.mark.parametrize("method", [ses, tsb, adida, imapa])
def test_a_steady_item_keeps_its_level(method):
    assert method(np.full((2, 90), 3.0)) == pytest.approx(3.0)
    rates = np.array([0.05, 0.3, 2.0, 8.0])
    found = np.mean([method(shop(rates, 400, seed)) for seed in range(40)], axis=0)
    assert found == pytest.approx(rates, rel=0.15)


@pytest.mark.parametrize("method", [ses, tsb, adida, imapa])
def test_items_that_never_sold_are_nothing(method):
    assert method(np.zeros((1, 60))).tolist() == [0.0]


def test_blocks_are_as_long_as_the_mean_gap_and_end_today():
    sales = np.tile([0.0, 0, 0, 4], (1, 30))
    assert mean_gap(sales).tolist() == [4]
    assert adida(sales) == pytest.approx(1.0)


def test_a_weekday_profile_is_pooled_and_its_first_day_is_tomorrow():
    week = np.array([0.2, 1, 1, 1, 1, 1, 1.8])
    sales = np.random.default_rng(4).poisson(np.tile(week, 60) * 0.5, (40, 420)).astype(float)
    assert weekdays(sales) == pytest.approx(week, abs=0.12)
    assert weekdays(sales[:, :-6]) == pytest.approx(np.roll(week, -1), abs=0.12)
    assert forecast(sales, 14).daily.mean(axis=0) == pytest.approx(np.tile(week, 2) * 0.5, abs=0.08)


def test_days_out_of_stock_are_not_demand():
    sales = shop(np.full(30, 2.0), 365)
    empty = sales.copy()
    empty[:, -60:] = 0.0
    hidden = sales.copy()
    hidden[:, -60:] = np.nan
    assert forecast(empty, 14).daily.mean() < 1.2
    assert forecast(hidden, 14).daily.mean() == pytest.approx(2.0, rel=0.1)
    assert not np.isnan(forecast(hidden, 14).window(0, 7).table()).any()
    assert filled(np.array([[2.0, np.nan, 4.0]])).tolist() == [[2.0, 2.0, 4.0]]


def test_a_new_item_learns_from_its_group():
    sales = shop([3.0, 3.0, 3.0, 0.2, 0.2, 0.2, 0.0, 0.0, 0.0], 200)
    sales[6, -3] = 1.0
    sales[7, :] = np.nan
    groups = np.array([0, 0, 0, 1, 1, 1, 0, 1, 0])
    daily = forecast(sales, 14, groups).daily.mean(axis=1)
    assert 1.5 < daily[6] < 3.2
    assert daily[7] == pytest.approx(0.2, abs=0.1)
    assert daily[8] == 0.0, "what stood there for 200 days and never sold is not new"


def test_promotions_are_taken_out_of_the_past_and_put_into_the_days_ahead():
    draws = np.random.default_rng(2)
    factors = np.ones((40, 314))
    factors[:20, 280:] = 3.0
    sales = draws.poisson(factors * 1.5).astype(float)
    told = forecast(sales[:, :300], 14, factors=factors)
    assert told.daily[:20].mean() == pytest.approx(4.5, rel=0.1)
    assert told.daily[20:].mean() == pytest.approx(1.5, rel=0.1)
    flat = forecast(sales[:, :300], 14)
    assert told.window(0, 7).quantile(0.95)[:20].mean() == pytest.approx(40, abs=4)
    assert flat.daily[:20].mean() < 3.9
    with pytest.raises(InvalidValueError, match="factors"):
        forecast(sales, 14, factors=factors)


def test_smoothings_never_see_the_days_that_they_predict():
    sales = shop([1.0, 4.0], 120)
    changed = sales.copy()
    changed[:, 100:] = 50.0
    days = np.array([60, 100])
    assert (smoothings(sales, days) == smoothings(changed, days)).all()
    assert (smoothings(sales, np.array([120])) != smoothings(changed, np.array([120]))).all()


def test_quantiles_reach_their_chances_when_pieces_come_in_bursts():
    draws = np.random.default_rng(5)
    rates = draws.gamma(1.0, 0.6, 300)
    sales = (draws.poisson(rates[:, None] / 2, (300, 407)) * draws.integers(1, 4, (300, 407))).astype(float)
    ahead = forecast(sales[:, :-42], 42)
    for chance in (0.9, 0.95, 0.98):
        met = []
        for week in range(6):
            below, upto = ahead.window(7 * week, 7).reached(sales[:, 365 + 7 * week:372 + 7 * week].sum(axis=1))
            met.append(np.clip((chance - below) / (upto - below), 0, 1).mean())
        assert np.mean(met) == pytest.approx(chance, abs=0.015)


def test_tables_are_distributions_of_their_mean():
    counts = Counts(np.array([0.01, 3.0, 90.0]), np.array([0.02, 9.0, 400.0]), KNOTS)
    table = counts.table()
    assert (np.diff(table, axis=1) >= -1e-12).all()
    assert table[:, -1] == pytest.approx(1.0)
    assert (1 - table).sum(axis=1) == pytest.approx(counts.mean, rel=1e-3)
    assert counts.missed()[:, 0] == pytest.approx(counts.mean, rel=1e-3)
    assert counts.quantile(0.5)[1] == 2


def test_a_pack_is_needed_as_far_as_its_pieces_are():
    counts = Counts(np.array([3.0, 3.0]), np.array([4.5, 4.5]), KNOTS)
    needed = counts.needed(np.array([1, 6]))
    assert needed[0] == pytest.approx(1 - counts.table()[0])
    assert needed[1, 2] == pytest.approx((1 - counts.table()[1])[2:8].mean())
    assert (np.diff(needed, axis=1) <= 1e-12).all()
    assert ((needed > 0.1 + 1e-12).sum(axis=1) == [counts.quantile(0.9)[0], (needed[1] > 0.1).sum()]).all()


def test_what_forecasts_brought_in_the_past_sets_the_mean_right():
    draws = np.random.default_rng(6)
    told = draws.gamma(1.0, 2.0, 60)
    item, weeks = np.tile(np.arange(60), 1000), np.repeat(np.arange(1000) % 100, 60)
    past = Past(told[item], draws.poisson(0.4 + 1.2 * told[item]).astype(float), item, 7.0 * weeks)
    assert calibrated(told, past).mean == pytest.approx(0.4 + 1.2 * told, rel=0.1, abs=0.1)
    short = Past(past.mean[:60], past.sold[:60], item[:60], past.age[:60])
    assert calibrated(told, short).mean == pytest.approx(told, rel=0.05, abs=0.05), "sixty windows change little"


def test_scatter_without_a_past_is_wider_than_poisson():
    none = np.zeros(0)
    counts = calibrated(np.array([2.0]), Past(none, none, none.astype(np.intp), none))
    assert counts.variance[0] > 4.0


def test_scale_begins_with_the_first_sale():
    assert squared_steps(np.array([[0.0, 0, 2, 1, 1], [0.0, 0, 0, 0, 0]])) == pytest.approx([0.5, np.nan], nan_ok=True)


def test_short_and_odd_records_are_forecast_too():
    assert forecast(np.zeros((2, 3)), 7).daily.tolist() == [[0.0] * 7] * 2
    assert np.isfinite(forecast(shop([1.0], 5), 7).window(0, 7).quantile(0.95)).all()
    with pytest.raises(InvalidValueError, match="horizon"):
        forecast(np.zeros(3), 7)
