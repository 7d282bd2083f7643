"""A kiosk's till and HQ in one process, as real as they are apart: two databases, the relay, HQ's worker, signatures, and a lossy broker.

Time stands still between steps and the disk forgets what was not synced, so that every moment of a checkout can be struck by a fault.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.config import Settings, parse
from kiosk.domain.catalog import OfflinePolicy, Product
from kiosk.domain.checkout import Event, State
from kiosk.domain.money import Money
from kiosk.errors import StorageFullError, WorldError
from kiosk.flows.cashier import Payer
from kiosk.flows.checkout import Checkout
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.pay_views import view
from kiosk.hq import publish, wallet
from kiosk.hq.ledger import accounts, catalogue
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import stamp
from kiosk.hq.trust import SigningKey
from kiosk.hq.worker import FILTERS, Worker, WorkerSettings
from kiosk.runtime import ManualClock
from kiosk.services.sync import Link
from kiosk.sim.lossy import LossyBroker, LossyClient
from kiosk.sim.powercut import PowerCut
from kiosk.storage.ports import DownBox, UpLanes
from kiosk.storage.store import Store
from kiosk.sync.relay import Identity, Relay
from kiosk.sync.trust import verifier
from kiosk.ui import views

DEVICE, GROUP, CURRENCY = "till-1", "all", "EUR"
TEA, WATER = "4006381333931", "5901234123457"
CREDIT = Money(1_000_000_000, CURRENCY)
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_TOML = """
[device]
id = "{device}"
store = "Till"
roles = ["pay"]
language = "en"
[hq]
public_key = "{key}"
[storage]
folder = "{folder}"
reserve_mb = 1
"""
_LOG_PAGES = 60
"""A short log: it is copied with every sync, and its checkpoints are moments at which the power may go."""
_POLICY = OfflinePolicy(0, CURRENCY, per_sale_minor=2000, per_member_minor=4000, per_kiosk_minor=100_000, max_age_s=3600)


class Till(Checkout):
    """A checkout whose shopper is known at a word, so that nobody needs a camera. asked: every payment that it ever asked for."""

    def __init__(self, parts: Parts, shop: Shop, asked: dict[str, str]) -> None:
        self._asked = asked
        super().__init__(parts, shop, "en")

    def touch(self, event: Event) -> None:
        """Press a button; CANCEL is the one in the corner."""
        if event is Event.CANCEL:
            self._cancel()
        else:
            self._button(event)

    def pay_by_face(self, member_id: str) -> None:
        """Let somebody be recognised who chose to pay by face, and confirm."""
        for event in (Event.FACE, Event.BUCKET_SMALL, Event.RECOGNISED):
            self._go(event)
        self._now.member_id = member_id
        self._button(Event.CONFIRM)

    def tick(self) -> views.View:
        """Go on; return what the screen shows. A full disk is a screen, as at a real terminal."""
        try:
            self._shop.refresh()
            self._authorise()
            self._expire()
            if self.state is State.CONFIRM:  # nobody typed digits whose end could be shown
                return views.PayConfirm(status(self._parts, self._shop, "en"), self._now.priced.total, "••", self._now.priced.pieces)
            return view(self._now, self._parts, self._shop)
        except StorageFullError:
            return views.OutOfOrder(status(self._parts, self._shop, "en"), "disk_full")

    def _ask(self, payer: Payer, event: Event) -> None:
        super()._ask(payer, event)
        if self._now.pending is not None:
            self._asked[self._now.pending.draft.intent_id] = self._now.pending.draft.sale_id


class Kiosk:
    """The device: two connections to one database on a disk that loses power, as two processes of a real kiosk have them."""

    def __init__(self, folder: Path, broker: LossyBroker, public_key: str, new_id: Callable[[], str]) -> None:
        self._folder, self._broker, self._key, self._new_id = folder, broker, public_key, new_id
        self._live, self._durable, self._image = folder / "live", folder / "durable", folder / "image"
        self._boots = 0
        self.asked: dict[str, str] = {}
        self.syncs, self.cut_at, self.torn, self.dark = 0, 0, False, False
        self._rng = random.Random(1)
        self._connections: dict[str, Any] = {}
        self._disk = PowerCut(self._durable, self._on_sync)
        self.clock = ManualClock(START)
        self._boot()

    def cut_power(self) -> None:
        """Let the power go now."""
        self._lose_power(None)

    def come_back(self) -> None:
        """Start again after a power cut with what the disk kept; another boot, whose monotonic clock begins at zero."""
        self._close_stores()
        for target in (self._live, self._durable):
            for file in target.glob("kiosk.db*"):
                if file.suffix != ".lock":
                    file.unlink()
            for file in self._image.iterdir():
                shutil.copy(file, target / file.name)
        shutil.rmtree(self._image)
        self.dark = False
        self.clock = ManualClock(self.clock.now())
        self._boot()

    def restart_pay(self) -> None:
        """Kill the process that sells; the sync process and the boot go on."""
        self._pay.close()
        self._open_pay()

    def fill_disk(self, full: bool) -> None:
        """Leave no room for the database to grow, or give it back."""
        for db in self._connections.values():
            pages = db.execute("PRAGMA page_count").fetchone()[0] if full else 2**30
            db.execute(f"PRAGMA max_page_count = {pages}")

    def settled(self) -> bool:
        """Whether HQ holds all that was told about money."""
        with self._sync.snapshot() as unit:
            return unit.outbox.waiting()["money"] == 0  # type: ignore[index]

    def sold(self, sale_id: str) -> bool:
        """Whether a sale stands in the kiosk's own books."""
        with self._pay.snapshot() as unit:
            return unit.sales.get(sale_id) is not None

    def answered(self, intent_id: str) -> bool:
        """Whether HQ's word on an intent has arrived."""
        with self._pay.snapshot() as unit:
            known = unit.intents.get(intent_id)
            return known is not None and known.answer != ""

    def journal_fault(self) -> str:
        """What is wrong with the journal, "" when nothing is."""
        with self._pay.snapshot() as unit:
            return str(unit.journal.verify() or "")

    def close(self) -> None:
        """Give everything back."""
        self._close_stores()
        self._disk.close()

    def _boot(self) -> None:
        self._boots += 1
        self.clock.boot_id = f"boot-{self._boots}"
        self._sync = self._open_store("sync")
        settings = self._settings()
        who = Identity(DEVICE, GROUP, self._new_id(), "sim", self._sync.epoch, ("pay",))
        self.relay = Relay(who, UpLanes(self._sync), DownBox(self._sync), self._connect, verifier(self._key), self.clock)
        self.link = Link(Parts(settings, self._sync, self.clock, self._new_id), self.relay, stay_s=0.0)
        self.relay.start()
        self._open_pay()

    def _open_pay(self) -> None:
        self._pay = self._open_store("pay")
        self.parts = Parts(self._settings(), self._pay, self.clock, self._new_id)
        self.till = Till(self.parts, Shop(self._pay, self.clock), self.asked)

    def _open_store(self, process: str) -> Store:
        def connect(path: Path) -> Any:
            self._connections[process] = self._disk.connect(path)
            return self._connections[process]

        store = Store.open(self._live / "kiosk.db", DEVICE, self.clock, self._new_id, 1, connect)
        self._connections[process].execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        return store

    def _settings(self) -> Settings:
        return parse(_TOML.format(device=DEVICE, key=self._key, folder=self._live))

    def _connect(self, will: tuple[str, bytes], heard: Callable[[str, bytes], None], up: Callable[[], None],
                 lost: Callable[[], None]) -> LossyClient:
        self._client = LossyClient(self._broker)
        self._client.will, self._client.heard, self._client.up, self._client.lost = will, heard, up, lost
        return self._client

    def _close_stores(self) -> None:
        self._pay.close()
        self._sync.close()

    def _on_sync(self, path: Path) -> None:
        self.syncs += 1
        if self.syncs == self.cut_at and not self.dark:
            self._lose_power(path)

    def _lose_power(self, syncing: Path | None) -> None:
        """Keep what a power cut at this moment leaves. What the program still does until it is stopped reaches neither disk nor network."""
        if syncing is not None and self.torn:
            self._disk.tear(syncing, self._durable / syncing.name, self._rng)
        shutil.copytree(self._durable, self._image)
        self.dark = True
        self._broker.leave(self._client, with_will=True)


