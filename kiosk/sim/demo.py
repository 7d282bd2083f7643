"""A store in a box: broker, HQ, one pay terminal, one mirror, one shelf and their shoppers, real processes on this machine alone."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.devices.simulated.process import WorldClient
from kiosk.errors import WorldError
from kiosk.hq.ledger import facts, supply, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.wallet import balance_check
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.sim.admission import Admission, hq_arguments
from kiosk.sim.broker import Broker
from kiosk.sim.counter import REFUND_AFTER_S, Counter
from kiosk.sim.deliveries import Deliveries
from kiosk.sim.evening import TILLS, Evening, close_the_day, look
from kiosk.sim.hour import Hour
from kiosk.sim.outage import Outage
from kiosk.sim.people import enrol_members
from kiosk.sim.phone import WITHIN_S, Phone
from kiosk.sim.processes import Child, Meter, Usage, free_port, listens, usage
from kiosk.sim.report import ALL_SALES, HqBook, KioskBook, report
from kiosk.storage.store import Store

log = logging.getLogger(__name__)

CHAOS = ("reflash", "broker", "hq")
"""In the order in which they strike: a card is taken out once its queue is empty, and that needs broker and HQ."""
STRIKE_S, MEND_S = 20.0, 30.0
"""When chaos strikes and when it is over, seconds after the doors opened."""
LATER_S = 180.0
"""The doors stay open so much longer at most until HQ has given a sale back, in a store that was meant to see that."""
DRAIN_S = 120.0
LOOK_S = 0.4
"""How often somebody looks whether a phone has read a code."""
READY_S = 180.0
"""A machine that does something else besides may take so long for what takes ten seconds alone."""
RESTARTS = 3

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """seconds: 0 runs until it is stopped. chaos: some of CHAOS. camera: number of a webcam, "" for rendered shoppers."""

    seconds: float = 0.0
    window: bool = False
    chaos: tuple[str, ...] = ()
    camera: str = ""
    folder: Path | None = None
    web_port: int = 0


class StoreInABox:
    """Open it, let it run, close it."""

    def __init__(self, options: Options, say: Say) -> None:
        self._options, self._say = options, say
        self._own_folder = options.folder is None
        folder = options.folder or Path(tempfile.mkdtemp(prefix="kiosk-demo-"))
        folder.mkdir(parents=True, exist_ok=True)
        port = options.web_port or free_port(8470)
        self._place = shop.Place(folder, free_port(), port, options.window, options.camera)
        self._admission = Admission(self._place.hq)
        self._broker = Broker(folder / "broker", self._place.broker_port, self._admission.broker)
        self._place.screens.mkdir(exist_ok=True)
        self._token = secrets.token_urlsafe(24)
        self._books = {device: KioskBook() for device in shop.ROLES}
        self._deliveries = Deliveries(self._place.socket)
        self._restarts: dict[str, int] = {}
        self._start_s = 0.0
        self._evening: Evening | None = None
        self._given_back = ""
        self._looked_s = 0.0
        self._counter = Counter(self._place.hq, shop.CURRENCY)
        self._phone = Phone(self._place)
        self._outage = Outage(self._broker.port)
        self._make_children()

    def _make_children(self) -> None:
        place, options = self._place, self._options
        quiet = {} if options.window else {"SDL_VIDEODRIVER": "dummy"}
        environment = {**quiet, "KIOSK_HQ_TOKEN": self._token, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._world = Child("world", ("world", "serve", "--setup", str(place.folder / "world.json"), "--socket", str(place.socket)),
                            place.folder, environment)
        self._hq = Child("hq", (
            "hq", "serve", "--folder", str(place.hq), "--broker", f"127.0.0.1:{place.broker_port}", "--port", str(place.web_port),
            "--group", shop.GROUP, "--tenders", str(self._counter.config), "--screens", str(place.screens), "--currency", shop.CURRENCY,
            *hq_arguments(place.hq), "--welcome", "500.00", "--auto-approve-after", "20" if options.window or not options.seconds else "3"),
            place.folder, environment)
        self._roles = {device: Child(device, ("run", role, "--config", str(place.config(device))), place.folder, environment)
                       for device, role in shop.ROLES.items()}
        self._syncs = {device: Child(f"{device}-sync", ("run", "sync", "--config", str(place.config(device))), place.folder, environment)
                       for device in shop.ROLES}
        self._children = [self._world, self._hq, *self._syncs.values(), *self._roles.values()]
        self._meter = Meter(self._children)

    @property
    def address(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self._place.web_port}/"

    def console_password(self) -> str:
        """Return a new password that lets `shop.CONSOLE_USER` into the console once."""
        return shop.console_password(self._place)

    def open(self) -> None:
        """Start everything and return when the console answers and every device has reported to HQ."""
        started = time.monotonic()
        place = self._place
        self._say("goods, prices, shelves and members")
        shop.open_hq(place)
        self._counter.start()
        self._say(f"broker on 127.0.0.1:{place.broker_port}, mutual TLS")
        self._broker.start()
        self._say(f"HQ on {self.address}")
        self._hq.start()
        self._world.start()
        for device in shop.ROLES:
            port = self._outage.port if device == shop.PAY else place.broker_port
            shop.write_config(place, device, port)
        self._say("members' faces (rendered) are enrolled")
        enrol_members(place)
        self._say("devices claim their certificates")
        self._admission.admit(shop.STORE, {device: place.identity(device) for device in shop.ROLES}, self._broker)
        for device in shop.ROLES:
            self._syncs[device].start()
            self._roles[device].start()
        self._say("pay terminal, mirror and shelf")
        self._await_ready()
        self._start_s = time.monotonic() - started
        self._hour = Hour(place, self._options.seconds)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Let shoppers shop for the seconds asked for, or until `stopped`; chaos strikes on the way."""
        opened = time.monotonic()
        pending = set(self._options.chaos)
        broken: set[str] = set()
        struck_s = 0.0
        while not stopped():
            at_s = time.monotonic() - opened
            awaited = pending or broken or self._outage.running
            meant = self._options.seconds > 2 * REFUND_AFTER_S and not self._options.camera
            unpaid = meant and not self._given_back and at_s < self._options.seconds + LATER_S
            if self._options.seconds and at_s >= self._options.seconds and not (awaited or unpaid):
                return
            cut = self._outage.over or bool(self._options.camera)  # a new card knows no face: what is sold offline is sold before
            if pending and at_s >= STRIKE_S and cut:
                broken, struck_s = {kind for kind in CHAOS if kind in pending and self._strike(kind)}, at_s
                pending = set()
            if broken and at_s >= struck_s + MEND_S - STRIKE_S:
                self._mend(broken)
                broken = set()
            self._deliver()
            self._look_after()
            self._broker.apply_trust()
            self._money(at_s)
            time.sleep(0.1)

    def close(self) -> dict[str, Any] | None:
        """Close the doors, let the queues drain, stop everything, and return the report; None when the store never opened."""
        opened = self._start_s > 0
        try:
            if opened and self._options.seconds and self._evening is None:
                self.end_day()
            if opened:
                self._await_erasures()
            for child in self._roles.values():
                child.stop()
            if opened:
                self._hour.close(self._say)
                self._drain()
            for child in self._syncs.values():
                child.stop()
            self._meter.close()
            used = [child.measure() for child in self._children]
            broker = usage("broker", self._broker.pid)
            self._hq.stop()
            made = self._report([*used, broker] if broker else used) if opened else None
        finally:
            for child in self._children:
                child.stop(2.0)
            self._broker.stop()
            self._counter.close()
            self._admission.close()
            self._outage.close()
            if self._own_folder:
                shutil.rmtree(self._place.folder, ignore_errors=True)
        return made

    def end_day(self) -> Evening:
        """Let staff take a return, count the drawers and close the day at every till; return how it ended. The store stays open."""
        self._say("staff takes a return, counts the drawers and closes the day")
        try:
            self._evening = close_the_day(self._place, self._await, self._given_back)
        except WorldError as error:
            log.error("%s", error)
            self._evening = Evening({device: look(self._place, device) for device in TILLS})
        return self._evening

    def _money(self, at_s: float) -> None:
        """Let phones pay and open what they have read, HQ give one sale back, and the terminal sell without HQ for once."""
        if at_s < self._looked_s + LOOK_S:
            return
        self._looked_s = at_s
        client = WorldClient(self._place.socket)
        truth = client.truth()
        self._counter.pay(truth["codes"])
        self._phone.look(truth["pages"])
        receipt = self._counter.give_back(at_s)
        if receipt and receipt != self._given_back:
            self._given_back = receipt
            self._say(f"HQ gives sale {receipt} back")
        if not self._options.camera:  # who stands before a webcam shall not wait for a rendered shopper
            told = self._outage.look(at_s, self._sold_offline, self._counter.sold_by_code)
            if told:
                self._say(told)
                client.act("invite", kind="face" if self._outage.running else "")  # a member: HQ's limits let the terminal answer for one
        client.close()

    def _sold_offline(self) -> int:
        store = self._open(shop.PAY)
        with store.snapshot() as unit:
            sold = sum(sale.offline for sale in unit.sales.recent(ALL_SALES))
        store.close()
        return sold

    # --- what goes wrong on purpose -----------------------------------------------------------------------------------------------

    def _strike(self, kind: str) -> bool:
        """Break something; True when it has to be mended later."""
        if kind == "broker":
            self._say("chaos: the broker is killed")
            self._broker.kill()
        elif kind == "hq":
            self._say("chaos: HQ is killed")
            self._hq.kill()
        else:
            self._reflash(shop.PAY)
            return False
        return True

    def _mend(self, broken: set[str]) -> None:
        for kind in sorted(broken):
            self._say(f"chaos: the {kind} is started again")
            if kind == "broker":
                self._broker.start()
            else:
                self._hq.start()

    def _reflash(self, device: str) -> None:
        """Take a kiosk's card out once its queue is empty, and put in one that knows nothing."""
        self._say(f"chaos: {device} is reflashed")
        self._roles[device].stop()
        self._outage.end()
        self._await(lambda: self._waiting(device) == 0, DRAIN_S, f"the queue of {device} drains")
        self._syncs[device].stop()
        self._note(device)
        for folder in (self._place.state(device), self._place.identity(device)):
            shutil.rmtree(folder)
        self._place.state(device).mkdir()
        self._admission.revoke(device)  # its key is lost with its card
        self._admission.admit(shop.STORE, {device: self._place.identity(device)}, self._broker)
        self._syncs[device].start()
        self._roles[device].start()

    # --- what a store needs -------------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        store = self._open(shop.SHELF)
        with store.snapshot() as unit:
            ordered = {state.slot: state.on_order for state in unit.stock.all() if state.on_order > 0}
        store.close()
        self._deliveries.look(ordered, time.monotonic())

    def _look_after(self) -> None:
        """Start again what ended by itself, as systemd does; give up on what ends again and again, or when a window was closed."""
        for child in self._children:
            if child.exit_code is None:
                continue
            self._restarts[child.name] = self._restarts.get(child.name, 0) + 1
            if self._options.window or self._restarts[child.name] > RESTARTS:
                raise WorldError(f"{child.name} ended with code {child.exit_code}; it said:\n{_tail(child.log)}")
            self._say(f"{child.name} ended with code {child.exit_code} and is started again")
            child.stop()
            child.start()

    def _await_ready(self) -> None:
        self._await(lambda: listens(self._place.web_port), READY_S, "HQ's console answers")
        pictures = [self._place.screens / f"{device}.jpg" for device in shop.ROLES]
        self._await(lambda: self._options.window or all(path.exists() for path in pictures), READY_S, "every screen shows something")
        ledger = Ledger(self._place.hq / "hq.db")

        def all_heard() -> bool:
            with ledger.read() as db:
                return bool(db.execute("SELECT count(*) FROM devices WHERE online").fetchone()[0] >= len(shop.ROLES))

        try:
            self._await(all_heard, READY_S, "every device reports to HQ")
        finally:
            ledger.close()

    def _await(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            self._look_after()
            if time.monotonic() > deadline:
                raise WorldError(f"after {within_s:.0f} s it is still not true that {what}")
            time.sleep(0.05)

    # --- the books ----------------------------------------------------------------------------------------------------------------

    def _open(self, device: str) -> Store:
        return Store.open(self._place.state(device) / "kiosk.db", device, SystemClock(), new_id)

    def _waiting(self, device: str) -> int:
        store = self._open(device)
        with store.snapshot() as unit:
            waiting = sum(unit.outbox.waiting().values())
        store.close()
        return waiting

    def _await_erasures(self) -> None:
        def done() -> bool:
            self._phone.look([])
            return not self._phone.waits

        try:
            self._await(done, WITHIN_S, "an erased member is gone from every kiosk and each has said so")
        except WorldError as error:
            log.error("%s", error)

    def _drain(self) -> None:
        self._broker.start()
        self._outage.end()
        self._hq.start()
        try:  # drained and agreed at once: kiosks go on telling how they are while the books are compared
            self._await(lambda: self._counter.book().agrees and not any(self._waiting(device) for device in shop.ROLES), DRAIN_S,
                        "all queues have drained, and HQ's books and the payment services agree")
        except WorldError as error:
            log.error("%s", error)

    def _note(self, device: str) -> None:
        store = self._open(device)
        self._books[device].add(store)
        store.close()

    def _spoofs(self) -> dict[str, int]:
        """How many pictures of members were held before a camera, and what came of it, as the world saw it."""
        client = WorldClient(self._place.socket)
        try:
            truth = client.truth()
        except WorldError:
            return {}
        finally:
            client.close()
        return {"tried": truth["visits"].get("spoof", 0), "refused": truth["spoofs_refused"], "paid": truth["spoofs_accepted"]}

    def _report(self, used: list[Usage]) -> dict[str, Any]:
        for device in shop.ROLES:
            self._note(device)
        ledger = Ledger(self._place.hq / "hq.db")
        with ledger.read() as db:
            sales = {row["sale_id"]: row["total_minor"] for row in trade.sales(db, ALL_SALES)}
            goods = [dict(row) for row in supply.orders_received(db)]
            hq = HqBook(sales, sum(facts.gaps(db).values()), facts.duplicates(db), facts.counter(db, "resent"), balance_check(db).even,
                        trade.postings(db))
        ledger.close()
        made = report(self._books, hq, used, self._start_s, self._counter.book())
        made["spoofs"], made["goods"] = self._spoofs(), goods
        made["erasures"] = self._phone.report()
        made["differences"] += self._phone.differences()
        if self._outage.in_vain:
            made["differences"].append(f"{shop.PAY} sold nothing while its line was cut")
        if self._evening is not None:
            made["evening"] = self._evening.report()
            made["differences"] += self._evening.differences()
        return made


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else ""


def has_screen() -> bool:
    """Return whether this machine shows windows."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
