"""Facts that come in one batch change the books as the same facts do one by one."""

from __future__ import annotations

from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.events import MemberEnrolled, PaymentCancelled, PaymentRequested, SaleLine, SaleRefunded, StockChanged
from kiosk.domain.money import Money
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.wallet import balance_check
from tests.hq.conftest import GTIN, Device, Ids, sale

TABLES = ("accounts", "intents", "transfers", "postings", "sales", "sale_lines", "receipts", "refunds", "stock", "daily_demand", "members",
          "facts", "streams", "counters")
WHO = st.sampled_from(("anna", "bo", ""))
INTENT = st.sampled_from(("i1", "i2", "i3", ""))
AMOUNT = st.sampled_from((0, 300, 900))
TENDER = st.sampled_from(("wallet_face", "wallet_qr", "cash_desk", "alipay"))


def refund(of):
    line = SaleLine(GTIN, 2, 150, 0, 300, 200)
    return SaleRefunded(f"r-{of}", of, "R-9", (line,), 300, "EUR", {"200": 50}, "cash_desk", "", "x", "lea")


EVENTS = st.one_of(
    st.builds(sale, st.sampled_from(("s1", "s2", "s3", "s4")), INTENT, AMOUNT, TENDER, WHO),
    st.builds(sale, st.uuids().map(str), st.uuids().map(str), AMOUNT, st.just("wallet_face"), WHO),
    st.builds(PaymentRequested, INTENT, AMOUNT, st.just("EUR"), TENDER, WHO),
    st.builds(PaymentCancelled, INTENT, st.just("left")),
    st.builds(MemberEnrolled, WHO, st.just("v1"), st.just("fr"), st.just(3)),
    st.builds(refund, st.sampled_from(("s1", "s2"))),
    st.builds(StockChanged, st.sampled_from(("A1", "A2")), st.just(GTIN), st.integers(-3, 3), st.integers(0, 9), st.just("retail_selling"),
              st.sampled_from(("pick", "refill")), st.just(1.0)),
)


def booked(path, events, size):
    """The books after `events`, taken in `size` at a time."""
    device = Device()
    facts = [device.fact(event) for event in events]
    with closing(Ledger(path)) as ledger:
        ingest = Ingest(ledger, Money(1000, "EUR"))
        stamp = Stamp(1_772_445_600_000, Ids())
        for first in range(0, len(facts), size):
            ingest.commit([device.message(fact) for fact in facts[first:first + size]], stamp)
        with ledger.read() as db:
            assert balance_check(db).even
            told = [tuple(row) for row in db.execute("SELECT kind, body FROM downbox ORDER BY box, seq")]
            aside = [tuple(row) for row in db.execute("SELECT digest, kind, reason FROM quarantine ORDER BY 1")]
            return told, aside, {table: [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")] for table in TABLES
                                 if table != "counters"}, dict(db.execute("SELECT * FROM counters").fetchall())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, min_size=2, max_size=14))
def test_a_batch_books_what_its_facts_book_one_by_one(tmp_path_factory, events):
    folder = tmp_path_factory.mktemp("books")
    together, apart = booked(folder / "together.db", events, len(events)), booked(folder / "apart.db", events, 1)
    assert together == apart
