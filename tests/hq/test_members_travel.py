"""Two kiosks, a real broker and a real HQ: templates travel sealed, and an erased member is gone from every kiosk within a minute."""

import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.config import parse
from kiosk.domain.events import MemberEnrolled, PaymentRequested
from kiosk.flows.forget import forget
from kiosk.flows.parts import Parts
from kiosk.flows.porter import Porter, Retention
from kiosk.runtime import ManualClock, SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.storage.vault import Consent, Courier, Extras, Vault
from kiosk.storage.vault.pins import hashed
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay
from kiosk.sync.trust import verifier
from tests.hq.test_service import Hq, until

pytestmark = pytest.mark.e2e
NAMES = ("pay-1", "mirror-1")
CONSENT = Consent("2026-11", "en", "2026-11-01T00:00:00+00:00")
TEMPLATE = np.random.default_rng(5).normal(size=384).astype(np.float32)
TOML = '[device]\nid = "{0}"\nstore = "T"\nroles = ["pay"]\n[hq]\npublic_key = "x"\n[storage]\nfolder = "{1}"\n'


class Kiosk:
    """A device without camera and screen: its database, vault and link."""

    def __init__(self, folder: Path, name: str, broker: Broker, hq: Hq) -> None:
        self.folder, self.clock = folder, SystemClock()
        self.store = Store.open(folder / "kiosk.db", name, self.clock, new_id)
        self.vault = Vault.open(folder / "vault" / "vault.db", folder / "vault" / "vault.key")
        self.parts = Parts(parse(TOML.format(name, folder)), self.store, self.clock, new_id)
        self.porter = Porter(self.parts, self.vault)
        self.seen: list[bytes] = []
        address = BrokerAddress("127.0.0.1", broker.port, name, name)
        self.relay = Relay(Identity(name, "demo", new_id(), "1.0", self.store.epoch, ("pay",)), UpLanes(self.store), DownBox(self.store),
                           lambda *calls: MqttClient(address, name, *calls), verifier((hq.folder / "hq.pub").read_text()), self.clock)
        self.relay.start()

    def step(self) -> None:
        self.relay.step()
        self.porter.tick()
        with self.store.snapshot() as unit:
            queued = unit.erasures.queued()
        for member_id in queued:
            forget(self.parts, self.vault, member_id, "hq")

    def enrol(self, member_id: str, extras: Extras) -> None:
        consent = Courier(self.vault, self.store.device, self.store.epoch).witness(member_id, CONSENT)
        self.vault.enrol(member_id, "81234567", TEMPLATE, consent, extras)
        with self.store.unit() as unit:
            unit.facts.record(MemberEnrolled(member_id, "2026-11", "en", 3))
            if extras.lodged is not None:
                unit.facts.record(extras.lodged)

    def pays_by_pin(self, pin: str) -> str:
        """Ask HQ for one euro under the number that everybody here has; return the intent."""
        intent_id = new_id()
        code = self.vault.pin_keys.shown("81234567", pin, intent_id)
        with self.store.unit() as unit:
            request = PaymentRequested(intent_id, 100, "EUR", "wallet_pin", "", code)
            unit.intents.open(request, new_id())
            unit.facts.record(request)
        return intent_id

    def answer(self, intent_id: str) -> tuple[str, str]:
        """HQ's word on a payment, and who pays; ("", "") before it came."""
        with self.store.snapshot() as unit:
            intent = unit.intents.get(intent_id)
        return (intent.answer, intent.member_id) if intent is not None else ("", "")

    def close(self) -> None:
        self.relay.stop()
        self.vault.close()
        self.store.close()


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    folder = tmp_path_factory.mktemp("group")
    broker = Broker(folder / "broker")
    broker.add_user("hq", "hq-secret")
    for name in (*NAMES, "pay-9"):
        broker.add_user(name, name)
    broker.start()
    hq = Hq(folder / "hq", broker)
    hq.start()
    heard: list[tuple[str, bytes]] = []
    ear = MqttClient(BrokerAddress("127.0.0.1", broker.port, "hq", "hq-secret"), "ear", None, lambda *m: heard.append(m), lambda: None,
                     lambda: None)
    ear.subscribe("v1/#")
    ear.start()
    kiosks = {name: Kiosk(folder / name, name, broker, hq) for name in NAMES}
    yield broker, hq, kiosks, heard
    for kiosk in kiosks.values():
        kiosk.close()
    ear.stop()
    hq.end(15)
    broker.stop()


def settle(kiosks, condition, what):
    def holds():
        for kiosk in kiosks.values():
            kiosk.step()
        return condition()
    until(holds, what)


def rows(hq, query, *values):
    db = sqlite3.connect(f"file:{hq.folder / 'hq.db'}?mode=ro", uri=True)
    try:
        return db.execute(query, values).fetchall()
    finally:
        db.close()


def test_a_member_pays_at_the_other_kiosk_and_nobody_between_could_read_the_template(group):
    _broker, hq, kiosks, heard = group
    here, there = kiosks["pay-1"], kiosks["mirror-1"]
    settle(kiosks, lambda: len(rows(hq, "SELECT 1 FROM devices WHERE epoch != ''")) == 2, "both are known at HQ")
    here.enrol("anna", Extras(pin=hashed("7294")))
    settle(kiosks, lambda: "anna" in there.vault, "anna's template is at the other kiosk")
    (found,) = there.vault.bucket("4567")
    assert np.array_equal(found.template, TEMPLATE) and there.vault.check_pin("anna", "7294") == "right"
    assert there.vault.consent("anna").device == "pay-1"
    settle(kiosks, lambda: len(rows(hq, "SELECT 1 FROM holders WHERE member_id = 'anna' AND state = 'held'")) == 2, "HQ knows both holders")
    raw = TEMPLATE.tobytes()
    carried = b"".join(payload for _topic, payload in heard)
    assert b"kiosk.template.sealed.v1" in carried
    kept = b"".join(path.read_bytes() for path in (hq.folder).rglob("*") if path.is_file())
    sealed = next(json.loads(json.loads(payload)["body"])["data"]["sealed"] for topic, payload in heard if topic.endswith("/down/template"))
    assert sealed.encode() not in kept, "HQ keeps the sealed template"
    for place in (carried, kept):
        assert b"81234567" not in place and not any(raw[i:i + 8] in place for i in range(0, len(raw), 8))


