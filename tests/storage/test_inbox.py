"""Orders from HQ: each applied once and reported; holes hold back the report alone."""

from __future__ import annotations

from dataclasses import replace

from kiosk import wire
from kiosk.domain.catalog import Cell, Planogram
from kiosk.domain.events import InboxCommitted, Lane, PaymentRequested, ReplenishmentRequested, SaleLine, SaleRefunded
from kiosk.domain.orders import GivenLine, MemberErasureOrdered, PaymentAnswered, RefundGiven, ReplenishmentAnswered
from kiosk.storage.inbox import QUARANTINED, REMEMBERED


def order(seq, what, box="box", ident=None):
    return wire.OrderMessage(ident or f"{box}-{seq}", "kiosk-1", box, seq, 0, what)


def erase(seq, **more):
    return order(seq, MemberErasureOrdered(f"m{seq}"), **more)


def reported(unit):
    facts = [wire.decode_batch("v1/kiosk-1/up/stock", p)[0].event for _n, p in unit.outbox.batch(Lane.STOCK, 0, 10**6, 1 << 30)]
    return [(f.downbox, f.down_seq) for f in facts if isinstance(f, InboxCommitted)]


def test_each_kind_of_order_takes_effect_in_the_unit_that_notes_it(store):
    planogram = Planogram(3, "kiosk-1", (Cell("A1", "4006381333931", 12, 3, 6),))
    with store.unit() as unit:
        unit.intents.open(PaymentRequested("i1", 300, "EUR", "wallet_face", "m1"), "sale-1")
        unit.requests.open(ReplenishmentRequested("r1", "A1", "4006381333931", 6, 2, 3))
    orders = [PaymentAnswered("i1", "authorised", ""), ReplenishmentAnswered("r1", "approved", 6), planogram, MemberErasureOrdered("m1")]
    with store.unit() as unit:
        assert all(unit.inbox.commit(order(n, what)) for n, what in enumerate(orders, 1))
    with store.snapshot() as unit:
        assert unit.intents.get("i1").state == "authorised"
        assert unit.requests.open_for("A1") is None and unit.requests.answered_count() == 1
        assert [(s.on_hand, s.on_order) for s in unit.stock.all()] == [(2, 6)]
        assert unit.planogram.get() == planogram
        assert unit.erasures.queued() == ["m1"]
        assert reported(unit)[-1] == ("box", 4)
        (_opened, record) = unit.journal.records()
        assert record.kind == "setting" and b'"planogram"' in record.body and b"version 3, sha256" in record.body


TEA = "4006381333931"
GIVEN = RefundGiven("r-hq", "sale-1", (GivenLine(0, TEA, 2, 200),), 200, "returned")


def sell(store, make):
    line = SaleLine(TEA, 4, 100, 0, 400, 200)
    sale = replace(make.sale(1, 400), lines=(line,), tender="cash_desk")
    given = SaleRefunded("r-till", "sale-1", "R-R1", (replace(line, quantity=1, amount_minor=100),), 100, "EUR", {}, "cash_desk", "",
                         "returned", "lea")
    with store.unit() as unit:
        unit.sales.add(sale)
        unit.journal.append("sale", wire.encode_event(unit.facts.record(sale)))
        unit.refunds.add(given, [(0, 1)])
        unit.journal.append("refund", wire.encode_event(unit.facts.record(given)))


def counted(unit):
    """All that a refund of the till would change: the journal's totals, the drawer, what the till gave, and what goes up as money."""
    return unit.closures.unclosed(), unit.closures.takings(), unit.refunds.all(), unit.outbox.waiting()[Lane.MONEY]


def test_what_hq_gave_back_is_kept_once_and_lessens_what_is_left_but_no_total(store, make):
    sell(store, make)
    with store.snapshot() as unit:
        before, records = counted(unit), len(list(unit.journal.records()))
        assert before[1] == {"cash_desk": 300} and len(before[2]) == 1
    for n in (1, 2):  # the same refund under another number and id: a card that came back is told again
        with store.unit() as unit:
            assert unit.inbox.commit(order(n, GIVEN))
    with store.snapshot() as unit:
        assert counted(unit) == before
        assert (unit.refunds.before("sale-1"), unit.refunds.before("sale-1", by_hq=True)) == ({0: 3}, {0: 2})
        (note,) = list(unit.journal.records())[records:]
        assert note.kind == "hq_refund" and b'"r-hq"' in note.body and b'"R-1"' in note.body and unit.journal.verify() is None
        assert reported(unit)[-1] == ("box", 2)


def test_a_card_that_does_not_know_the_sale_commits_what_hq_gave_back_for_it(store):
    with store.unit() as unit:
        assert unit.inbox.commit(order(1, GIVEN))
    with store.snapshot() as unit:
        assert reported(unit) == [("box", 1)] and unit.refunds.before("sale-1") == {} and list(unit.journal.records()) == []


def test_a_planogram_that_is_not_newer_changes_no_setting(store):
    cells = (Cell("A1", "4006381333931", 12, 3, 6),)
    with store.unit() as unit:
        for n, version in enumerate((3, 3, 2, 4), 1):
            unit.inbox.commit(order(n, Planogram(version, "kiosk-1", cells)))
        assert [b"version 4" in record.body for record in unit.journal.records() if record.kind == "setting"] == [False, True]


def test_a_repeated_order_is_applied_once_by_number_and_by_id(store):
    with store.unit() as unit:
        assert unit.inbox.commit(erase(1))
        unit.erasures.done("m1")
        assert not unit.inbox.commit(erase(1))
        assert not unit.inbox.commit(order(2, MemberErasureOrdered("m1"), ident="box-1"))
        assert not unit.inbox.commit(order(1, MemberErasureOrdered("m1"), box="new-box", ident="box-1"))
        assert unit.erasures.queued() == []
        assert unit.inbox.mark("box") == 2 and unit.inbox.mark("new-box") == 1, "its number counts all the same"


def test_a_hole_holds_back_the_report_and_not_the_effect(store):
    with store.unit() as unit:
        for seq in (2, 4, 3):
            assert unit.inbox.commit(erase(seq))
        assert unit.erasures.queued() == ["m2", "m3", "m4"] and reported(unit) == []
        unit.inbox.commit(erase(1))
        assert reported(unit) == [("box", 4)]


def test_hq_that_forgot_is_told_again_but_not_for_each_repetition(store):
    with store.unit() as unit:
        unit.inbox.commit(erase(1))
        for _ in range(5):
            unit.inbox.commit(erase(1))
        assert reported(unit) == [("box", 1)]
        unit.outbox.acknowledge(store.epoch, Lane.STOCK, 1)
        for _ in range(5):
            unit.inbox.commit(erase(1))
        assert reported(unit) == [("box", 1)]


def test_what_is_remembered_is_bounded(store):
    with store.unit() as unit:
        for seq in range(1, REMEMBERED + 500):
            unit.inbox.commit(erase(seq))
        assert store._book.number("SELECT count(*) FROM inbox") <= REMEMBERED + 1
        assert not unit.inbox.commit(erase(1))


def test_quarantine_is_bounded_and_counts_for_ever(store):
    with store.unit() as unit:
        for n in range(QUARANTINED + 50):
            unit.quarantine.add("v1/kiosk-1/down/payment", "why" * 1000, bytes(100_000) + bytes([n % 256]))
        assert unit.quarantine.count() == QUARANTINED + 50
        assert store._book.number("SELECT count(*) FROM quarantine") == QUARANTINED
        assert store._book.number("SELECT max(length(payload)) FROM quarantine") == 4096
