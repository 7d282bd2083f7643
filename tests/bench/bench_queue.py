"""The queue: durable sales, group inserts, the way to HQ, idling, wear of the card; with peers. `python -m tests.bench.bench_queue`

Peers run in the same process on the same disk, in turns with ours, so that a busy machine hits both. What a disk decides is measured
twice: on the one at hand and on one as slow as a card (see `card_disk`).
"""

from __future__ import annotations

import base64
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import litequeue
import paho.mqtt.client as paho
import persistqueue

from kiosk import wire
from kiosk.domain import journal
from kiosk.domain.events import LANE_OF, DeviceHealth, IdentityDecided, Lane, SaleCompleted, SaleLine, Seal, StockChanged
from kiosk.hq.ledger import facts, receipts
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.processes import usage
from kiosk.sim.seller import GTIN, MEMBERS
from kiosk.sim.yard import Yard
from kiosk.storage import outbox
from kiosk.storage.book import Book
from kiosk.storage.identifiers import series, unpacked
from kiosk.storage.places import place
from kiosk.storage.store import Store
from tests.bench.card_disk import WRITES_A_SECOND, NoCardDiskError, card_disk

SALES, CARD_SALES, TURN = 1800, 450, 90
GROUP, GROUPS = 1000, 40
DRAIN = 15_000
FILL = 25_000
PEER_MESSAGES = 1500
IDLE_S = 20.0
QUIET_S = 120.0
BEFORE = bytes(32)
TEA = SaleLine(GTIN, 2, 150, 0, 300, 55)


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def calibration() -> float:
    """Seconds of a fixed loop, to compare machines by."""
    start = time.process_time()
    total = 0.0
    for i in range(5_000_000):
        total += i * 0.5
    return time.process_time() - start


def sale(n: int) -> SaleCompleted:
    """A sale of two packets of tea."""
    return SaleCompleted(new_id(), f"K1-{n:06d}", new_id(), (TEA,), 300, "EUR", {"55": 16}, "wallet_face", f"member-{n % MEMBERS}", True, 7)


def plain_table(path: Path) -> sqlite3.Connection:
    """A SQLite file with one table, set up as ours is, its log made beforehand: what one row costs that is safe from power cuts."""
    db = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 3000", "journal_size_limit = 16777216"):
        db.execute(f"PRAGMA {setting}")
    db.execute("CREATE TABLE facts (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO facts (body) VALUES (zeroblob(6000000))")
    db.execute("ROLLBACK")
    return db


def durable_sales(folder: Path, count: int = SALES) -> None:
    """Sale, stock, signed journal record and outbox row in one transaction, beside a bare append of as many bytes and fdatasync.

    Each runs as a loop of its own, TURN at a time, in turns: a slow disk lets one pay for what another wrote just before. The log is made
    beforehand and emptied between turns, as the sync process of a kiosk does at its start and in idle moments. One row of as many bytes in
    a SQLite table of its own, unsigned, tells how much of the distance is SQLite's.
    """
    store, plain = Store.open(folder / "kiosk.db", "kiosk-1", SystemClock(), new_id), plain_table(folder / "plain.db")
    store.make_room()
    with store.unit() as unit:
        unit.stock.set("A1", GTIN, 2 * count)
    append = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    sales = [sale(n) for n in range(count)]
    payload = wire.encode_value(sales[0]) * 3 + bytes(200)  # as sale, in the journal and in the outbox; and what surrounds them

    def sell(one: SaleCompleted) -> None:
        with store.unit() as unit:
            unit.sales.add(one)
            unit.stock.move("A1", GTIN, -2)
            unit.journal.append("sale", wire.encode_event(unit.facts.record(one)))

    def write(_one: SaleCompleted) -> None:
        os.write(append, payload)
        os.fdatasync(append)

    def insert(_one: SaleCompleted) -> None:
        plain.execute("INSERT INTO facts (body) VALUES (?)", (payload,))

    taken: dict[Callable[[SaleCompleted], None], list[float]] = {sell: [], write: [], insert: []}
    cpu_s = 0.0
    for first in range(0, count, TURN):
        for action, times in taken.items():
            used = time.process_time()
            for one in sales[first:first + TURN]:
                before = time.perf_counter()
                action(one)
                times.append(time.perf_counter() - before)
            cpu_s += (time.process_time() - used) * (action is sell)
        store.tidy()
        plain.execute("PRAGMA wal_checkpoint(PASSIVE)")
    store.close()
    plain.close()
    os.close(append)
    ours, bare, row = (times[TURN:] for times in taken.values())  # all are warm
    middle, middle_row = (statistics.median(bare) / statistics.median(times) for times in (ours, row))
    say(f"durable sale, one by one     {len(ours) / sum(ours):8.0f}/s   write + fdatasync of its {len(payload)} bytes"
        f" {len(bare) / sum(bare):8.0f}/s   ratio {sum(bare) / sum(ours):.2f} (median {middle:.2f}), bar .8;"
        f" {cpu_s / count * 1e6:.0f} us of CPU; one unsigned row in SQLite {len(row) / sum(row):.0f}/s, ratio {sum(bare) / sum(row):.2f}"
        f" (median {middle_row:.2f})")