class Hq:
    """Headquarters: ledger, key and worker."""

    def __init__(self, folder: Path, broker: LossyBroker, clock: ManualClock, new_id: Callable[[], str]) -> None:
        self._broker, self._clock, self._new_id = broker, clock, new_id
        folder.mkdir(parents=True)
        self.ledger = Ledger(folder / "hq.db")
        self.key = SigningKey(folder)
        now = stamp(clock.now(), new_id)
        with self.ledger.write() as db:
            for gtin, names, minor in ((TEA, {"en": "Tea"}, 320), (WATER, {"en": "Water"}, 95)):
                catalogue.save_product(db, Product(gtin, {"fr": names["en"], "zh": names["en"], **names}, Money(minor, CURRENCY), 55, 60.0))
            publish.publish_prices(db, now, "sim")
            publish.publish_policy(db, _POLICY, now, "sim")
        self.come_back()

    def enrol(self, member_id: str, credit: Money) -> None:
        """Give somebody a wallet."""
        with self.ledger.write() as db:
            accounts.add_member(db, (member_id, DEVICE, "v1", "en", 3, 0))
            wallet.open_member(db, member_id, credit, 0)

    def come_back(self) -> None:
        """Start with the ledger as it is; everything else is forgotten."""
        self.client = LossyClient(self._broker)
        self.worker = Worker(self.ledger, self.client, self.key, self._clock, self._new_id, WorkerSettings(GROUP, Money(0, CURRENCY)))
        self.client.will, self.client.heard, self.client.up = self.worker.last_will, self.worker.put, self.worker.connected
        for topic_filter in FILTERS:
            self.client.subscribe(topic_filter)
        self.client.start()
        self.there = True

    def die(self, after_commit: bool = False) -> None:
        """Vanish; after_commit: work on what has come and commit it, but tell nobody any more."""
        self._broker.leave(self.client, with_will=True)
        if after_commit:
            self.turn()
        self.there = False

    def turn(self) -> None:
        """Work on what came."""
        if self.there:
            self.worker.put("", b"")  # a message that is nothing: the worker does not wait for one then
            self.worker.turn()

    def knows(self, intent_id: str) -> bool:
        """Whether the books know an intent."""
        with self.ledger.read() as db:
            return accounts.intent(db, intent_id) is not None

    def posted(self, sale_id: str) -> int:
        """How often a sale is posted."""
        with self.ledger.read() as db:
            return int(db.execute("SELECT count(*) FROM transfers WHERE sale_id = ? AND kind = 'sale'", (sale_id,)).fetchone()[0])

    def balance(self, member_id: str) -> tuple[int, int]:
        """What a member has, and how much of it is held."""
        with self.ledger.read() as db:
            known = accounts.balance(db, f"member:{member_id}", CURRENCY)
        if known is None:
            raise WorldError(f"member {member_id} has no wallet")
        return known


