"""The device's link to HQ: carries the outbox up and orders down, and says how the device is."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence

from kiosk import __version__
from kiosk.config import Settings
from kiosk.domain.events import DeviceHealth
from kiosk.errors import TrustError
from kiosk.flows.closing import HeadTeller, close_due, note_configuration
from kiosk.flows.clothes import Clothes
from kiosk.flows.health import remember_hq, states
from kiosk.flows.opening import open_parts
from kiosk.flows.parts import Parts, zone_of
from kiosk.flows.queue import wish
from kiosk.flows.remote import Obedience
from kiosk.flows.standing import Standing, broker_address, hq_key, open_identity
from kiosk.runtime import FlooredClock, new_id, run_loop
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Unit
from kiosk.sync.fetch import Fetcher
from kiosk.sync.mqtt import MqttClient
from kiosk.sync.relay import Identity, Relay
from kiosk.sync.trust import verifier

log = logging.getLogger(__name__)

RATE_HZ = 25.0
"""A look costs next to nothing; a payment that is asked for waits 20 ms for it on average."""
STAY_S = 0.25
"""A look goes on so long at most while there is something to carry, or HQ's word is due."""
LOOK_S = 0.01
"""While HQ's word is due, new facts are looked for this often."""
HEALTH_AT_MOST_EVERY_S = 10.0
HEALTH_EVERY_S = 120.0
"""A kiosk says how it is when that has changed, and else this often: each time is written to a card that wears."""
SAVE_CLOCK_EVERY_S = 600.0
TIDY_EVERY_S = 0.5
LOOK_AT_ORDERS_S = 1.0
"""HQ's orders to the device itself are looked at when anybody wrote, and else this often: what runs may have ended."""
STUCK_S = 60
"""What has waited for HQ longer than this is worth telling."""


