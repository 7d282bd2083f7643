"""A period of the journal as a file that proves itself: whoever has the file and the device's public key needs nothing else.

One JSON object a line: a head (whose journal, from which record on, which keys), the records, and an end whose signature covers head, count
and last hash. Every line is written in one way alone, so that each byte of the file counts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from kiosk import wire
from kiosk.domain import journal as rules
from kiosk.domain.audit import Audit
from kiosk.domain.journal import OPENED, Fault, Opening, Place, Record
from kiosk.errors import StorageError, WireError
from kiosk.storage.journal import Journal, fact_of, key_of
from kiosk.storage.seal import verify

_T = TypeVar("_T")
FORMAT = "kiosk-journal-1"


@dataclass(frozen=True, slots=True)
class Head:
    """The first line. previous: hash that record `first` follows; signer: key of that record, "" when it names one; key: of the end."""

    format: str
    device: str
    chain: str
    journal: str
    first: int
    previous: str
    signer: str
    key: str
    exported_at: str


@dataclass(frozen=True, slots=True)
class Line:
    """A record: hash hexadecimal, signature base64."""

    n: int
    kind: str
    body: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class End:
    """The last line. end: how many records; hash: of the last; signature: base64, over head, count and that hash."""

    end: int
    hash: str
    signature: str


def write(journal: Journal, first: int, last: int) -> Iterator[bytes]:
    """Yield the lines of an archive of these records. Raises StorageError when there are none or they do not hold."""
    head, place = _head(journal, first)
    head_line = wire.encode_value(head) + b"\n"
    yield head_line
    audit = Audit(lambda record: fact_of(record, head.device), key_of, verify, place)
    for record in journal.records(first, last):
        fault = audit.take(record)
        if fault is not None:
            raise StorageError(f"the journal of {head.device} does not hold: {fault}")
        yield wire.encode_value(Line(record.number, record.kind, record.body.decode(), record.hash.hex(), _text(record.signature))) + b"\n"
    if not audit.records:
        raise StorageError(f"the journal of {head.device} has no records from {first} to {last}")
    signature = journal.seal(_covered(head_line, audit.records, audit.place.hash))
    yield wire.encode_value(End(audit.records, audit.place.hash.hex(), _text(signature))) + b"\n"


def _head(journal: Journal, first: int) -> tuple[Head, Place]:
    before = next(journal.records(first - 1, first - 1), None)
    if before is None and first != 1:
        raise StorageError(f"the journal has no record {first - 1} before the first one to export")
    place = Place(first - 1, before.hash, journal.signer(first - 1)) if before else Place()
    opening = journal.opening()
    if opening is None:
        raise StorageError("the journal is empty: there is nothing to export")
    head = Head(FORMAT, opening.device, opening.chain, opening.journal, first, place.hash.hex(), place.key, journal.key, journal.at())
    return head, place


class Reader:
    """Checks the lines of an archive one by one; `fault` says what is wrong, `head` and `records` what it held."""

    def __init__(self, key: str = "", told: tuple[int, str] | None = None) -> None:
        """key: the device's public key, when it is known from elsewhere; then it must have signed.

        told: number and hash (hexadecimal) of a record that HQ was told of; then it must be among these.
        """
        self._key, self._told = key, told
        self._seen_told = told is None
        self.head: Head | None = None
        self.records = 0
        self._head_line = b""
        self._audit: Audit | None = None
        self._ended = False

    def take(self, line: bytes) -> Fault | None:
        """Go on by one line, its line feed included; return what is wrong with it."""
        try:
            if self._ended:
                return Fault(0, "something follows after the end")
            if self._audit is None:
                return self._begin(line)
            if line.startswith(b'{"end"'):
                return self._end(_read(line, End), self._audit)
            return self._record(_read(line, Line), self._audit)
        except (WireError, ValueError, binascii.Error):
            number = self._audit.place.number + 1 if self._audit else 0
            return Fault(number, "is not written as it was exported" if number else "the first line is not written as it was exported")

    def close(self) -> Fault | None:
        """Return what is wrong when no more lines come: an archive that was cut."""
        at = self._audit.place.number + 1 if self._audit else 0
        if not self._ended:
            return Fault(at, "is missing, with all that follows: the end of the file was cut off")
        if self._told is not None and not self._seen_told:
            return Fault(self._told[0], "is not in this file, and HQ was told of it: export a period that holds it, or the journal was cut")
        return None

    @property
    def last(self) -> Place:
        """The last record that was read."""
        return self._audit.place if self._audit else Place()

    def _begin(self, line: bytes) -> Fault | None:
        head = _read(line, Head)
        if head.format != FORMAT:
            return Fault(0, f"this is no {FORMAT}")
        if self._key and self._key != head.key:
            return Fault(0, "the first line names another key than the device's")
        self.head, self._head_line = head, line
        place = Place(head.first - 1, _hex(head.previous), head.signer)
        self._audit = Audit(lambda record: fact_of(record, head.device), key_of, verify, place)
        return None

    def _record(self, line: Line, audit: Audit) -> Fault | None:
        record = Record(line.n, line.kind, line.body.encode(), _hex(line.hash), _bytes(line.signature))
        fault = audit.take(record)
        self.records = audit.records
        if fault is None and self._told is not None and line.n == self._told[0]:
            if line.hash != self._told[1]:
                return Fault(line.n, "is not the one that HQ was told of: the journal was written anew")
            self._seen_told = True
        if fault is None and line.kind == OPENED and self.head is not None:
            opening: Opening = wire.decode_value(record.body, Opening)
            if (opening.device, opening.chain, opening.journal) != (self.head.device, self.head.chain, self.head.journal):
                return Fault(0, "the first line speaks of another journal than record 1")
        return fault

    def _end(self, end: End, audit: Audit) -> Fault | None:
        self._ended = True
        if (end.end, _hex(end.hash)) != (audit.records, audit.place.hash):
            return Fault(audit.place.number + 1, "is missing, or more: the end speaks of other records")
        key = self.head.key if self.head else ""
        covered = _covered(self._head_line, end.end, audit.place.hash)
        if not verify(key, rules.signed(covered), _bytes(end.signature)):
            return Fault(0, "the first or the last line was changed: the end's signature is not the device's")
        return None


def check(lines: Iterable[bytes], key: str = "", told: tuple[int, str] | None = None) -> tuple[Reader, Fault | None]:
    """Read a whole archive; return what was read and the first fault. key, told: see Reader."""
    reader = Reader(key, told)
    for line in lines:
        fault = reader.take(line)
        if fault is not None:
            return reader, fault
    return reader, reader.close()


def _covered(head_line: bytes, count: int, last_hash: bytes) -> bytes:
    return rules.link(last_hash, count, "archive", head_line)


def _read(line: bytes, cls: type[_T]) -> _T:
    value: _T = wire.decode_value(line, cls)
    if wire.encode_value(value) + b"\n" != line:
        raise WireError("a line that says the same is not the same")
    return value


def _hex(text: str) -> bytes:
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise WireError("hexadecimal digits are small")
    return found


def _bytes(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if _text(found) != text:
        raise WireError("base64 that ends in bits that are none")
    return found


def _text(signature: bytes) -> str:
    return base64.b64encode(signature).decode()
