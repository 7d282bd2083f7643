"""The journal of the till: a chain of signed records, and the closures of days, months and years that add it up.

What French law asks of a till since 2018 (CGI art. 286, I-3 bis: unalterable, secured, kept, archived) is answered by four things: each
record's hash covers the record before it, each hash is signed by the device, nothing is ever removed, and a period can be exported as a
file that proves itself. Closures carry perpetual totals, which never go back; so a journal without its tail shows as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kiosk.domain.events import PeriodTotals, SaleCompleted, SaleLine, SaleRefunded
from kiosk.domain.orders import RefundGiven

START = bytes(32)
"""What the first record of a journal follows."""
OPENED, KEY, DAY, MONTH, YEAR = "opened", "key", "day", "month", "year"
"""Kinds of records that the journal writes about itself: its beginning, another signing key from here on, and a period's end."""
PERIODS = (DAY, MONTH, YEAR)
SALES, TRAINING = "sales", "training"
"""The two chains. What happens in training mode is kept apart and is in no total."""

Verify = Callable[[str, bytes, bytes], bool]
"""(public key, message, signature) -> whether that key made it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. body: UTF-8 JSON; hash: 32 bytes, see `link`; signature: 64 bytes of Ed25519 over `signed(hash)`."""

    number: int
    kind: str
    body: bytes
    hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """How far a chain has been followed: number and hash of the last record, and the key that signs the next."""

    number: int = 0
    hash: bytes = START
    key: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold: the number of the record (0: none in particular) and what is wrong with it."""

    number: int
    what: str

    def __str__(self) -> str:
        return f"record {self.number}: {self.what}" if self.number else self.what


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The journal of a damaged database, as far as it could be read, which a new one follows.

    file: the name under which it is kept; last, head: number and hash (hexadecimal) of its last readable record; perpetual: at its last
    closure; unclosed: what it had recorded since, by currency; carried: rows that the new database took over, by table.
    """

    file: str
    journal: str
    last: int
    head: str
    perpetual: dict[str, PeriodTotals]
    unclosed: dict[str, PeriodTotals]
    carried: dict[str, int]


@dataclass(frozen=True, slots=True)
class Opening:
    """The body of the first record: whose journal it is, which key (base64) signs it, which journal it follows. at: wall time, ISO 8601."""

    journal: str
    device: str
    chain: str
    key: str
    at: str
    predecessor: Predecessor | None = None


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """The body of a record KEY: from here on, and for this record already, another key signs."""

    key: str
    at: str


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """The body of a record "setting": what it is (pricelist, offline-policy, tenders, configuration) and what it became."""

    what: str
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class RefundNoted:
    """The body of a record "hq_refund": HQ gave money back for the sale with this receipt. The till gave nothing: no total counts it."""

    refund: RefundGiven
    receipt: str
    at: str


def link(previous_hash: bytes, number: int, kind: str, body: bytes) -> bytes:
    """Return the hash (32 bytes, SHA-256) of record `number` that follows a record with `previous_hash`.

    Lengths are hashed with the fields, so that no two different records give the same bytes.
    """
    name = kind.encode()
    head = b"".join((previous_hash, number.to_bytes(8, "big"), len(name).to_bytes(4, "big"), name, len(body).to_bytes(8, "big")))
    return hashlib.sha256(head + body).digest()


def signed(digest: bytes) -> bytes:
    """Return the bytes that are signed for a hash: the prefix keeps the signature from meaning anything elsewhere."""
    return b"kiosk journal 1\0" + digest


def follow(place: Place, record: Record, key_of: Callable[[Record], str], verify: Verify) -> Place | Fault:
    """Return the place after `record`, or what is wrong with it. key_of(record): the key that a record OPENED or KEY names, "" if none."""
    expected = place.number + 1
    if record.number != expected:
        return Fault(expected, f"is missing: record {record.number} stands in its place")
    if link(place.hash, record.number, record.kind, record.body) != record.hash:
        return Fault(expected, "its text or its hash was changed, or the record before it was")
    key = key_of(record) if record.kind in (OPENED, KEY) else place.key
    if not key or not verify(key, signed(record.hash), record.signature):
        return Fault(expected, "its signature is not that of the device")
    return Place(expected, record.hash, key)


Sums = dict[str, PeriodTotals]
"""Currency -> totals."""


def of(event: object) -> Sums:
    """Return what one recorded fact adds to a period: a sale, a refund, or nothing."""
    if isinstance(event, SaleCompleted):
        return {event.currency: PeriodTotals(1, event.total_minor, turnover=_turnover(event.lines, 1), vat=dict(event.vat))}
    if isinstance(event, SaleRefunded):
        vat = {rate: -minor for rate, minor in event.vat.items()}
        return {event.currency: PeriodTotals(refunds=1, refunds_minor=event.amount_minor, turnover=_turnover(event.lines, -1), vat=vat)}
    return {}


def plus(first: Sums, second: Sums) -> Sums:
    """Return the sums of two periods together."""
    none = PeriodTotals()
    return {currency: _added(first.get(currency, none), second.get(currency, none)) for currency in sorted({*first, *second})}


def _turnover(lines: tuple[SaleLine, ...], sign: int) -> dict[str, int]:
    turnover: dict[str, int] = {}
    for line in lines:
        turnover[str(line.vat_permille)] = turnover.get(str(line.vat_permille), 0) + sign * line.amount_minor
    return turnover


def _added(a: PeriodTotals, b: PeriodTotals) -> PeriodTotals:
    return PeriodTotals(a.sales + b.sales, a.sales_minor + b.sales_minor, a.refunds + b.refunds, a.refunds_minor + b.refunds_minor,
                        _by_rate(a.turnover, b.turnover), _by_rate(a.vat, b.vat))


def _by_rate(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {rate: a.get(rate, 0) + b.get(rate, 0) for rate in sorted({*a, *b})}


def business_day(local: datetime, closing_hour: int) -> date:
    """Return the business day of a moment in the store's own time: the day's hours before `closing_hour` still belong to the day before."""
    return (local - timedelta(hours=closing_hour)).date()


@dataclass(frozen=True, slots=True)
class Open:
    """What is not closed yet. day: the business day that runs, None before the first; month, year: of the closed days that they wait for.

    records: whether there is anything to close since the last closure.
    """

    day: date | None
    records: bool
    month: str = ""
    year: str = ""


def begins(now: Open, today: date) -> bool:
    """Whether `today` is another business day than the one that runs.

    A clock that goes back by up to a day changes nothing (daylight saving, corrections by the network); one that goes back further was
    wrong before, and the day that it had begun is closed under the name it had.
    """
    return now.day is None or today > now.day or today < now.day - timedelta(days=1)


def due(now: Open, today: date, by_hand: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the closures to make, as (period, name), in order. by_hand: staff closes the day that runs."""
    if now.day is None:
        return ()
    passed = begins(now, today)
    if not passed and not by_hand:
        return ()
    made: list[tuple[str, str]] = []
    month, year = now.month, now.year
    if now.records:
        made.append((DAY, now.day.isoformat()))
        month, year = month or f"{now.day:%Y-%m}", year or f"{now.day:%Y}"
    if passed and month and month != f"{today:%Y-%m}":
        made.append((MONTH, month))
    if passed and year and year != f"{today:%Y}":
        made.append((YEAR, year))
    return tuple(made)
