"""Who may speak, tried at a real broker: mutual TLS 1.3, rules by certificate name, claims, revocation, floods, both rotations."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from kiosk import wire
from kiosk.config import parse
from kiosk.domain.events import SaleCompleted, SaleLine
from kiosk.domain.money import Money
from kiosk.errors import SyncError, TrustError
from kiosk.flows.parts import Parts
from kiosk.flows.standing import Standing
from kiosk.hq import certificates
from kiosk.hq.ledger import facts, fleet, trust
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.quota import Limits
from kiosk.hq.stamp import stamp
from kiosk.hq.trust import SigningKey
from kiosk.hq.trust.authority import Purpose, Subject
from kiosk.hq.trust.folder import Authority
from kiosk.hq.worker import FILTERS, Worker, WorkerSettings
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.admission import HOST, Admission
from kiosk.sim.broker import Broker
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.claim import claim
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity as Who
from kiosk.sync.relay import Relay
from kiosk.sync.trust import verifier
from kiosk.sync.trust.identity import Identity, believed_by_claim

WAIT_S = 30.0
FLOOD = 1500


def until(holds, what, step=lambda: time.sleep(0.01)):
    deadline = time.monotonic() + WAIT_S
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited {WAIT_S} s in vain until {what}"
        step()
    return found


class Office:
    """HQ without its console: ledger, authority, working thread and broker."""

    def __init__(self, folder, limits=Limits()):
        self.folder = folder / "hq"
        self.folder.mkdir()
        self.ledger = Ledger(self.folder / "hq.db")
        self.admission = Admission(self.folder)
        self.broker = Broker(folder / "broker", trust=self.admission.broker)
        self.broker.start()
        self.key = SigningKey(self.folder)
        self._stop = threading.Event()
        self.worker = Worker(Ledger(self.folder / "hq.db"), self, self.key, SystemClock(), new_id,
                             WorkerSettings("fleet", Money(0, "EUR"), authority=Authority(self.folder), limits=limits,
                                            hq_file=self.admission.hq_file))
        self.client = MqttClient(self.admission.hq_address(self.broker.port), "hq", self.worker.last_will, self.worker.put,
                                 self.worker.connected, lambda: None)
        for topics in FILTERS:
            self.client.subscribe(topics)
        self.client.start()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        until(lambda: self.client.connected, "HQ is at the broker")

    def publish(self, topic, payload, retain=False):
        return self.client.publish(topic, payload, retain)

    def _work(self):
        while not self._stop.is_set():
            self.worker.turn()

    def act(self, function, *arguments, at=None, **more):
        with self.ledger.write() as db:
            moment = stamp(at or SystemClock().now(), new_id)
            return function(db, self.admission.authority, *arguments, moment, *more.values())

    def file(self, subject, path, at=None):
        """Issue a certificate as if at another time, and return its file."""
        with self.ledger.write() as db:
            made, key = certificates.issue(db, self.admission.authority, subject, stamp(at or SystemClock().now(), new_id), "test")
        path.write_text(key + made.chain)
        return path

    def alarms(self):
        with self.ledger.read() as db:
            return {(row["kind"], row["device"]) for row in facts.alarms(db)}

    def close(self):
        self._stop.set()
        self._thread.join()
        self.client.stop()
        self.broker.stop()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"), Limits(messages=500, messages_per_s=20))
    yield made
    made.close()


def address(office, file, **more):
    return BrokerAddress(HOST, office.broker.port, ca=str(office.admission.broker / "ca.pem"), certificate=str(file), **more)


class Caller:
    """A client that keeps what it heard and what the broker said to what it published."""

    def __init__(self, office, file, filters=()):
        self.heard, self.said = [], []
        client = self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, "anything", protocol=paho.MQTTv5)
        client.tls_set(str(office.admission.broker / "ca.pem"), str(file))
        client.on_message = lambda _c, _d, message: self.heard.append((message.topic, message.payload))
        client.on_publish = lambda _c, _d, _mid, reason, _p: self.said.append(str(reason))
        self.lost = 0
        up, there = threading.Event(), threading.Event()
        client.on_disconnect = lambda *_: setattr(self, "lost", self.lost + 1)
        client.on_connect = lambda *_: up.set()
        client.on_subscribe = lambda *_: there.set()
        client.connect(HOST, office.broker.port)
        client.loop_start()
        assert up.wait(WAIT_S)
        if filters:
            client.subscribe([(topic, 1) for topic in filters])
            assert there.wait(WAIT_S)

    def publish(self, topic, payload=b"x"):
        """Return what the broker says to it."""
        count = len(self.said)
        self.client.publish(topic, payload, qos=1)
        until(lambda: len(self.said) > count, "the broker has answered")
        return self.said[-1]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@contextlib.contextmanager
def calling(office, file, filters=()):
    caller = Caller(office, file, filters)
    try:
        yield caller
    finally:
        caller.close()


def knock(office, file=None, ca=None, highest=None):
    """Shake hands and say CONNECT; return "let in", or how the broker refused (TLS alert or MQTT code)."""
    context = ssl.create_default_context(cafile=ca or office.admission.broker / "ca.pem")
    if file:
        context.load_cert_chain(file)
    if highest:
        context.maximum_version = highest
    try:
        with context.wrap_socket(socket.create_connection((HOST, office.broker.port), WAIT_S), server_hostname=HOST) as link:
            link.settimeout(1.0)
            with contextlib.suppress(TimeoutError):
                link.recv(1)  # a refusal of TLS 1.3 comes after the handshake
            link.settimeout(WAIT_S)
            link.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x05\x00\x02zz")
            answer = link.recv(4)
            return "let in" if answer == b"\x20\x02\x00\x00" else f"MQTT {answer.hex() or 'closed'}"
    except ssl.SSLError as error:
        return str(error.reason)
    except OSError as error:
        return type(error).__name__


@pytest.fixture(scope="module")
def kiosk_1(office, tmp_path_factory):
    return office.file(Subject("kiosk-1", Purpose.DEVICE), tmp_path_factory.mktemp("k") / "kiosk-1.pem")


def test_a_kiosk_reaches_its_own_topics_alone(office, kiosk_1, record_property):
    forbidden = ("v1/kiosk-2/up/money", "v1/kiosk-2/state", "v1/hq/state", "v1/kiosk-1/ack", "v1/kiosk-1/down/command",
                 "v1/fleet/fleet/pricelist", "v1/claim/x/answer", "v1/claim/x/request", "other")
    with calling(office, kiosk_1, ("#", "v1/kiosk-2/down/#", "v1/kiosk-2/ack", "v1/kiosk-2/up/#", "v1/+/down/+")) as kiosk:
        assert kiosk.publish("v1/kiosk-1/up/health") == "Success" and kiosk.publish("v1/kiosk-1/state") == "Success"
        said = {topic: kiosk.publish(topic) for topic in forbidden}
        record_property("refusal", f"PUBLISH as kiosk-1 on {', '.join(said)}: {', '.join(set(said.values()))}")
        assert said == dict.fromkeys(forbidden, "Not authorized")
        office.publish("v1/kiosk-2/down/command", b"for another")
        office.publish("v1/kiosk-2/ack", b"for another")
        office.publish("v1/kiosk-1/down/command", b"for me")
        until(lambda: ("v1/kiosk-1/down/command", b"for me") in kiosk.heard, "its own order came")
        assert not [topic for topic, _payload in kiosk.heard if "kiosk-2" in topic]


def test_a_claim_certificate_reaches_the_claim_topics_alone(office, record_property):
    forbidden = ("v1/claim-sim/up/money", "v1/claim-sim/state", "v1/kiosk-1/up/money", "v1/hq/state", "v1/claim/x/answer")
    filters = ("#", "v1/claim/+/request", "v1/claim/+/answer", "v1/hq/state", "v1/+/state")
    with calling(office, office.admission.claim_file, filters) as claimer:
        assert claimer.publish("v1/claim/" + "0" * 64 + "/request") == "Success"
        said = {topic: claimer.publish(topic) for topic in forbidden}
        record_property("refusal", f"PUBLISH as claim-sim on {', '.join(said)}: {', '.join(set(said.values()))}")
        assert said == dict.fromkeys(forbidden, "Not authorized")
        office.publish("v1/fleet/fleet/pricelist", b"prices")
        office.publish("v1/claim/y/answer", b"answer")
        until(lambda: ("v1/claim/y/answer", b"answer") in claimer.heard, "an answer came")
        assert {topic.split("/")[1] for topic, _payload in claimer.heard} == {"claim"}


def test_nobody_else_is_let_in(office, kiosk_1, tmp_path, record_property):
    """Nobody without a certificate, with an old one, with one of somebody else's authority, with TLS 1.2, or as a server."""
    stranger = Admission(tmp_path / "stranger")
    old = office.file(Subject("kiosk-old", Purpose.DEVICE, days=1), tmp_path / "old.pem", datetime.now(UTC) - timedelta(days=2))
    server = office.file(Subject("kiosk-1", Purpose.SERVER, ("x",)), tmp_path / "server.pem")
    office.act(certificates.issue, Subject("broker", Purpose.SERVER, (HOST, "localhost")), who="test")  # give the broker its own again
    office.broker.apply_trust()
    found = {"own": knock(office, kiosk_1), "none": knock(office), "expired": knock(office, old),
             "stranger": knock(office, stranger.hq_file), "server": knock(office, server),
             "tls12": knock(office, kiosk_1, highest=ssl.TLSVersion.TLSv1_2)}
    for who, said in found.items():
        record_property("refusal", f"{who}: {said}")
    assert found == {"own": "let in", "none": "TLSV13_ALERT_CERTIFICATE_REQUIRED", "expired": "SSLV3_ALERT_CERTIFICATE_EXPIRED",
                     "stranger": "TLSV1_ALERT_UNKNOWN_CA", "server": "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
                     "tls12": "TLSV1_ALERT_PROTOCOL_VERSION"}
    with socket.create_connection((HOST, office.broker.port), WAIT_S) as plain:
        plain.sendall(b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x05\x00\x00\x00\x02hq\x00\x02hq")
        with contextlib.suppress(ConnectionError):
            assert plain.recv(4)[:1] != b"\x20", "without TLS nobody is answered"
    configuration = (office.broker._folder / "mosquitto.conf").read_text()
    assert "password_file" not in configuration and "allow_anonymous false" in configuration


def test_a_device_believes_its_own_hqs_broker_alone(office, kiosk_1, tmp_path, record_property):
    stranger = Admission(tmp_path / "stranger")
    refused = knock(office, kiosk_1, ca=stranger.broker / "ca.pem")
    record_property("refusal", f"a broker of another authority, seen by the kiosk: {refused}")
    assert refused == "CERTIFICATE_VERIFY_FAILED"
    clock_says = datetime(2020, 1, 1, tzinfo=UTC)
    client = MqttClient(address(office, kiosk_1), "kiosk-1", None, lambda *_: None, lambda: None, lambda: None)
    client.judge_by(lambda: clock_says)
    client.start()
    try:
        until(lambda: "here it is 2020-01-01" in client.refusal, "the broker's dates are judged by the device's own clock")
        record_property("refusal", client.refusal)
        clock_says = datetime.now(UTC)
        until(lambda: client.connected, "it is let in once the time is known")
    finally:
        client.stop()


def test_a_name_has_one_session_and_nobody_can_take_another_ones(office, kiosk_1, tmp_path):
    other = office.file(Subject("kiosk-7", Purpose.DEVICE), tmp_path / "kiosk-7.pem")
    with calling(office, kiosk_1, ("v1/kiosk-1/ack",)) as first, calling(office, other) as second:  # both call themselves "anything"
        assert second.publish("v1/kiosk-7/state") == "Success" and first.publish("v1/kiosk-1/state") == "Success"
        assert first.lost == second.lost == 0, "nobody was thrown out by another's choice of a client id"


def test_revocation_ends_sessions_that_stand_and_refuses_new_ones(office, tmp_path, record_property):
    file = office.file(Subject("kiosk-3", Purpose.DEVICE), tmp_path / "kiosk-3.pem")
    with calling(office, file, ("v1/kiosk-3/down/#",)) as kiosk:
        assert kiosk.publish("v1/kiosk-3/up/health") == "Success"
        began = time.monotonic()
        office.act(certificates.revoke, "kiosk-3", who="test")
        assert office.broker.apply_trust(), "the broker's folder changed"
        until(lambda: kiosk.publish("v1/kiosk-3/up/health") == "Not authorized", "its session is silenced")
        record_property("refusal", f"PUBLISH in a session that stood: Not authorized, {time.monotonic() - began:.2f} s after")
        assert time.monotonic() - began < 60
        office.publish("v1/kiosk-3/down/command", b"secret")
        with calling(office, office.file(Subject("kiosk-8", Purpose.DEVICE), tmp_path / "kiosk-8.pem"), ("v1/kiosk-8/ack",)) as other:
            office.publish("v1/kiosk-8/ack", b"later")
            until(lambda: other.heard, "a later message came elsewhere")
        assert not kiosk.heard
    refused = knock(office, file)
    record_property("refusal", f"a new connection: {refused}")
    assert refused == "SSLV3_ALERT_CERTIFICATE_REVOKED"
    again = office.file(Subject("kiosk-3", Purpose.DEVICE), tmp_path / "again.pem")
    pid = office.broker.pid
    office.broker.apply_trust()
    assert office.broker.pid != pid, "a name that counts again is let in by a broker that has forgotten its old session"
    assert knock(office, again) == "let in" and knock(office, file) == "SSLV3_ALERT_CERTIFICATE_REVOKED"


def test_the_script_that_systemd_starts_copies_and_then_reloads_or_restarts(office, tmp_path):
    script = Path(__file__).parents[2] / "deploy" / "broker" / "apply-trust.sh"
    source, target = tmp_path / "from", tmp_path / "to"
    shutil.copytree(office.admission.broker, source)

    def run():
        done = subprocess.run([script, source, target, "echo reload", "echo restart"], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert run() == "restart" and run() == "reload"
    (source / "restart").write_text("another\n")
    (source / "crl.pem").write_text("news")
    assert run() == "restart" and (target / "crl.pem").read_text() == "news"
    assert (target / "server.pem").stat().st_mode & 0o077 == 0


def test_a_device_claims_and_a_second_time_nothing_happens(office, tmp_path):
    (code, slow) = office.admission.codes("Paris 11", 1)[0], office.admission.codes("Paris 11", 1, automatic=False)[0]
    identity = office.admission.provision("kiosk-10", tmp_path / "a", office.broker.port, code)
    office.broker.apply_trust()
    assert knock(office, identity.file) == "let in" and identity.hq_key == office.key.public
    with ledger_reads(office) as db:
        assert [row["store"] for row in fleet.devices(db) if row["id"] == "kiosk-10"]
    with pytest.raises(TrustError, match="used before"):
        office.admission.provision("kiosk-10", tmp_path / "thief", office.broker.port, code)
    assert ("claim_refused", "kiosk-10") in office.alarms()
    claiming = BrokerAddress(HOST, office.broker.port, ca=str(office.admission.claim_file), certificate=str(office.admission.claim_file))
    roots = believed_by_claim(office.admission.claim_file)
    waiting = Identity(tmp_path / "b")
    with pytest.raises(SyncError, match="has not answered"):
        assert [step.name for step in claim(waiting, claiming, ("kiosk-11", slow, roots), SystemClock(), 1.0)][-1] == "waiting"
    key = waiting.waiting_key()
    from kiosk.hq import claims
    office.act(claims.approve, "kiosk-11", who="anna")
    steps = [step.name for step in claim(waiting, claiming, ("kiosk-11", slow, roots), SystemClock(), WAIT_S)]
    assert steps[-1] == "done" and waiting.certificate().name == "kiosk-11"
    with ledger_reads(office) as db:
        assert trust.living(db, "kiosk-11", 0)[0]["key"] == key, "the key that was made at first, all along"


def ledger_reads(office):
    return office.ledger.read()


class Kiosk:
    """A device's store, relay and standing, as its sync process has them."""

    def __init__(self, office, folder, name, code, begun=None):
        self.name, self.office = name, office
        self.identity = office.admission.provision(name, folder / name / "identity", office.broker.port, code)
        self.store = Store.open(folder / name / "kiosk.db", name, SystemClock(), new_id)
        self.writer = Store.open(folder / name / "kiosk.db", name, SystemClock(), new_id)
        settings = parse(f'[device]\nid = "{name}"\nstore = "s"\nroles = ["stock"]\n[storage]\nfolder = "{folder / name}"')
        place = BrokerAddress(HOST, office.broker.port, ca=str(self.identity.roots), certificate=str(self.identity.file))
        self.clients = []
        self.relay = Relay(Who(name, "fleet", new_id(), "1", self.store.epoch, ("stock",)), UpLanes(self.store), DownBox(self.store),
                           self._connect(place), verifier(self.identity.hq_key), SystemClock())
        parts = Parts(settings, self.store, begun or SystemClock(), new_id)
        self.standing = Standing(parts, self.identity, self.clients[0].reconnect)
        self.relay.start()
        self.sold = 0

    def _connect(self, place):
        def connect(*calls):
            self.clients.append(MqttClient(place, self.name, *calls))
            return self.clients[0]
        return connect

    def step(self):
        self.relay.step()
        self.standing.tick()

    def sell(self):
        self.sold += 1
        line = SaleLine("4006381333931", 1, 100, 0, 100, 200)
        sale = SaleCompleted(f"{self.name}-{self.sold}", f"R{self.sold}", "", (line,), 100, "EUR", {}, "cash_desk", "", False, 1)
        with self.writer.unit() as unit:
            unit.facts.record(sale)

    def waiting(self):
        with self.writer.snapshot() as unit:
            return sum(unit.outbox.waiting().values())

    def close(self):
        self.relay.stop()
        self.store.close()
        self.writer.close()


def test_both_keys_are_rotated_while_kiosks_sell_and_nothing_is_lost(tmp_path):
    """Issuing key, then root: two kiosks sell all along, renew by the lanes, and HQ misses no sale and has none twice."""
    office = Office(tmp_path)
    kiosks = []
    try:
        kiosks = [Kiosk(office, tmp_path, f"kiosk-{n}", code) for n, code in enumerate(office.admission.codes("Paris 11", 2), 1)]
        authority, spare = office.admission.authority, tmp_path / "root-2"

        def turn():
            for kiosk in kiosks:
                kiosk.sell()
                kiosk.step()
            if office.broker.apply_trust():
                return
            time.sleep(0.01)

        def issuers():
            return {_issuer(kiosk.identity) for kiosk in kiosks}

        first = issuers()
        until(lambda: kiosks[0].relay.hq_online, "one is at HQ; the other has its certificate, and was never there",
              lambda: (kiosks[0].step(), time.sleep(0.01)))
        office.act(certificates.rotate_issuing, (office.admission.root, ""), who="test")
        with office.ledger.write() as db:
            certificates.announce(db, authority, stamp(SystemClock().now(), new_id), renew=True)
        until(lambda: not issuers() & first and all(kiosk.relay.hq_online for kiosk in kiosks), "both have renewed", turn)
        second, old_root = issuers(), authority.roots_text()
        office.act(certificates.rotate_root, (office.admission.root, spare, ""), who="test")
        until(lambda: not issuers() & second, "both have renewed under the new root", turn)
        until(lambda: authority.own(office.admission.hq_file).issuer == authority.issuers()[-1].name, "HQ has renewed its own", turn)
        assert office.act(certificates.finish_rotation, who="test")
        until(lambda: all(kiosk.identity.roots.read_text() == authority.roots_text() for kiosk in kiosks), "both believe the new one", turn)
        office.broker.apply_trust()
        assert authority.roots_text() != old_root and authority.roots_text().count("BEGIN") == 1
        for _ in range(20):
            turn()
        until(lambda: all(kiosk.relay.hq_online and not kiosk.waiting() for kiosk in kiosks), "everything is at HQ",
              lambda: [kiosk.step() for kiosk in kiosks])
        with office.ledger.read() as db:
            sales = {row[0] for row in db.execute("SELECT sale_id FROM sales")}
            assert sales == {f"{kiosk.name}-{n}" for kiosk in kiosks for n in range(1, kiosk.sold + 1)}
            assert not facts.gaps(db) and facts.duplicates(db) == 0
            assert {row["kind"] for row in facts.alarms(db)} == set()
    finally:
        for kiosk in kiosks:
            kiosk.close()
        office.close()


def _issuer(identity):
    from cryptography import x509
    return x509.load_pem_x509_certificates(identity.file.read_bytes())[0].issuer.rfc4514_string()


def test_a_certificate_is_renewed_at_two_thirds_of_its_life_over_the_lanes(office, tmp_path):
    from kiosk.runtime import ManualClock

    clock = ManualClock(datetime.now(UTC))
    kiosk = Kiosk(office, tmp_path, "kiosk-20", office.admission.codes("Paris 11", 1)[0], clock)
    try:
        first = kiosk.identity.certificate()
        clock.move(59 * 86_400)
        for _ in range(50):
            kiosk.step()
        assert kiosk.identity.certificate() == first and not kiosk.identity.waiting_key()
        clock.move(2 * 86_400)
        until(lambda: kiosk.identity.certificate().serial != first.serial, "it has another", lambda: (kiosk.step(), time.sleep(0.01)))
        kiosk.sell()
        until(lambda: kiosk.relay.hq_online and not kiosk.waiting(), "it sells on", lambda: (kiosk.step(), time.sleep(0.01)))
        with office.ledger.read() as db:
            assert [row["name"] for row in trust.living(db, "kiosk-20", 0)] == ["kiosk-20", "kiosk-20"]
    finally:
        kiosk.close()


def test_a_flood_of_one_device_is_alarmed_and_the_others_are_served(office, kiosk_1, tmp_path, record_property):
    calm = Kiosk(office, tmp_path, "kiosk-30", office.admission.codes("Paris 11", 1)[0])
    try:
        until(lambda: calm.relay.hq_online, "it is at HQ", lambda: (calm.step(), time.sleep(0.01)))
        with calling(office, kiosk_1) as flood:
            for _ in range(FLOOD):
                flood.client.publish(wire.up_topic("kiosk-1", wire.Lane.HEALTH), b"{}", qos=0)
            until(lambda: ("flood", "kiosk-1") in office.alarms(), "the flood is alarmed", lambda: (calm.step(), time.sleep(0.01)))
            calm.sell()
            until(lambda: not calm.waiting(), "the other's sale is at HQ", lambda: (calm.step(), time.sleep(0.01)))
        with office.ledger.read() as db:
            rows = db.execute("SELECT count(*) FROM quarantine WHERE device = 'kiosk-1'").fetchone()[0]
        record_property("refusal", f"{FLOOD} messages at once: alarm `flood`, {rows} set aside; the other kiosk is served")
        assert rows <= 500 and ("flood", "kiosk-30") not in office.alarms()
    finally:
        calm.close()
