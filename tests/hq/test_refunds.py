"""A refund that HQ gives is told to the device that made the sale; both reckon to the same cent."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.events import SaleCompleted, SaleLine, SaleRefunded
from kiosk.domain.orders import GivenLine, RefundGiven
from kiosk.domain.refund import allot, left, reckon
from kiosk.errors import HqError
from kiosk.hq import refunds
from kiosk.hq.ledger import charges, fleet, trade
from kiosk.hq.refunds import HQ_DEVICE, Giving, RefundLine, told_by
from kiosk.wire import ORDER_KINDS, decode_value
from tests.hq.conftest import GTIN, Device, sale


def told(db, device="pay-1"):
    """The refunds that wait in a device's downbox."""
    rows = [row for row in fleet.pending(db) if row["device"] == device and row["kind"] == "refund"]
    return [decode_value(row["body"], ORDER_KINDS["refund"]) for row in rows]


def by_hq(refund_id, sale_id, lines):
    return Giving(refund_id, sale_id, lines, sum(line.amount_minor for line in lines), "EUR", "returned", "olga", HQ_DEVICE)


def test_the_device_that_made_the_sale_is_told_once_of_what_hq_gave_and_of_nothing_that_it_gave_itself(ledger, ingest, stamp):
    pay, other = Device("pay-1"), Device("pay-2")
    ingest.states([pay.birth(), other.birth("s2")], stamp)
    ingest.commit([pay.send(sale("s1"), SaleRefunded("r-till", "s1", "R-1", (SaleLine(GTIN, 1, 250, 0, 250, 200),), 250, "EUR", {"200": 42},
                                                     "cash_desk", "", "returned", "lea"))], stamp)
    with ledger.write() as db:
        assert [row.refund_id for row in charges.refunds_of(db, "s1")] == ["r-till"] and told(db) == []
        rest = by_hq("r-hq", "s1", refunds.of_lines(db, "s1", [(0, 1)]))
        assert refunds.give_back(db, rest, stamp) and not refunds.give_back(db, rest, stamp)
        with pytest.raises(HqError, match="given back already"):
            refunds.give_back(db, by_hq("r-more", "s1", (RefundLine(GTIN, 1, 1),)), stamp)
        assert told(db) == [RefundGiven("r-hq", "s1", (GivenLine(0, GTIN, 1, 250),), 250, "returned")] and told(db, "pay-2") == []


def test_a_device_that_was_never_born_has_no_card_to_be_told(ledger, ingest, stamp):
    ingest.commit([Device("pay-1").send(sale("s1"))], stamp)
    with ledger.write() as db:
        lines, _amount = refunds.rest_of(db, trade.sale(db, "s1"))
        assert refunds.give_back(db, by_hq("r-hq", "s1", lines), stamp)
        assert db.execute("SELECT count(*) FROM boxes").fetchone()[0] == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(2, 7), st.integers(1, 999), st.data())
def test_pieces_given_in_turn_by_hq_and_by_the_till_come_to_the_sale_to_the_cent(ledger, ingest, stamp, pieces, total, data):
    ident, device = stamp.new_id(), Device("pay-1", stamp.new_id())
    made = SaleCompleted(ident, f"R-{ident}", "", (SaleLine(GTIN, pieces, total, total * (pieces - 1), total, 200),), total, "EUR",
                         {"200": 1}, "cash_desk", "", False, 1)
    ingest.states([device.birth(device.epoch)], stamp)
    ingest.commit([device.send(made)], stamp)
    before = {}
    while room := left(made, before):
        chosen, n = data.draw(st.integers(1, room[0])), pieces - room[0]
        part = reckon(made, before, {0: chosen})
        before = {0: n + chosen}
        if not part.amount_minor:  # less than half a cent is due for these pieces: nothing can be given yet
            return
        with ledger.write() as db:
            if data.draw(st.booleans()):
                refunds.give_back(db, by_hq(f"{ident}-{n}", ident, refunds.of_lines(db, ident, [(0, chosen)])), stamp)
                assert allot(made, {0: n}, told(db)[-1].lines) == {0: chosen}
            else:
                back = SaleRefunded(f"{ident}-{n}", ident, "R", part.lines, part.amount_minor, "EUR", {}, "cash_desk", "", "returned",
                                    "lea")
                refunds.give_back(db, told_by(back, "pay-1"), stamp)
    with ledger.read() as db:
        assert sum(row.amount_minor for row in charges.refunds_of(db, ident)) == total
