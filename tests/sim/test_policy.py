"""The policy for selling without HQ is believed from HQ alone, for this kiosk's group alone, forwards alone, and for its time alone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from kiosk import wire
from kiosk.domain.catalog import OfflinePolicy
from kiosk.domain.checkout import Event
from kiosk.hq.trust import SigningKey
from kiosk.sim.till import CREDIT, CURRENCY, GROUP, TEA, TillWorld
from kiosk.ui import views

WIDE = OfflinePolicy(9, CURRENCY, per_sale_minor=10**9, per_member_minor=10**9, per_kiosk_minor=10**9, max_age_s=10**9)


@pytest.fixture
def world(tmp_path):
    made = TillWorld(tmp_path / "world", random.Random(1))
    for _wait in range(12):
        made.step(None, 1.0)
    made.hq.enrol("ada", CREDIT)
    yield made
    made.close()


def held(world):
    with world.kiosk.parts.store.snapshot() as unit:
        return unit.policy.get()[0]


def publish(world, payload):
    world.broker.publish(wire.manifest_topic(GROUP, "offline-policy"), payload, retain=True)
    for _wait in range(4):
        world.step(None, 0.1)


def buy(world, pieces, after_s=0.0):
    """Ask for tea while nobody answers; return the screen that ends it."""
    world.hq.die()
    for _wait in range(3):
        world.step(None, 0.1)
    world.clock.move(after_s)
    world.kiosk.clock.move(after_s)
    till = world.kiosk.till
    for _piece in range(pieces):
        till.add(TEA)
    till.touch(Event.PAY)
    till.pay_by_face("ada")
    for _wait in range(10):
        world.step(None, 0.5)
    return till.tick()


def spoiled(world, tmp_path, how):
    key = world.hq.key.sign
    if how == "forged":
        return wire.encode_manifest(GROUP, WIDE, SigningKey(tmp_path).sign)
    if how == "changed":
        return wire.encode_manifest(GROUP, replace(held(world), version=9), key).replace(b"2000", b"9999")
    if how == "rolled back":
        return wire.encode_manifest(GROUP, replace(WIDE, version=0), key)
    return wire.encode_manifest("another-group", WIDE, key)


@pytest.mark.parametrize("how", ["forged", "changed", "rolled back", "for another kiosk"])
def test_a_policy_that_hq_did_not_give_this_kiosk_changes_nothing(world, tmp_path, how):
    before = held(world)
    payload = spoiled(world, tmp_path, how)
    assert before.version == 1 and before.per_sale_minor == 2000
    publish(world, payload)
    assert held(world) == before
    with world.kiosk.parts.store.snapshot() as unit:
        assert unit.quarantine.count() == 1, "what is not believed is set aside"
    refused = buy(world, 7)
    assert isinstance(refused, views.PayRefused) and refused.reason == "offline_limit"


def test_a_newer_policy_of_hq_is_taken_and_kept_in_the_journal(world):
    publish(world, wire.encode_manifest(GROUP, WIDE, world.hq.key.sign))
    assert held(world) == WIDE
    with world.kiosk.parts.store.snapshot() as unit:
        assert any(b"offline-policy" in record.body and b"version 9" in record.body for record in unit.journal.records())
    paid = buy(world, 7)
    assert isinstance(paid, views.PayPaid) and paid.offline


def test_a_policy_ends_when_hq_was_silent_for_longer_than_it_says(world):
    assert held(world).max_age_s == 3600
    refused = buy(world, 1, after_s=3601.0)
    assert isinstance(refused, views.PayRefused)
    world.kiosk.till.touch(Event.CANCEL)


def test_within_its_time_and_caps_it_sells(world):
    paid = buy(world, 2, after_s=3000.0)
    assert isinstance(paid, views.PayPaid) and paid.offline
