"""Refunds in any parts: together exactly the sale, never more, VAT and all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.events import SaleCompleted, SaleLine
from kiosk.domain.money import share
from kiosk.domain.orders import GivenLine
from kiosk.domain.refund import allot, left, reckon
from kiosk.errors import InvalidValueError

LINES = st.lists(st.builds(
    lambda quantity, unit, off, rate: SaleLine("9520000000011", quantity, unit, off % (quantity * unit + 1),
                                               quantity * unit - off % (quantity * unit + 1), rate),
    st.integers(1, 7), st.integers(1, 999), st.integers(0, 9999), st.sampled_from([0, 55, 200])), min_size=1, max_size=4)


def sale(lines: list[SaleLine]) -> SaleCompleted:
    gross: dict[int, int] = {}
    for line in lines:
        gross[line.vat_permille] = gross.get(line.vat_permille, 0) + line.amount_minor
    vat = {str(rate): share(amount, rate, 1000 + rate) for rate, amount in gross.items()}
    return SaleCompleted("s", "R-1", "", tuple(lines), sum(x.amount_minor for x in lines), "EUR", vat, "cash_desk", "", False, 1)


@given(LINES, st.randoms(use_true_random=False))
def test_all_parts_together_are_the_sale_to_the_cent(lines: list[SaleLine], luck: object) -> None:
    made = sale(lines)
    before: dict[int, int] = {}
    amount, vat = 0, dict.fromkeys(made.vat, 0)
    while room := left(made, before):
        chosen = {i: luck.randint(0, n) for i, n in room.items()}
        if not any(chosen.values()):
            chosen = {next(iter(room)): 1}
        part = reckon(made, before, chosen)
        assert part.amount_minor == sum(x.amount_minor for x in part.lines)
        assert all(x.amount_minor >= 0 and x.amount_minor == x.quantity * x.unit_minor - x.discount_minor for x in part.lines)
        amount += part.amount_minor
        vat = {rate: vat[rate] + part.vat.get(rate, 0) for rate in vat}
        before = {i: before.get(i, 0) + chosen.get(i, 0) for i in range(len(lines))}
        assert amount <= made.total_minor
    assert (amount, vat) == (made.total_minor, made.vat)


@pytest.mark.parametrize(("before", "chosen"), [({}, {0: 3}), ({0: 2}, {0: 1}), ({}, {1: 1}), ({}, {0: -1}), ({}, {0: 0}), ({}, {})])
def test_more_than_was_bought_or_nothing_is_refused(before: dict[int, int], chosen: dict[int, int]) -> None:
    with pytest.raises(InvalidValueError):
        reckon(sale([SaleLine("9520000000011", 2, 100, 0, 200, 200)]), before, chosen)


TEA, JUICE = "9520000000011", "9520000000035"


@pytest.mark.parametrize(("before", "given", "taken"), [
    ({}, [(1, JUICE, 1)], {1: 1}), ({}, [(2, JUICE, 2)], {1: 1, 2: 1}), ({2: 1}, [(2, JUICE, 1)], {1: 1}), ({}, [(-1, JUICE, 1)], {1: 1}),
    ({0: 2}, [(0, TEA, 1)], {}), ({0: 1}, [(0, TEA, 9), (2, JUICE, 1)], {0: 1, 2: 1}), ({}, [(0, JUICE, 1)], {1: 1}),
    ({}, [(0, "4006381333931", 1), (0, TEA, -1), (7, TEA, 0)], {}), ({}, [(0, TEA, 1), (0, TEA, 2)], {0: 2}),
])
def test_what_hq_took_back_lessens_the_line_it_names_then_the_same_goods_and_never_more_than_is_left(before, given, taken) -> None:
    """A bottle and its deposit are two lines of the same goods."""
    made = sale([SaleLine(TEA, 2, 100, 0, 200, 200), SaleLine(JUICE, 1, 350, 0, 350, 55),
                 SaleLine(JUICE, 1, 25, 0, 25, 55, kind="deposit")])
    assert allot(made, before, [GivenLine(line, gtin, pieces, 1) for line, gtin, pieces in given]) == taken
