import base64
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.domain.catalog import Cell, OfflinePolicy, Planogram, Product
from kiosk.domain.events import InboxCommitted, MemberEnrolled, PaymentRequested, ReplenishmentRequested
from kiosk.domain.money import Money
from kiosk.domain.orders import CommandOrdered, MemberErasureOrdered, TrustAnnounced
from kiosk.errors import HqError, TrustError
from kiosk.hq import downbox, publish, replenishment, wallet
from kiosk.hq.ledger import accounts, catalogue, facts, fleet, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.quota import QUIET_S, Limits
from kiosk.hq.stamp import Stamp
from kiosk.hq.trust import SigningKey
from kiosk.hq.worker import Worker, WorkerSettings
from kiosk.runtime import ManualClock, new_id
from kiosk.wire import decode_manifest, decode_order
from tests.hq.conftest import GTIN, Device, sale

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PLAN = Planogram(1, "shelf-1", (Cell("A1", GTIN, 12, 4, 6),))


class Broker:
    """A way to devices that takes everything."""

    def __init__(self):
        self.topics = []

    def publish(self, topic, _payload, retain=False):
        self.topics.append(topic)
        return True


class Post:
    """A broker that keeps what was published."""

    def __init__(self, room=1000):
        self.sent, self.room = [], room

    def __call__(self, topic, payload):
        if len(self.sent) >= self.room:
            return False
        self.sent.append((topic, payload))
        return True

    def orders(self):
        return [decode_order(payload, topic.split("/")[1], lambda *_: True) for topic, payload in self.sent]


def test_a_new_card_hears_what_the_former_one_was_not_told_any_more(ledger, ingest, stamp, tmp_path):
    """Once in effect: the orders keep their ids, by which a device knows them again."""
    former, new, sender = Device("pay-1", "e1"), Device("pay-1", "e2"), downbox.Sender(SigningKey(tmp_path).sign)
    ingest.states([former.birth()], stamp)
    with ledger.write() as db:
        for member in ("m1", "m2"):
            downbox.put(db, "pay-1", "e1", MemberErasureOrdered(member), stamp)
        box = fleet.box_of(db, "pay-1", "e1")["id"]
    ingest.commit([former.send(InboxCommitted(box, 1))], stamp)
    ingest.states([new.birth("s2")], stamp)
    with ledger.write() as db:
        downbox.put(db, "pay-1", "e1", MemberErasureOrdered("m3"), stamp)  # decided by a fact of the former card
        post = Post()
        sender.flush(db, post, 0.0, NOW)
    told = post.orders()
    assert [(order.downbox != box, order.order.member_id) for order in told] == [(True, "m2"), (True, "m3")]
    with ledger.read() as db:
        assert facts.alarms(db) == []
    ingest.states([former.birth("s3")], stamp)
    with ledger.read() as db:
        assert [row["kind"] for row in facts.alarms(db)] == ["card_returned"]
        again = Post()
        sender.flush(db, again, 0.0, NOW)
    assert {(order.id, order.order.member_id) for order in again.orders()} == {(order.id, order.order.member_id) for order in told}


def test_every_card_hears_of_the_roots_once_also_one_that_is_born_after_they_changed(ledger, ingest, stamp, tmp_path):
    """A device that was claimed and not yet seen while keys were rotated would else stand before a closed door later."""
    former, new, late = Device("pay-1", "e1"), Device("pay-1", "e2"), Device("pay-2", "e1")
    sender = downbox.Sender(SigningKey(tmp_path).sign)
    ingest.states([former.birth()], stamp)

    def told(device):
        ingest.states([device.birth(f"s{next(sessions)}")], stamp)
        with ledger.read() as db:
            post = Post()
            sender.forget()
            sender.flush(db, post, 0.0, NOW)
            box = fleet.box_of(db, device.name, device.epoch)["id"]
        orders = [order for order in post.orders() if order.downbox == box]
        ingest.commit([device.send(InboxCommitted(box, max((order.seq for order in orders), default=0)))], stamp)
        return [order.order.version for order in orders]

    sessions = itertools.count(2)
    for version in (1, 2):
        with ledger.write() as db:
            downbox.put_roots(db, TrustAnnounced(version, "roots", True), stamp)
    assert told(late) == [2]
    assert told(former) == [1, 2]
    with ledger.write() as db:
        downbox.put_roots(db, TrustAnnounced(3, "roots", False), stamp)
    assert told(new) == [3], "what the former card was not told is told by the newest word alone"
    assert told(new) == [] and told(late) == [3]
    with ledger.write() as db:
        downbox.put_roots(db, TrustAnnounced(4, "roots", False), stamp)
    assert told(former) == [3, 4], "its own box still holds what it was not told"


