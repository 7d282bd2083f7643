"""How long the kiosks' journals are, as they told: what HQ holds against a journal that is later cut or written anew."""

from __future__ import annotations

from kiosk.domain.events import JournalHead
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.ledger.trade import Origin


def head(db: Db, device: str, journal: str) -> Row | None:
    """Return the longest head of one journal of a device: number, hash, key, epoch and seq of the fact that told it."""
    row: Row | None = db.execute("SELECT * FROM journal_heads WHERE device = ? AND journal = ?", (device, journal)).fetchone()
    return row


def keep(db: Db, told: JournalHead, origin: Origin) -> None:
    """Write a head down in the place of a shorter one."""
    db.execute("INSERT OR REPLACE INTO journal_heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (origin.device, told.journal, told.chain, told.number, told.hash, told.key, origin.epoch, origin.seq, origin.at_ms))


def known_key(db: Db, device: str) -> str:
    """Return the key that has signed a device's journals so far, "" when none has."""
    row = db.execute("SELECT key FROM journal_heads WHERE device = ? ORDER BY at_ms DESC, seq DESC LIMIT 1", (device,)).fetchone()
    return str(row[0]) if row else ""


def heads(db: Db) -> list[Row]:
    """Return the newest head of each journal of sales, by device."""
    return db.execute("SELECT * FROM journal_heads WHERE chain = 'sales' ORDER BY device, at_ms DESC").fetchall()


def sold_offline(db: Db) -> int:
    """Return what the kiosks had sold by the offline policy and not yet brought to HQ when they last told, minor units."""
    return int(db.execute("SELECT coalesce(sum(offline_minor), 0) FROM devices").fetchone()[0])


def offline_loss(db: Db) -> int:
    """Return what sales by the offline policy have overdrawn wallets by, minor units: the price of selling while nobody answered."""
    return int(db.execute("SELECT coalesce(sum(t.exposure_minor), 0) FROM transfers t JOIN sales s ON s.intent_id = t.intent_id"
                          " WHERE s.offline AND t.kind = 'capture'").fetchone()[0])
