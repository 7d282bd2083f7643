"""Orders at HQ: a limit that approves, the supplier's order, deliveries whose differences correct what is on order."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from kiosk.domain.catalog import Product
from kiosk.domain.events import GoodsReceived, OrderReason, ReceivedLine, ReplenishmentRequested, StockChanged
from kiosk.domain.money import Money
from kiosk.errors import HqError
from kiosk.hq import posting, replenishment, supplier
from kiosk.hq.ledger import catalogue, fleet, supply, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp

TEA = "4006381333931"
DAY = 20_000


@pytest.fixture
def db(tmp_path):
    ledger = Ledger(tmp_path / "hq.db")
    with ledger.write() as db:
        catalogue.save_product(db, Product(TEA, {"en": "=Tea"}, Money(320, "EUR"), 55, 60.0))
        fleet.assign(db, "shelf-1", "Paris 11", 0)
        yield db


def stamp(second=0):
    ids = iter(f"id-{second}-{n}" for n in range(100))
    return Stamp(1_700_000_000_000 + second * 1000, lambda: next(ids))


def origin(second=0, seq=1):
    return trade.Origin("shelf-1", "Paris 11", "e1", seq, DAY * supply.DAY_MS + second * 1000, second)


def ask(db, name, pieces, seq=1):
    books = posting.Books(db, stamp(seq), Money(0, "EUR"))
    posting._replenish(books, ReplenishmentRequested(name, f"A{seq}", TEA, pieces, 2, 4, OrderReason(9.5, 3, 14, 2)), origin(seq, seq))


def state(db, name):
    return trade.request(db, name)["state"]


def test_requests_within_the_limit_are_approved_by_themselves(db):
    ask(db, "before", 1, 1)
    replenishment.set_limit(db, Money(3840, "EUR"), "ana", stamp())
    ask(db, "small", 12, 2)
    ask(db, "large", 13, 3)
    assert [state(db, name) for name in ("before", "small", "large")] == ["open", "approved", "open"]
    assert trade.request(db, "small")["who"] == "limit"


def test_a_suppliers_order_holds_what_was_approved_once(db):
    replenishment.set_limit(db, Money(100_000, "EUR"), "ana", stamp())
    ask(db, "r1", 12, 1)
    ask(db, "r2", 6, 2)
    with pytest.raises(HqError, match="nothing was approved"):
        supplier.make_order(db, "ana", stamp(1))
    replenishment.send_due(db, stamp(5))
    order_id = supplier.make_order(db, "ana", stamp(6))
    day = datetime.fromtimestamp(1_700_000_006, UTC).strftime("%Y%m%d")
    assert order_id == f"PO-{day}-1"
    (row,) = list(csv.DictReader(io.StringIO(supplier.as_csv(db, order_id))))
    assert (row["gtin"], row["pieces"], row["slots"]) == (TEA, "18", "shelf-1 A1, shelf-1 A2")
    assert row["name"] == "'=Tea", "a spreadsheet shall not take a name for a formula"
    (order,) = json.loads(supplier.as_json(db, order_id))
    assert order["orderLineItem"][0]["transactionalTradeItem"]["gtin"] == TEA.zfill(14)
    assert order["orderLineItem"][0]["requestedQuantity"] == {"value": 18, "measurementUnitCode": "EA"}
    with pytest.raises(HqError):
        supplier.make_order(db, "ana", stamp(7))
    ask(db, "r3", 6, 3)
    replenishment.send_due(db, stamp(8))
    assert supplier.make_order(db, "ana", stamp(9)) == f"PO-{day}-2"
    with pytest.raises(HqError, match="no order"):
        supplier.as_csv(db, "PO-x")


def test_what_did_not_come_is_no_longer_on_order(db):
    trade.add_on_order(db, "shelf-1", "A1", TEA, 12)
    books = posting.Books(db, stamp(), Money(0, "EUR"))
    posting._stock(books, StockChanged("A1", TEA, 11, 13, "stocking", "refill", 1.0), origin(1, 1))
    books.write_gathered()
    receipt = GoodsReceived("receipt-1", "lea", (ReceivedLine("A1", TEA, 12, 11),))
    posting._receive(books, receipt, origin(1, 2))
    row = trade.stock(db)["shelf-1", "A1"]
    assert (row["on_hand"], row["on_order"]) == (13, 0)
    assert [(d["expected"], d["received"], d["who"]) for d in supply.deliveries(db)] == [(12, 11, "lea")]


def test_demand_is_kept_by_day(db):
    books = posting.Books(db, stamp(), Money(0, "EUR"))
    for seq, (delta, left, reason) in enumerate(((-2, 3, "pick"), (1, 4, "put_back"), (-4, 0, "pick"), (9, 9, "refill")), 1):
        posting._stock(books, StockChanged("A1", TEA, delta, left, "stocking", reason, 1.0), origin(seq, seq))
    books.write_gathered()
    assert [tuple(row) for row in supply.demand(db, "shelf-1", DAY)] == [("A1", TEA, DAY, 5, 1, 9)]
