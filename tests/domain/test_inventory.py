"""Textbook policies against published answers (Snyder and Shen's examples, Zheng and Federgruen 1991)."""

import numpy as np
import pytest

from kiosk.domain.inventory import (
    Costs,
    best_band,
    best_lot_poisson,
    economic_lot,
    lot_normal,
    newsvendor,
    newsvendor_normal,
    period_costs,
    poisson,
    power_band,
)
from kiosk.errors import InvalidValueError

CLOSE = pytest.approx


def test_economic_lot():
    assert economic_lot(1300, 0.225, 8) == (CLOSE(304.0468, rel=1e-6), CLOSE(68.4105, rel=1e-6))


def test_newsvendor():
    assert newsvendor_normal(Costs(0.18, 0.70), 50, 8) == (CLOSE(56.6040, rel=1e-6), CLOSE(1.99761, rel=1e-5))
    assert newsvendor(Costs(200, 270), poisson(18)) == (19, CLOSE(786.088, rel=1e-6))


def test_band_by_search_and_by_power_approximation():
    best = best_band(Costs(1, 4, 5), poisson(6))
    assert (best.low, best.high, best.cost) == (4, 10, CLOSE(8.034112, rel=1e-6))
    near = power_band(Costs(0.18, 0.70, 2.5), 50, 8)
    assert (near.low, near.high) == (CLOSE(40.195, rel=1e-4), CLOSE(74.290, rel=1e-4))


@pytest.mark.parametrize(("mean", "low", "high", "cost"), [(10, 6, 40, 35.022), (20, 14, 62, 49.173), (21, 15, 65, 50.406)])
def test_band_of_zheng_and_federgruen(mean, low, high, cost):
    best = best_band(Costs(1, 9, 64), poisson(mean))
    assert (best.low, best.high, best.cost) == (low, high, CLOSE(cost, abs=6e-4))


def test_no_band_nearby_is_cheaper_when_it_is_simulated():
    costs, chances = Costs(1, 9, 12), poisson(3)
    best = best_band(costs, chances)
    demand = np.random.default_rng(3).poisson(3, 200_000)
    stock, spent, one = float(best.high), 0.0, {}
    cost = period_costs(costs, chances)
    for pieces in demand:
        if stock <= best.low:
            spent, stock = spent + costs.fixed, best.high
        spent += one.setdefault(stock, cost(stock))
        stock -= pieces
    assert spent / len(demand) == CLOSE(best.cost, rel=0.01)


def test_lots():
    best = best_lot_poisson(Costs(20, 150, 100), 1.5, 2)
    assert (best.reorder_point, best.quantity, best.cost) == (3, 5, CLOSE(107.9236, rel=1e-6))
    near = lot_normal(Costs(0.225, 7.5, 8), 1300, 150, 1 / 12)
    assert (near.reorder_point, near.quantity, near.cost) == (CLOSE(213.970, rel=1e-5), CLOSE(318.590, rel=1e-5), CLOSE(95.4511, rel=1e-5))


def test_costs_that_cannot_be_are_refused():
    with pytest.raises(InvalidValueError):
        Costs(0, 1)