def test_a_message_is_sent_until_the_device_holds_it(ledger, ingest, stamp, tmp_path):
    device, sender = Device("shelf-1"), downbox.Sender(SigningKey(tmp_path).sign)
    with ledger.write() as db:
        downbox.put_planogram(db, PLAN, stamp)
    ingest.states([device.birth()], stamp)
    post = Post()
    with ledger.read() as db:
        assert [sender.flush(db, post, now, NOW) for now in (0.0, 1.0, downbox.RESEND_S)] == [1, 0, 1]
        sender.forget("shelf-1")
        assert sender.flush(db, post, 6.0, NOW) == 1
    (order,) = {(o.downbox, o.seq, o.order) for o in post.orders()}
    assert order[1:] == (1, PLAN)
    ingest.commit([device.send(InboxCommitted(order[0], 1))], stamp)
    with ledger.read() as db:
        assert sender.flush(db, post, 100.0, NOW) == 0


def test_another_device_cannot_empty_a_box(ledger, ingest, stamp):
    with ledger.write() as db:
        downbox.put_planogram(db, PLAN, stamp)
    ingest.states([Device("shelf-1").birth()], stamp)
    with ledger.read() as db:
        box = fleet.pending(db)[0]["box"]
    ingest.commit([Device("pay-1").send(InboxCommitted(box, 9)), Device("shelf-1").send(InboxCommitted("other", 9))], stamp)
    with ledger.read() as db:
        assert len(fleet.pending(db)) == 1


def test_a_device_that_claims_to_hold_what_it_was_never_sent_is_sent_what_comes(ledger, ingest, stamp):
    device = Device("shelf-1")
    ingest.states([device.birth()], stamp)
    with ledger.write() as db:
        box = downbox.open_box(db, "shelf-1", "e1", stamp)
    ingest.commit([device.send(InboxCommitted(box, 1000))], stamp)
    with ledger.write() as db:
        downbox.put(db, "shelf-1", "e1", MemberErasureOrdered("m"), stamp)
        assert [(row["seq"], row["kind"]) for row in fleet.pending(db)] == [(1, "erasure")]


def test_a_new_epoch_gets_a_fresh_box_and_an_old_one_its_own(ledger, ingest, stamp):
    with ledger.write() as db:
        downbox.put_planogram(db, PLAN, stamp)
    first, second = Device("shelf-1", "e1"), Device("shelf-1", "e2")
    boxes = []
    for device in (first, second, first):
        ingest.states([device.birth()], stamp)
        with ledger.read() as db:
            (row,) = fleet.pending(db)
            boxes.append((row["box"], row["seq"], row["kind"]))
        ingest.commit([device.send(InboxCommitted(row["box"], 1))] if device is second else [], stamp)
    assert boxes[0] == boxes[2] and boxes[0][0] != boxes[1][0]
    assert {b[1:] for b in boxes} == {(1, "planogram")}
    ingest.states([second.birth()], stamp)
    with ledger.write() as db:
        downbox.put_planogram(db, Planogram(2, "shelf-1", PLAN.cells), stamp)
        assert [(r["seq"], r["box"]) for r in fleet.pending(db)] == [(2, boxes[1][0])]


