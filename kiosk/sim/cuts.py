"""Power cuts over the till's own code: at every sync and, now and then, between two writes; each time what came through is looked at.

Storage, journal, outbox, inbox and payment intents run as they do on a kiosk, on the disk of `powercut`; the judge opens what a cut would
have left with the standard library's SQLite, as a kiosk does when the power is back.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.domain.events import Lane
from kiosk.domain.intent import IntentState
from kiosk.domain.orders import MemberErasureOrdered
from kiosk.runtime import ManualClock, new_id
from kiosk.sim.powercut import PowerCut
from kiosk.sim.seller import FULL, GTIN, SLOTS, Pace, Seller
from kiosk.sim.storm import Row
from kiosk.storage.seal import KEY_FILE
from kiosk.storage.store import Store, Unit
from kiosk.wire import Envelope, OrderMessage, decode_batch, up_topic

POWER = "power"
WHAT = "power cuts at every sync and between writes, on a disk that keeps only what was synced, half of them torn (wants apsw)"
DEVICE, BOX = "kiosk-1", "box-1"
BETWEEN_WRITES = 0.06
"""How likely a cut is before a write; before a sync there always is one."""
LOG_PAGES = 60
ACKNOWLEDGE_EVERY, NOT_YET = 7, 2


@dataclass(frozen=True, slots=True)
class Way:
    """How the power is cut. torn: some blocks of what was written since the last sync are on the disk, others not. synchronous: SQLite's
    setting; anything but FULL has to lose. seed: of everything that is random."""

    torn: bool = False
    synchronous: str = "FULL"
    seed: int = 5


class Cuts:
    """Sells under power cuts. cuts: how many there were; announced: facts that had been announced; missing: what was not right."""

    def __init__(self, folder: Path, way: Way) -> None:
        """Prepare in `folder`; raises StorageError where apsw is not installed."""
        self._folder, self._way, self._rng = folder, way, random.Random(way.seed)
        self._image = folder / "image"
        self._acked = dict.fromkeys(Lane, 0)
        self._ordered = 0
        self.cuts = self.announced = self.sales = 0
        self.missing: list[str] = []
        self._disk = PowerCut(folder / "durable", self._cut, self._perhaps)

    def run(self, done: Callable[[Cuts, int], bool]) -> Cuts:
        """Sell, take orders and acknowledgements until `done(itself, number of shoppers)` says so; return itself."""
        path = self._folder / "kiosk.db"
        opened: list[Any] = []

        def connect(file: Path) -> Any:
            opened.append(self._disk.connect(file))
            return opened[-1]

        store = Store.open(path, DEVICE, ManualClock(), new_id, reserve_mb=0, connect=connect)
        try:
            opened[-1].execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            opened[-1].execute(f"PRAGMA synchronous = {self._way.synchronous}")
            with store.unit() as unit:
                for n in range(SLOTS):
                    unit.stock.set(f"A{n}", GTIN, FULL)
            seller = Seller(store, self._folder / "record", 3, Pace(sales_per_s=0, health=2))
            turn = 0
            while not done(self, turn):
                turn += 1
                seller.turn()
                self._order(store, turn)
                if turn % ACKNOWLEDGE_EVERY == 0:
                    self._acknowledge(store)
            self.announced = sum(len(unit) - 1 for unit in self._record())
            with store.snapshot() as unit:
                self.sales = unit.sales.totals()[0]
            seller.close()
        finally:
            self._disk.close()
        return self

    def _order(self, store: Store, turn: int) -> None:
        with store.unit() as unit:
            unit.inbox.commit(OrderMessage(f"order-{turn}", DEVICE, BOX, turn, 0, MemberErasureOrdered(f"gone-{turn}")))
        self._ordered = turn

    def _acknowledge(self, store: Store) -> None:
        with store.unit() as unit:
            for lane in Lane:
                last = max((seq for seq, _ident in _waiting(unit, lane)), default=0)
                if last > NOT_YET:
                    self._acked[lane] = last - NOT_YET  # from here on the rows may be there or not: HQ holds them
                    unit.outbox.acknowledge(store.epoch, lane, last - NOT_YET)

    def _record(self) -> list[list[Any]]:
        return [json.loads(line) for line in (self._folder / "record").read_bytes().splitlines()]

    def _perhaps(self, path: Path) -> None:
        if self._rng.random() < BETWEEN_WRITES:
            self._cut(path)

    def _cut(self, path: Path) -> None:
        """Look at what a cut at this moment would leave."""
        if not (self._disk.durable / "kiosk.db").exists() or not (self._folder / "record").exists():
            return
        self.cuts += 1
        shutil.rmtree(self._image, ignore_errors=True)
        shutil.copytree(self._disk.durable, self._image)
        if self._way.torn:
            self._disk.tear(path, self._image / path.name, self._rng)
        shutil.copy(self._folder / KEY_FILE, self._image / KEY_FILE)
        store = Store.open(self._image / "kiosk.db", DEVICE, ManualClock(), new_id, reserve_mb=0)
        try:
            with store.snapshot() as unit:
                self.missing += self._faults(store, unit)
        finally:
            store.close()

    def _faults(self, store: Store, unit: Unit) -> Iterator[str]:
        """What was announced before the cut and is not on the disk after it, and what there does not fit together."""
        if store.rebuilt:
            yield "the file was found damaged"
        if unit.journal.verify() is not None:
            yield "the journal's chain is broken"
        there = {(lane, seq): ident for lane in Lane for seq, ident in _waiting(unit, lane)}
        sales = {sale.sale_id: sale for sale in unit.sales.recent(10**6)}
        for _epoch, *facts in self._record():
            for lane, seq, ident, name in facts:
                if seq > self._acked[Lane(lane)] and there.get((Lane(lane), seq)) != ident:
                    yield f"{lane} {seq} {ident} is not in the outbox"
                if name and not name.startswith("gone-") and name not in sales:
                    yield f"sale {name} is lost"
        yield from _torn_apart(unit, [sale.intent_id for sale in list(sales.values())[:3]], len(sales))
        if len({sale.receipt for sale in sales.values()}) != len(sales):
            yield "a receipt's number was given twice"
        if unit.inbox.mark(BOX) < self._ordered:
            yield f"order {self._ordered} was committed and is gone"


def _waiting(unit: Unit, lane: Lane) -> Iterator[tuple[int, str]]:
    """Give (number, id) of the facts that wait in a lane, as HQ would read them."""
    for _place, payload in unit.outbox.batch(lane, 0, 10**6, 1 << 30):
        for fact in decode_batch(up_topic(DEVICE, lane), payload):
            if isinstance(fact, Envelope):
                yield fact.seq, fact.id


def _torn_apart(unit: Unit, intents: list[str], sales: int) -> Iterator[str]:
    for intent_id in intents:
        intent = unit.intents.get(intent_id)
        if intent is None or intent.state not in (IntentState.CAPTURED, IntentState.OFFLINE_CAPTURED):
            yield f"a sale and its intent {intent_id} are torn apart: it was not captured"
    if sum(record.kind == "sale" for record in unit.journal.records()) != sales:
        yield "journal and sales differ"


def row(folder: Path, count: int, seed: int) -> Row:
    """Cut the power `count` times, every other time over a torn disk, and return what came of it as a line of the crash table."""
    halves = []
    folder.mkdir(parents=True, exist_ok=True)
    for torn in (False, True):
        place = Path(tempfile.mkdtemp(prefix="torn-" if torn else "whole-", dir=folder))
        halves.append(Cuts(place, Way(torn, seed=seed)).run(lambda cuts, _shoppers: 2 * cuts.cuts >= count))
    missing = tuple(sentence for half in halves for sentence in half.missing)
    doubled = sum("twice" in sentence for sentence in missing)
    wrong = sum("apart" in sentence or "differ" in sentence or "broken" in sentence or "damaged" in sentence for sentence in missing)
    return Row(POWER, sum(half.cuts for half in halves), sum(half.announced for half in halves), sum(half.sales for half in halves),
               len(missing) - doubled - wrong, doubled, wrong, missing)
