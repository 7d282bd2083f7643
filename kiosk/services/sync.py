"""The device's link to HQ: carries the outbox up and orders down, and says how the device is."""

from __future__ import annotations

import shutil
import time

from kiosk import __version__
from kiosk.config import Settings
from kiosk.domain.events import DeviceHealth
from kiosk.flows.health import remember_hq, states
from kiosk.flows.opening import open_parts
from kiosk.flows.parts import Parts
from kiosk.runtime import new_id, run_loop
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.sync.fetch import Fetcher
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.relay import Identity, Relay
from kiosk.sync.trust import verifier

RATE_HZ = 50.0
HEALTH_EVERY_S = 10.0
"""An idle kiosk says how it is this often: 8,640 small facts a day in a lane that forgets."""


class Link:
    """The relay with what surrounds it: the state that screens draw, and the device's health."""

    def __init__(self, parts: Parts, relay: Relay) -> None:
        self._parts, self._relay = parts, relay
        self._state = ""
        self._health_s = float("-inf")

    def tick(self) -> None:
        """Carry what there is to carry, then tell what changed."""
        deadline = time.monotonic() + 0.25
        while self._relay.step() and time.monotonic() < deadline:
            pass
        now = self._parts.clock.monotonic()
        state = "up" if self._relay.hq_online else "down"
        if state != self._state or now - self._health_s >= HEALTH_EVERY_S:
            self._tell(state, now)

    def _tell(self, state: str, now: float) -> None:
        parts = self._parts
        free_mb = shutil.disk_usage(parts.settings.storage.folder).free >> 20
        with parts.store.unit(use_reserve=True) as unit:
            if state != self._state:
                unit.settings.put("link", state)
            if state == "up":
                remember_hq(unit, parts.clock.boot_id, now)
            if now - self._health_s >= HEALTH_EVERY_S:
                waiting = {str(lane): count for lane, count in unit.outbox.waiting().items()}
                tallies = unit.tallies.all()
                unit.facts.record(DeviceHealth(__version__, free_mb, waiting, round(unit.outbox.oldest(parts.clock.now())),
                                               states(unit) | {"storage": "rebuilt" if parts.store.rebuilt else "ok"},
                                               tallies.get("dropped_frames", 0), unit.quarantine.count()))
                self._health_s = now
        self._state = state


def serve(settings: Settings) -> int:
    """Run until SIGTERM; return the exit code."""
    parts = open_parts(settings)
    given = settings.broker
    address = BrokerAddress(given.host, given.port, given.username or settings.device.id, given.password.reveal(), given.version,
                            ca=given.ca_file if given.tls else "")
    who = Identity(settings.device.id, settings.device.group, new_id(), __version__, parts.store.epoch, settings.device.roles)
    relay = Relay(who, UpLanes(parts.store), DownBox(parts.store),
                  lambda will, heard, up, lost: MqttClient(address, settings.device.id, will, heard, up, lost),
                  verifier(settings.hq.public_key), parts.clock)
    fetcher = Fetcher()
    relay.fetch_with(fetcher)
    link = Link(parts, relay)
    relay.start()

    def close() -> None:
        relay.stop()
        fetcher.close()
        parts.store.close()

    return run_loop("sync", link.tick, RATE_HZ, close)
