"""What was asked for, slot by slot and day by day, and what last night's forecast made of it.

Days are local ones, of the zone that the device's services write into the settings under TIMEZONE (UTC until then). A record is kept for
KEPT_DAYS. How long a slot stood empty is kept beside what it sold: sales of a day without goods are no demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from kiosk import wire
from kiosk.domain.reorder import SlotPlan
from kiosk.storage.book import Book

TIMEZONE = "timezone"
KEPT_DAYS = 400
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class DayOfSlot:
    """Pieces that left a slot on a day, those put back taken off; empty: share of the day that it stood empty, 0..1."""

    slot: str
    gtin: str
    day: date
    sold: int
    empty: float


@dataclass(frozen=True, slots=True)
class TermsOfDay:
    """At which price, minor units, a slot's product was sold on a day, and whether an offer made it cheaper."""

    slot: str
    gtin: str
    day: date
    price_minor: int
    offered: bool


class DemandLog:
    """Daily sales by slot, spells without goods, and the plans that follow from them."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def now(self) -> datetime:
        """Return the local time."""
        return self._book.clock.now().astimezone(self._zone())

    def today(self) -> date:
        """Return the local day."""
        return self.now().date()

    def note(self, slot: str, gtin: str, sold: int, on_hand: int) -> None:
        """Write down that pieces left a slot (negative: were put back), and whether any are left."""
        if sold:
            self._add(slot, gtin, self.today(), (sold, 0.0))
        now_s = self._book.clock.now().timestamp()
        row = self._book.db.execute("SELECT since FROM empty_slots WHERE slot = ?", (slot,)).fetchone()
        if on_hand <= 0 and row is None:
            self._book.db.execute("INSERT INTO empty_slots VALUES (?, ?, ?)", (slot, gtin, now_s))
        elif on_hand > 0 and row is not None:
            self._spell(slot, gtin, (row[0], now_s))
            self._book.db.execute("DELETE FROM empty_slots WHERE slot = ?", (slot,))

    def close_days(self) -> None:
        """Book the time that slots have stood empty until now, and forget what is older than KEPT_DAYS."""
        now_s = self._book.clock.now().timestamp()
        for slot, gtin, since in self._book.db.execute("SELECT slot, gtin, since FROM empty_slots").fetchall():
            self._spell(slot, gtin, (since, now_s))
            self._book.db.execute("UPDATE empty_slots SET since = ? WHERE slot = ?", (now_s, slot))
        oldest = (self.today() - timedelta(days=KEPT_DAYS)).isoformat()
        for table in ("daily_sales", "daily_terms", "arrivals"):
            self._book.db.execute(f"DELETE FROM {table} WHERE day < ?", (oldest,))

    def days(self) -> list[DayOfSlot]:
        """Return everything that is kept, by slot and day; a day without a line is one on which nothing moved."""
        rows = self._book.db.execute("SELECT slot, gtin, day, sold, empty_s FROM daily_sales ORDER BY slot, day")
        return [DayOfSlot(slot, gtin, date.fromisoformat(day), max(sold, 0), min(empty_s / _DAY_S, 1.0))
                for slot, gtin, day, sold, empty_s in rows]

    def add(self, past: list[DayOfSlot]) -> None:
        """Write down days that were known elsewhere before: a card that was changed, a shop that moves in."""
        for day in past:
            self._add(day.slot, day.gtin, day.day, (day.sold, day.empty * _DAY_S))

    def keep_terms(self, terms: list[TermsOfDay]) -> None:
        """Write down under which terms slots sold on a day; a day that is written already stays as it is."""
        self._book.db.executemany("INSERT OR IGNORE INTO daily_terms VALUES (?, ?, ?, ?, ?)",
                                  [(one.slot, one.gtin, one.day.isoformat(), one.price_minor, one.offered) for one in terms])

    def terms(self) -> list[TermsOfDay]:
        """Return the terms of all days that are kept, by slot and day."""
        rows = self._book.db.execute("SELECT slot, gtin, day, price_minor, offered FROM daily_terms ORDER BY slot, day")
        return [TermsOfDay(slot, gtin, date.fromisoformat(day), price, bool(offered)) for slot, gtin, day, price, offered in rows]

    def arrived(self, slot: str, gtin: str, pieces: int) -> None:
        """Write down that fresh pieces came today."""
        self._book.db.execute("INSERT INTO arrivals VALUES (?, ?, ?, ?) ON CONFLICT (slot, gtin, day) DO UPDATE"
                              " SET pieces = pieces + excluded.pieces", (slot, gtin, self.today().isoformat(), pieces))

    def arrivals(self) -> dict[tuple[str, str], list[tuple[date, int]]]:
        """Return (slot, GTIN) -> days on which pieces came and how many, newest first."""
        found: dict[tuple[str, str], list[tuple[date, int]]] = {}
        for slot, gtin, day, pieces in self._book.db.execute("SELECT slot, gtin, day, pieces FROM arrivals ORDER BY day DESC"):
            found.setdefault((slot, gtin), []).append((date.fromisoformat(day), pieces))
        return found

    def plan(self, slot: str) -> SlotPlan | None:
        """Return the newest plan of a slot, None before its first."""
        row = self._book.db.execute("SELECT body FROM slot_plans WHERE slot = ?", (slot,)).fetchone()
        return None if row is None else wire.decode_value(row[0], SlotPlan)

    def keep_plans(self, plans: list[SlotPlan]) -> None:
        """Put these plans in the place of all others."""
        self._book.db.execute("DELETE FROM slot_plans")
        self._book.db.executemany("INSERT INTO slot_plans VALUES (?, ?)", [(plan.slot, wire.encode_value(plan)) for plan in plans])

    def _spell(self, slot: str, gtin: str, spell: tuple[float, float]) -> None:
        """Add an empty spell to the days that it touches."""
        zone = self._zone()
        since, until = (datetime.fromtimestamp(s, UTC).astimezone(zone) for s in spell)
        day = max(since.date(), until.date() - timedelta(days=KEPT_DAYS))
        while day <= until.date():
            begin = datetime.combine(day, time(), zone)
            end = datetime.combine(day + timedelta(days=1), time(), zone)
            seconds = (min(until, end) - max(since, begin)).total_seconds()
            if seconds > 0:
                self._add(slot, gtin, day, (0, seconds))
            day += timedelta(days=1)

    def _add(self, slot: str, gtin: str, day: date, more: tuple[int, float]) -> None:
        # Another product in a slot begins a record of its own: its predecessor's sales tell nothing about it.
        self._book.db.execute("DELETE FROM daily_sales WHERE slot = ? AND gtin != ?", (slot, gtin))
        self._book.db.execute("INSERT INTO daily_sales VALUES (?, ?, ?, ?, ?) ON CONFLICT (slot, day) DO UPDATE"
                              " SET sold = sold + excluded.sold, empty_s = empty_s + excluded.empty_s",
                              (slot, gtin, day.isoformat(), *more))

    def _zone(self) -> tzinfo:
        row = self._book.db.execute("SELECT value FROM settings WHERE key = ?", (TIMEZONE,)).fetchone()
        return ZoneInfo(row[0]) if row is not None else UTC
