"""HQ as one process: broker link, working thread, console and API."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.domain.catalog import OfflinePolicy
from kiosk.domain.money import Money, exponent
from kiosk.errors import HqError
from kiosk.hq import publish
from kiosk.hq.api import make_api
from kiosk.hq.console.app import make_app
from kiosk.hq.console.render import NAMES, Desk
from kiosk.hq.console.server import WebServer
from kiosk.hq.dayend import DayEnds
from kiosk.hq.ledger import catalogue, people
from kiosk.hq.ledger.store import Ledger, open_ledger
from kiosk.hq.notices import Notices
from kiosk.hq.stamp import stamp
from kiosk.hq.tenders.protocol import Tender
from kiosk.hq.tenders.setup import credential_file, open_tenders
from kiosk.hq.tenders.teller import Teller
from kiosk.hq.trust import SigningKey
from kiosk.hq.trust.folder import Authority
from kiosk.hq.worker import FILTERS, Worker, WorkerSettings
from kiosk.runtime import SystemClock, new_id, run_loop
from kiosk.sync.mqtt import BrokerAddress, MqttClient

log = logging.getLogger(__name__)

GARBAGE = 50_000
"""A batch of facts makes thousands of values that live until its end: looking for garbage more often than this finds none."""
RATE_HZ = 500.0
"""An upper limit: a turn that finds nothing to do waits 50 ms."""


@dataclass(frozen=True, slots=True)
class HqSettings:
    """How HQ runs.

    folder: ledger and keys (made when missing), and perhaps replays/, hours of shelves for the console.
    port: of the console, 127.0.0.1 alone. group: the fleet that prices are for.
    screens: folder with <device>.jpg for live screens, None = off (they show people). assets: folder with product pictures.
    welcome_minor: a new member's credit. auto_approve_after_s: None = people approve. api_token: "" = the API is off.
    address: under which devices and payment services reach the web server, "" = this machine; behind a TLS proxy an https address.
    tenders: file of the payment services, None = systemd's credential of that name, or none at all.
    """

    folder: Path
    broker: BrokerAddress
    port: int
    group: str
    screens: Path | None = None
    assets: Path | None = None
    currency: str = "EUR"
    welcome_minor: int = 0
    auto_approve_after_s: float | None = None
    api_token: str = field(default="", repr=False)
    address: str = ""
    tenders: Path | None = None


def serve(settings: HqSettings) -> int:
    """Run HQ until SIGTERM and return the exit code. What is acknowledged survives SIGKILL at any moment."""
    ledger = open_ledger(settings.folder)
    clock = SystemClock()
    first_policy(ledger, settings.currency, clock)
    tenders: dict[str, Tender] = {}
    authority = Authority(settings.folder) if Authority(settings.folder).exists else None
    web = _web(settings, clock, tenders, authority)
    address = settings.address or f"http://127.0.0.1:{web.port}"
    tenders.update(open_tenders(credential_file(settings.tenders), address))
    teller = Teller(open_ledger(settings.folder), tenders, lambda: stamp(clock.now(), new_id))
    day_ends = DayEnds(open_ledger(settings.folder), local_zone())
    relay = _Relay()
    worker = Worker(ledger, relay, SigningKey(settings.folder), clock, new_id,
                    WorkerSettings(settings.group, Money(settings.welcome_minor, settings.currency), settings.auto_approve_after_s,
                                   address, authority,
                                   hq_file=Path(settings.broker.certificate) if settings.broker.certificate else None))
    client = MqttClient(settings.broker, "hq", worker.last_will, worker.put, worker.connected, lambda: None)
    relay.client = client
    for topics in FILTERS:
        client.subscribe(topics)
    gc.freeze()
    gc.set_threshold(GARBAGE)
    web.start()
    client.start()
    log.info("payment services: %s", ", ".join(tenders) or "none, the house's own money alone")
    log.info("console: http://127.0.0.1:%d/ (this machine alone)", web.port)
    with ledger.read() as db:
        if not people.users(db):
            log.warning("nobody can log in yet: kiosk hq user add NAME --role ROLE")

    def turn() -> None:
        worker.turn()
        teller.turn()
        day_ends.look(stamp(clock.now(), new_id))
        if not web.alive:
            raise HqError("the console's web server ended")

    def close() -> None:
        worker.close()
        teller.close()
        client.stop()
        web.stop()
        ledger.close()

    return run_loop("hq", turn, RATE_HZ, close)


def first_policy(ledger: Ledger, currency: str, clock: SystemClock) -> None:
    """Make the first offline policy when there is none: 20 a sale, 50 a member, 1000 a kiosk, 24 hours."""
    unit = 10 ** exponent(currency)
    with ledger.write() as db:
        if catalogue.policy(db) is None:
            limits = OfflinePolicy(0, currency, 20 * unit, 50 * unit, 1000 * unit, 86_400)
            publish.publish_policy(db, limits, stamp(clock.now(), new_id), "hq")


class _Relay:
    """The way to the client, which needs the worker before the worker can have it."""

    client: MqttClient | None = None

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        return self.client is not None and self.client.publish(topic, payload, retain)


def _web(settings: HqSettings, clock: SystemClock, tenders: Mapping[str, Tender], authority: Authority | None) -> WebServer:
    ledger, watch = open_ledger(settings.folder), open_ledger(settings.folder)
    outside = urlsplit(settings.address)
    host = outside.hostname
    desk = Desk(ledger, watch, clock, new_id, local_zone(), settings.currency, settings.screens, settings.assets, tenders,
                settings.folder / "replays", names=NAMES | ({host} if host else set()), secure=outside.scheme == "https",
                authority=authority)
    notices = Notices(ledger, tenders, desk.stamp)
    return WebServer(make_app(desk, make_api(ledger, desk.stamp, settings.api_token, notices)), settings.port, desk.closing)


def local_zone() -> tzinfo:
    """Return this machine's time zone with its summer time, so that a sale of July keeps its hour in December and HQ runs on in March."""
    try:
        if name := os.environ.get("TZ", ""):
            return ZoneInfo(name)
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return datetime.now(UTC).astimezone().tzinfo or UTC