def test_nothing_is_sent_to_who_is_away_and_a_full_link_is_tried_again(ledger, ingest, stamp, tmp_path):
    device, sender = Device("shelf-1"), downbox.Sender(SigningKey(tmp_path).sign)
    with ledger.write() as db:
        downbox.put_planogram(db, PLAN, stamp)
    ingest.states([device.birth("s1")], stamp)
    with ledger.read() as db:
        assert sender.flush(db, Post(room=0), 0.0, NOW) == 0
        assert sender.flush(db, Post(), 0.1, NOW) == 1
    ingest.states([device.birth("s1", online=False)], stamp)
    with ledger.read() as db:
        assert sender.flush(db, Post(), 100.0, NOW) == 0


def test_a_birth_that_comes_while_the_ledger_takes_nothing_is_written_down_as_soon_as_it_does(ledger, tmp_path):
    with ledger.write() as db:
        downbox.put_planogram(db, PLAN, Stamp(1, new_id))
    own, link, device = Ledger(ledger.path), Broker(), Device("shelf-1")
    worker = Worker(own, link, SigningKey(tmp_path), ManualClock(NOW), new_id, WorkerSettings("shop", Money(0, "EUR")))
    with own.read() as db:
        db.execute("PRAGMA query_only = 1")
    for topic, payload in (device.birth(), device.birth(online=False), device.birth()):
        worker.put(topic, payload)
    worker.turn()
    with own.read() as db:
        db.execute("PRAGMA query_only = 0")
    worker.turn()
    with ledger.read() as db:
        assert [(row["id"], row["online"], row["epoch"]) for row in fleet.devices(db)] == [("shelf-1", 1, "e1")]
    assert "v1/shelf-1/down/planogram" in link.topics
    own.close()


def test_a_device_that_is_not_listened_to_is_there_all_the_same(ledger, tmp_path):
    clock, device = ManualClock(NOW), Device("shelf-1")
    settings = WorkerSettings("shop", Money(0, "EUR"), limits=Limits(messages=2, messages_per_s=0.001))
    worker = Worker(ledger, Broker(), SigningKey(tmp_path), clock, new_id, settings)
    for message in (device.birth(), device.birth(online=False), device.send(sale("s1")), device.birth("s2")):
        worker.put(*message)
    for _ in range(3):
        worker.turn()
        clock.move(2.0)
    with ledger.read() as db:
        assert [(row["online"], row["session"]) for row in fleet.devices(db)] == [(1, "s2")]
        assert trade.sales(db) == [], "that much is not listened to"


def test_what_a_device_said_while_it_was_not_listened_to_gives_way_to_what_it_says_then(ledger, tmp_path):
    clock, device = ManualClock(NOW), Device("shelf-1")
    settings = WorkerSettings("shop", Money(0, "EUR"), limits=Limits(messages=2, messages_per_s=0.5))
    worker = Worker(ledger, Broker(), SigningKey(tmp_path), clock, new_id, settings)
    for message in (device.birth("s2"), device.send(sale("s1")), device.birth("s2")):
        worker.put(*message)
    clock.move(QUIET_S + 5)
    worker.put(*device.birth("s2", online=False))
    for _ in range(3):
        worker.turn()
        clock.move(2.0)
    with ledger.read() as db:
        assert [row["online"] for row in fleet.devices(db)] == [0], "it is gone"


def test_what_is_held_for_a_payment_that_nobody_ends_is_the_members_again_after_a_day(ledger, ingest, stamp, tmp_path):
    device = Device()
    ingest.states([device.birth()], stamp)
    ingest.commit([device.send(MemberEnrolled("anna", "v1", "fr", 3), PaymentRequested("i1", 500, "EUR", "wallet_face", "anna"))], stamp)
    clock = ManualClock(datetime.fromtimestamp(stamp.at_ms / 1000, UTC) + timedelta(milliseconds=wallet.LONGEST_HOLD_MS))
    worker = Worker(ledger, Broker(), SigningKey(tmp_path), clock, new_id, WorkerSettings("shop", Money(0, "EUR")))
    found = []
    for _ in range(2):
        worker.turn()
        with ledger.read() as db:
            found.append(accounts.balance(db, "member:anna", "EUR"))
        clock.move(2.0)
    assert found == [(2000, 500), (2000, 0)]
    ingest.commit([device.send(sale("s1", "i1", 500, "wallet_face", "anna"))], stamp)
    with ledger.read() as db:
        assert accounts.balance(db, "member:anna", "EUR") == (1500, 0), "the card was not gone after all"
        assert wallet.balance_check(db).even


