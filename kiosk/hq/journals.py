"""A kiosk tells how long its journal is; HQ remembers, and raises an alarm when it hears of another past than the one it was told.

What HQ shows as signed by a kiosk, it has checked: a closure is refused without its signature, and a sale loses its seal.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from kiosk.domain import journal
from kiosk.domain.events import JournalHead, PeriodClosed, SaleCompleted, Seal
from kiosk.errors import InvalidValueError
from kiosk.hq.ledger import facts, journals
from kiosk.hq.ledger.store import Db
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.trust import signed_by
from kiosk.wire import Envelope, encode_event, encode_value

FORK = "#"
"""A branch of an epoch is called epoch#2 to epoch#9; devices know nothing of it."""


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


def check_closure(db: Db, closed: PeriodClosed, origin: Origin) -> None:
    """Raise InvalidValueError when the key that a closure names did not sign it; alarm when it is another key than before."""
    bare = replace(closed, key="", signature="")
    seal = Seal(closed.last + 1, closed.head, closed.key, closed.signature)
    if not _sealed(seal, closed.period, encode_value(bare)):
        raise InvalidValueError(f"the closure of {closed.name} by {origin.device} is not signed by the key that it names")
    _check_key(db, closed.key, origin)


def checked_sale(db: Db, fact: Envelope, origin: Origin) -> SaleCompleted:
    """Return the sale of a fact, without its seal, and with an alarm, when that does not hold: the goods are gone, so it is booked."""
    sale = fact.event
    if not isinstance(sale, SaleCompleted):
        raise InvalidValueError(f"fact {fact.id!r} of {fact.device} is no sale")
    if sale.seal is None:
        return sale
    # A branch of an epoch is a name that HQ gave; the device signed the epoch itself.
    bare = replace(fact, epoch=fact.epoch.partition(FORK)[0], event=replace(sale, seal=None))
    if not _sealed(sale.seal, "sale", encode_event(bare)):
        facts.alarm(db, "sale_signature", origin.device, sale.receipt, origin.at_ms)
        return replace(sale, seal=None)
    _check_key(db, sale.seal.key, origin)
    return sale


def _sealed(seal: Seal, kind: str, body: bytes) -> bool:
    try:
        digest = journal.link(bytes.fromhex(seal.before), seal.number, kind, body)
        signature = base64.b64decode(seal.signature, validate=True)
    except (ValueError, OverflowError, binascii.Error):
        return False
    return signed_by(seal.key, journal.signed(digest), signature)


def _check_key(db: Db, key: str, origin: Origin) -> None:
    known = journals.known_key(db, origin.device)
    if known and key != known:
        facts.alarm(db, "journal_key", origin.device, f"{key[:12]}…", origin.at_ms)


def _holds(told: JournalHead) -> bool:
    try:
        digest, signature = bytes.fromhex(told.hash), base64.b64decode(told.signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return signed_by(told.key, journal.signed(digest), signature)


def _alarm(db: Db, kind: str, told: JournalHead, origin: Origin) -> None:
    facts.alarm(db, kind, origin.device, f"{told.chain} {told.journal} {told.number}", origin.at_ms)
