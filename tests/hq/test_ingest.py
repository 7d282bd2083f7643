from dataclasses import replace

import pytest

from kiosk.domain.events import (
    DeviceHealth,
    IdentityDecided,
    InboxCommitted,
    Lane,
    MemberEnrolled,
    PaymentCancelled,
    PaymentRequested,
    ReplenishmentRequested,
    SaleLine,
    SaleRefunded,
    Skipped,
    StockChanged,
)
from kiosk.domain.money import Money
from kiosk.domain.standing import ClockSet
from kiosk.errors import StorageError
from kiosk.hq.ingest import LAST_FORK, Ingest
from kiosk.hq.ledger import accounts, facts, fleet, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.wire import Ack
from tests.hq.conftest import GTIN, Device, sale


def count(ledger, table):
    with ledger.read() as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_facts_are_kept_once_and_acknowledged(ledger, ingest, stamp):
    device = Device()
    message = device.send(sale("s1"), sale("s2"))
    assert ingest.commit([message], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 2)]}
    assert ingest.commit([message, message], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 2)]}
    with ledger.read() as db:
        assert facts.counter(db, "resent") == 4
        assert facts.duplicates(db) == 0 and facts.gaps(db) == {}
    assert count(ledger, "sales") == 2 and count(ledger, "facts") == 2


def test_a_hole_holds_the_mark_until_it_is_filled_or_covered(ledger, ingest, stamp):
    device = Device()
    one, two, three = (device.fact(sale(f"s{n}")) for n in (1, 2, 3))
    assert ingest.commit([device.message(one, three)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 1)]}
    with ledger.read() as db:
        assert facts.gaps(db) == {"pay-1": 1}
    again = Ingest(ledger, Money(0, "EUR"))
    assert again.commit([device.message(two)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 2)]}
    assert again.commit([device.message(three)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 3)]}
    ninth = device.fact(Skipped("stock", 1, 8, "compacted"), Lane.STOCK, 9)
    assert again.commit([device.message(ninth)], stamp) == {"pay-1": [Ack("e1", Lane.STOCK, 9)]}
    with ledger.read() as db:
        assert facts.gaps(db) == {}


def test_epochs_are_apart(ingest, ledger, stamp):
    ingest.commit([Device(epoch="e1").send(sale("s1")), Device(epoch="e2").send(sale("s2"))], stamp)
    assert count(ledger, "sales") == 2


def test_two_cards_that_go_on_from_one_are_alarmed_and_neither_loses(ledger, ingest, stamp):
    device = Device()
    ingest.commit([device.message(device.fact(sale("both"), seq=1, event_id="0"))], stamp)
    cards = [[device.fact(sale(f"{card}{n}"), seq=n, event_id=f"{card}-{n}") for n in (2, 3, 4)] for card in "abc"]
    for facts_of_card in cards:
        for _ in range(2):  # sent again, as cards do
            assert ingest.commit([device.message(*facts_of_card)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 4)]}
    with ledger.read() as db:
        assert {r["kind"] for r in facts.alarms(db)} == {"conflict"}
        assert facts.quarantined(db) == [] and facts.gaps(db) == {}
        assert facts.counter(db, "resent") == 9
    assert count(ledger, "sales") == 10


def test_a_card_that_goes_on_less_far_than_its_double_can_free_what_it_has(ledger, ingest, stamp):
    device = Device()
    far = [device.fact(sale(f"a{n}"), seq=n, event_id=f"a-{n}") for n in range(1, 9)]
    near = [far[0], device.fact(sale("b2"), seq=2, event_id="b-2")]
    ingest.commit([device.message(*far)], stamp)
    for _ in range(2):
        assert ingest.commit([device.message(*near)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 2)]}


def test_a_card_hears_of_no_number_that_only_its_double_has_sent(ledger, ingest, stamp):
    device = Device()
    ours = [device.fact(sale(f"a{n}"), seq=n, event_id=f"a-{n}") for n in range(1, 9)]
    ingest.commit([device.message(*ours)], stamp)
    ingest.states([device.birth("s2")], stamp)
    shared, own = ours[:4], [device.fact(sale(f"b{n}"), seq=n, event_id=f"b-{n}") for n in range(5, 8)]
    assert ingest.commit([device.message(*shared)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 4)]}, "5 to 7 are still to come"
    assert ingest.commit([device.message(*own)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 7)]}
    skipping = device.fact(Skipped("stock", 1, 90, "compacted"), Lane.STOCK, 100)
    ingest.commit([device.message(skipping)], stamp)
    moved = [device.fact(StockChanged("A1", GTIN, -1, 9 - n, "retail_selling", "pick", 0.9), seq=n, event_id=f"b-{n}") for n in (1, 2)]
    assert ingest.commit([device.message(*moved)], stamp) == {"pay-1": [Ack("e1", Lane.STOCK, 2)]}, "more would be no number of its own"
    assert count(ledger, "sales") == 11


