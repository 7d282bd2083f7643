"""Facts of devices that did not know the time: told apart, and corrected when the device says how much later it was."""

from __future__ import annotations

from kiosk.domain.events import SaleCompleted
from kiosk.domain.standing import ClockSet
from kiosk.errors import InvalidValueError
from kiosk.hq.ledger.store import Db
from kiosk.wire import Envelope

UNSET, CORRECTED = "unset", "corrected"
LONGEST_MS = 50 * 365 * 24 * 3600 * 1000


def offset_ms(db: Db, envelope: Envelope) -> int:
    """Return by how much a fact's time is too early, 0 where that is not known."""
    if envelope.clock_set:
        return 0
    row = db.execute("SELECT offset_ms FROM clock_offsets WHERE device = ? AND boot_id = ?", (envelope.device, envelope.boot_id)).fetchone()
    return int(row[0]) if row else 0


def note_unset(db: Db, envelope: Envelope, stream: int) -> None:
    """Note a fact whose time is the earliest that can be, or was one; a sale says so in the books."""
    if offset_ms(db, envelope):
        if isinstance(envelope.event, SaleCompleted):
            db.execute("INSERT OR IGNORE INTO sale_clocks VALUES (?, ?)", (envelope.event.sale_id, CORRECTED))
        return
    sale = envelope.event.sale_id if isinstance(envelope.event, SaleCompleted) else ""
    db.execute("INSERT OR IGNORE INTO unset_clocks VALUES (?, ?, ?, ?, ?)", (envelope.device, envelope.boot_id, stream, envelope.seq, sale))
    if sale:
        db.execute("INSERT OR IGNORE INTO sale_clocks VALUES (?, ?)", (sale, UNSET))


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
