"""The relay between a real store and a real broker: nothing lost, nothing doubled, whatever is killed."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import wire
from kiosk.domain.catalog import OfflinePolicy, PriceList, Product
from kiosk.domain.events import DeviceHealth, InboxCommitted, Lane, PaymentRequested, SaleCompleted, Skipped, StaffActed, StockChanged
from kiosk.domain.money import Money
from kiosk.domain.orders import CommandOrdered, MemberErasureOrdered, PaymentAnswered
from kiosk.domain.standing import DownlinkRefused
from kiosk.runtime import SystemClock
from kiosk.sync.relay import DOUBT_S, FIRST_PATIENCE_S, SETTLED_S


def sale(n):
    return SaleCompleted(f"sale-{n}", f"R-{n}", f"intent-{n}", (), 100 + n, "EUR", {"200": 17}, "wallet_face", "m", False, 1)


def stock(n):
    return StockChanged(f"A{n % 7}", "4006381333931", -1, n, "retail_selling", "sale", 1.0)


def health(n):
    return DeviceHealth("1.0", 900, {"money": n}, 0, {"camera": "ok"})


def prices(version):
    product = Product("4006381333931", {"en": "Tea"}, Money(150, "EUR"), 200, 100.0)
    return PriceList(version, datetime(2026, 1, 1, tzinfo=UTC), "EUR", (product,))


def test_facts_of_three_lanes_arrive_in_order_and_only_hqs_word_frees_them(device, hq):
    hq.silent = True
    hq.start()
    for n in range(200):
        device.record(sale(n), stock(n), health(n))
    device.until(lambda: len(hq.facts) == 600, "HQ has heard all")
    assert device.waiting() == 600
    hq.silent = False
    device.until(lambda: device.waiting() == 0, "all is freed")
    assert [e.sale_id for e in hq.events(SaleCompleted)] == [f"sale-{n}" for n in range(200)]
    assert not hq.gaps() and not hq.unreadable


def test_sigkill_of_the_broker_again_and_again_mid_drain_and_nothing_is_lost_or_doubled(device, hq, broker):
    hq.start()
    rng = random.Random(7)
    recorded = 0
    for _round in range(4):
        until = recorded + 1200
        while recorded < until:
            device.record(*(sale(n) for n in range(recorded, recorded + 40)), stock(recorded))
            recorded += 40
            for _ in range(rng.randrange(3)):
                device.relay.step()
        broker.kill()
        device.record(sale(recorded))
        recorded += 1
        for _ in range(20):
            device.relay.step()
        broker.start()
    device.until(lambda: device.waiting() == 0, "all is freed")
    assert sorted(e.total_minor for e in hq.events(SaleCompleted)) == list(range(100, 100 + recorded))
    assert not hq.gaps()


def test_hq_dies_after_its_commit_and_before_its_word(device, hq):
    hq.silent = True
    hq.start()
    device.record(*(sale(n) for n in range(30)))
    device.until(lambda: len(hq.facts) == 30, "HQ has heard all")
    hq.silent, hq.session = False, "another"
    hq._born()
    device.until(lambda: device.waiting() == 0, "all is sent again at HQ's new birth and freed", wait_s=FIRST_PATIENCE_S - 0.5)
    assert len(hq.order) == 30
    assert hq.doubled >= 30  # once more when the first birth came after the first sending


def test_after_a_reconnect_all_is_sent_again_without_waiting_for_patience(device, hq, broker):
    hq.silent = True
    device.meet(hq.start())
    device.record(*(sale(n) for n in range(30)))
    device.until(lambda: len(hq.facts) == 30, "HQ has heard all")
    for state in device.relay._lanes.values():
        state.patience_s = 1000.0
    broker.kill()
    device.until(lambda: not device.relay.connected, "the broker is lost")
    hq.silent = False
    broker.start()
    device.until(lambda: device.waiting() == 0, "all is sent again and freed")


def test_what_the_sync_process_itself_records_goes_too(device, hq):
    device.meet(hq.start())
    device.record(sale(1))
    device.until(lambda: device.waiting() == 0, "the lanes are idle")
    with device.store.unit() as unit:
        unit.facts.record(health(1))
    device.until(lambda: device.waiting() == 0, "it is freed", wait_s=10)


def test_a_lost_word_is_asked_for_again_without_a_reconnect(device, hq):
    hq.silent = True
    hq.start()
    device.record(sale(1))
    device.until(lambda: len(hq.facts) == 1, "HQ has heard it")
    hq.silent = False
    device.until(lambda: device.waiting() == 0, "patience ends and it is sent again")
    assert hq.doubled >= 1


def sell_while_away(device, hq):
    hq.start()
    device.meet(hq)
    hq.client.publish("v1/hq/state", wire.encode_state(wire.DeviceState(False, hq.session, "1", "", ())), retain=True)
    device.until(lambda: not device.relay.hq_online, "HQ is away")
    device.record(sale(1))


def test_nothing_is_sent_while_hq_says_it_is_away(device, hq):
    sell_while_away(device, hq)
    for _ in range(50):
        device.step()
    assert not hq.facts
    hq._born()
    device.until(lambda: device.waiting() == 0, "it went when HQ came back")


def test_what_was_written_while_hq_was_away_goes_when_that_is_doubted(device, hq):
    sell_while_away(device, hq)
    device.step()
    device.relay._gone_s -= DOUBT_S
    device.until(lambda: device.waiting() == 0, "word that HQ is back was lost, and it went all the same")


def test_hq_is_online_only_when_it_said_so_on_this_connection(device, hq, broker):
    device.until(lambda: device.relay.connected, "the broker is there")
    device.step()
    assert not device.relay.hq_online
    device.meet(hq.start())
    hq.client.stop()
    broker.kill()
    device.until(lambda: not device.relay.connected, "the broker is lost")
    assert not device.relay.hq_online
    broker.start()
    device.until(lambda: device.relay.connected, "the broker is back")
    device.step()
    assert not device.relay.hq_online


def test_money_goes_first_and_none_starves(device, hq, until):
    device.record(*(health(n) for n in range(300)), *(stock(n) for n in range(1500)), *(sale(n) for n in range(2000)))
    hq.start()
    until(lambda: hq.client.connected, "HQ hears")
    device.until(lambda: device.waiting() == 0, "all is freed")
    place = {lane: [i for i, fact in enumerate(hq.order) if fact.lane is lane] for lane in Lane}
    assert place[Lane.MONEY][0] == 0
    assert place[Lane.HEALTH][0] < place[Lane.MONEY][-1] and place[Lane.STOCK][0] < place[Lane.MONEY][-1], "a lane waited for all the money"
    assert place[Lane.MONEY][-1] < place[Lane.STOCK][-1]


def test_a_skipped_run_is_told_first_so_that_the_mark_moves_at_once(device, hq, until):
    device.record(*(health(n) for n in range(1000)))
    hq.start()
    until(lambda: hq.client.connected, "HQ hears")
    device.until(lambda: device.waiting() == 0, "all is freed")
    assert isinstance(hq.order[0].event, Skipped) and hq.order[0].event.reason == "ring"
    assert not hq.gaps() and hq.events(DeviceHealth)[-1] == health(999)


def test_a_payment_is_asked_and_answered_within_the_goal(device, hq):
    hq.start()
    device.meet(hq)
    taken = []
    for n in range(1, 11):
        request = PaymentRequested(f"intent-{n}", 300, "EUR", "wallet_face", "m1")
        started = time.monotonic()
        with device.writer.unit() as unit:
            unit.intents.open(request, f"sale-{n}")
            unit.facts.record(request)
        device.until(lambda want=n: len(hq.events(PaymentRequested)) == want, "HQ was asked")
        hq.send("kiosk-1", PaymentAnswered(f"intent-{n}", "authorised", ""), seq=n)

        device.until(lambda want=n: device.intent(f"intent-{want}").state == "authorised", "the answer is in the inbox")
        taken.append(time.monotonic() - started)
    assert sorted(taken)[5] < 0.3


@pytest.mark.parametrize(("ttl_s", "good_for_s"), [(60, 60), (-1, -1), (0, 3 * 86400), (10**7, 3 * 86400)])
def test_an_old_command_ends_by_a_clock_that_is_behind(device, hq, ttl_s, good_for_s):
    hq.start()
    device.meet(hq)
    now = SystemClock().now()  # three days behind HQ's
    command = CommandOrdered("c1", "lock", "operator", "anna", now + timedelta(days=3))
    message = wire.OrderMessage("o1", "kiosk-1", "box-1", 1, ttl_s, command)
    hq.client.publish(wire.down_topic("kiosk-1", "command"), wire.encode_order(message, hq.key.sign))
    device.until(device.commands, "the command has come")
    ((_n, kept),) = device.commands()
    assert abs((kept.expires_at - now).total_seconds() - good_for_s) < 60


def test_orders_come_once_and_are_reported_over_a_hole(device, hq):
    hq.start()
    device.meet(hq)
    order = MemberErasureOrdered("m1")
    hq.send("kiosk-1", order, seq=1, ident="a")
    hq.send("kiosk-1", order, seq=1, ident="a")
    hq.send("kiosk-1", MemberErasureOrdered("m3"), seq=3, ident="c")
    device.until(lambda: InboxCommitted("box-1", 1) in hq.events(InboxCommitted), "the first is reported")
    assert InboxCommitted("box-1", 3) not in hq.events(InboxCommitted)
    hq.send("kiosk-1", MemberErasureOrdered("m2"), seq=2, ident="b")
    device.until(lambda: InboxCommitted("box-1", 3) in hq.events(InboxCommitted), "the hole is closed")
    with device.writer.snapshot() as unit:
        assert unit.erasures.queued() == ["m1", "m2", "m3"]


def test_what_is_unreadable_or_signed_by_another_is_quarantined_and_the_relay_goes_on(device, hq):
    hq.start()
    device.meet(hq)
    hq.send("kiosk-1", MemberErasureOrdered("m1"), seq=1, sign=Ed25519PrivateKey.generate().sign)
    rng = random.Random(1)
    bad = [b"", b"{", b"null", b'{"body":"{}","signature":"!"}', b'{"body":"\\ud800","signature":""}', b"[" * 100_000,
           bytes(rng.randbytes(300)),
           b'[{"epoch":"\\ud800","lane":"money","seq":1}]', b'[{"epoch":"x","lane":"money","seq":' + b"9" * 30 + b"}]"]
    for payload in bad:
        hq.client.publish("v1/kiosk-1/down/payment", payload)
        hq.client.publish("v1/kiosk-1/ack", payload)
        hq.client.publish("v1/fleet/shop/pricelist", payload)
    hq.send("kiosk-1", MemberErasureOrdered("m2"), seq=2)

    def queued():
        with device.writer.snapshot() as unit:
            return unit.erasures.queued(), unit.quarantine.count()
    device.until(lambda: queued()[0] == ["m2"], "the good order is applied")
    assert queued()[1] >= 20


def test_manifests_come_when_connecting_and_only_forward(device, hq):
    hq.start()
    device.meet(hq)
    hq.publish(prices(2))
    hq.publish(OfflinePolicy(1, "EUR", 2000, 3000, 9000, 3600))

    def held():
        with device.writer.snapshot() as unit:
            current = unit.prices.current(datetime(2026, 6, 1, tzinfo=UTC))
            return current and current.version, unit.policy.get() and unit.policy.get()[0].version
    device.until(lambda: held() == (2, 1), "both are kept")
    hq.publish(prices(1))
    hq.publish(OfflinePolicy(2, "EUR", 2000, 3000, 9000, 3600))
    device.until(lambda: held() == (2, 2), "the newer is kept and the older is not")


def test_birth_and_death_are_retained_and_of_one_session(device, hq):
    hq.start()
    device.until(lambda: not hq.births.empty(), "the birth came")
    birth = hq.births.get()
    assert birth.online and birth.epoch == device.store.epoch and birth.roles == ("pay", "stock")
    device.relay.stop()
    death = hq.births.get(timeout=10)
    assert not death.online and death.session == birth.session


@pytest.mark.parametrize("version", [5, 3])
def test_both_versions_of_mqtt(make_device, broker, hq, version):
    broker.add_user("kiosk-9", "k")
    other = make_device(name="kiosk-9", version=version)
    hq.start()
    other.record(StaffActed("opened", "anna", {}))
    other.until(lambda: other.waiting() == 0, "it is freed")


def test_the_idle_loop_costs_next_to_nothing(device, hq, cpu_seconds):
    hq.start()
    device.record(sale(1))
    device.until(lambda: device.waiting() == 0, "all is freed")
    steps = 500
    before = cpu_seconds()
    for _ in range(steps):
        device.relay.step()
    per_step = (cpu_seconds() - before) / steps
    assert per_step * 50 < 0.01, f"{per_step * 1e6:.0f} us a step, 50 steps a second"


def refusals(hq):
    return {(event.cause, event.topic.rpartition("/")[2]) for event in hq.events(DownlinkRefused)}


def test_what_is_not_hqs_is_refused_and_told_to_hq(device, hq, record_property):
    """A forged order, one for another device, an old price list after a newer one, an order sent again long after it was committed."""
    hq.start()
    device.meet(hq)
    hq.send("kiosk-1", MemberErasureOrdered("forged"), seq=1, sign=Ed25519PrivateKey.generate().sign)
    stray = wire.OrderMessage("x", "kiosk-2", "box-2", 1, 0, MemberErasureOrdered("other"))
    hq.client.publish("v1/kiosk-1/down/erasure", wire.encode_order(stray, hq.key.sign))
    hq.publish(prices(3))
    hq.publish(prices(2))
    other = wire.encode_manifest("another-fleet", prices(9), hq.key.sign)
    hq.client.publish("v1/fleet/shop/pricelist", other)
    wanted = {("signature", "erasure"), ("device", "erasure"), ("rollback", "pricelist"), ("device", "pricelist")}
    device.until(lambda: wanted <= refusals(hq), "HQ is told")
    for event in hq.events(DownlinkRefused):
        record_property("refusal", f"alarm at HQ: {event.cause}: {event.topic}: {event.detail}")
    with device.writer.snapshot() as unit:
        assert not unit.erasures.queued() and unit.prices.newest() == 3


def test_an_order_that_comes_again_without_reason_is_a_replay_and_hqs_own_repetition_is_none(device, hq):
    hq.start()
    device.meet(hq)
    hq.send("kiosk-1", MemberErasureOrdered("m1"), seq=1, ident="a")
    device.until(lambda: InboxCommitted("box-1", 1) in hq.events(InboxCommitted) and not device.waiting(), "it is committed")
    hq.send("kiosk-1", MemberErasureOrdered("m1"), seq=1, ident="a")
    device.until(lambda: hq.events(InboxCommitted).count(InboxCommitted("box-1", 1)) == 2 and not device.waiting(), "told again")
    assert not refusals(hq)
    device.relay._connected_s -= SETTLED_S + 1
    device.relay._marks = {box: (mark, since - SETTLED_S - 1) for box, (mark, since) in device.relay._marks.items()}
    hq.send("kiosk-1", MemberErasureOrdered("m1"), seq=1, ident="a")
    device.until(lambda: ("replay", "erasure") in refusals(hq), "HQ is told of the replay")
