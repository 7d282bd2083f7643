"""The end of a day: whether the books add up and nothing is on its way; looked at by itself each night, and told when it is not so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from kiosk.hq import wallet
from kiosk.hq.ledger import accounts, charges, facts, receipts
from kiosk.hq.ledger.store import Db, Ledger, Row
from kiosk.hq.stamp import Stamp
from kiosk.wire import encode_value

CLOSES_AT_HOUR = 4
"""A day ends at this hour of the next one, HQ's local time: shops that are open past midnight count to the day before."""
STRANDED_MS = 10 * 60_000
"""Money that was taken so long ago and has become no sale is stranded: somebody has to give it back."""


@dataclass(frozen=True, slots=True)
class DayEnd:
    """How the books stand. uncleared: "tender currency" -> minor units on their way. stranded: charges without a sale, and their sum.

    refunds_open: not yet with the payer; refunds_failed: refused by their tender.
    """

    even: bool
    uncleared: dict[str, int]
    stranded: int
    refunds_open: int
    refunds_failed: int
    exposure: dict[str, int]
    wrong: tuple[str, ...]

    @property
    def zero(self) -> bool:
        """Whether the day's balance is zero: everything adds up, and no money lies between a payer and the shop."""
        return self.even and not self.uncleared and not self.refunds_open and not self.refunds_failed


def look(db: Db, now_ms: int) -> DayEnd:
    """Return how the books stand now."""
    books = wallet.balance_check(db)
    count = dict(db.execute("SELECT status, count(*) FROM refunds GROUP BY status").fetchall())
    return DayEnd(books.even, {f"{tender} {currency}": minor for (tender, currency), minor in books.uncleared.items()},
                  len(charges.stranded(db, now_ms - STRANDED_MS)), count.get("asked", 0), count.get("failed", 0), books.exposure,
                  tuple(books.wrong))


def recent(db: Db, limit: int = 14) -> list[Row]:
    """Return the newest ends of days: day, zero, body, at_ms."""
    return accounts.day_ends(db, limit)


class DayEnds:
    """Looks at the books once after each day, in the process that serves HQ."""

    def __init__(self, ledger: Ledger, zone: tzinfo) -> None:
        self._ledger, self._zone = ledger, zone
        self._seen = ""

    def look(self, now: Stamp) -> DayEnd | None:
        """Look at the day that has just ended, unless that was done, once no sale is left unchecked; return what was found."""
        day = (now.moment.astimezone(self._zone) - timedelta(hours=24 + CLOSES_AT_HOUR)).date().isoformat()
        if day == self._seen:
            return None
        with self._ledger.read() as db:
            ended = accounts.day_ended(db, day)
            if not ended and receipts.count_unchecked(db):  # what a day's report calls sold, somebody has signed, or it is alarmed
                return None
        self._seen = day
        if ended:
            return None
        with self._ledger.write() as db:
            found = look(db, now.at_ms)
            accounts.end_day(db, (day, found.zero, encode_value(found), now.at_ms))
            if not found.zero:
                on_way = ", ".join(f"{name} {minor}" for name, minor in found.uncleared.items()) or "the books do not add up"
                facts.alarm(db, "day_end", "hq", f"{day}: {on_way}", now.at_ms)
        return found
