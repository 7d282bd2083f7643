"""Notifications of payment services: believed when their signature, account, amount and currency are right; anything else changes nothing.

A notification is only a faster answer: the teller asks by itself every few seconds, so one that is lost, late or sent twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from kiosk.errors import InvalidValueError
from kiosk.hq.ledger import charges, facts
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders import teller
from kiosk.hq.tenders.protocol import NOTHING, Notice, Tender

log = logging.getLogger(__name__)

LARGEST_BYTES = 64 * 1024


@runtime_checkable
class Notifying(Protocol):
    """A tender whose service sends notifications."""

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """Return what a notification says that the service signed, NOTHING for one of no charge, None for any other.

        headers: names in lower case.
        """


class Notices:
    """The place where notifications come in."""

    def __init__(self, ledger: Ledger, tenders: Mapping[str, Tender], now: Callable[[], Stamp]) -> None:
        self._ledger, self._tenders, self._now = ledger, tenders, now

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Take a notification in and return what to answer: (HTTP status, text that the service wants to read)."""
        if len(body) > LARGEST_BYTES:
            return 413, ""
        try:
            notice = self._read(name, headers, body)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidValueError):
            notice = None
        if notice is None:
            log.warning("a notification for %s is not the service's: left alone", name[:20])
            return 401, ""
        if notice != NOTHING:
            self._settle(name, notice)
        return 200, "success" if name == "alipay" else '{"code":"SUCCESS"}'

    def _read(self, name: str, headers: Mapping[str, str], body: bytes) -> Notice | None:
        tender = self._tenders.get(name)
        return tender.notice(headers, body) if isinstance(tender, Notifying) else None

    def _settle(self, name: str, notice: Notice) -> None:
        number, amount, answer = notice
        now = self._now()
        with self._ledger.write() as db:
            row = charges.find(db, name, number)
            if row is None or (row.amount_minor, row.currency) != (amount.minor, amount.currency):
                what = f"{name} {amount.minor} {amount.currency} {number[:40]}"
                facts.alarm(db, "tender_notice", row.device if row else "hq", what, now.at_ms)
                return
            teller.settle(db, row.intent_id, "notice", answer, now)
