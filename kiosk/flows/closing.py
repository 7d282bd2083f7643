"""What happens to the journal by itself: days end, kiosk.toml changes, and HQ is told how long it is."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, tzinfo

from kiosk.config import Settings
from kiosk.domain.events import JournalHead, PeriodClosed
from kiosk.domain.journal import SALES, TRAINING, business_day
from kiosk.storage.store import Unit


def close_due(unit: Unit, settings: Settings, zone: tzinfo, now: datetime) -> list[PeriodClosed]:
    """Close what the store's own clock says is over: the day at its closing hour, and with it month and year."""
    today = business_day(now.astimezone(zone), settings.device.closing_hour)
    return unit.closures.close(today) if unit.closures.is_due(today) else []


def note_configuration(unit: Unit, settings: Settings) -> None:
    """Say in the journal that kiosk.toml is not what it was; secrets are masked, so a new PIN alone does not show."""
    text = repr(settings)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if unit.settings.get("configuration") != digest:
        unit.settings.put("configuration", digest)
        unit.journal.setting("configuration", f"{settings.device!r}, all of it sha256 {digest}")


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