def group_insert(folder: Path) -> None:
    """Sensor events a thousand at a time, beside two queues from PyPI; the log as in `durable_sales`.

    Online HQ acknowledges each group before the next (not timed, as the peers' acknowledgements are not); offline nothing is freed, so that
    every second group waits until the queue is compacted: the newest of each slot stays.
    """
    online, offline = (Store.open(folder / name / "kiosk.db", "kiosk-1", SystemClock(), new_id) for name in ("online", "offline"))
    events = [StockChanged(f"A{n % 24}", GTIN, -1, n % 50, "retail_selling", "pick", 0.97) for n in range(GROUP)]
    body = wire.encode_value(events[0])
    persist = persistqueue.SQLiteAckQueue(str(folder / "persist"), multithreading=True, auto_commit=True)
    lite = litequeue.LiteQueue(str(folder / "lite.db"))
    peers = GROUP // 20

    def record(store: Store) -> float:
        before = time.perf_counter()
        with store.unit() as unit:
            unit.facts.record_all(events)
        took = time.perf_counter() - before
        store.tidy()
        return took

    def put(one: Callable[[], object]) -> float:
        before = time.perf_counter()
        for _n in range(peers):
            one()
        return (time.perf_counter() - before) * GROUP / peers

    for store in (online, offline):
        store.make_room()
    taken: list[tuple[float, ...]] = []
    for number in range(1, GROUPS + 1):
        taken.append((record(online), record(offline), put(lambda: persist.put(body)), put(lambda: lite.put(body.decode()))))
        with online.unit() as unit:
            unit.outbox.acknowledge(online.epoch, Lane.STOCK, number * GROUP)
    for queue in (online, offline, persist, lite):
        queue.close()
    warm = taken[GROUPS // 10:]
    acked, kept, slow, quick = (GROUP * len(warm) / sum(times) for times in zip(*warm, strict=True))
    say(f"sensor events, {GROUP} a group  {acked:8.0f}/s   persist-queue {slow:8.0f}/s: {acked / slow:.0f} x; litequeue (not safe from"
        f" power cuts) {quick:.0f}/s: {acked / quick:.1f} x; bars 30,000/s and 50 x;"
        f" offline, compaction included {kept:.0f}/s: {kept / slow:.0f} x")


def card(folder: Path) -> None:
    """The two above on a disk as slow as a card."""
    try:
        with card_disk(folder) as slow:
            say(f"a card's {WRITES_A_SECOND} writes a second, counted out by the kernel (simulated):")
            for name, part in (("sales", partial(durable_sales, count=CARD_SALES)), ("events", group_insert)):
                (slow / name).mkdir()
                part(slow / name)
    except NoCardDiskError as error:
        say(f"as slow as a card            skipped: {error}")


def mixture(n: int) -> tuple[SaleCompleted, StockChanged, StockChanged, IdentityDecided]:
    """One sale, two changes of stock, one word about health."""
    return (sale(n), StockChanged(f"A{n % 24}", GTIN, -2, n % 50, "retail_selling", "sale", 0.97),
            StockChanged(f"B{n % 24}", GTIN, -1, n % 50, "retail_selling", "pick", 0.97),
            IdentityDecided("accepted", "one_of_one", 5, 0.31, 3))


def seal(book: Book, sold: SaleCompleted, seq: int, ident: str, now: datetime) -> SaleCompleted:
    """Return a sale as the till sends it: signed, as a record of the device's journal (here each follows the same one)."""
    # A machine that no time server keeps sends its facts with an unset clock, and that is signed too.
    known = not book.number("SELECT count(*) FROM unset_clocks WHERE boot_id = ? AND until IS NULL", book.clock.boot_id)
    fact = wire.Envelope(ident, book.device, book.epoch, Lane.MONEY, seq, book.clock.boot_id, now, sold, known)
    digest = journal.link(BEFORE, seq, "sale", wire.encode_event(fact))
    return replace(sold, seal=Seal(seq, BEFORE.hex(), book.key.public, base64.b64encode(book.key.sign(journal.signed(digest))).decode()))


def fill(store: Store, count: int) -> None:
    """Put 4 * count facts into an outbox that neither compacts nor forgets; the sales are signed."""
    sent = dict.fromkeys(Lane, 0)
    for first in range(0, count, FILL):
        with store.unit() as unit:
            book, facts = unit.outbox._book, unit.facts
            now = book.clock.now()
            at = outbox._microseconds(now)
            events = [event for n in range(first, min(count, first + FILL)) for event in mixture(n)]
            rows: list[outbox.Row] = []
            for event, ident in zip(events, series(new_id, len(events)), strict=True):
                lane = LANE_OF[type(event)]
                sent[lane] += 1
                if isinstance(event, SaleCompleted):
                    event = seal(book, event, sent[lane], unpacked(ident), now)
                rows.append(outbox._row(place(lane, book.epoch_no, sent[lane]), event, ident, facts._boot, at, wire.encode_value(event)))
            book.db.executemany(outbox._INSERT, sorted(rows))


def direct(yard: Yard) -> None:
    """Let kiosks reach the broker itself instead of a network that can be cut."""
    for kiosk in yard.kiosks:
        kiosk.config.write_text(kiosk.config.read_text().replace(f"port = {kiosk.line.port}", f"port = {yard.broker.port}"))


def rest(yard: Yard) -> None:
    """Wait until everything has started and HQ has nothing left to do."""
    used = -1.0
    while not yard.is_quiet() or yard.hq.measure().cpu_s - used > 0.05:
        used = yard.hq.measure().cpu_s
        yard.mend_services()
        time.sleep(1.0)


def drain(folder: Path, count: int = DRAIN) -> None:
    """Real sync process, mosquitto and HQ, ledger posting included: from the first freed row to the last.

    HQ has started and has nothing left to do when the kiosk begins: what is measured is the way of facts, not the start of a web server.
    """
    yard = Yard(folder / "drain", 1)
    try:
        direct(yard)
        (kiosk,) = yard.kiosks
        yard.open(selling=False)
        rest(yard)
        kiosk.sync.stop()
        store = kiosk.open()
        fill(store, count)
        store._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = kiosk.database.stat().st_size
        kiosk.sync.start()
        total = 4 * count
        left, began, first = total, 0.0, total
        while left:
            with store.snapshot() as unit:
                left = sum(unit.outbox.waiting().values())
            if not began and left < total:
                began, first = time.perf_counter(), left
                used = [(child, child.measure().cpu_s) for child in (kiosk.sync, yard.hq)]
            yard.mend_services()
            time.sleep(0.02)
        took = time.perf_counter() - began
        cpu = {child.name: (child.measure().cpu_s - before) / first * 1e6 for child, before in used}
        store.close()
        signed = checked(yard)
        peer = one_by_one(yard, kiosk.name)
    finally:
        yard.close()
    costs = ", ".join(f"{name} {us:.0f} us" for name, us in cpu.items())
    say(f"outbox -> HQ's books -> freed {first / took:7.0f}/s   paho one by one to the broker {peer:8.0f}/s: {first / took / peer:.0f} x;"
        f" bar 15,000/s; {costs} of CPU an event; {size / total:.0f} bytes a fact on disk;"
        f" HQ then checks {signed:.0f} signatures of sales a second")


def checked(yard: Yard) -> float:
    """Wait until HQ has looked at every sale's signature, which it does when no facts come; return how many a second."""
    began, first = time.perf_counter(), 0
    while True:
        with yard.ledger.read() as db:
            left, broken = receipts.count_unchecked(db), [row["detail"] for row in facts.alarms(db) if row["kind"] == "sale_signature"]
        if broken:
            raise AssertionError(f"the signatures of {broken} do not hold")
        first = first or left
        if not left:
            return first / (time.perf_counter() - began)
        time.sleep(0.02)


def one_by_one(yard: Yard, name: str) -> float:
    """Messages a second that paho publishes when it waits for each PUBACK."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, f"{name}-peer")
    client.username_pw_set(name, yard.password(name))
    client.connect("127.0.0.1", yard.broker.port)
    client.loop_start()
    payload = wire.encode_value(sale(1))
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    up.wait(5.0)
    before = time.perf_counter()
    for _ in range(PEER_MESSAGES):
        client.publish(f"v1/{name}/up/peer", payload, qos=1).wait_for_publish(10.0)
    rate = PEER_MESSAGES / (time.perf_counter() - before)
    client.disconnect()
    client.loop_stop()
    return rate


def idle(folder: Path) -> None:
    """A sync process with nothing to do, connected, with HQ there."""
    yard = Yard(folder / "idle", 1)
    try:
        direct(yard)
        yard.open(selling=False)
        (kiosk,) = yard.kiosks
        while not yard.is_quiet():
            time.sleep(0.2)
        kiosk.sync.stop()  # the first start made nothing here; the second is what a kiosk shows every day
        kiosk.sync.start()
        time.sleep(3.0)
        before = kiosk.sync.measure()
        time.sleep(IDLE_S)
        after = kiosk.sync.measure()
        seen = usage("sync", kiosk.sync.pid)
    finally:
        yard.close()
    share, peak_mb = (after.cpu_s - before.cpu_s) / IDLE_S * 100, seen.peak_mb if seen else 0.0
    say(f"idle sync process            {share:8.2f} % of a core, {peak_mb:.1f} MB at its peak   bars 1 %, 45 MB")


def wear(folder: Path) -> None:
    """Bytes that a quiet kiosk writes: a word about its health every two minutes, and HQ's acknowledgement of it."""
    store = Store.open(folder / "kiosk.db", "kiosk-1", SystemClock(), new_id)
    turns = 400
    before = written()
    for n in range(turns):
        with store.unit(use_reserve=True) as unit:
            unit.settings.put("hq_heard", f"boot@{n}")
            unit.facts.record(DeviceHealth("1.0", 20_000, {"money": 0, "stock": 0, "health": 0}, 0, {"camera": "ok", "storage": "ok"}))
        with store.unit(use_reserve=True) as unit:
            unit.outbox.acknowledge(store.epoch, Lane.HEALTH, n + 1)
    store.close()
    day = (written() - before) / turns * 86_400 / QUIET_S / 1e6
    say(f"a quiet kiosk writes         {day:8.1f} MB a day to its card   bar 50")


def written() -> int:
    """Bytes that this process has sent towards the disk so far."""
    return int(next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("write_bytes")).split()[1])


def main() -> None:
    """Print the table, or the parts that are named; KIOSK_BENCH_DISK is a folder on the disk to be measured (default: where /tmp lies)."""
    say(f"calibration loop             {calibration():8.2f} s CPU")
    parts = (durable_sales, group_insert, card, drain, idle, wear)
    chosen = sys.argv[1:]
    for part in parts:
        if chosen and part.__name__ not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="kiosk-bench-", dir=os.environ.get("KIOSK_BENCH_DISK")) as folder:
            part(Path(folder))


if __name__ == "__main__":
    main()
