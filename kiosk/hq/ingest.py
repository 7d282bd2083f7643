"""Takes in what devices send: each fact once, many in one transaction, acknowledged when they are on the disk. Nothing stops it.

A fact is new, or a re-send (same key, same id: counted and acknowledged again), or in conflict (same key, another id: two cards with one
history; alarmed, and taken in on a branch of its own, so that neither card loses).
What cannot be read or booked is set aside too; where its number is known, that number is taken, so that its lane goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter

from kiosk.domain.events import Lane, Skipped
from kiosk.domain.money import Money
from kiosk.domain.standing import ClockSet
from kiosk.errors import KioskError, StorageError, WireError
from kiosk.hq import downbox, members
from kiosk.hq.journals import FORK
from kiosk.hq.ledger import facts, fleet
from kiosk.hq.ledger.facts import FactRow, Refused, Stream
from kiosk.hq.ledger.members import Place
from kiosk.hq.ledger.store import Db, Ledger, savepoint
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.posting import Books, kept, post
from kiosk.hq.stamp import Stamp, milliseconds
from kiosk.wire import Ack, Envelope, Unreadable, decode_batch, decode_state

log = logging.getLogger(__name__)

Message = tuple[str, bytes]
"""(topic, payload)"""
LAST_FORK = 9
MOST_STRANGE = 100
Key = tuple[str, str, Lane]
"""(device, epoch, lane)"""
_KEY = attrgetter("device", "epoch", "lane")


@dataclass(slots=True)
class _Batch:
    """The work of one transaction. known: stream id -> the numbers of this batch that are held -> the id of their event."""

    db: Db
    books: Books
    careful: bool
    stores: dict[str, str] = field(default_factory=dict)
    known: dict[int, dict[int, str]] = field(default_factory=dict)
    rows: list[FactRow] = field(default_factory=list)
    touched: dict[Key, Stream] = field(default_factory=dict)
    resent: int = 0


class Ingest:
    """The way of facts into the ledger. One thread at a time uses it; it remembers how far each lane is."""

    def __init__(self, ledger: Ledger, welcome: Money) -> None:
        self._ledger, self._welcome = ledger, welcome
        self._streams: dict[Key, Stream] = {}
        self._strange: set[str] = set()

    def commit(self, messages: Sequence[Message], stamp: Stamp) -> dict[str, list[Ack]]:
        """Keep and book what the messages carry, in one transaction, and return device -> what may be acknowledged now.

        Raises StorageError when the database cannot take it: then nothing was kept, nothing may be acknowledged, and devices send again.
        """
        items = [item for message in messages for item in self._items(message)]
        try:
            return self._commit(items, stamp, careful=False)
        except StorageError:
            self._streams.clear()
            raise
        except KioskError as error:
            log.info("a fact cannot be booked (%s): the batch is taken in one by one", error)
            self._streams.clear()
            return self._commit(items, stamp, careful=True)

    def states(self, messages: Sequence[Message], stamp: Stamp) -> None:
        """Take in births and deaths.

        A birth is not answered with how far its lanes are here: a card with the same history may have brought them so far, and what this
        one wrote under those numbers has not come yet. It sends what waits, and hears of that.
        """
        with self._ledger.write() as db:
            for topic, payload in messages:
                device = topic.split("/")[1]
                try:
                    state = decode_state(payload)
                    with savepoint(db):
                        fleet.add_device(db, device, stamp.at_ms)
                        if state.online and state.epoch:
                            self._note_card(db, device, state.epoch, stamp)
                        if fleet.set_state(db, device, state, stamp.at_ms):
                            log.info("device %s is %s, epoch %s", device, "there" if state.online else "gone", state.epoch)
                        if state.online and state.epoch:
                            downbox.open_box(db, device, state.epoch, stamp)
                            members.born(db, Place(device, state.epoch), stamp)
                except StorageError:
                    raise
                except KioskError as error:
                    facts.quarantine(db, Refused(device, "state", "", 0, "unreadable", str(error), payload[:4096]), stamp.at_ms)

    def _note_card(self, db: Db, device: str, epoch: str, stamp: Stamp) -> None:
        """Another card than before is in a device: it gets what the one before was not told; one that was there before is alarmed."""
        present = fleet.epoch_of(db, device)
        if present in ("", epoch):
            return
        if fleet.box_of(db, device, epoch) is not None:
            facts.alarm(db, "card_returned", device, epoch, stamp.at_ms)
        downbox.carry_over(db, device, (present, epoch), stamp)

    def _commit(self, items: Sequence[Envelope | Unreadable], stamp: Stamp, *, careful: bool) -> dict[str, list[Ack]]:
        with self._ledger.write() as db:
            batch = _Batch(db, Books(db, stamp, self._welcome), careful)
            runs = [(key, list(run)) for key, run in groupby(items, _KEY)]
            numbers: dict[Key, list[int]] = {}
            for key, run in runs:
                if key[1]:
                    numbers.setdefault(key, []).extend([item.seq for item in run])
            for key, own in numbers.items():
                stream = self._stream(batch, key)
                batch.known[stream.id] = facts.held(db, stream.id, [n for n in own if n <= stream.top])
            for key, run in runs:
                self._take(batch, key, run)
            self._finish(batch)
            return _acks(batch, {key: max(own) for key, own in numbers.items()})

    def _take(self, batch: _Batch, key: Key, run: Sequence[Envelope | Unreadable]) -> None:
        """Take in facts of one lane that came after one another."""
        if not key[1]:
            fleet.add_device(batch.db, key[0], batch.books.stamp.at_ms)
            for item in run:
                _set_aside(batch, item, "unreadable", item.reason if isinstance(item, Unreadable) else "it has no epoch")
            return
        stream = self._stream(batch, key)
        known = batch.known[stream.id]
        for item in run:
            before = known.get(item.seq)
            if before is None:
                self._keep(batch, item, stream)
            elif before and isinstance(item, Envelope) and before != item.id:
                facts.alarm(batch.db, "conflict", item.device, f"{item.lane} {item.epoch} {item.seq}", batch.books.stamp.at_ms)
                self._take_fork(batch, item, before)
            else:
                batch.resent += 1

    def _take_fork(self, batch: _Batch, item: Envelope, before: str) -> None:
        """Take in a fact whose number another event holds: two cards go on from the same history. Each has a branch of its own here."""
        for branch in range(2, LAST_FORK + 1):
            stream = self._stream(batch, (item.device, f"{item.epoch}{FORK}{branch}", item.lane))
            known = batch.known.setdefault(stream.id, {})
            held = known.get(item.seq) or facts.held(batch.db, stream.id, [item.seq]).get(item.seq)
            if held == item.id:
                batch.resent += 1
                return
            if held is None:
                if item.seq > stream.mark + 1:  # what lies before is of both cards, or of the other
                    facts.cover(batch.db, stream.id, stream.mark + 1, item.seq - 1, "forked")
                    stream.skip(stream.mark + 1, item.seq - 1)
                    stream.advance()
                self._keep(batch, replace(item, epoch=f"{item.epoch}{FORK}{branch}"), stream)
                return
        _set_aside(batch, item, "conflict", f"number {item.seq} is held by event {before}")

    def _keep(self, batch: _Batch, item: Envelope | Unreadable, stream: Stream) -> None:
        """Book a fact that is new, and note that its number is taken."""
        at_ms, seq = batch.books.stamp.at_ms, item.seq
        event_id, kind, body, time_ms = "", "unreadable", b"", at_ms
        if isinstance(item, Unreadable):
            _set_aside(batch, item, "unreadable", item.reason)
        else:
            event_id, body, time_ms = item.id, kept(item), milliseconds(item.time) + batch.books.offset_ms(item)
            refusal = _book(batch, item, stream, time_ms)
            if refusal:
                stream.advance()
                if seq > stream.mark + 1:
                    return  # what it hangs on may be in the hole before it: its device sends both again
                _refuse(batch, item, refusal)
            kind = "refused" if refusal else type(item.event).__name__
        batch.rows.append((stream.id, seq, event_id, kind, time_ms, at_ms, body))
        batch.known[stream.id][seq] = event_id
        stream.take(seq)

    def _finish(self, batch: _Batch) -> None:
        batch.books.write_gathered()
        _write_rows(batch)
        for stream in batch.touched.values():
            stream.advance()
        facts.save_marks(batch.db, batch.touched.values())
        fleet.saw(batch.db, {key[0]: batch.books.stamp.at_ms for key in batch.touched})
        if batch.resent:
            facts.count(batch.db, "resent", batch.resent)

    def _items(self, message: Message) -> list[Envelope | Unreadable]:
        try:
            return decode_batch(*message)
        except WireError:
            topic = message[0][:100]
            if topic not in self._strange and len(self._strange) < MOST_STRANGE:
                self._strange.add(topic)
                log.warning("a message on %r is no lane's: left alone, and so are others on it", topic)
            return []

    def _stream(self, batch: _Batch, key: Key) -> Stream:
        stream = batch.touched.get(key)
        if stream is None:
            stream = self._streams.get(key) or facts.stream(batch.db, *key)
            self._streams[key] = batch.touched[key] = stream
            batch.stores[key[0]] = fleet.add_device(batch.db, key[0], batch.books.stamp.at_ms)
        return stream


def _book(batch: _Batch, envelope: Envelope, stream: Stream, time_ms: int) -> str:
    """Book a fact; return "", or in careful mode why that cannot be: then nothing of it is booked."""
    origin = Origin(envelope.device, batch.stores[envelope.device], envelope.epoch, envelope.seq, time_ms, batch.books.stamp.at_ms)
    if isinstance(envelope.event, ClockSet):
        _write_rows(batch)  # what it corrects may have come in the same batch, and stays whatever becomes of it
    if not batch.careful:
        _apply(batch, envelope, stream, origin)
        return ""
    try:
        with savepoint(batch.db):
            _apply(batch, envelope, stream, origin)
            batch.books.write_gathered()
    except StorageError:
        raise
    except KioskError as error:
        batch.books.gathered.clear()
        return str(error)
    return ""


def _refuse(batch: _Batch, envelope: Envelope, reason: str) -> None:
    log.warning("device %s, %s %d: %s", envelope.device, envelope.lane, envelope.seq, reason)
    _set_aside(batch, envelope, "refused", reason)
    facts.alarm(batch.db, "refused", envelope.device, reason, batch.books.stamp.at_ms)


def _write_rows(batch: _Batch) -> None:
    facts.insert(batch.db, batch.rows)
    batch.rows.clear()


def _apply(batch: _Batch, envelope: Envelope, stream: Stream, origin: Origin) -> None:
    if isinstance(envelope.event, Skipped):
        _skip(batch, envelope, envelope.event, stream)
    else:
        post(batch.books, envelope, origin, stream.id)


def _skip(batch: _Batch, envelope: Envelope, skipped: Skipped, stream: Stream) -> None:
    if skipped.lane != envelope.lane or not 0 < skipped.first <= skipped.last < 2**53:
        raise WireError(f"it covers {skipped.first} to {skipped.last} of lane {skipped.lane!r}")
    facts.cover(batch.db, stream.id, skipped.first, skipped.last, skipped.reason)
    if envelope.lane is Lane.MONEY:
        facts.alarm(batch.db, "money_skipped", envelope.device, f"{skipped.first}-{skipped.last} {skipped.reason}", batch.books.stamp.at_ms)
    stream.skip(skipped.first, skipped.last)


def _set_aside(batch: _Batch, item: Envelope | Unreadable, kind: str, reason: str) -> None:
    payload = item.payload if isinstance(item, Unreadable) else kept(item)
    facts.quarantine(batch.db, Refused(item.device, item.lane, item.epoch, item.seq, kind, reason, payload), batch.books.stamp.at_ms)


def _acks(batch: _Batch, tops: dict[Key, int]) -> dict[str, list[Ack]]:
    """Return what each device may free: no number beyond those that it sent, for another card may have brought its history further."""
    acks: dict[str, list[Ack]] = {}
    for key, stream in batch.touched.items():
        device, epoch, lane = key
        if FORK not in epoch and stream.mark:
            acks.setdefault(device, []).append(Ack(epoch, lane, min(stream.mark, tops[key])))
    return acks
