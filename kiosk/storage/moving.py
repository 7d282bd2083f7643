"""What waits for HQ as a file, so that it moves from a broken kiosk to its replacement; and what a technician sees of it.

Facts keep their epoch, number, id and time. So HQ knows again what it already holds, whichever of the two kiosks it comes from, and however
often: nothing is lost and nothing doubled. The replacement has an epoch of its own, under which it goes on counting from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.errors import StorageError, WireError
from kiosk.storage.outbox import acknowledged, keep, last, note_unset, recount, set_lane
from kiosk.storage.places import LANES, place, run
from kiosk.storage.store import Store, Unit

FORMAT = 1
_STEP = 500
_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True)
class LaneReport:
    """One lane of one epoch: how many facts wait, from which number to which, and for how long the oldest has by the wall clock."""

    lane: Lane
    epoch: str
    present: bool
    waiting: int
    acked: int
    last: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Moved:
    """What an import brought: facts that are new here, and facts that were here already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class _Header:
    kiosk_queue: int
    device: str


@dataclass(frozen=True, slots=True)
class _Mark:
    epoch: str
    lane: Lane
    acked: int


@dataclass(frozen=True, slots=True)
class _Trailer:
    facts: int
    sha256: str


def reports(unit: Unit, now: datetime) -> list[LaneReport]:
    """Return every lane of every epoch in which something waits, and the present epoch's lanes in any case."""
    book, found = unit.outbox.book, []
    for number, epoch in book.db.execute("SELECT no, epoch FROM epochs ORDER BY no").fetchall():
        for lane in LANES:
            count, at = book.db.execute("SELECT count(*), min(at) FROM outbox WHERE n BETWEEN ? AND ?", run(lane, number)).fetchone()
            if count or number == book.epoch_no:
                oldest_s = max(0.0, now.timestamp() - at / 1e6) if at is not None else 0.0
                found.append(LaneReport(lane, epoch, number == book.epoch_no, count, acknowledged(book, number, lane),
                                        last(book, number, lane), oldest_s))
    return found


def export_queue(store: Store, write: Callable[[bytes], object]) -> int:
    """Write everything that waits as lines of JSON and return how many facts that were; the store stays as it is."""
    digest, count = hashlib.sha256(), 0

    def line(content: bytes) -> None:
        digest.update(content + b"\n")
        write(content + b"\n")

    with store.snapshot() as unit:
        book = unit.outbox.book
        line(wire.encode_value(_Header(FORMAT, store.device)))
        for number, epoch in book.db.execute("SELECT no, epoch FROM epochs ORDER BY no").fetchall():
            for lane in LANES:
                if last(book, number, lane):
                    line(wire.encode_value(_Mark(epoch, lane, acknowledged(book, number, lane))))
        for lane in LANES:
            place = 0
            while batch := unit.outbox.batch(lane, place, _STEP, 1 << 30):
                for _place, fact in batch:
                    line(fact)
                place = batch[-1][0]
                count += len(batch)
    write(wire.encode_value(_Trailer(count, digest.hexdigest())) + b"\n")
    return count


def import_queue(store: Store, lines: Iterable[bytes], name: str) -> Moved:
    """Take over what another kiosk of the same id had waiting; all of it or, with a StorageError that says why, nothing.

    name: of the file, for messages.
    """
    rows = _whole(list(lines), name)
    header = _read(rows[0], _Header, name)
    if header.kiosk_queue != FORMAT:
        raise StorageError(f"{name} has format {header.kiosk_queue}, this kiosk reads {FORMAT}: export it with this version")
    if header.device != store.device:
        raise StorageError(f"{name} is the queue of {header.device!r}, and this kiosk is {store.device!r}: HQ takes facts from the device"
                           " that wrote them alone; give the replacement the broken kiosk's id in kiosk.toml")
    marks = [_read(row, _Mark, name) for row in rows[1:] if b'"acked"' in row and b'"specversion"' not in row]
    facts = rows[1 + len(marks):]
    if store.epoch in {mark.epoch for mark in marks}:
        raise StorageError(f"{name} was written by this very card: nothing of it is missing here")
    with store.unit(use_reserve=True) as unit:
        book = unit.outbox.book
        numbers = {epoch: _number(unit, epoch, name) for epoch in dict.fromkeys(mark.epoch for mark in marks)}
        for mark in marks:
            number = numbers[mark.epoch]
            held = max(mark.acked, acknowledged(book, number, mark.lane))
            set_lane(book, number, mark.lane, held, 0)
            # What an earlier import brought, and the broken kiosk has brought to HQ itself since.
            book.db.execute("DELETE FROM outbox WHERE n BETWEEN ? AND ?", (place(mark.lane, number, 0), place(mark.lane, number, held)))
        new = 0
        for fact in (_fact(row, store.device, name) for row in facts):
            if not fact.clock_set:
                note_unset(book, fact)
            if fact.seq > acknowledged(book, numbers[fact.epoch], fact.lane):
                new += keep(book.db, numbers[fact.epoch], fact)
        recount(book)
        unit.journal.setting("queue_imported", f"{new} facts of {', '.join(numbers)}")
    return Moved(new, len(facts) - new)


def _whole(rows: list[bytes], name: str) -> list[bytes]:
    """Return the lines without the last, which says that they are all there and as they were."""
    if len(rows) < 2 or not rows[-1].endswith(b"\n"):
        raise StorageError(f"{name} is cut short: export it again")
    trailer = _read(rows[-1], _Trailer, name)
    if hashlib.sha256(b"".join(rows[:-1])).hexdigest() != trailer.sha256:
        raise StorageError(f"{name} was changed or damaged on its way: export it again")
    return rows[:-1]


def _read(row: bytes, cls: type[_Line], name: str) -> _Line:
    try:
        value: _Line = wire.decode_value(row, cls)
    except WireError as error:
        raise StorageError(f"{name} is no queue of a kiosk: {error}") from error
    return value


def _fact(row: bytes, device: str, name: str) -> wire.Envelope:
    for lane in LANES:
        for item in wire.decode_batch(wire.up_topic(device, lane), row):
            if isinstance(item, wire.Envelope):
                return item
    raise StorageError(f"{name} holds a fact that this version cannot read: {row[:200]!r}")


def _number(unit: Unit, epoch: str, name: str) -> int:
    """Return an epoch's number in this file, a free one below the present one's where it is new."""
    book = unit.outbox.book
    known = book.db.execute("SELECT no FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
    if known is not None:
        return int(known[0])
    number = book.number("SELECT max(no) FROM epochs WHERE no < ?", book.epoch_no) + 1
    if number >= book.epoch_no:
        raise StorageError(f"{name}: this card has taken over too many queues: let it send what it has, then put in an empty card")
    book.db.execute("INSERT INTO epochs VALUES (?, ?)", (number, epoch))
    return number
