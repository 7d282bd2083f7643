"""Planted effects are found again, and none where there is none."""

import numpy as np
import pytest

from kiosk.domain.demand import forecast
from kiosk.domain.demand_effects import effects
from kiosk.errors import InvalidValueError

PLANTED = np.log([2.0, 1.5, 1.0])
ELASTICITY = -1.8


def planted(seed, items=40, days=364):
    draws = np.random.default_rng(seed)
    promotion = (draws.random((items, days // 7)) < 0.1).repeat(7, axis=1).astype(float)
    holiday = np.broadcast_to((draws.random(days) < 0.04).astype(float), (items, days))
    nothing = (draws.random((items, days)) < 0.1).astype(float)
    price = np.log(draws.choice([1.0, 1.0, 1.0, 0.9, 1.15], (items, days // 14)).repeat(14, axis=1))
    drivers = np.stack([promotion, holiday, nothing, price])
    level = draws.gamma(2.0, 0.5, (items, 1)) * np.linspace(0.6, 1.4, days)
    sizes = np.concatenate([PLANTED, [ELASTICITY]])
    return draws.poisson(level * np.exp(np.tensordot(sizes, drivers, axes=1))).astype(float), drivers


@pytest.mark.parametrize("seed", range(5))
def test_planted_effects_are_found_within_a_fifth(seed):
    sales, drivers = planted(seed)
    found = effects(sales, drivers)
    assert np.exp(found.size[:2]) == pytest.approx([2.0, 1.5], rel=0.2)
    assert found.size[3] == pytest.approx(ELASTICITY, rel=0.2)
    assert abs(found.size[2]) < 4 * found.error[2] < 0.3


def test_days_out_of_stock_are_left_out():
    sales, drivers = planted(9)
    sales[(drivers[0] > 0) & (np.arange(sales.shape[1]) % 2 == 0)] = np.nan
    assert np.exp(effects(sales, drivers).size[0]) == pytest.approx(2.0, rel=0.2)


def test_without_evidence_nothing_is_claimed():
    found = effects(np.zeros((3, 100)), np.ones((1, 3, 100)))
    assert found.size.tolist() == [0.0]
    assert found.error[0] == pytest.approx(1.0)


def test_a_forecast_without_its_promotion_comes_back_to_the_usual_level():
    draws = np.random.default_rng(3)
    drivers = np.zeros((1, 30, 300))
    drivers[0, :, ::3] = 1.0
    drivers[0, :, -28:] = 1.0
    sales = draws.poisson(2.0 * np.exp(np.log(2.5) * drivers[0])).astype(float)
    found = effects(sales, drivers)
    ahead = forecast(sales / found.factor(drivers), 14)
    assert ahead.daily.mean() == pytest.approx(2.0, rel=0.12)


def test_drivers_of_another_shape_are_refused():
    with pytest.raises(InvalidValueError, match="do not fit"):
        effects(np.zeros((3, 10)), np.zeros((1, 3, 9)))