def test_more_branches_than_anybody_has_cards_are_set_aside(ledger, ingest, stamp):
    device = Device()
    for n in range(20):
        ingest.commit([device.message(device.fact(sale(f"s{n}"), seq=1, event_id=f"{n}"))], stamp)
    with ledger.read() as db:
        assert {r["kind"] for r in facts.quarantined(db)} == {"conflict"}
    assert count(ledger, "sales") == LAST_FORK


def test_the_unreadable_takes_its_number_and_the_lane_goes_on(ledger, ingest, stamp):
    device = Device()
    topic, good = device.send(sale("s1"))
    bad = good.replace(b'"seq":1', b'"seq":2').replace(b'"total_minor":500', b'"total_minor":"much"')
    third = device.message(device.fact(sale("s3"), seq=3))
    acks = ingest.commit([(topic, good), (topic, bad), (topic, b"\xff{"), ("v1/pay-1/up/nonsense", b"1"), third], stamp)
    assert acks == {"pay-1": [Ack("e1", Lane.MONEY, 3)]}
    ingest.commit([(topic, b"\xff{")], stamp)
    with ledger.read() as db:
        kinds = {(r["seq"], r["kind"], r["times"]) for r in facts.quarantined(db)}
        assert kinds == {(2, "unreadable", 1), (0, "unreadable", 2)} and facts.gaps(db) == {}
    assert count(ledger, "sales") == 2


def test_what_cannot_be_booked_is_set_aside_alone(ledger, ingest, stamp):
    device = Device()
    sales = (sale("s1"), sale("s2", total=2**70), sale("s3", intent="i"), sale("s4", intent="i"), sale("s5"))
    acks = ingest.commit([device.send(*sales)], stamp)
    assert acks == {"pay-1": [Ack("e1", Lane.MONEY, 5)]}
    with ledger.read() as db:
        assert [r["kind"] for r in facts.quarantined(db)] == ["refused", "refused"]
        assert sorted(r["sale_id"] for r in trade.sales(db)) == ["s1", "s3", "s5"]


def test_a_clock_that_cannot_be_takes_nothing_with_it_that_came_in_the_same_batch(ledger, ingest, stamp):
    device = Device()
    sold, told = device.send(sale("s1"), sale("s2")), device.send(ClockSet("boot", 60 * 365 * 86_400_000))
    ingest.commit([sold, told], stamp)
    with ledger.read() as db:
        assert [r["kind"] for r in facts.quarantined(db)] == ["refused"]
        assert sorted(r[0] for r in db.execute("SELECT kind FROM facts")) == ["SaleCompleted", "SaleCompleted", "refused"]
    ingest.commit([sold], stamp)
    with ledger.read() as db:
        assert facts.counter(db, "resent") == 2


def test_a_refund_that_overtakes_its_sale_is_booked_when_the_sale_is_there(ledger, ingest, stamp):
    device = Device()
    first, sold = device.fact(sale("s0")), device.fact(sale("s1"))
    line = SaleLine(GTIN, 2, 250, 0, 500, 200)
    back = device.fact(SaleRefunded("r1", "s1", "R-1", (line,), 500, "EUR", {"200": 83}, "cash_desk", "", "torn", "lea"))
    assert ingest.commit([device.message(first)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 1)]}
    assert ingest.commit([device.message(back)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 1)]}, "the message with the sale was lost"
    assert ingest.commit([device.message(sold), device.message(back)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 3)]}
    strange = device.fact(SaleRefunded("r2", "s9", "R-2", (line,), 500, "EUR", {"200": 83}, "cash_desk", "", "torn", "lea"))
    assert ingest.commit([device.message(strange)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 4)]}, "no hole: nothing will change that"
    with ledger.read() as db:
        assert [r["refund_id"] for r in db.execute("SELECT refund_id FROM refunds")] == ["r1"]
        assert [r["seq"] for r in facts.quarantined(db)] == [4] and facts.gaps(db) == {}


def test_what_a_former_card_asked_for_gives_way_to_what_the_present_one_asks(ledger, ingest, stamp):
    former, present = Device("shelf-1", "e1"), Device("shelf-1", "e2")
    ingest.states([present.birth()], stamp)
    ingest.commit([present.send(ReplenishmentRequested("r2", "A1", GTIN, 12, 3, 4))], stamp)
    late = [ReplenishmentRequested(name, slot, GTIN, 12, 3, 4) for name, slot in (("r1", "A1"), ("r0", "B1"))]
    ingest.commit([former.send(*late)], stamp)
    with ledger.read() as db:
        assert {r["request_id"] for r in trade.requests(db, ("open",))} == {"r2", "r0"}, "the present card waits for an answer"


