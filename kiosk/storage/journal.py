"""The journal's rows: one INSERT a record, chained and signed; nothing is changed or removed. See domain.journal for what it proves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from kiosk import wire
from kiosk.domain import journal as rules
from kiosk.domain.audit import Audit
from kiosk.domain.catalog import Planogram
from kiosk.domain.events import Lane, PeriodClosed, SaleCompleted, SaleRefunded, Seal
from kiosk.domain.journal import KEY, OPENED, PERIODS, SALES, Fault, KeyChanged, Opening, Predecessor, Record, RefundNoted, SettingChanged
from kiosk.domain.orders import Manifest, RefundGiven
from kiosk.errors import WireError
from kiosk.storage.book import Book
from kiosk.storage.schema import OWN_KINDS
from kiosk.storage.seal import verify

_TABLES = {SALES: "journal", rules.TRAINING: "training"}


class Journal:
    """Records of one chain, numbered from 1."""

    def __init__(self, book: Book, chain: str = SALES) -> None:
        self._book, self._chain, self._table = book, chain, _TABLES[chain]
        self._signer = ""

    def append(self, kind: str, body: bytes) -> int:
        """Add a record and return its number. The first of all is preceded by one that opens the journal and names its key."""
        return self.sealed(kind, body).number

    def sealed(self, kind: str, body: bytes) -> Seal:
        """As `append`, and return what proves the record to whoever has its body."""
        number, digest = self.tip()
        signature = self._insert((number, digest), kind, body)[2]
        return Seal(number + 1, digest.hex(), self._book.key.public, base64.b64encode(signature).decode())

    def tip(self) -> tuple[int, bytes]:
        """Return number and hash of the record that the next one follows; opens the journal, or names its new key, where that is due."""
        row = self._last()
        if row is None:
            return self.begin(None)
        if self._named_key() != self._book.key.public:
            row = self._insert(row, KEY, wire.encode_value(KeyChanged(self._book.key.public, self.at())))[:2]
            self._signer = self._book.key.public
        return row

    def setting(self, what: str, value: str) -> int:
        """Record that a setting changed."""
        return self.append("setting", wire.encode_value(SettingChanged(what, value, self.at())))

    def installed(self, manifest: Manifest | Planogram) -> int:
        """Record that what HQ sent holds from now on."""
        kind = wire.order_kind(manifest) if isinstance(manifest, Planogram) else wire.manifest_kind(manifest)
        return self.setting(kind, f"version {manifest.version}, sha256 {hashlib.sha256(wire.encode_value(manifest)).hexdigest()}")

    def heard(self, refund: RefundGiven, receipt: str) -> int:
        """Record that HQ gave money back for a sale of this device; no total counts it."""
        return self.append("hq_refund", wire.encode_value(RefundNoted(refund, receipt, self.at())))

    def begin(self, predecessor: Predecessor | None) -> tuple[int, bytes]:
        """Write the record that opens a journal and return its number and hash; for a database that was rebuilt, and for `tip`."""
        book = self._book
        opening = Opening(book.new_id(), book.device, self._chain, book.key.public, self.at(), predecessor)
        return self._insert((0, rules.START), OPENED, wire.encode_value(opening))[:2]

    def opening(self) -> Opening | None:
        """Return what the first record says, None while there is none."""
        row = self._book.db.execute(f"SELECT body FROM {self._table} WHERE n = 1").fetchone()
        return None if row is None else wire.decode_value(row[0], Opening)

    def head(self) -> Record | None:
        """Return the last record, None while there is none."""
        return next(self._records("ORDER BY n DESC LIMIT 1"), None)

    def records(self, first: int = 1, last: int = 2**62) -> Iterator[Record]:
        """Yield the records of these numbers in order."""
        return self._records("WHERE n BETWEEN ? AND ? ORDER BY n", first, last)

    def closures(self, period: str, after: int = 0) -> list[tuple[int, PeriodClosed]]:
        """Return the closures of one period after this number, with their own numbers, in order."""
        found = self._records(f"WHERE {OWN_KINDS} AND kind = ? AND n > ? ORDER BY n", period, after)
        return [(record.number, wire.decode_value(record.body, PeriodClosed)) for record in found]

    def last(self, kind: str) -> Record | None:
        """Return the newest record of one of the journal's own kinds."""
        return next(self._records(f"WHERE {OWN_KINDS} AND kind = ? ORDER BY n DESC LIMIT 1", kind), None)

    @property
    def key(self) -> str:
        """The public key that signs now, base64."""
        return self._book.key.public

    def seal(self, digest: bytes) -> bytes:
        """Sign a hash as records are signed."""
        return self._book.key.sign(rules.signed(digest))

    def signer(self, number: int) -> str:
        """Return the key that signs the record after `number`."""
        named = self._records(f"WHERE {OWN_KINDS} AND kind IN ('opened', 'key') AND n <= ? ORDER BY n DESC LIMIT 1", number)
        record = next(named, None)
        return key_of(record) if record else ""

    def verify(self) -> Fault | None:
        """Return the first fault of chain, signatures or closures up to the last record that was ever written, None when all hold."""
        audit = Audit(lambda record: fact_of(record, self._book.device), key_of, verify)
        for record in self.records():
            fault = audit.take(record)
            if fault is not None:
                return fault
        written = self._book.number("SELECT seq FROM sqlite_sequence WHERE name = ?", self._table)
        if written > audit.place.number:
            return Fault(audit.place.number + 1, f"is missing, and every record after it up to {written}")
        return None

    def _insert(self, after: tuple[int, bytes], kind: str, body: bytes) -> tuple[int, bytes, bytes]:
        number = after[0] + 1
        digest = rules.link(after[1], number, kind, body)
        signature = self._book.key.sign(rules.signed(digest))
        self._book.db.execute(f"INSERT INTO {self._table} VALUES (?, ?, ?, ?, ?)", (number, kind, body, digest, signature))
        return number, digest, signature

    def _last(self) -> tuple[int, bytes] | None:
        row: tuple[int, bytes] | None = self._book.db.execute(f"SELECT n, hash FROM {self._table} ORDER BY n DESC LIMIT 1").fetchone()
        return row

    def _named_key(self) -> str:
        if not self._signer:
            named = [record for record in (self.last(OPENED), self.last(KEY)) if record]
            self._signer = key_of(named[-1]) if named else ""
        return self._signer

    def _records(self, where: str, *values: object) -> Iterator[Record]:
        query = f"SELECT n, kind, body, hash, signature FROM {self._table} {where}"
        return (Record(*row) for row in self._book.db.execute(query, values))

    def at(self) -> str:
        """Return the wall time as records state it."""
        return self._book.clock.now().isoformat()


def key_of(record: Record) -> str:
    """Return the key that a record OPENED or KEY names, "" when it cannot be read."""
    try:
        named: Opening | KeyChanged = wire.decode_value(record.body, Opening if record.kind == OPENED else KeyChanged)
    except WireError:
        return ""
    return named.key


def fact_of(record: Record, device: str) -> object:
    """Return what a record tells: a sale, a refund, a closure or an opening; None for any other; raise WireError when it cannot be read."""
    if record.kind in ("sale", "refund"):
        (item,) = wire.decode_batch(wire.up_topic(device, Lane.MONEY), record.body)
        if isinstance(item, wire.Envelope) and isinstance(item.event, SaleCompleted | SaleRefunded):
            return item.event
        raise WireError(f"record {record.number} is no {record.kind} of {device}")
    if record.kind in PERIODS:
        return wire.decode_value(record.body, PeriodClosed)
    return wire.decode_value(record.body, Opening) if record.kind == OPENED else None