def test_until_the_template_arrives_the_member_pays_by_number_and_pin(group):
    _broker, hq, kiosks, heard = group
    here, there = kiosks["pay-1"], kiosks["mirror-1"]
    here.enrol("dora", Extras(pin=hashed("6183"), lodged=here.vault.pin_keys.lodged("dora", "81234567", "6183")))
    settle(kiosks, lambda: "dora" in there.vault, "dora is at the other kiosk, and with her the key for PINs")
    here.enrol("emil", Extras(pin=hashed("2748"), lodged=here.vault.pin_keys.lodged("emil", "81234567", "2748")))

    def held_back():
        """The kiosk where emil enrolled speaks with HQ and hands nothing over."""
        here.relay.step()
        there.step()
        return True

    until(lambda: held_back() and rows(hq, "SELECT 1 FROM member_pins WHERE member_id = 'emil'"), "HQ can judge emil's PIN")
    for pin, expected in (("0000", ("declined", "")), ("2748", ("authorised", "emil"))):
        intent_id = there.pays_by_pin(pin)
        until(lambda asked=intent_id: held_back() and there.answer(asked)[0], "HQ has answered")
        assert there.answer(intent_id) == expected
    assert "emil" not in there.vault
    settle(kiosks, lambda: rows(hq, "SELECT 1 FROM holders WHERE member_id = 'emil' AND state = 'held' AND device = 'mirror-1'"),
           "emil's template is there")
    intent_id = there.pays_by_pin("2748")
    settle(kiosks, lambda: there.answer(intent_id)[0], "HQ has answered")
    assert there.answer(intent_id) == ("declined", ""), "now the face is asked for"
    said = b"".join(payload for _topic, payload in heard)
    assert not any(word in said for word in (b"81234567", b"2748\"", *(key.encode() for key in here.vault.pin_keys.known())))


def test_an_erased_member_is_gone_from_every_kiosk_within_a_minute(group):
    _broker, hq, kiosks, _heard = group
    here, there = kiosks["pay-1"], kiosks["mirror-1"]
    here.enrol("bert", Extras())
    settle(kiosks, lambda: "bert" in there.vault, "bert is at both kiosks")
    began = time.monotonic()
    forget(there.parts, there.vault, "bert", "phone")
    settle(kiosks, lambda: "bert" not in here.vault, "bert is gone from both kiosks")
    acknowledged = "SELECT device FROM holders WHERE member_id = 'bert' AND erased_ms IS NOT NULL ORDER BY device"
    settle(kiosks, lambda: [r[0] for r in rows(hq, acknowledged)] == ["mirror-1", "pay-1"], "both have said so to HQ")
    assert time.monotonic() - began < 60.0
    assert b"bert" not in b"".join(path.read_bytes() for kiosk in kiosks.values() for path in (kiosk.folder / "vault").iterdir())


def test_a_twin_who_comes_from_another_kiosk_gives_the_pin_always_and_so_does_the_other(group):
    _broker, _hq, kiosks, _heard = group
    here, there = kiosks["pay-1"], kiosks["mirror-1"]
    settle(kiosks, lambda: "anna" in there.vault, "anna is there")
    here.enrol("ella", Extras(pin=hashed("7294")))
    settle(kiosks, lambda: there.vault.standing("ella").pin_always, "ella came, who looks like anna")
    assert there.vault.standing("anna").pin_always
    forget(here.parts, here.vault, "ella", "kiosk")


def test_a_kiosk_with_an_empty_card_gets_everybody_back(group, tmp_path):
    broker, hq, kiosks, _heard = group
    settle(kiosks, lambda: "anna" in kiosks["mirror-1"].vault, "anna is there")
    kiosks["mirror-1"].close()
    kiosks["mirror-1"] = Kiosk(tmp_path / "mirror-1", "mirror-1", broker, hq)
    settle(kiosks, lambda: "anna" in kiosks["mirror-1"].vault, "anna is on the new card")
    assert "bert" not in kiosks["mirror-1"].vault
    alarms = set(rows(hq, "SELECT kind, device FROM alarms WHERE kind = 'device_key'"))
    assert alarms == {("device_key", "mirror-1")}, "a changed key is alarmed"


def test_a_face_that_nobody_used_for_long_is_erased_where_it_was_not_used(group):
    _broker, hq, kiosks, _heard = group
    here = kiosks["pay-1"]
    clock = ManualClock(start=SystemClock().now())
    retention = Retention(replace(here.parts, clock=clock), here.vault)

    def hours(n):
        for _ in range(n):
            clock.move(3600.0)
            retention.tick()

    hours(30)
    assert "anna" in here.vault
    clock.move(400 * 86400.0)
    hours(23)
    assert "anna" in here.vault, "a clock that jumped erases nobody before it ran on for a day"
    hours(3)
    assert "anna" not in here.vault
    cause = "SELECT cause FROM holders WHERE member_id = 'anna' AND device = 'pay-1'"
    settle(kiosks, lambda: rows(hq, cause) == [("retention",)], "HQ knows why")
    assert "anna" in kiosks["mirror-1"].vault
