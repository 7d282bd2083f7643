"""A kiosk tells how long its journal is; HQ remembers, and raises an alarm when it hears of another past than the one it was told."""

from __future__ import annotations

import base64
import binascii

from kiosk.domain import journal
from kiosk.domain.events import JournalHead
from kiosk.errors import InvalidValueError
from kiosk.hq.ledger import facts, journals
from kiosk.hq.ledger.store import Db
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.trust import signed_by


def take(db: Db, told: JournalHead, origin: Origin) -> None:
    """Keep a head. Raises InvalidValueError when its own signature does not hold: then somebody else speaks for the device's journal."""
    if told.chain not in (journal.SALES, journal.TRAINING) or not told.journal or told.number < 1 or not _holds(told):
        raise InvalidValueError(f"head {told.number} of journal {told.journal!r} is not signed by the key that it names")
    key = journals.known_key(db, origin.device)
    if key and key != told.key:
        _alarm(db, "journal_key", told, origin)
    before = journals.head(db, origin.device, told.journal)
    if before is None:
        journals.keep(db, told, origin)
        return
    later = origin.epoch != before["epoch"] or origin.seq > before["seq"]
    if told.number == before["number"] and told.hash != before["hash"]:
        _alarm(db, "journal_rewritten", told, origin)
    elif told.number < before["number"] and later:
        _alarm(db, "journal_cut", told, origin)
    elif told.number > before["number"]:
        journals.keep(db, told, origin)


def _holds(told: JournalHead) -> bool:
    try:
        digest, signature = bytes.fromhex(told.hash), base64.b64decode(told.signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return signed_by(told.key, journal.signed(digest), signature)


def _alarm(db: Db, kind: str, told: JournalHead, origin: Origin) -> None:
    facts.alarm(db, kind, origin.device, f"{told.chain} {told.journal} {told.number}", origin.at_ms)
