"""The store as the relay sees it: each call is a unit of its own."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain.catalog import OfflinePolicy, PriceList, TenderPolicy
from kiosk.domain.events import Lane
from kiosk.domain.online import StockElsewhere
from kiosk.domain.orders import Manifest
from kiosk.domain.standing import DownlinkRefused
from kiosk.domain.wardrobe import GarmentList
from kiosk.storage.store import Store, Unit
from kiosk.wire import Ack, OrderMessage, manifest_kind


def _refuse_rollback(unit: Unit, manifest: Manifest) -> None:
    """Tell HQ, once for each version, of a manifest that is older than the one that is kept; the same again is what a broker retains."""
    if isinstance(manifest, PriceList):
        kept = unit.prices.newest()
    else:
        held: GarmentList | TenderPolicy | OfflinePolicy | StockElsewhere | None
        if isinstance(manifest, GarmentList | StockElsewhere):
            held = unit.garments.get() if isinstance(manifest, GarmentList) else unit.elsewhere.get()
        else:
            held = unit.tenders.get() if isinstance(manifest, TenderPolicy) else (unit.policy.get() or (None,))[0]
        kept = held.version if held is not None else 0
    kind, said = manifest_kind(manifest), f"version {manifest.version} came after {kept}"
    if manifest.version < kept and unit.settings.get(f"rollback.{kind}") != said:
        unit.settings.put(f"rollback.{kind}", said)
        unit.quarantine.add(kind, said, b"")
        unit.facts.record(DownlinkRefused("rollback", kind, said))


class UpLanes:
    """The outbox of a store for the relay."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def version(self) -> int:
        """Return a number that changes when anybody wrote; cheap."""
        return self._store.data_version()

    def waiting(self) -> dict[Lane, int]:
        """Return how many facts wait in each lane."""
        with self._store.snapshot() as unit:
            return unit.outbox.waiting()

    def batch(self, lane: Lane, after: int, events: int, size: int) -> list[tuple[int, bytes]]:
        """Return the next (place, encoded fact) of a lane after a place."""
        with self._store.snapshot() as unit:
            return unit.outbox.batch(lane, after, events, size)

    def covers(self, lane: Lane) -> list[tuple[int, bytes]]:
        """Return the waiting Skipped facts of a lane."""
        with self._store.snapshot() as unit:
            return unit.outbox.covers(lane)

    def first(self, lane: Lane) -> int:
        """Return the place of the oldest waiting fact of a lane, 0 when none waits."""
        with self._store.snapshot() as unit:
            return unit.outbox.first(lane)

    def acknowledge(self, acks: Sequence[Ack]) -> int:
        """Free what HQ holds, below the disk's reserve too; return how many facts went."""
        with self._store.unit(use_reserve=True) as unit:
            return sum(unit.outbox.acknowledge(ack.epoch, ack.lane, ack.seq) for ack in acks)


class DownBox:
    """The inbox of a store for the relay."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def commit(self, messages: Sequence[OrderMessage]) -> int:
        """Apply orders, below the disk's reserve too; return how many were new."""
        with self._store.unit(use_reserve=True) as unit:
            return sum(unit.inbox.commit(message) for message in messages)

    def install(self, manifest: Manifest) -> bool:
        """Keep a manifest, and say so in the journal; False when it is not newer than what is kept."""
        with self._store.unit() as unit:
            if isinstance(manifest, StockElsewhere):
                # It changes by the minute and decides nothing: the journal is for what does.
                newer = unit.elsewhere.put(manifest)
                if not newer:
                    _refuse_rollback(unit, manifest)
                return newer
            if isinstance(manifest, PriceList):
                newer = unit.prices.put(manifest)
            elif isinstance(manifest, GarmentList):
                newer = unit.garments.put(manifest)
            else:
                newer = unit.tenders.put(manifest) if isinstance(manifest, TenderPolicy) else unit.policy.put(manifest)
            if newer:
                unit.journal.installed(manifest)
            else:
                _refuse_rollback(unit, manifest)
            return newer

    def mark(self, downbox: str) -> int:
        """Return the number up to which every order of a downbox is committed."""
        with self._store.snapshot() as unit:
            return unit.inbox.mark(downbox)

    def quarantine(self, source: str, reason: str, payload: bytes, cause: str = "") -> None:
        """Keep what cannot be read or believed; with a cause, tell HQ too."""
        with self._store.unit() as unit:
            unit.quarantine.add(source, reason, payload)
            if cause:
                unit.facts.record(DownlinkRefused(cause, source[:200], reason[:200]))
