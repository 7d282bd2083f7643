"""What happens to the journal by itself: days end, kiosk.toml changes, and HQ is told how long it is."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, tzinfo

from kiosk.config import Settings
from kiosk.domain.events import JournalHead, PeriodClosed
from kiosk.domain.journal import SALES, TRAINING, business_day
from kiosk.flows.parts import calibration_file
from kiosk.storage.store import Unit


def close_due(unit: Unit, settings: Settings, zone: tzinfo, now: datetime) -> list[PeriodClosed]:
    """Close what the store's own clock says is over: the day at its closing hour, and with it month and year."""
    today = business_day(now.astimezone(zone), settings.device.closing_hour)
    return unit.closures.close(today) if unit.closures.is_due(today) else []


def note_configuration(unit: Unit, settings: Settings) -> None:
    """Say in the journal that kiosk.toml, or the calibration of the load cells, is not what it was.

    Secrets are masked in it. That one of them changed shows by a hash of this device's signature over them, against which nobody who reads
    the journal can try PINs.
    """
    secrets = [settings.broker.password, *(part for kept in (settings.staff.pins, settings.staff.badges) for part in kept.values())]
    marks = unit.journal.seal(hashlib.sha256("\0".join(secret.reveal() for secret in secrets).encode()).digest())
    _note(unit, "configuration", hashlib.sha256(repr(settings).encode() + marks).hexdigest(), repr(settings.device))
    cells = calibration_file(settings)
    if cells.exists():
        _note(unit, "calibration", hashlib.sha256(cells.read_bytes()).hexdigest(), cells.name)


def _note(unit: Unit, what: str, digest: str, shown: str) -> None:
    if unit.settings.get(what) != digest:
        unit.settings.put(what, digest)
        unit.journal.setting(what, f"{shown}, all of it sha256 {digest}")


class HeadTeller:
    """Tells HQ of each chain's newest record, so that a journal that is later found shorter, or other, is found out."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def tell(self, unit: Unit) -> None:
        """Record the heads that grew since the last telling."""
        for chain, journal in ((SALES, unit.journal), (TRAINING, unit.training)):
            head, opening = journal.head(), journal.opening()
            if head is None or opening is None or head.number == self._told.get(chain):
                continue
            unit.facts.record(JournalHead(chain, opening.journal, head.number, head.hash.hex(), journal.key,
                                          base64.b64encode(head.signature).decode()))
            self._told[chain] = head.number
