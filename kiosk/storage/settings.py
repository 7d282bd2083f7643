"""What holds until something newer comes: price lists, planogram, offline policy, tallies and small texts."""

from __future__ import annotations

from datetime import datetime

from kiosk import wire
from kiosk.domain.catalog import OfflinePolicy, Planogram, PriceList, TenderPolicy
from kiosk.domain.online import StockElsewhere
from kiosk.domain.wardrobe import GarmentList
from kiosk.storage.book import Book

KEPT_LISTS = 20
"""So many price lists are kept; one that is in force is kept whatever its age."""


class Prices:
    """Price lists by version. A version that was read once is not decoded again."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._read: dict[int, PriceList] = {}

    def put(self, prices: PriceList) -> bool:
        """Keep a price list; False when its version is not higher than the highest that is kept."""
        book = self._book
        if prices.version <= book.number("SELECT max(version) FROM pricelists"):
            return False
        book.db.execute("INSERT INTO pricelists VALUES (?, ?, ?)",
                        (prices.version, prices.effective_at.timestamp(), wire.encode_value(prices)))
        book.db.execute("DELETE FROM pricelists WHERE version < (SELECT version FROM pricelists ORDER BY version DESC LIMIT 1 OFFSET ?)"
                        " AND version < (SELECT max(version) FROM pricelists WHERE effective_at <= ?)",
                        (KEPT_LISTS, book.clock.now().timestamp()))
        return True

    def newest(self) -> int:
        """Return the highest version that is kept, in force or not; 0 before the first."""
        return self._book.number("SELECT max(version) FROM pricelists")

    def current(self, now: datetime) -> PriceList | None:
        """Return the list with the highest version that is in force, None when there is none at all.

        Where none is in force yet the clock is behind, and it is the one that comes into force first: a shop without prices sells nothing.
        """
        version = self._book.number("SELECT max(version) FROM pricelists WHERE effective_at <= ?", now.timestamp())
        version = version or self._book.number("SELECT version FROM pricelists ORDER BY effective_at, version DESC LIMIT 1")
        if version == 0:
            return None
        if version not in self._read:
            body = self._book.db.execute("SELECT body FROM pricelists WHERE version = ?", (version,)).fetchone()[0]
            self._read = {version: wire.decode_value(body, PriceList)}
        return self._read[version]


class Planograms:
    """The planogram of this device."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._read: Planogram | None = None

    def put(self, planogram: Planogram) -> bool:
        """Keep a planogram; False when its version is not higher than the one that is kept."""
        if planogram.version <= self._book.number("SELECT version FROM planogram"):
            return False
        self._book.db.execute("INSERT OR REPLACE INTO planogram VALUES (1, ?, ?)", (planogram.version, wire.encode_value(planogram)))
        return True

    def get(self) -> Planogram | None:
        """Return the planogram, None before the first came."""
        version = self._book.number("SELECT version FROM planogram")
        if version and (self._read is None or self._read.version != version):
            self._read = wire.decode_value(self._book.db.execute("SELECT body FROM planogram").fetchone()[0], Planogram)
        return self._read if version else None


class Policies:
    """The offline policy, and when it was last heard by a clock that does not jump."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def put(self, policy: OfflinePolicy) -> bool:
        """Keep a policy; the same version again renews the time of receipt. False when its version is not higher than the one kept."""
        book = self._book
        kept = book.number("SELECT version FROM policy")
        if policy.version < kept:
            return False
        book.db.execute("INSERT OR REPLACE INTO policy VALUES (1, ?, ?, ?, ?)",
                        (policy.version, wire.encode_value(policy), book.clock.monotonic(), book.clock.boot_id))
        return policy.version > kept

    def get(self) -> tuple[OfflinePolicy, float, str] | None:
        """Return (policy, monotonic seconds of its receipt, id of the boot these count in), None before the first came."""
        row = self._book.db.execute("SELECT body, monotonic, boot_id FROM policy").fetchone()
        return None if row is None else (wire.decode_value(row[0], OfflinePolicy), row[1], row[2])


class Tenders:
    """Which payment codes this device may offer."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def put(self, policy: TenderPolicy) -> bool:
        """Keep a policy; False when its version is not higher than the one that is kept."""
        kept = self.get()
        if kept is not None and policy.version <= kept.version:
            return False
        self._book.db.execute("INSERT OR REPLACE INTO settings VALUES ('tenders', ?)", (wire.encode_value(policy).decode(),))
        return True

    def get(self) -> TenderPolicy | None:
        """Return the policy, None before the first came."""
        row = self._book.db.execute("SELECT value FROM settings WHERE key = 'tenders'").fetchone()
        return None if row is None else wire.decode_value(row[0].encode(), TenderPolicy)


class Garments:
    """Which garments this device shall hold."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def put(self, wanted: GarmentList) -> bool:
        """Keep a list; False when its version is not higher than the one that is kept."""
        kept = self.get()
        if kept is not None and wanted.version <= kept.version:
            return False
        self._book.db.execute("INSERT OR REPLACE INTO settings VALUES ('garments', ?)", (wire.encode_value(wanted).decode(),))
        return True

    def get(self) -> GarmentList | None:
        """Return the list, None before the first came."""
        row = self._book.db.execute("SELECT value FROM settings WHERE key = 'garments'").fetchone()
        return None if row is None else wire.decode_value(row[0].encode(), GarmentList)


class Elsewhere:
    """What other stores have of garments."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def put(self, stock: StockElsewhere) -> bool:
        """Keep a list; False when its version is not higher than the one that is kept."""
        kept = self.get()
        if kept is not None and stock.version <= kept.version:
            return False
        self._book.db.execute("INSERT OR REPLACE INTO settings VALUES ('elsewhere', ?)", (wire.encode_value(stock).decode(),))
        return True

    def get(self) -> StockElsewhere | None:
        """Return the list, None before the first came."""
        row = self._book.db.execute("SELECT value FROM settings WHERE key = 'elsewhere'").fetchone()
        return None if row is None else wire.decode_value(row[0].encode(), StockElsewhere)


class Tallies:
    """Counters that only this device keeps: recognised, refused, acks_foreign, ..."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, name: str, n: int = 1) -> None:
        """Count something."""
        self._book.tally(name, n)

    def all(self) -> dict[str, int]:
        """Return all counters by name."""
        return dict(self._book.db.execute("SELECT name, n FROM tallies ORDER BY name"))


class Settings:
    """Small texts: out_of_order, the business day, ..."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def get(self, key: str) -> str | None:
        """Return a text, None when it was never put."""
        row = self._book.db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def put(self, key: str, value: str) -> None:
        """Keep a text."""
        self._book.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))
