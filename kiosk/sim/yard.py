"""A fleet without screens: broker, HQ, a network that can be cut, and kiosks that sell by themselves; real processes of this machine."""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from kiosk.domain.catalog import OfflinePolicy, Product
from kiosk.domain.money import Money
from kiosk.domain.orders import MemberErasureOrdered
from kiosk.errors import WorldError
from kiosk.hq import downbox, publish, wallet
from kiosk.hq.ledger import accounts, catalogue
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.stamp import Stamp, stamp
from kiosk.hq.trust import SigningKey
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.sim.processes import Child, free_port
from kiosk.sim.proxy import Proxy
from kiosk.sim.seller import FULL, GTIN, MEMBERS, PRICE, SLOTS
from kiosk.storage.store import Store

GROUP, CURRENCY = "yard", "EUR"
CREDIT = Money(100_000_000, CURRENCY)
DRAIN_S = 300.0
APPROVE_AFTER_S = "0.2"


@dataclass(slots=True)
class Kiosk:
    """One device of the yard: its folder, its line to the broker, and its two processes."""

    name: str
    folder: Path
    line: Proxy
    seller: Child
    sync: Child
    sales: int = 0
    read: int = 0

    @property
    def database(self) -> Path:
        """The device's database."""
        return self.folder / "state" / "kiosk.db"

    @property
    def record(self) -> Path:
        """What the seller announced."""
        return self.folder / "announced.jsonl"

    @property
    def config(self) -> Path:
        """The device's kiosk.toml."""
        return self.folder / "kiosk.toml"

    def open(self) -> Store:
        """Open the device's database."""
        return Store.open(self.database, self.name, SystemClock(), new_id, reserve_mb=0)

    def count(self) -> int:
        """Return how many sales were announced so far; reads on from where it stopped."""
        if self.record.exists():
            with self.record.open("rb") as file:
                file.seek(self.read)
                new = file.read()
            whole = new.rfind(b"\n") + 1
            self.sales += sum(b'"money"' in line and b'"stock"' in line for line in new[:whole].splitlines())
            self.read += whole
        return self.sales

    def announced(self) -> list[tuple[str, list[tuple[str, int, str, str]]]]:
        """Return what was announced, unit by unit: (epoch, facts as (lane, number, id, name)). A line cut short by a kill is none."""
        if not self.record.exists():
            return []
        units = []
        for line in self.record.read_bytes().split(b"\n")[:-1]:
            epoch, *facts = json.loads(line)
            units.append((epoch, [(lane, seq, ident, name) for lane, seq, ident, name in facts]))
        return units


