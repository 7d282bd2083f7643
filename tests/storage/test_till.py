"""Sales, receipts, payment intents and the basket."""

from __future__ import annotations

import itertools

import pytest

from kiosk.domain.events import PaymentRequested
from kiosk.domain.intent import NEXT, IntentState, holds_money, step
from kiosk.domain.orders import PaymentAnswered
from kiosk.errors import IllegalTransitionError, StorageError

S = IntentState


def request(name="i1", member="m1"):
    return PaymentRequested(name, 300, "EUR", "wallet_face", member)


def test_a_sale_is_kept_once_and_found(store, make):
    with store.unit() as unit:
        for n in range(5):
            unit.sales.add(make.sale(n, total=100 + n))
        assert unit.sales.get("sale-3") == make.sale(3, total=103)
        assert unit.sales.get("other") is None
        assert [s.sale_id for s in unit.sales.recent(2)] == ["sale-4", "sale-3"]
        assert unit.sales.totals() == (5, 510)
    with pytest.raises(StorageError, match="sale-3"), store.unit() as unit:
        unit.sales.add(make.sale(3))


def test_receipts_count_by_prefix(store):
    with store.unit() as unit:
        assert [unit.sales.next_receipt(p) for p in ("K1", "K1", "K2")] == ["K1-000001", "K1-000002", "K2-000001"]


def test_an_intent_goes_from_the_question_to_the_money(store):
    with store.unit() as unit:
        assert unit.intents.open(request(), "sale-1").state is S.ASKED
        answered = unit.intents.answer(PaymentAnswered("i1", "authorised", "", "member-9"))
        assert (answered.state, answered.member_id, answered.answer) == (S.AUTHORISED, "member-9", "authorised")
        assert [i.intent_id for i in unit.intents.unsettled()] == ["i1"]
        assert unit.intents.settle("i1", S.CAPTURED).state is S.CAPTURED
        assert unit.intents.unsettled() == []
    with pytest.raises(IllegalTransitionError), store.unit() as unit:
        unit.intents.settle("i1", S.CANCELLED)
    with pytest.raises(StorageError, match="i1"), store.unit() as unit:
        unit.intents.open(request(), "sale-2")


@pytest.mark.parametrize("ended", [S.OFFLINE_CAPTURED, S.CANCELLED])
@pytest.mark.parametrize("outcome", ["authorised", "declined"])
def test_a_late_answer_is_written_down_and_changes_nothing(store, ended, outcome):
    with store.unit() as unit:
        unit.intents.open(request(), "sale-1")
        unit.intents.settle("i1", S.UNKNOWN)
        unit.intents.settle("i1", ended)
        late = unit.intents.answer(PaymentAnswered("i1", outcome, ""))
        assert (late.state, late.answer) == (ended, outcome)


def test_a_contrary_answer_after_the_end_is_counted_and_the_first_stays(store):
    with store.unit() as unit:
        unit.intents.open(request(), "sale-1")
        unit.intents.answer(PaymentAnswered("i1", "authorised", ""))
        unit.intents.settle("i1", S.CAPTURED)
        late = unit.intents.answer(PaymentAnswered("i1", "declined", "currency"))
        assert (late.state, late.answer, late.reason) == (S.CAPTURED, "authorised", "")
        assert unit.tallies.all() == {"answers_contrary": 1}


def test_an_answer_that_comes_while_giving_up_holds(store):
    with store.unit() as unit:
        unit.intents.open(request(), "sale-1")
        unit.intents.answer(PaymentAnswered("i1", "declined", "insufficient_funds"))
        assert unit.intents.settle("i1", S.UNKNOWN).state is S.DECLINED


def test_an_answer_to_nobody_and_a_contrary_one_are_counted_and_harm_nothing(store):
    with store.unit() as unit:
        unit.intents.open(request(), "sale-1")
        assert unit.intents.answer(PaymentAnswered("other", "authorised", "")) is None
        assert unit.intents.answer(PaymentAnswered("i1", "perhaps", "")) is None
        unit.intents.answer(PaymentAnswered("i1", "declined", "unknown_member"))
        assert unit.intents.answer(PaymentAnswered("i1", "authorised", "")).state is S.DECLINED
        assert unit.tallies.all() == {"answers_contrary": 1, "answers_unknown": 2}


def test_every_way_through_the_table_ends_or_holds_money():
    """No intent leaves an end, and a declined one can only be cancelled."""
    ended = {S.CAPTURED, S.OFFLINE_CAPTURED, S.CANCELLED}
    for (state, _happened), after in NEXT.items():
        assert state not in ended or after is state
        assert holds_money(after) or after in ended | {S.DECLINED}
    for state, happened in itertools.product(S, S):
        if (state, happened) not in NEXT:
            with pytest.raises(IllegalTransitionError):
                step(state, happened)
    assert {after for (state, _), after in NEXT.items() if state is S.DECLINED} == {S.DECLINED, S.CANCELLED}


def test_the_basket_survives(open_store):
    store = open_store()
    with store.unit() as unit:
        assert unit.basket.load() is None
        unit.basket.save(b"{}")
    store.close()
    again = open_store()
    with again.unit() as unit:
        assert unit.basket.load() == b"{}" and unit.basket.load("mirror") is None
        unit.basket.save(b"[]", "mirror")
        unit.basket.save(None)
        assert unit.basket.load("mirror") == b"[]"
        assert unit.basket.load() is None
