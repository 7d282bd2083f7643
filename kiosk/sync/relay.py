"""Carries facts from the outbox to HQ and orders from HQ into the inbox, for as long as it takes.

A fact is sent again until HQ itself says that it holds it: after a reconnect, when HQ is born anew, and when no word comes for a while.
The MQTT thread only puts what it hears into a bounded queue; `step`, called in a loop by the service, does the work.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.domain.orders import CommandOrdered, Manifest
from kiosk.errors import StorageFullError, WireError
from kiosk.runtime import Clock

log = logging.getLogger(__name__)

HEARD = 300
"""So many messages wait to be worked on; more are dropped, and HQ or the broker sends them again."""
HEARD_PER_STEP = 100
WINDOW = {Lane.MONEY: 16, Lane.STOCK: 12, Lane.HEALTH: 6}
"""Batches of a lane that may be without HQ's word at a time. Money is asked first, and each lane has room of its own: none starves."""
LINGER_S = {Lane.MONEY: 0.0, Lane.STOCK: 0.3, Lane.HEALTH: 1.0}
"""How long a lane may wait for more facts to share a message with. Money never waits: a shopper stands before the kiosk."""
SETTLED_S = 30.0
"""HQ may send an order again until it has heard that we hold it, and what it sent before may still be under way for a while."""
TELL_AGAIN_S, MOST_TOLD = 3600.0, 100
DOUBT_S = 30.0
"""HQ's going is doubted after so long: word that it is back may have been lost. Facts are then sent as if nobody knew."""
FIRST_PATIENCE_S = 3.0
LONGEST_PATIENCE_S = 60.0


class Outbox(Protocol):
    """What the relay needs of the outbox. A place is a position in it that only grows."""

    def version(self) -> int:
        """Return a number that changes when anybody wrote; cheap, asked in every step."""

    def waiting(self) -> dict[Lane, int]:
        """Return how many facts wait in each lane."""

    def batch(self, lane: Lane, after: int, events: int, size: int) -> list[tuple[int, bytes]]:
        """Return the next (place, encoded fact) of a lane after a place: at most `events` and `size` bytes."""

    def covers(self, lane: Lane) -> list[tuple[int, bytes]]:
        """Return the waiting facts that cover numbers which will never come."""

    def first(self, lane: Lane) -> int:
        """Return the place of the oldest waiting fact of a lane, 0 when none waits."""

    def acknowledge(self, acks: Sequence[wire.Ack]) -> int:
        """Free what HQ holds; return how many facts went."""


class Inbox(Protocol):
    """What the relay needs of the inbox."""

    def commit(self, messages: Sequence[wire.OrderMessage]) -> int:
        """Apply orders that were not applied before; return how many were new."""

    def install(self, manifest: Manifest) -> bool:
        """Keep a manifest; False when it is not newer than what is kept."""

    def mark(self, downbox: str) -> int:
        """Return the number up to which every order of a downbox is committed."""

    def quarantine(self, source: str, reason: str, payload: bytes, cause: str = "") -> None:
        """Keep what cannot be read or believed; with a cause, tell HQ too."""


class Client(Protocol):
    """What the relay needs of an MQTT client; `mqtt.MqttClient` is one."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""

    def start(self) -> None:
        """Begin to connect."""

    def subscribe(self, topic_filter: str) -> None:
        """Hear a topic filter; asked again, the broker sends its retained messages again."""

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Hand a message over; False when it was not taken."""

    def stop(self) -> None:
        """Disconnect."""


class Fetcher(Protocol):
    """What the relay needs to have a manifest's body that did not fit into a message; `fetch.Fetcher` is one."""

    def ask(self, link: wire.ManifestLink) -> None:
        """Fetch what this link names; returns at once."""

    def take(self) -> list[tuple[wire.ManifestLink, bytes]]:
        """Return what came since the last call."""


