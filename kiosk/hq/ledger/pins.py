"""Rows by which HQ judges PINs that it cannot read: for each member a number's mark, a PIN's proof, and how often it was wrong."""

from __future__ import annotations

from kiosk.domain.online_pin import PinLodged, PinShown
from kiosk.hq.ledger.store import Db, Row


def put(db: Db, lodged: PinLodged) -> None:
    """Write a member's mark and proof down, in the place of those before."""
    db.execute("INSERT OR REPLACE INTO member_pins VALUES (?, ?, ?, ?, 0)", (lodged.member_id, lodged.key_id, lodged.mark, lodged.proof))


def drop(db: Db, member_id: str) -> None:
    """Forget a member's mark and proof."""
    db.execute("DELETE FROM member_pins WHERE member_id = ?", (member_id,))


def of_number(db: Db, shown: PinShown) -> list[Row]:
    """Return the members of a number who may try, in order of their id: neither erased nor locked."""
    query = ("SELECT p.* FROM member_pins p JOIN members m ON m.id = p.member_id WHERE p.key_id = ? AND p.mark = ?"
             " AND m.erased_ms IS NULL AND NOT m.locked ORDER BY p.member_id")
    return db.execute(query, (shown.key_id, shown.mark)).fetchall()


def set_tries(db: Db, member_id: str, tries: int) -> None:
    """Write down how many wrong PINs there were in a row."""
    db.execute("UPDATE member_pins SET tries = ? WHERE member_id = ?", (tries, member_id))
