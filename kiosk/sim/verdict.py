"""Whether HQ holds exactly what the kiosks recorded: after a storm, and after everything has drained."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field

from kiosk.domain.events import Lane
from kiosk.hq.ledger import facts
from kiosk.hq.ledger.store import Db
from kiosk.hq.wallet import balance_check
from kiosk.runtime import SystemClock
from kiosk.sim.report import ALL_SALES
from kiosk.sim.yard import Kiosk, Yard


@dataclass(slots=True)
class Verdict:
    """What is wrong, one sentence each; nothing when all is right.

    announced: facts that kiosks said were on their disk. sales: of them, sales. skipped: numbers of the health and stock lanes that were
    dropped on purpose and counted.
    """

    announced: int = 0
    sales: int = 0
    skipped: int = 0
    resent: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, nothing doubled, and all else agrees."""
        return not (self.lost or self.doubled or self.wrong)


def judge(yard: Yard) -> Verdict:
    """Compare the kiosks' records and databases with HQ's ledger; call it when the yard has drained."""
    verdict = Verdict()
    with yard.ledger.read() as db:
        for kiosk in yard.kiosks:
            _money(verdict, kiosk, db)
            _stock(verdict, kiosk, db)
            _orders(verdict, yard, kiosk, db)
        _books(verdict, db)
    return verdict


def _money(verdict: Verdict, kiosk: Kiosk, db: Db) -> None:
    """Every announced fact is at HQ under its key and id, in order; every sale of the database stands in the books once."""
    held = {(row["epoch"], row["lane"], row["seq"]): row["id"] for row in db.execute(
        "SELECT s.epoch, s.lane, f.seq, f.id FROM facts f JOIN streams s ON s.id = f.stream WHERE s.device = ?", (kiosk.name,))}
    ids = Counter(held.values())
    verdict.doubled += [f"{kiosk.name}: event {ident} is held {n} times" for ident, n in ids.items() if ident and n > 1]
    for epoch, announced in kiosk.announced():
        for lane, seq, ident, name in announced:
            verdict.announced += 1
            if held.get((epoch, lane, seq)) == ident:
                continue
            if lane == Lane.MONEY or not _is_covered(db, kiosk, epoch, lane, seq):
                verdict.lost.append(f"{kiosk.name}: {lane} {seq} of epoch {epoch} {name}")
    with contextlib.closing(kiosk.open()) as store, store.snapshot() as unit:
        sales = {sale.sale_id: sale.total_minor for sale in unit.sales.recent(ALL_SALES)}
    sales |= {name: sales.get(name, -1) for _epoch, announced in kiosk.announced() for lane, _seq, _id, name in announced
              if lane == Lane.MONEY and name and not name.startswith("gone-")}
    verdict.sales += len(sales)
    booked = Counter(row["sale_id"] for row in db.execute("SELECT sale_id FROM sales WHERE device = ?", (kiosk.name,)))
    verdict.lost += [f"{kiosk.name}: sale {sale} is not in the books" for sale in sales.keys() - booked.keys()]
    verdict.doubled += [f"{kiosk.name}: sale {sale} stands {n} times in the books" for sale, n in booked.items() if n > 1]


def _is_covered(db: Db, kiosk: Kiosk, epoch: str, lane: str, seq: int) -> bool:
    return db.execute("SELECT 1 FROM skips k JOIN streams s ON s.id = k.stream WHERE s.device = ? AND s.epoch = ? AND s.lane = ?"
                      " AND ? BETWEEN k.first AND k.last", (kiosk.name, epoch, lane, seq)).fetchone() is not None


def _stock(verdict: Verdict, kiosk: Kiosk, db: Db) -> None:
    """What the present card counted is what HQ says; what a former card counted is history."""
    with contextlib.closing(kiosk.open()) as store, store.snapshot() as unit:
        there = {state.slot: state.on_hand for state in unit.stock.all()}
    rows = db.execute("SELECT slot, on_hand FROM stock WHERE device = ? AND epoch = ?", (kiosk.name, store.epoch))
    at_hq = {row["slot"]: row["on_hand"] for row in rows}
    verdict.wrong += [f"{kiosk.name}: slot {slot} holds {there.get(slot)}, HQ says {pieces}" for slot, pieces in at_hq.items()
                      if there.get(slot) != pieces]


def _orders(verdict: Verdict, yard: Yard, kiosk: Kiosk, db: Db) -> None:
    """Every approval, erasure and price came, and came once in effect."""
    with contextlib.closing(kiosk.open()) as store, store.snapshot() as unit:
        tallies, queued, prices = unit.tallies.all(), unit.erasures.queued(), unit.prices.current(SystemClock().now())
        states = Counter(state for (state,) in db.execute("SELECT state FROM requests WHERE device = ? AND epoch = ?",
                                                          (kiosk.name, store.epoch)))
    if tallies.get("requests_approved", 0) != states["approved"]:
        verdict.wrong.append(f"{kiosk.name}: {states['approved']} approvals at HQ, {tallies.get('requests_approved', 0)} took effect")
    erased = Counter(name for _epoch, announced in kiosk.announced() for _lane, _seq, _id, name in announced if name.startswith("gone-"))
    wanted = {member for device, member in yard.erased if device == kiosk.name}
    at_hq = Counter(row[0] for row in db.execute(
        "SELECT json_extract(f.body, '$.member_id') FROM facts f JOIN streams s ON s.id = f.stream"
        " WHERE s.device = ? AND f.kind = 'MemberErased'", (kiosk.name,)))
    verdict.lost += [f"{kiosk.name}: {member} was not forgotten" for member in wanted - at_hq.keys() - set(queued)]
    verdict.doubled += [f"{kiosk.name}: {member} was forgotten {n} times" for member, n in (at_hq | erased).items() if n > 1]
    newest = db.execute("SELECT max(version) FROM pricelists").fetchone()[0]
    if prices is None or prices.version != newest:
        verdict.wrong.append(f"{kiosk.name}: goes by price list {prices.version if prices else 0}, HQ published {newest}")


def _books(verdict: Verdict, db: Db) -> None:
    gaps = facts.gaps(db)
    verdict.lost += [f"{device}: {n} numbers are missing at HQ" for device, n in gaps.items()]
    if facts.duplicates(db):
        verdict.doubled.append(f"{facts.duplicates(db)} sales or intents were posted more than once")
    if not balance_check(db).even:
        verdict.wrong.append("HQ's wallet does not add up to zero")
    verdict.resent = facts.counter(db, "resent")
    verdict.skipped = db.execute("SELECT coalesce(sum(last - first + 1), 0) FROM skips").fetchone()[0]
    quarantined = facts.counter(db, "quarantined")
    if quarantined:
        verdict.wrong.append(f"{quarantined} facts were set aside")