class TillWorld:
    """Kiosk, HQ and what lies between them, moved on step by step. between: called after every step with nothing half done."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        numbers = iter(range(1, 10**9))
        self.clock = ManualClock(START)
        self.broker = LossyBroker(self.clock, rng)
        self.hq = Hq(folder / "hq", self.broker, self.clock, lambda: f"hq-{next(numbers):08d}")
        self.kiosk = Kiosk(folder, self.broker, self.hq.key.public, lambda: f"k-{next(numbers):08d}")
        self.between: Callable[[], None] = lambda: None

    def step(self, shopper: Callable[[Till, views.View], None] | None, seconds: float) -> None:
        """Show the screen to the shopper, let both sides work, and let time pass."""
        kiosk = self.kiosk
        shown = kiosk.till.tick()
        self.between()  # a sale may be booked by now, and nobody has seen the screen yet
        if not kiosk.dark:
            if shopper is not None:
                with suppress(StorageFullError):  # the next tick shows that the disk is full
                    shopper(kiosk.till, shown)
            self.between()
        if not kiosk.dark:
            kiosk.link.tick()
        self.between()
        for _exchange in range(2):
            self.broker.deliver()
            self.between()
            self.hq.turn()
            self.between()
        if kiosk.dark:
            kiosk.come_back()
        self.clock.move(seconds)
        kiosk.clock.move(seconds)

    def state(self) -> State:
        """Where the checkout stands."""
        return self.kiosk.till.state

    def close(self) -> None:
        """Give everything back."""
        self.kiosk.close()
        self.hq.ledger.close()