def test_a_command_says_how_long_it_is_good_for_from_when_it_is_sent(ledger, ingest, stamp, tmp_path):
    device, sender, post = Device("pay-1"), downbox.Sender(SigningKey(tmp_path).sign), Post()
    ingest.states([device.birth()], stamp)
    with ledger.write() as db:
        downbox.put(db, "pay-1", device.epoch, CommandOrdered("c1", "lock", "operator", "anna", NOW + timedelta(seconds=60)), stamp)
    with ledger.read() as db:
        for second in (0, 59.5, 60, 100_000):
            sender.forget()
            sender.flush(db, post, float(second), NOW + timedelta(seconds=second))
    assert [message.ttl_s for message in post.orders()] == [60, -1, -1, -1]


def test_replenishment_can_be_taken_back_until_it_is_sent(ledger, ingest, stamp):
    device = Device("shelf-1")
    ingest.states([device.birth()], stamp)
    ingest.commit([device.send(ReplenishmentRequested("r1", "A1", GTIN, 12, 3, 4))], stamp)
    later = type(stamp)(stamp.at_ms + 5000, stamp.new_id)
    with ledger.write() as db:
        replenishment.approve(db, "r1", 6, "anna", stamp, undo_s=5.0)
        assert replenishment.send_due(db, stamp) == 0
        replenishment.undo(db, "r1", "anna", stamp)
        assert replenishment.send_due(db, later) == 0 and trade.request(db, "r1")["state"] == "open"
        with pytest.raises(HqError, match="1 to"):
            replenishment.approve(db, "r1", 0, "anna", stamp)
        replenishment.approve(db, "r1", 6, "anna", stamp, undo_s=5.0)
        assert replenishment.send_due(db, later) == 1 and replenishment.send_due(db, later) == 0
        with pytest.raises(HqError, match="too late"):
            replenishment.undo(db, "r1", "anna", later)
        with pytest.raises(HqError, match="already"):
            replenishment.reject(db, "r1", "anna", later)
        assert trade.stock(db)["shelf-1", "A1"]["on_order"] == 6
        assert [r["act"] for r in catalogue.audit(db)] == ["approved", "undo", "approved"]
        assert b'"quantity":6' in fleet.pending(db)[0]["body"]


def test_prices_and_policy_are_signed_versions(ledger, stamp, tmp_path):
    key = SigningKey(tmp_path)
    with ledger.write() as db:
        with pytest.raises(HqError, match="import products first"):
            publish.publish_prices(db, stamp, "anna")
        catalogue.save_product(db, Product(GTIN, {"en": "Water"}, Money(120, "EUR"), 55, 500.0))
        publish.publish_prices(db, stamp, "anna")
        assert publish.set_price(db, GTIN, Money(130, "EUR"), stamp, "anna").version == 2
        publish.publish_policy(db, OfflinePolicy(9, "EUR", 2000, 5000, 100_000, 86400), stamp, "anna")
        sent = publish.manifests(db, "demo", key.sign, "http://127.0.0.1:1")
    assert [topic for topic, _ in sent] == ["v1/fleet/demo/pricelist", "v1/fleet/demo/offline-policy"]
    prices, policy = (decode_manifest(payload, "demo", lambda *_: True) for _, payload in sent)
    assert (prices.version, prices.product(GTIN).price, policy.version) == (2, Money(130, "EUR"), 1)


def test_the_key_is_kept_private(tmp_path):
    first = SigningKey(tmp_path)
    assert SigningKey(tmp_path).public == first.public and len(base64.b64decode(first.public)) == 32
    assert (tmp_path / "hq.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "hq.key").chmod(0o644)
    with pytest.raises(TrustError, match="chmod"):
        SigningKey(tmp_path)