Connect = Callable[[tuple[str, bytes], Callable[[str, bytes], None], Callable[[], None], Callable[[], None]], Client]
"""(will, on_message, on_connected, on_lost) -> a client that is not started yet."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks: the device, its group (whose manifests it obeys), and what its birth says. session: a new id for every start."""

    device: str
    group: str
    session: str
    version: str
    epoch: str
    roles: tuple[str, ...]

    def state(self, online: bool) -> bytes:
        """Return the birth, or the death, as bytes."""
        return wire.encode_state(wire.DeviceState(online, self.session, self.version, self.epoch, self.roles))


@dataclass(slots=True)
class _LaneState:
    """How far a lane is sent. sent: the last place of each batch that HQ has not acknowledged, in order."""

    lane: Lane
    place: int = 0
    sent: deque[int] = field(default_factory=deque)
    covered: bool = False
    progress_s: float = 0.0
    patience_s: float = FIRST_PATIENCE_S
    lingering_since: float | None = None

    def start_over(self, now: float) -> None:
        """Forget what was sent: all that waits goes again, and has lingered long enough (a difference of floats might fall short of it)."""
        self.place, self.covered, self.progress_s, self.lingering_since = 0, False, now, float("-inf")
        self.sent.clear()


class Relay:
    """The two-way carrier of one device."""

    def __init__(self, who: Identity, outbox: Outbox, inbox: Inbox, connect: Connect, verify: wire.Verify, clock: Clock) -> None:
        """Prepare; `start` connects. verify: whether HQ's key signed something."""
        self._who, self._outbox, self._inbox, self._verify, self._clock = who, outbox, inbox, verify, clock
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue(HEARD)
        self._fresh, self._missed, self._came = threading.Event(), threading.Event(), threading.Event()
        self._lanes = {lane: _LaneState(lane) for lane in Lane}
        self._version = -1
        self._hq_session = ""
        self._hq_online: bool | None = None
        self._retry_manifests_s: float | None = None
        self._full, self._gone_s = False, 0.0
        self._told: dict[tuple[str, str], float] = {}
        self._marks: dict[str, tuple[int, float]] = {}
        self._connected_s = clock.monotonic()
        self._fetcher: Fetcher | None = None
        state = wire.state_topic(who.device)
        self._client = connect((state, who.state(online=False)), self._on_message, self._fresh.set, self._on_lost)
        for topic in (wire.ack_topic(who.device), wire.down_topic(who.device, "+"), wire.state_topic("hq"), self._fleet_topic()):
            self._client.subscribe(topic)

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._client.connected

    @property
    def hq_online(self) -> bool:
        """Whether HQ has said on this connection that it is there, and has not left since."""
        return self._client.connected and self._hq_online is True

    def fetch_with(self, fetcher: Fetcher) -> None:
        """Have manifests fetched whose body does not fit into a message; without one they are set aside."""
        self._fetcher = fetcher

    def start(self) -> None:
        """Begin to connect."""
        self._client.start()

    def send_again(self) -> None:
        """Forget what was sent: whatever waits goes again in the next steps."""
        self._start_over(self._clock.monotonic())

    def stop(self) -> None:
        """Say goodbye and disconnect. What waits stays in the outbox."""
        self._client.publish(wire.state_topic(self._who.device), self._who.state(online=False), retain=True)
        self._client.stop()

    def step(self) -> bool:
        """Work on what was heard, then send what may be sent; returns soon. True when something was done: call again at once."""
        now = self._clock.monotonic()
        worked = self._work_on_heard(now)
        if self._fresh.is_set():
            self._fresh.clear()
            self._connected_s = now
            self._client.publish(wire.state_topic(self._who.device), self._who.state(online=True), retain=True)
            self._start_over(now)
        self._ask_for_manifests(now)
        self._take_fetched()
        before, self._version = self._version, self._outbox.version()
        if self._hq_online is False and now - self._gone_s >= DOUBT_S:
            self._hq_online = None
            self._start_over(now)
        if not self._client.connected or self._hq_online is False:
            return worked
        for state in self._lanes.values():
            self._mind(state, now, self._version != before)
            worked = self._send(state, now) or worked
        return worked

    def wait(self, seconds: float) -> bool:
        """Wait until a message comes, when HQ's word is due for something that was sent. False at once when none is: `step` has time."""
        now = self._clock.monotonic()
        if not self.hq_online or not any(state.sent and now - state.progress_s < FIRST_PATIENCE_S for state in self._lanes.values()):
            return False
        self._came.wait(seconds)
        self._came.clear()
        return True

    def _on_message(self, topic: str, payload: bytes) -> None:
        """Run in the client's thread: keep it for `step`."""
        try:
            self._heard.put_nowait((topic, payload))
        except queue.Full:
            self._missed.set()
        self._came.set()

    def _on_lost(self) -> None:
        """Run in the client's thread. Whether HQ is there is asked anew at the next connection."""
        self._hq_online = None

    def _fleet_topic(self) -> str:
        return wire.manifest_topic(self._who.group, "+")

    def _start_over(self, now: float) -> None:
        for state in self._lanes.values():
            state.start_over(now)
            state.patience_s = FIRST_PATIENCE_S

    def _ask_for_manifests(self, now: float) -> None:
        """Have the broker send its retained manifests again when some could not be kept."""
        if self._missed.is_set() and self._heard.empty():
            self._missed.clear()
            self._retry_manifests_s = now
        if self._retry_manifests_s is not None and now >= self._retry_manifests_s and self._client.connected:
            self._retry_manifests_s = None
            self._client.subscribe(self._fleet_topic())

    def _work_on_heard(self, now: float) -> bool:
        acks: dict[tuple[str, Lane], wire.Ack] = {}
        orders: list[wire.OrderMessage] = []
        count = 0
        while count < HEARD_PER_STEP and not self._heard.empty():
            topic, payload = self._heard.get_nowait()
            count += 1
            try:
                self._sort(topic, payload, acks, orders)
            except WireError as error:
                self._set_aside(topic, str(error), payload, error.cause)
        self._look_for_replays(orders, now)
        if orders and not self._keep(lambda: self._inbox.commit(orders)):
            log.warning("%s: %d orders wait until HQ sends them again", self._who.device, len(orders))
        if acks and self._keep(lambda: self._outbox.acknowledge(list(acks.values()))):
            self._note_progress(now)
        return count > 0

    def _look_for_replays(self, orders: list[wire.OrderMessage], now: float) -> None:
        """Tell of orders that HQ has no reason to send again: HQ holds our word that they are committed, and has held it for a while."""
        for order in orders:
            mark, since = self._inbox.mark(order.downbox), self._marks.get(order.downbox, (-1, now))
            if since[0] != mark:
                self._marks[order.downbox] = (mark, now)
            elif order.seq <= mark and now - max(since[1], self._connected_s) > SETTLED_S and not self._outbox.first(Lane.STOCK):
                topic = wire.down_topic(self._who.device, wire.order_kind(order.order))
                self._set_aside(topic, f"order {order.seq} of {order.downbox} came again", order.id.encode(), "replay")

    def _set_aside(self, topic: str, reason: str, payload: bytes, cause: str) -> None:
        """Keep it, and tell HQ: once an hour of each topic and cause, for who sends rubbish must not fill our lanes."""
        log.warning("%s: a message on %s is set aside: %s", self._who.device, topic, reason)
        now = self._clock.monotonic()
        tell = now - self._told.get((topic, cause), float("-inf")) > TELL_AGAIN_S and len(self._told) < MOST_TOLD
        if tell:
            self._told[topic, cause] = now
        self._keep(lambda: self._inbox.quarantine(topic, reason, payload, cause if tell else ""))

    def _sort(self, topic: str, payload: bytes, acks: dict[tuple[str, Lane], wire.Ack], orders: list[wire.OrderMessage]) -> None:
        """Read one message: acknowledgements and orders are gathered, the rest is done at once. Raises WireError."""
        device = self._who.device
        if topic == wire.ack_topic(device):
            for ack in wire.decode_ack(payload):
                known = acks.get((ack.epoch, ack.lane))
                acks[ack.epoch, ack.lane] = ack if known is None or ack.seq > known.seq else known
        elif topic.startswith(wire.down_topic(device, "")):
            orders.append(self._in_own_time(wire.decode_order(payload, device, self._verify)))
        elif topic == wire.state_topic("hq"):
            self._note_hq(wire.decode_state(payload))
        elif payload:
            manifest = wire.decode_manifest(payload, self._who.group, self._verify)
            if not isinstance(manifest, wire.ManifestLink):
                self._install(manifest)
            elif self._fetcher is not None:
                self._fetcher.ask(manifest)
            else:
                raise WireError(f"the {manifest.kind} lies at {manifest.url}, and there is no way to fetch it")

    def _in_own_time(self, message: wire.OrderMessage) -> wire.OrderMessage:
        """Have a command end by this device's clock: that may be behind, and an old command would be good for ever."""
        if not isinstance(message.order, CommandOrdered) or not message.ttl_s:
            return message
        ends = min(message.order.expires_at, self._clock.now() + timedelta(seconds=message.ttl_s))
        return replace(message, order=replace(message.order, expires_at=ends))

    def _install(self, manifest: Manifest) -> None:
        if not self._keep(lambda: self._inbox.install(manifest)):
            self._retry_manifests_s = self._clock.monotonic() + LONGEST_PATIENCE_S

    def _take_fetched(self) -> None:
        for link, body in self._fetcher.take() if self._fetcher is not None else ():
            try:
                self._install(wire.open_body(link, body))
            except WireError as error:
                self._set_aside(link.url, str(error), body[:1024], error.cause)

    def _note_hq(self, state: wire.DeviceState) -> None:
        was_away = self._hq_online is False
        if state.online != self._hq_online:
            log.info("%s: HQ is %s", self._who.device, "there" if state.online else "away")
            self._gone_s = self._clock.monotonic()
        self._hq_online = state.online
        if state.online and (was_away or state.session != self._hq_session):
            self._hq_session = state.session
            self._start_over(self._clock.monotonic())

    def _keep(self, write: Callable[[], object]) -> bool:
        """Write into the store; False when there is no room: the sender sends it again."""
        try:
            write()
        except StorageFullError as error:
            if not self._full:
                log.error("%s: %s", self._who.device, error)
            self._full = True
            return False
        self._full = False
        return True

    def _note_progress(self, now: float) -> None:
        for state in self._lanes.values():
            first = self._outbox.first(state.lane)
            before = len(state.sent)
            while state.sent and (first == 0 or state.sent[0] < first):
                state.sent.popleft()
            if len(state.sent) < before:
                state.progress_s, state.patience_s = now, FIRST_PATIENCE_S

    def _mind(self, state: _LaneState, now: float, changed: bool) -> None:
        """Start a lane over when HQ has been silent for too long, each time with more patience; begin to linger when facts came."""
        if state.sent and now - state.progress_s > state.patience_s:
            log.info("%s: no word from HQ on lane %s for %.0f s, sending again", self._who.device, state.lane, state.patience_s)
            state.start_over(now)
            state.patience_s = min(LONGEST_PATIENCE_S, 2 * state.patience_s)
        if changed and state.lingering_since is None:
            state.lingering_since = now

    def _send(self, state: _LaneState, now: float) -> bool:
        """Send batches of a lane while its window has room. True when something was sent."""
        if state.lingering_since is None or now - state.lingering_since < LINGER_S[state.lane]:
            return False
        topic = wire.up_topic(self._who.device, state.lane)
        if not state.covered:
            covers = self._outbox.covers(state.lane)
            if covers and not self._client.publish(topic, wire.encode_batch([payload for _place, payload in covers])):
                return False
            state.covered = True
        sent = False
        while len(state.sent) < WINDOW[state.lane]:
            batch = self._outbox.batch(state.lane, state.place, wire.BATCH_EVENTS, wire.BATCH_BYTES)
            if not batch:
                state.lingering_since = None
                if not state.sent and self._outbox.first(state.lane):
                    state.start_over(now)  # something waits before the place we are at: it was moved here from another card
                    state.progress_s = now
                break
            if not self._client.publish(topic, wire.encode_batch([payload for _place, payload in batch])):
                break
            if not state.sent:
                state.progress_s = now
            state.place = batch[-1][0]
            state.sent.append(state.place)
            sent = True
        return sent
