"""A kiosk tells how long its journal is; HQ remembers, and raises an alarm when it hears of another past than the one it was told.

What HQ shows as signed by a kiosk, it has checked: a closure is refused without its signature, and a sale is shown without its seal. The
seals of sales are looked at when nothing else is to be done, and whenever one is shown: checking one costs as much as booking ten facts.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from kiosk.domain import journal
from kiosk.domain.events import JournalHead, PeriodClosed, SaleCompleted, Seal
from kiosk.errors import InvalidValueError
from kiosk.hq.ledger import facts, journals, receipts
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.trust import signed_by
from kiosk.wire import Envelope, encode_event, encode_value

FORK = "#"
"""A branch of an epoch is called epoch#2 to epoch#9; devices know nothing of it."""
AT_ONCE = 100
"""So many seals are looked at between two looks for messages: 15 ms."""


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


def check_closure(closed: PeriodClosed, origin: Origin) -> None:
    """Raise InvalidValueError when the key that a closure names did not sign it."""
    bare = replace(closed, key="", signature="")
    seal = Seal(closed.last + 1, closed.head, closed.key, closed.signature)
    if not _sealed(seal, closed.period, encode_value(bare)):
        raise InvalidValueError(f"the closure of {closed.name} by {origin.device} is not signed by the key that it names")


def check_due(ledger: Ledger, at_ms: int, limit: int = AT_ONCE) -> int:
    """Look at the seals of sales that nobody has looked at yet and return how many were: one that does not hold is alarmed.

    The sale stays booked, for the goods are gone. Only HQ's working thread calls this, as it alone takes facts in.
    """
    with ledger.read() as db:
        due = receipts.unchecked(db, limit)
    broken = [(fact, sale) for _number, fact in due if (sale := shown(fact)).seal is None and sale != fact.event]
    if due:
        with ledger.write() as db:
            for fact, sale in broken:
                facts.alarm(db, "sale_signature", fact.device, sale.receipt, at_ms)
            receipts.set_checked(db, due[-1][0])
    return len(due)


def shown(fact: Envelope | SaleCompleted) -> SaleCompleted:
    """Return the sale of a fact as it may be shown: without its seal when that does not hold. A sale by itself was checked when it came."""
    sale = fact.event if isinstance(fact, Envelope) else fact
    if not isinstance(sale, SaleCompleted):
        raise InvalidValueError(f"a {type(sale).__name__} has no receipt")
    if not isinstance(fact, Envelope) or sale.seal is None:
        return sale
    # A branch of an epoch is a name that HQ gave; the device signed the epoch itself.
    bare = replace(fact, epoch=fact.epoch.partition(FORK)[0], event=replace(sale, seal=None))
    return sale if _sealed(sale.seal, "sale", encode_event(bare)) else replace(sale, seal=None)


def alarm_key(db: Db, key: str, device: str, at_ms: int) -> None:
    """Alarm that a device's sale or closure names another key than the one that has signed its journals so far."""
    facts.alarm(db, "journal_key", device, f"{key[:12]}…", at_ms)


def _sealed(seal: Seal, kind: str, body: bytes) -> bool:
    try:
        digest = journal.link(bytes.fromhex(seal.before), seal.number, kind, body)
        signature = base64.b64decode(seal.signature, validate=True)
    except (ValueError, OverflowError, binascii.Error):
        return False
    return signed_by(seal.key, journal.signed(digest), signature)


def _holds(told: JournalHead) -> bool:
    try:
        digest, signature = bytes.fromhex(told.hash), base64.b64decode(told.signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return signed_by(told.key, journal.signed(digest), signature)


def _alarm(db: Db, kind: str, told: JournalHead, origin: Origin) -> None:
    facts.alarm(db, kind, origin.device, f"{told.chain} {told.journal} {told.number}", origin.at_ms)