def test_what_a_former_card_counted_does_not_stand_over_what_the_present_one_did(ledger, ingest, stamp):
    former, present = Device("shelf-1", "e1"), Device("shelf-1", "e2")
    def counted(card, pieces, reason="pick", delta=-1, seq=None):
        return card.fact(StockChanged("A1", GTIN, delta, pieces, "retail_selling", reason, 0.9), seq=seq)
    ingest.states([present.birth()], stamp)
    late = counted(former, 4, "refill", 3)
    ingest.commit([present.message(counted(present, 9)), former.message(counted(former, 1))], stamp)
    with ledger.write() as db:
        assert trade.stock(db)["shelf-1", "A1"]["on_hand"] == 9
        trade.add_on_order(db, "shelf-1", "A1", GTIN, 7)
    ingest.commit([former.message(late)], stamp)
    ingest.commit([present.message(counted(present, 6, seq=5), counted(present, 8, "refill", 2, seq=4))], stamp)
    with ledger.read() as db:
        row = trade.stock(db)["shelf-1", "A1"]
        assert (row["on_hand"], row["on_order"], row["epoch"]) == (6, 2, "e2")
    ingest.commit([present.message(counted(present, 7, seq=3))], stamp)
    with ledger.read() as db:
        assert trade.stock(db)["shelf-1", "A1"]["on_hand"] == 6, "an older one that comes in a later batch"
    fork = counted(present, 5, seq=5)
    ingest.commit([present.message(replace(fork, id="of-its-double"))], stamp)
    ingest.states([former.birth("s2")], stamp)
    with ledger.read() as db:
        assert trade.stock(db)["shelf-1", "A1"]["on_hand"] == 5, "two cards with one history: the last word counts"
    ingest.commit([former.message(counted(former, 2))], stamp)
    with ledger.read() as db:
        assert trade.stock(db)["shelf-1", "A1"]["on_hand"] == 2, "an old card that is put back is the present one"


HUGE = 2**62


@pytest.mark.parametrize("event", [
    replace(sale("s1"), lines=(SaleLine(GTIN, HUGE, 1, 0, 250, 200),) * 2),
    replace(sale("s1"), lines=(SaleLine(GTIN, 1, 1, 0, HUGE, 200),) * 2),
    sale("s1", total=2**53 - 2),
    StockChanged("A1", GTIN, -1, HUGE, "retail_selling", "pick", 0.9),
    StockChanged("A1", GTIN, -HUGE, 1, "retail_selling", "pick", 0.9),
    DeviceHealth("0.1.0", 900, {}, 0, {}, offline_minor=HUGE),
    IdentityDecided("acc\0epted", "k_of_n", 5, 0.3, 3),
], ids=["pieces", "line", "total", "on hand", "moved", "offline", "outcome"])
def test_what_would_break_the_sums_of_all_is_set_aside(ledger, ingest, stamp, event):
    one, other = Device("pay-1"), Device("pay-2")
    acks = ingest.commit([one.send(event), other.send(sale("good"))], stamp)
    assert acks["pay-1"][0].seq == acks["pay-2"][0].seq == 1
    with ledger.read() as db:
        assert [(r["device"], r["kind"]) for r in facts.quarantined(db)] == [("pay-1", "refused")]
        assert [r["sale_id"] for r in trade.sales(db)] == ["good"]


def test_a_time_beyond_all_calendars_takes_its_number_and_is_set_aside(ledger, ingest, stamp):
    topic, payload = Device().send(sale("s1"))
    for n, late in enumerate((b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00"), 1):
        changed = payload.replace(b"2026-03-02T10:00:00Z", late).replace(b'"seq":1', b'"seq":%d' % n)
        assert ingest.commit([(topic, changed)], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, n)]}
    assert count(ledger, "sales") == 0


def test_a_sale_that_comes_again_in_a_new_epoch_is_booked_once(ledger, ingest, stamp):
    ingest.commit([Device().send(sale("s1"))], stamp)
    ingest.commit([Device(epoch="e2").send(sale("s1"))], stamp)
    assert count(ledger, "sales") == 1
    with ledger.read() as db:
        assert facts.counter(db, "resent") == 1 and facts.duplicates(db) == 0


