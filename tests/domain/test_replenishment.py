"""Orders of a shop: constraints that always hold, reasons that name their numbers, and the replay of a rule."""

from datetime import date, timedelta

import numpy as np
import pytest

from kiosk.domain.demand import forecast
from kiosk.domain.events import OrderReason
from kiosk.domain.replenishment import Calendar, Need, Rules, Stock, Terms, needs, propose
from kiosk.domain.replenishment_replay import Levels, Rhythm, between, replay, setting_for
from kiosk.errors import InvalidValueError

MONDAY = date(2026, 3, 2)


def random_shop(draws, items):
    terms, stock, asked = [], [], []
    for place in range(items):
        capacity = int(draws.integers(0, 60))
        on_hand = int(draws.integers(0, capacity + 1))
        on_order = int(draws.integers(0, 30))
        terms.append(Terms(str(place), int(draws.integers(1, 25)), capacity, int(draws.integers(0, 500))))
        stock.append(Stock(((on_hand, None),), on_order))
        sellable = int(draws.integers(0, 60)) if draws.random() < 0.5 else None
        asked.append(Need(int(draws.integers(0, 80)), float(draws.random() * 40), int(draws.integers(1, 15)),
                          int(draws.integers(0, on_hand + 1)), float(draws.random() * 3), sellable))
    return terms, stock, asked


def test_no_order_of_a_hundred_thousand_lines_breaks_a_constraint():
    draws = np.random.default_rng(7)
    ordered = 0
    for _ in range(25_000):
        terms, stock, asked = random_shop(draws, 4)
        rules = Rules(0.95, least_value=int(draws.integers(0, 20_000)))
        lines = propose(terms, stock, asked, rules)
        assert not lines or sum(line.value for line in lines) >= rules.least_value
        for line in lines:
            ordered += 1
            term, there, need = terms[int(line.gtin)], stock[int(line.gtin)], asked[int(line.gtin)]
            assert line.pieces > 0 and line.pieces % term.case_pack == 0 and line.value == line.pieces * term.cost
            assert there.on_hand + there.on_order + line.pieces <= term.capacity
            assert need.sellable is None or need.lasting + there.on_order + line.pieces <= need.sellable
    assert ordered > 5_000


def test_open_orders_count_once():
    need = Need(12, 10.0, 5, 3)
    assert propose([Terms("a", 1, 50)], [Stock(((3, None),), 0)], [need], Rules(0.95))[0].pieces == 9
    assert propose([Terms("a", 1, 50)], [Stock(((3, None),), 4)], [need], Rules(0.95))[0].pieces == 5
    assert propose([Terms("a", 1, 50)], [Stock(((3, None),), 9)], [need], Rules(0.95)) == ()


def test_a_line_tells_its_numbers():
    line, = propose([Terms("a", 6, 14, 100)], [Stock(((4, 1), (1, None)), 2)], [Need(18, 11.5, 9, 3, 0.8)], Rules(0.95))
    assert line.pieces == 6
    assert line.reason == OrderReason(11.5, 9, 18, 5, 2, 2, 0.8, 1, 6, 3, "room", 7)


def test_an_order_under_the_minimum_takes_what_is_needed_soonest_or_waits():
    terms = [Terms("a", 2, 20, 100), Terms("b", 2, 20, 100), Terms("c", 2, 20, 100)]
    stock = [Stock(((1, None),)), Stock(((10, None),)), Stock(((6, None),))]
    asked = [Need(4, 4.0, 4, 1), Need(8, 4.0, 4, 10), Need(5, 4.0, 4, 6)]
    lines = propose(terms, stock, asked, Rules(0.95, least_value=800))
    assert {line.gtin: line.pieces for line in lines} == {"a": 6, "c": 2}
    assert lines[1].reason.filled_up
    assert propose(terms, stock, asked, Rules(0.95, least_value=1_000_000)) == ()
    assert propose(terms, stock, [Need(0, 4.0, 4, 10)] * 3, Rules(0.95, least_value=800)) == ()


def test_stock_that_expires_first_is_sold_first_and_what_is_left_does_not_count():
    daily = [1.0] * 6
    assert Stock(((4, 2), (5, None))).lasting(daily) == 7
    assert Stock(((2, 2), (2, 4))).lasting(daily) == 4
    assert Stock(((9, 6),)).lasting(daily) == 9