class Link:
    """The relay with what surrounds it: the state that screens draw, and the device's health. stay_s: 0 where time stands still."""

    def __init__(self, parts: Parts, relay: Relay, stay_s: float = STAY_S) -> None:
        self._parts, self._relay, self._stay_s = parts, relay, stay_s
        self._state = ""
        self._zone, self._heads = zone_of(parts.settings), HeadTeller()
        self._health_s = float("-inf")
        self._told: object = None
        self._version, self._unread = -1, False
        self._wish: str | None = None
        self._listened_s = self._tidied_s = float("-inf")

    def tick(self) -> bool:
        """Carry what there is to carry, then tell what changed. Return whether anybody wrote since the last call."""
        deadline = time.monotonic() + self._stay_s
        while (self._relay.step() or self._relay.wait(min(LOOK_S, self._stay_s))) and time.monotonic() < deadline:
            pass
        now = self._parts.clock.monotonic()
        if now - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = now
            self._parts.store.tidy()
        self._hear_wish(now)
        version = self._parts.store.data_version()
        wrote, self._version = version != self._version, version
        self._unread = self._unread or wrote
        state = "up" if self._relay.hq_online else "down"
        due = now - self._health_s >= HEALTH_AT_MOST_EVERY_S and (now - self._health_s >= HEALTH_EVERY_S or self._has_changed())
        if state != self._state or due:
            self._tell(state, now, due)
        return wrote

    def _hear_wish(self, now: float) -> None:
        """Once a second: whether a technician wants everything sent again. A wish of before this start is fulfilled by starting."""
        if now - self._listened_s < 1.0:
            return
        self._listened_s = now
        with self._parts.store.snapshot() as unit:
            wished = wish(unit)
        if self._wish is not None and wished != self._wish:
            log.info("%s: everything that waits is sent again, as a technician wishes", self._parts.settings.device.id)
            self._relay.send_again()
        self._wish = wished

    def _has_changed(self) -> bool:
        """Whether there is something to tell that was not told; looks at what anybody wrote since the last look alone."""
        if not self._unread:
            return False
        self._unread = False
        with self._parts.store.snapshot() as unit:
            return self._news(unit) != self._told

    def _news(self, unit: Unit) -> object:
        """What is worth telling: the device's states, a queue that is stuck, a journal that grew. That a queue fills and drains is not."""
        health, head = self._health(unit), unit.journal.head()
        stuck = health.oldest_s > STUCK_S
        return health.states, health.quarantined, stuck, health.queue if stuck else None, head.number if head else 0

    def _health(self, unit: Unit) -> DeviceHealth:
        parts = self._parts
        free_mb = shutil.disk_usage(parts.settings.storage.folder).free >> 20
        waiting = {str(lane): count for lane, count in unit.outbox.waiting().items()}
        return DeviceHealth(__version__, free_mb, waiting, round(unit.outbox.oldest(parts.clock.now())),
                            states(unit) | {"storage": "rebuilt" if parts.store.rebuilt else "ok"},
                            unit.tallies.all().get("dropped_frames", 0), unit.quarantine.count(), unit.offline.waiting_minor())

    def _tell(self, state: str, now: float, health_too: bool) -> None:
        parts, boot_id = self._parts, self._parts.clock.boot_id
        with self._parts.store.unit(use_reserve=True) as unit:
            if state != self._state:
                unit.settings.put("link", state)
            if "up" in (state, self._state):
                remember_hq(unit, boot_id, now, parts.clock.now())
            if health_too:
                self._told = self._news(unit)
                unit.facts.record(self._health(unit))
                note_configuration(unit, parts.settings)
                close_due(unit, parts.settings, self._zone, parts.clock.now())
                self._heads.tell(unit)
                self._health_s = now
        self._state = state


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    parts = open_parts(settings)
    address, identity = broker_address(settings), open_identity(settings)
    if settings.broker.tls and identity.certificate() is None:
        raise TrustError(f"device {settings.device.id} has no certificate: `kiosk provision` claims one")
    clients: list[MqttClient] = []

    def connect(will: tuple[str, bytes], heard: Callable[[str, bytes], None], up: Callable[[], None],
                lost: Callable[[], None]) -> MqttClient:
        clients.append(MqttClient(address, settings.device.id, will, heard, up, lost))
        clients[0].judge_by(parts.clock.now)
        return clients[0]

    who = Identity(settings.device.id, settings.device.group, new_id(), __version__, parts.store.epoch, settings.device.roles)
    relay = Relay(who, UpLanes(parts.store), DownBox(parts.store),
                  connect, verifier(hq_key(settings)), parts.clock)
    standing = Standing(parts, identity, clients[0].reconnect)
    fetcher = Fetcher()
    relay.fetch_with(fetcher)
    link = Link(parts, relay)
    clothes = Clothes(parts, settings.storage.folder / "garments") if "mirror" in settings.device.roles else None
    parts.store.make_room()
    relay.start()

    obedience = Obedience(parts)

    def close() -> None:
        obedience.close()
        relay.stop()
        fetcher.close()
        if clothes is not None:
            clothes.close()
        parts.store.close()

    following = () if clothes is None else (clothes.tick,)
    return run_loop("sync", _turn(parts, link, (standing.tick, obedience.tick), following), RATE_HZ, close)


def _turn(parts: Parts, link: Link, for_orders: Sequence[Callable[[], None]], always: Sequence[Callable[[], None]]) -> Callable[[], None]:
    """Return what the loop does: the link, whoever looks at orders when anybody wrote, and now and then the clock is saved."""
    saved_s, looked_s = parts.clock.monotonic(), float("-inf")

    def turn() -> None:
        nonlocal saved_s, looked_s
        wrote, now = link.tick(), parts.clock.monotonic()
        if wrote or now - looked_s >= LOOK_AT_ORDERS_S:
            looked_s = now
            for tick in for_orders:
                tick()
        for tick in always:
            tick()
        if isinstance(parts.clock, FlooredClock) and now - saved_s >= SAVE_CLOCK_EVERY_S:
            saved_s = now
            parts.clock.save()

    return turn