def test_payment_is_answered_into_the_downbox(ledger, ingest, stamp):
    device = Device()
    ingest.states([device.birth()], stamp)
    ingest.commit([device.send(MemberEnrolled("anna", "v1", "fr", 3), PaymentRequested("i1", 500, "EUR", "wallet_face", "anna"))], stamp)
    with ledger.read() as db:
        (row,) = fleet.pending(db)
        assert (row["kind"], row["device"], row["seq"]) == ("payment", "pay-1", 1) and b"authorised" in row["body"]
        assert accounts.balance(db, "member:anna", "EUR") == (2000, 500)
    ingest.commit([device.send(PaymentCancelled("i1", "left")), device.send(InboxCommitted(row["box"], 1))], stamp)
    with ledger.read() as db:
        assert fleet.pending(db) == [] and accounts.balance(db, "member:anna", "EUR") == (2000, 0)


def test_enrolling_twice_gives_one_welcome(ledger, ingest, stamp):
    ingest.commit([Device().send(MemberEnrolled("anna", "v1", "fr", 3), MemberEnrolled("anna", "v2", "fr", 3))], stamp)
    with ledger.read() as db:
        assert accounts.balance(db, "member:anna", "EUR") == (2000, 0)


def test_stock_health_and_requests_are_shown(ledger, ingest, stamp):
    device = Device("shelf-1")
    picks = [StockChanged("A1", GTIN, -1, left, "retail_selling", "pick", 0.9) for left in (4, 3)]
    ingest.commit([device.send(*picks, ReplenishmentRequested("r1", "A1", GTIN, 12, 3, 4)),
                   device.send(DeviceHealth("0.1.0", 900, {"money": 2}, 7, {"camera": "lost"}))], stamp)
    with ledger.read() as db:
        assert trade.stock(db)["shelf-1", "A1"]["on_hand"] == 3
        assert [r["request_id"] for r in trade.requests(db, ("open",))] == ["r1"]
        (row,) = fleet.devices(db)
        assert (row["free_mb"], row["oldest_s"]) == (900, 7)
    ingest.commit([Device("shelf-1", "e2").send(ReplenishmentRequested("r2", "A1", GTIN, 12, 3, 4))], stamp)
    with ledger.read() as db:
        assert [r["request_id"] for r in trade.requests(db, ("open",))] == ["r2"]


def test_births_and_deaths(ledger, ingest, stamp):
    device = Device()
    ingest.commit([device.send(sale())], stamp)
    ingest.states([device.birth("s2")], stamp)
    ingest.states([device.birth("s1", online=False)], stamp)
    with ledger.read() as db:
        assert fleet.devices(db)[0]["online"] == 1
    ingest.states([device.birth("s2", online=False), ("v1/x/state", b"{")], stamp)
    with ledger.read() as db:
        assert fleet.devices(db)[0]["online"] == 0
        assert facts.quarantined(db)[0]["lane"] == "state"


def test_nothing_is_acknowledged_when_the_disk_refuses(ledger, stamp, tmp_path):
    with ledger.read() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    small = Ledger(ledger.path)
    ingest = Ingest(small, Money(0, "EUR"))
    with small.read() as db:
        db.execute(f"PRAGMA max_page_count = {pages}")
    device = Device()
    message = device.send(*(sale(f"s{n}") for n in range(100)))
    with pytest.raises(StorageError, match="no room"):
        ingest.commit([message] + [device.send(*(sale(f"t{m}-{n}") for n in range(100))) for m in range(5)], stamp)
    assert count(ledger, "sales") == 0
    with small.read() as db:
        db.execute("PRAGMA max_page_count = 100000")
    assert ingest.commit([message], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 100)]}
    assert Ingest(ledger, Money(0, "EUR")).commit([message], stamp) == {"pay-1": [Ack("e1", Lane.MONEY, 100)]}
    small.close()


def test_what_is_no_lanes_is_left_alone_and_said_once(ingest, stamp, caplog):
    for _ in range(3):
        assert ingest.commit([("v1/pay-1/up/weather", b"{}"), ("v1/pay-1/up/tide", b"{}")], stamp) == {}
    assert [record.args[0] for record in caplog.records] == ["v1/pay-1/up/weather", "v1/pay-1/up/tide"]


def test_what_was_received_and_is_covered_too_is_forgotten_with_the_rest():
    stream = facts.Stream(1)
    stream.take(5)
    stream.skip(1, 9)
    stream.advance()
    assert (stream.mark, stream.ahead, stream.skips) == (9, set(), [])


def test_a_number_that_fills_a_hole_below_what_was_covered_moves_the_mark_over_both():
    stream = facts.Stream(1)
    stream.take(1)
    stream.take(5)
    stream.skip(3, 4)
    stream.advance()
    assert (stream.mark, stream.top, stream.gaps()) == (1, 5, 1)
    stream.take(2)
    stream.advance()
    assert (stream.mark, stream.top, stream.gaps(), stream.ahead, stream.skips) == (5, 5, 0, set(), [])