class Yard:
    """Open it, let it run, break what you like, mend it, drain it, look at the books, close it."""

    def __init__(self, folder: Path, kiosks: int = 2, sales_per_s: float = 20.0) -> None:
        """Prepare everything in `folder`; nothing runs before `open`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._pace = folder, sales_per_s
        self.broker = Broker(folder / "broker")
        self._passwords = {name: secrets.token_urlsafe(24) for name in ("hq", *(f"kiosk-{n + 1}" for n in range(kiosks)))}
        self.web_port = free_port()
        environment = {"KIOSK_BROKER_PASSWORD": self._passwords["hq"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.hq = Child("hq", ("hq", "serve", "--folder", str(folder / "hq"), "--broker", f"127.0.0.1:{self.broker.port}", "--port",
                               str(self.web_port), "--group", GROUP, "--auto-approve-after", APPROVE_AFTER_S), folder, environment)
        self.ledger = self._open_ledger()
        key = SigningKey(folder / "hq").public
        self.kiosks = [self._kiosk(name, key) for name in self._passwords if name != "hq"]
        self.erased: list[tuple[str, str]] = []
        self.children = [self.hq, *(child for kiosk in self.kiosks for child in (kiosk.seller, kiosk.sync))]

    def open(self, selling: bool = True) -> None:
        """Start everything; return at once."""
        for name, password in self._passwords.items():
            self.broker.add_user(name, password)
        self.broker.start()
        self.hq.start()
        for kiosk in self.kiosks:
            kiosk.sync.start()
            if selling:
                kiosk.seller.start()

    def close(self) -> None:
        """Stop everything and leave the folder as it is."""
        for child in self.children:
            child.kill()
        self.broker.kill()
        for kiosk in self.kiosks:
            kiosk.line.close()
        self.ledger.close()

    def password(self, name: str) -> str:
        """Return the password under which the broker lets somebody in."""
        return self._passwords[name]

    def act(self, counter: int) -> None:
        """What people at HQ do: a new price, and somebody who wants to be forgotten."""
        moment = stamp(SystemClock().now(), new_id)
        with self.ledger.write() as db:
            publish.set_price(db, GTIN, Money(PRICE + counter % 7, CURRENCY), moment, "yard")
            for kiosk in self.kiosks:
                self._erase(db, kiosk.name, f"gone-{kiosk.name}-{counter}", moment)

    def mend(self) -> None:
        """Start again whatever does not run."""
        for kiosk in self.kiosks:
            kiosk.line.heal()
        if not self.broker.running:
            self.broker.start()
        for child in self.children:
            _start_again(child)

    def drain(self) -> None:
        """Stop selling; return when HQ holds everything and every device holds what HQ told it. WorldError when that takes too long."""
        for kiosk in self.kiosks:
            kiosk.seller.stop()
        self.hq.start()
        for kiosk in self.kiosks:
            kiosk.line.heal()
            kiosk.sync.start()
        deadline = time.monotonic() + DRAIN_S
        while not self.is_quiet():
            if time.monotonic() > deadline:
                raise WorldError(f"after {DRAIN_S:.0f} s the queues of {self.folder} have not drained; the logs are there")
            self.mend_services()
            time.sleep(0.1)

    def mend_services(self) -> None:
        """Start HQ and the sync processes again where they ended by themselves, as systemd does."""
        for child in (self.hq, *(kiosk.sync for kiosk in self.kiosks)):
            _start_again(child)

    def is_quiet(self) -> bool:
        """Whether nothing waits, upwards or downwards, and every device goes by HQ's newest prices."""
        with self.ledger.read() as db:
            down = db.execute("SELECT count(*) FROM downbox m JOIN boxes b ON b.id = m.box JOIN devices d ON d.id = b.device"
                              " AND d.epoch = b.epoch WHERE m.seq > b.committed").fetchone()[0]
            due = db.execute("SELECT count(*) FROM requests WHERE state = 'open' OR send_ms IS NOT NULL").fetchone()[0]
            version = catalogue.versions(db)[0]
        if down or due:
            return False
        for kiosk in self.kiosks:
            with contextlib.closing(kiosk.open()) as store, store.snapshot() as unit:
                prices = unit.prices.current(SystemClock().now())
                if any(unit.outbox.waiting().values()) or prices is None or prices.version < version:
                    return False
        return True

    def counts(self) -> tuple[int, int]:
        """Return (sales announced by the kiosks, sales at HQ)."""
        with self.ledger.read() as db:
            return sum(kiosk.count() for kiosk in self.kiosks), int(db.execute("SELECT count(*) FROM sales").fetchone()[0])

    def _erase(self, db: Db, device: str, member: str, moment: Stamp) -> None:
        row = db.execute("SELECT epoch FROM devices WHERE id = ?", (device,)).fetchone()
        if row is not None and row[0]:
            downbox.put(db, device, row[0], MemberErasureOrdered(member), moment)
            self.erased.append((device, member))

    def _open_ledger(self) -> Ledger:
        (self.folder / "hq").mkdir(exist_ok=True)
        ledger = Ledger(self.folder / "hq" / "hq.db")
        moment = stamp(SystemClock().now(), new_id)
        with ledger.write() as db:
            if catalogue.versions(db)[0] == 0:
                catalogue.save_product(db, Product(GTIN, {"fr": "Thé", "en": "Tea", "zh": "茶"}, Money(PRICE, CURRENCY), 55, 100.0, "", ""))
                publish.publish_prices(db, moment, "yard")
                publish.publish_policy(db, OfflinePolicy(0, CURRENCY, 10_000, 10_000_000, 100_000_000, 86_400), moment, "yard")
                for n in range(MEMBERS):
                    accounts.add_member(db, (f"member-{n}", "kiosk-1", "yard", "fr", 0, moment.at_ms))
                    wallet.open_member(db, f"member-{n}", CREDIT, moment.at_ms)
        return ledger

    def _kiosk(self, name: str, key: str) -> Kiosk:
        folder = self.folder / name
        (folder / "state").mkdir(parents=True, exist_ok=True)
        line = Proxy(self.broker.port)
        config = folder / "kiosk.toml"
        config.touch(mode=0o600)
        config.write_text("\n".join((
            "[device]", f'id = "{name}"', 'store = "Yard"', f'group = "{GROUP}"', 'roles = ["stock"]',
            "[storage]", f"folder = {json.dumps(str(folder / 'state'))}", "reserve_mb = 1",
            "[broker]", f"port = {line.port}", f'password = "{self._passwords[name]}"', "tls = false",
            "[hq]", f'public_key = "{key}"', "")))
        seller = Child(f"{name}-seller", ("sell", "--config", str(config), "--record", str(folder / "announced.jsonl"),
                                          "--sales-per-s", str(self._pace)), folder, {})
        kiosk = Kiosk(name, folder, line, seller, Child(f"{name}-sync", ("run", "sync", "--config", str(config)), folder, {}))
        self.fill(kiosk)
        return kiosk

    def fill(self, kiosk: Kiosk) -> None:
        """Put goods on a device's shelf, where its card knows of none."""
        with contextlib.closing(kiosk.open()) as store, store.unit() as unit:
            if not unit.stock.all():
                for n in range(SLOTS):
                    unit.stock.set(f"A{n}", GTIN, FULL)


def _start_again(child: Child) -> None:
    """Start what was killed, or never ran; what gave up by itself says why, and that is no storm's doing."""
    if child.exit_code not in (None, 0, -signal.SIGKILL):
        said = child.log.read_text(errors="replace").splitlines()[-8:]
        raise WorldError(f"{child.name} ended by itself with code {child.exit_code}; it said:\n" + "\n".join(said))
    child.start()