def test_a_calendar_moves_deliveries_past_closed_days_and_covers_to_the_next_one():
    weekly = Calendar(frozenset({0}), 2)
    assert weekly.protected_days(MONDAY) == 9
    assert Calendar(frozenset(range(7)), 1).protected_days(MONDAY) == 2
    assert Calendar(frozenset({0}), 2, frozenset({MONDAY + timedelta(days=10)})).protected_days(MONDAY) == 10
    assert weekly.arrival(MONDAY) == MONDAY + timedelta(days=3)
    with pytest.raises(InvalidValueError):
        Calendar(frozenset(), 1)


def test_needs_come_from_the_forecast():
    sales = np.random.default_rng(2).poisson([[0.5], [4.0], [4.0]], (3, 300)).astype(float)
    terms = [Terms("slow", 1, 99), Terms("fast", 1, 99), Terms("fresh", 1, 99, keeps_days=3)]
    asked = needs(forecast(sales, 28), terms, [Stock(())] * 3, Rules(0.95), (Calendar(frozenset({0}), 2), MONDAY))
    assert [need.days for need in asked] == [9, 9, 9]
    assert asked[0].target < asked[1].target
    assert asked[1].expected < asked[1].target < 60
    assert asked[1].missed == pytest.approx(8, rel=0.25)
    assert asked[1].sellable is None
    assert 10 < asked[2].sellable < 20
    with pytest.raises(InvalidValueError, match="7 days"):
        needs(forecast(sales, 7), terms, [Stock(())] * 3, Rules(0.95), (Calendar(frozenset({0}), 2), MONDAY))


def test_the_level_lasts_with_the_chance_that_was_asked():
    sales = np.random.default_rng(3).poisson([[0.7], [5.0]], (2, 300)).astype(float)
    ahead, terms = forecast(sales, 28), [Terms("slow", 1, 99), Terms("fast", 1, 99)]
    for chance in (0.6, 0.9, 0.98):
        asked = needs(ahead, terms, [Stock(())] * 2, Rules(chance), (Calendar(frozenset({0}), 2), MONDAY))
        assert [need.target for need in asked] == ahead.stock(0, 9).quantile(chance).tolist(), chance


def test_what_is_left_is_what_came_last_and_keeps_from_the_day_it_came():
    assert Stock.by_arrival(5, 2, [(0, 3), (2, 4)], 4) == Stock(((3, 3), (2, 1)), 2)
    assert Stock.by_arrival(9, 0, [(1, 3), (6, 4)], 4) == Stock(((3, 2), (4, 0), (2, None)), 0)
    assert Stock.by_arrival(5, 2, [(0, 3)], None) == Stock(((5, None),), 2)
    assert Stock.by_arrival(0, 0, [(0, 3)], 4).on_hand == 0


def test_a_line_says_whether_room_or_expiry_held_it_back():
    for sellable, capacity, told in ((6, 50, ("expiry", 3)), (40, 6, ("room", 3)), (None, 6, ("room", 3)), (40, 50, ("", 9))):
        line, = propose([Terms("a", 1, capacity)], [Stock(((3, None),))], [Need(12, 10.0, 5, 3, 0.0, sellable)], Rules(0.95))
        assert (line.reason.limit, line.pieces) == told


def test_a_day_of_the_replay():
    demand = np.array([[0.0, 2, 1, 3, 0, 1]])
    done = replay(demand, 1, Rhythm(1, 1), lambda day: Levels(np.array([[3.0]])))
    assert done.held[:, 0].tolist() == [1, 0, 0, 1, 2]
    assert done.served[:, 0].tolist() == [2, 1, 2, 0, 1]
    assert done.fill()[0] == pytest.approx(6 / 7)
    assert done.cover()[0] == pytest.approx((4 / 5) / (7 / 5))


def test_orders_leave_on_the_last_evening_of_a_review_and_leave_out_what_will_be_missed():
    demand = np.array([[0.0, 1, 1, 1, 1]])
    done = replay(demand, 1, Rhythm(2, 0), lambda day: Levels(np.array([[3.0]])))
    assert done.held[:, 0].tolist() == [2, 1, 2, 1]
    missed = np.array([[4.0, 2.0, 0.0]])
    orders = Levels(np.array([[10.0]] * 3), missed).order(np.array([[0.0], [1.0], [7.0]]))
    assert orders[:, 0].tolist() == [6, 7, 3]
    assert Levels(np.array([[10.0]]), missed, 4).order(np.array([[1.0]])).tolist() == [[8]]


def test_a_setting_between_two_rungs():
    assert setting_for(0.95, np.array([0.8, 0.94, 0.96])) == pytest.approx(1.5)
    assert between(np.array([[2.0], [4.0], [8.0]]), 1.5).tolist() == [6.0]
    assert between(np.array([[2.0], [4.0]]), 1.0).tolist() == [4.0]
