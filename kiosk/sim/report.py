"""What a store in a box did: what the kiosks recorded, what HQ holds, and whether the two are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kiosk.flows.pace import CARDS, CARDS_MS, FRAMES, FRAMES_MS
from kiosk.sim.counter import MoneyBook
from kiosk.sim.processes import Usage
from kiosk.storage.store import Store

ALL_SALES = 10_000_000


@dataclass(slots=True)
class KioskBook:
    """What one kiosk recorded, over all its epochs. sales: sale id -> total in minor units; offline: those sold while HQ was silent."""

    sales: dict[str, int] = field(default_factory=dict)
    tallies: dict[str, int] = field(default_factory=dict)
    epochs: list[str] = field(default_factory=list)
    waiting: int = 0
    offline: set[str] = field(default_factory=set)

    def add(self, store: Store) -> None:
        """Add what a device's database holds; once per epoch, or again with the same epoch's later state."""
        with store.snapshot() as unit:
            sales = unit.sales.recent(ALL_SALES)
            self.sales.update({sale.sale_id: sale.total_minor for sale in sales})
            self.offline |= {sale.sale_id for sale in sales if sale.offline}
            for name, count in unit.tallies.all().items():
                self.tallies[name] = self.tallies.get(name, 0) + count
            self.waiting = sum(unit.outbox.waiting().values())
        self.epochs.append(store.epoch)

    @property
    def total_minor(self) -> int:
        """What its sales come to."""
        return sum(self.sales.values())


@dataclass(frozen=True, slots=True)
class HqBook:
    """What HQ holds. sales: sale id -> total in minor units, over all devices; postings: sale id -> how often its money was moved."""

    sales: Mapping[str, int]
    gaps: int
    duplicates: int
    resent: int
    balanced: bool
    postings: Mapping[str, int] = field(default_factory=dict)


def differences(kiosks: Mapping[str, KioskBook], hq: HqBook, money: MoneyBook) -> list[str]:
    """Return what HQ holds otherwise than the kiosks recorded, one sentence each; empty when it holds exactly that."""
    recorded = {sale_id: total for book in kiosks.values() for sale_id, total in book.sales.items()}
    found = [f"HQ does not hold sale {sale_id}" for sale_id in recorded.keys() - hq.sales.keys()]
    found += [f"no kiosk recorded sale {sale_id}, which HQ holds" for sale_id in hq.sales.keys() - recorded.keys()]
    found += [f"sale {sale_id}: {recorded[sale_id]} at the kiosk, {hq.sales[sale_id]} at HQ"
              for sale_id in recorded.keys() & hq.sales.keys() if recorded[sale_id] != hq.sales[sale_id]]
    found += [f"offline sale {sale_id} is posted {hq.postings.get(sale_id, 0)} times at HQ"
              for book in kiosks.values() for sale_id in sorted(book.offline) if hq.postings.get(sale_id, 0) != 1]
    found += [f"{name}: {book.waiting} facts still wait" for name, book in kiosks.items() if book.waiting]
    if hq.gaps:
        found.append(f"{hq.gaps} numbers are missing at HQ")
    if hq.duplicates:
        found.append(f"HQ applied {hq.duplicates} facts more than once")
    found += [f"{tender}: HQ's books say {money.owed[tender]}, the service took {taken}" for tender, taken in money.taken.items()
              if taken != money.owed[tender]]
    if money.open:
        found.append(f"{money.open} refunds are still under way")
    if not hq.balanced:
        found.append("HQ's wallet does not add up to zero")
    return found


def report(kiosks: Mapping[str, KioskBook], hq: HqBook, processes: Sequence[Usage], start_s: float,
           money: MoneyBook) -> dict[str, Any]:
    """Return the report of a demo as JSON values."""
    def total(name: str) -> int:
        return sum(book.tallies.get(name, 0) for book in kiosks.values())

    return {
        "kiosk_sales": sum(len(book.sales) for book in kiosks.values()),
        "hq_sales": len(hq.sales),
        "kiosk_total_minor": sum(book.total_minor for book in kiosks.values()),
        "hq_total_minor": sum(hq.sales.values()),
        "offline_sales": sum(len(book.offline) for book in kiosks.values()),
        "offline_posted_once": sum(hq.postings.get(sale_id) == 1 for book in kiosks.values() for sale_id in book.offline),
        "recognised": total("recognised"),
        "refused": total("refused"),
        "not_live": total("not_live"),
        "replenishments": total("requests_approved"),
        "requests": total("requests"),
        "deliveries_received": total("deliveries_received"),
        "deliveries_differing": total("deliveries_differing"),
        "gaps": hq.gaps,
        "duplicates": hq.duplicates,
        "resent": hq.resent,
        "picks": total("picks"),
        "put_backs": total("put_backs"),
        "enrolled": total("enrolled"),
        "start_up_s": round(start_s, 2),
        "codes_paid": money.codes,
        "refunds": money.refunds,
        "refunded_minor": money.refunded_minor,
        "services_minor": money.taken,
        "mirror_shown_hz": round(1e3 * total(FRAMES) / max(1, total(FRAMES_MS)), 1),
        "mirror_item_to_card_ms": round(total(CARDS_MS) / total(CARDS)) if total(CARDS) else None,
        "differences": differences(kiosks, hq, money),
        "kiosks": {name: {"sales": len(book.sales), "total_minor": book.total_minor, "epochs": len(book.epochs), "tallies": book.tallies}
                   for name, book in kiosks.items()},
        "processes": [{"name": usage.name, "peak_mb": usage.peak_mb, "cpu_s": usage.cpu_s} for usage in processes],
    }
