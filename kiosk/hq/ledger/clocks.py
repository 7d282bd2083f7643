"""Facts of devices that did not know the time: told apart, and corrected when the device says how much later it was."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.domain.events import SaleCompleted
from kiosk.domain.standing import ClockSet
from kiosk.errors import InvalidValueError
from kiosk.hq.ledger.store import Db, insert_all
from kiosk.wire import Envelope

UNSET, CORRECTED = "unset", "corrected"
LONGEST_MS = 50 * 365 * 24 * 3600 * 1000


def offset_ms(db: Db, device: str, boot_id: str) -> int:
    """Return by how much times of one boot are too early, 0 where that is not known."""
    row = db.execute("SELECT offset_ms FROM clock_offsets WHERE device = ? AND boot_id = ?", (device, boot_id)).fetchone()
    return int(row[0]) if row else 0


def note_unset(db: Db, facts: Sequence[tuple[Envelope, int, int]]) -> None:
    """Note facts whose time is the earliest that can be, or was one, as (fact, stream, known offset); a sale says so in the books."""
    sales = [(fact.event.sale_id, CORRECTED if offset else UNSET) for fact, _stream, offset in facts
             if isinstance(fact.event, SaleCompleted)]
    insert_all(db, "INSERT OR IGNORE INTO sale_clocks VALUES (?, ?)", sales)
    insert_all(db, "INSERT OR IGNORE INTO unset_clocks VALUES (?, ?, ?, ?, ?)",
               [(fact.device, fact.boot_id, stream, fact.seq, fact.event.sale_id if isinstance(fact.event, SaleCompleted) else "")
                for fact, stream, offset in facts if not offset])


def clock_of(db: Db, sale_id: str) -> str:
    """Return how sure a sale's time is: set, unset (the earliest that can be), or corrected."""
    row = db.execute("SELECT clock FROM sale_clocks WHERE sale_id = ?", (sale_id,)).fetchone()
    return str(row[0]) if row else "set"


def correct(db: Db, device: str, told: ClockSet) -> int:
    """Move the facts of one boot to when they were made, and return how many. Each is moved once."""
    if not 0 <= told.offset_ms < LONGEST_MS:
        raise InvalidValueError(f"a clock that was {told.offset_ms} ms late cannot be")
    db.execute("INSERT OR REPLACE INTO clock_offsets VALUES (?, ?, ?)", (device, told.boot_id, told.offset_ms))
    rows = db.execute("SELECT stream, seq, sale_id FROM unset_clocks WHERE device = ? AND boot_id = ?", (device, told.boot_id)).fetchall()
    for stream, seq, sale in rows:
        db.execute("UPDATE facts SET time_ms = time_ms + ? WHERE stream = ? AND seq = ?", (told.offset_ms, stream, seq))
        if sale:
            db.execute("UPDATE sales SET time_ms = time_ms + ? WHERE sale_id = ? AND device = ?", (told.offset_ms, sale, device))
            db.execute("UPDATE sale_clocks SET clock = ? WHERE sale_id = ?", (CORRECTED, sale))
    db.execute("DELETE FROM unset_clocks WHERE device = ? AND boot_id = ?", (device, told.boot_id))
    return len(rows)
