"""HQ's one working thread: takes in what devices send, acknowledges it, sends what is due. The console writes to the ledger beside it."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kiosk import __version__
from kiosk.domain.events import Lane
from kiosk.domain.money import Money
from kiosk.errors import StorageError, WireError
from kiosk.hq import certificates, claims, journals, members, publish, replenishment, wallet
from kiosk.hq.downbox import Sender
from kiosk.hq.ingest import Ingest, Message
from kiosk.hq.ledger import catalogue, facts, garments, home, trade, trust
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.quota import KIOSK, Limits, Quota
from kiosk.hq.stamp import Stamp, stamp
from kiosk.hq.trust import SigningKey
from kiosk.hq.trust.folder import Authority
from kiosk.runtime import Clock
from kiosk.wire import Ack, DeviceState, ack_topic, decode_state, encode_ack, encode_state, state_topic
from kiosk.wire.claims import REQUESTS

log = logging.getLogger(__name__)

FILTERS = ("v1/+/up/#", "v1/+/state", REQUESTS)
STATE_TOPIC = state_topic("hq")
WAITING = 20_000
"""As many messages wait at most; beyond, they are left alone and devices send them again."""
DRAIN_BYTES = 4 * 1024 * 1024
DRAIN_MESSAGES = 500
IDLE_S = 0.05
MANY_BYTES = 32 * 1024
"""A turn that took in so much is one of a queue that drains: the next one gathers `ENOUGH_MESSAGES`, unless none comes for `MORE_S`.

Less than half of what a device may send without our word: it goes on sending while we book.
"""
ENOUGH_MESSAGES, MORE_S = 8, 0.003
STATE_BYTES = 4096
"""No birth is longer; of a device that is not listened to, a longer one is not kept."""
RENEW_LOOK_S = 600.0
SEALS_WAIT_S = 60.0
"""While facts come without a pause, signatures of sales wait for so long; from then on some are checked in every turn."""
COUNT_S = 20.0
"""So often, at most, devices are told what stores have of garments."""


class Link(Protocol):
    """The way to the broker."""

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Hand one message over; False when that is not possible now."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """group: the fleet that manifests are for. welcome: a new member's credit. auto_approve_after_s: None = people approve.

    address: under which devices reach HQ's web server. authority: who issues certificates, None = nobody here.
    limits: of what one device may send. hq_file: HQ's own certificate with its key, renewed in time.
    """

    group: str
    welcome: Money
    auto_approve_after_s: float | None = None
    address: str = ""
    authority: Authority | None = None
    limits: Limits = KIOSK
    hq_file: Path | None = None


class Worker:
    """Feed it from the broker's thread with `put`, `connected` and `lost`; call `turn` again and again from one other thread."""

    def __init__(self, ledger: Ledger, link: Link, key: SigningKey, clock: Clock, new_id: Callable[[], str],
                 settings: WorkerSettings) -> None:
        self._ledger, self._link, self._key = ledger, link, key
        self._clock, self._new_id, self._settings = clock, new_id, settings
        self._session = new_id()
        self._ingest = Ingest(ledger, settings.welcome)
        self._sender = Sender(key.sign)
        self._inbox: queue.Queue[Message] = queue.Queue(WAITING)
        self._acks: dict[tuple[str, str, Lane], Ack] = {}
        self._published: tuple[int, ...] = ()
        self._counted_s = float("-inf")
        self._seen_version = -1
        self._greet, self._dirty, self._disk_full, self._say_again = True, True, False, False
        self._many = False
        self._swept_s = 0.0
        self._unchecked_s: float | None = float("-inf")
        self._renewed_s, self._roots = float("-inf"), ""
        self._quota, self._answers = Quota(settings.limits), list[Message]()
        self._births = dict[Message, None]()
        """Births and deaths that are not written down yet, in order: nobody tells them again, as facts are."""
        self._silenced = dict[str, bytes]()
        """The last of them of each device that is not listened to."""
        self._claims = claims.Desk(settings.authority, key.public) if settings.authority is not None else None

    @property
    def last_will(self) -> Message:
        """What the broker publishes, retained, when HQ vanishes."""
        return STATE_TOPIC, self._state(online=False)

    def put(self, topic: str, payload: bytes) -> None:
        """Take a message from the broker's thread; returns at once. Claims share one quota: nobody knows yet who they are."""
        device = topic.partition("/")[2].partition("/")[0]
        if topic == state_topic(device):
            self._silenced.pop(topic, None)  # this is its last word now
        if device and topic != STATE_TOPIC and not self._quota.admits(device, len(payload), self._clock.monotonic()):
            if topic == state_topic(device) and len(payload) <= STATE_BYTES:
                self._silenced[topic] = payload
            return
        try:
            self._inbox.put_nowait((topic, payload))
        except queue.Full:
            log.warning("%d messages wait already: one more is left to be sent again", WAITING)

    def connected(self) -> None:
        """The broker is there: it may have forgotten everything that it kept for us."""
        self._greet = True

    def turn(self) -> None:
        """Do what there is to do; waits up to 50 ms for a message when there is nothing, and a moment for more when there are many."""
        messages = self._drain()
        try:
            if messages or self._births:
                self._take(messages)
            self._check_seals(idle=not messages)
            self._sweep()
            self._disk_full = False
        except StorageError as error:
            if not self._disk_full:
                log.error("HQ cannot write: %s", error)
            self._disk_full = True
        self._send()

    def close(self) -> None:
        """Say that HQ goes."""
        self._link.publish(STATE_TOPIC, self._state(online=False), retain=True)

    def _drain(self) -> list[Message]:
        """Take what has come. Where it comes in numbers, wait for what comes at once after it: few large transactions cost half as much."""
        messages: list[Message] = []
        size = 0
        try:
            messages.append(self._inbox.get(timeout=IDLE_S))
            while len(messages) < DRAIN_MESSAGES and size < DRAIN_BYTES:
                size += len(messages[-1][1])
                wait = self._many and len(messages) < ENOUGH_MESSAGES
                messages.append(self._inbox.get(timeout=MORE_S) if wait else self._inbox.get_nowait())
        except queue.Empty:
            pass
        self._many = size > MANY_BYTES
        return messages

    def _take(self, messages: list[Message]) -> None:
        now = self._stamp()
        for message in messages:
            if message[0].endswith("/state") and message[0] != STATE_TOPIC:
                self._births.pop(message, None)
                self._births[message] = None
        if self._claims is not None:
            self._take_claims(self._claims, [m for m in messages if m[0].startswith("v1/claim/")], now)
        self._say_again |= any(topic == STATE_TOPIC and self._is_anothers_end(payload) for topic, payload in messages)
        for topic, _payload in self._births:
            self._sender.forget(topic.split("/")[1])
        if self._births:
            self._ingest.states(list(self._births), now)
            self._births.clear()
        facts = [m for m in messages if "/up/" in m[0]]
        if facts:
            acks = self._ingest.commit(facts, now)
            self._acks.update({(device, ack.epoch, ack.lane): ack for device, own in acks.items() for ack in own})
            if self._unchecked_s is None:
                self._unchecked_s = self._clock.monotonic()
        self._dirty = True

    def _check_seals(self, *, idle: bool) -> None:
        """Look at some signatures of sales when nothing else is to be done, or when they have waited for long."""
        now_s = self._clock.monotonic()
        if self._unchecked_s is None or (not idle and now_s - self._unchecked_s < SEALS_WAIT_S):
            return
        if journals.check_due(self._ledger, self._stamp().at_ms) < journals.AT_ONCE:
            self._unchecked_s = None

    def _is_anothers_end(self, payload: bytes) -> bool:
        """Whether this is the last will of an HQ before us that comes late: kiosks would take us for gone, and wait."""
        try:
            state = decode_state(payload)
        except WireError:
            return False
        return not state.online and state.session != self._session

    def _take_claims(self, desk: claims.Desk, messages: list[Message], now: Stamp) -> None:
        if messages:
            with self._ledger.write() as db:
                self._answers += [answer for message in messages if (answer := desk.take(db, message, now)) is not None]

    def _sweep(self) -> None:
        """Look after what others wrote into the ledger, and after what falls due by time."""
        version, now_s = self._ledger.version(), self._clock.monotonic()
        if version == self._seen_version and now_s - self._swept_s < 1.0:
            return
        self._seen_version, self._swept_s, self._dirty = version, now_s, True
        now = self._stamp()
        while self._silenced:
            self._births[self._silenced.popitem()] = None
        self._count_garments(now_s)
        after_s = self._settings.auto_approve_after_s
        before_ms = now.at_ms - round((after_s or 0.0) * 1000)
        with self._ledger.read() as db:
            late = bool(members.overdue(db, now.at_ms) or wallet.forgotten(db, now.at_ms))
            roots = trust.setting(db, "roots_version")
            renew = now_s - self._renewed_s >= RENEW_LOOK_S or roots != self._roots
            authority = self._settings.authority if renew or trust.asked(db) or certificates.refresh_due(db, now.at_ms) else None
            due = late or bool(trade.due(db, now.at_ms)) or (after_s is not None and bool(trade.waiting(db, before_ms)))
        floods = self._quota.offenders()
        if due or floods or authority is not None:
            with self._ledger.write() as db:
                if after_s is not None:
                    replenishment.approve_waiting(db, before_ms, now)
                replenishment.send_due(db, now)
                for request in members.overdue(db, now.at_ms):
                    members.forward(db, request, now)
                for intent_id in wallet.forgotten(db, now.at_ms):
                    log.warning("payment %s was neither completed nor cancelled: what was held for it is free again", intent_id)
                    wallet.release(db, intent_id, "hq", now.at_ms)
                for device, ignored in floods.items():
                    log.warning("device %s floods: %d messages were not listened to", device, ignored)
                    facts.alarm(db, "flood", device, "more messages than a kiosk can have", now.at_ms)
                if authority is not None:
                    self._renewed_s, self._roots = now_s, roots
                    certificates.renew_own(db, authority, self._settings.hq_file, now)
                    certificates.answer_requests(db, authority, now)
                    if certificates.refresh_due(db, now.at_ms):
                        certificates.give_broker(db, authority, now)

    def _count_garments(self, now_s: float) -> None:
        """Now and then, find what stores have of garments; manifests carry it when it changed."""
        if now_s - self._counted_s >= COUNT_S:
            self._counted_s = now_s
            with self._ledger.write() as db:
                home.count_again(db, catalogue.products(db))

    def _send(self) -> None:
        if self._greet and self._link.publish(STATE_TOPIC, self._state(online=True), retain=True):
            self._greet, self._published, self._dirty = False, (), True
            self._sender.forget()
        if self._say_again and self._link.publish(STATE_TOPIC, self._state(online=True), retain=True):
            self._say_again = False
        if self._acks:
            self._send_acks()
        while self._answers and self._link.publish(*self._answers[0]):
            del self._answers[0]
        if self._dirty:
            self._send_manifests()
            with self._ledger.read() as db:
                self._sender.flush(db, self._link.publish, self._clock.monotonic(), self._clock.now())
            self._dirty = False

    def _send_acks(self) -> None:
        by_device: dict[str, list[tuple[str, str, Lane]]] = {}
        for key in self._acks:
            by_device.setdefault(key[0], []).append(key)
        for device, keys in by_device.items():
            if not self._link.publish(ack_topic(device), encode_ack([self._acks[k] for k in keys])):
                return
            for key in keys:
                del self._acks[key]

    def _send_manifests(self) -> None:
        with self._ledger.read() as db:
            stock = home.elsewhere(db)
            versions = (*catalogue.versions(db), garments.version(db), stock.version if stock is not None else 0)
            if versions == self._published:
                return
            publications = publish.manifests(db, self._settings.group, self._key.sign, self._settings.address)
        if all(self._link.publish(topic, payload, retain=True) for topic, payload in publications):
            self._published = versions
            log.info("published price list %d, offline policy %d, tenders %d, garments %d, stores' stock %d", *versions)

    def _stamp(self) -> Stamp:
        return stamp(self._clock.now(), self._new_id)

    def _state(self, *, online: bool) -> bytes:
        return encode_state(DeviceState(online, self._session, __version__, "", ("hq",)))

