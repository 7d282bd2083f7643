"""Rows about members' faces: which device holds a template, who asks for one, and when each device said that it erased one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kiosk.hq.ledger.store import Db, Row

SEES = ("pay", "mirror")
"""Roles of devices that recognise faces."""


@dataclass(frozen=True, slots=True)
class Place:
    """One card of one device: its id and the epoch of its database."""

    device: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Request:
    """A device that waits for a template. holder: whom HQ asked to seal it last, "" while nobody is there who could; sent_ms: when.

    tried: the holders that were asked, the last one last; tries: how often in all.
    """

    member_id: str
    place: Place
    public_key: str
    holder: str = ""
    tried: tuple[str, ...] = ()
    tries: int = 0
    sent_ms: int = 0


def recognisers(db: Db) -> list[Place]:
    """Return the present card of every device that recognises faces."""
    rows = db.execute("SELECT id, epoch, roles FROM devices WHERE epoch != '' ORDER BY id").fetchall()
    return [Place(r["id"], r["epoch"]) for r in rows if set(json.loads(r["roles"])) & set(SEES)]


def is_erased(db: Db, member_id: str) -> bool:
    """Whether a member's face is erased for good."""
    row = db.execute("SELECT erased_ms FROM members WHERE id = ?", (member_id,)).fetchone()
    return row is not None and row["erased_ms"] is not None


def set_holder(db: Db, member_id: str, place: Place, state: str, at_ms: int) -> None:
    """Write down that a device was told of a member (announced), holds the template (held), or has it no longer (gone)."""
    db.execute("INSERT INTO holders (member_id, device, epoch, state, at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT (member_id, device, epoch)"
               " DO UPDATE SET state = excluded.state, at_ms = excluded.at_ms", (member_id, place.device, place.epoch, state, at_ms))


def unknown_to(db: Db, place: Place, limit: int) -> list[str]:
    """Return living members whom this card of a device was not told of."""
    rows = db.execute("SELECT id FROM members m WHERE erased_ms IS NULL AND templates > 0 AND EXISTS (SELECT 1 FROM holders h WHERE"
                      " h.member_id = m.id) AND NOT EXISTS (SELECT 1 FROM holders h WHERE h.member_id = m.id AND h.device = ? AND"
                      " h.epoch = ?) ORDER BY id LIMIT ?", (place.device, place.epoch, limit))
    return [r[0] for r in rows]


def was_told(db: Db, member_id: str, place: Place) -> bool:
    """Whether this card of a device was ever told of a member."""
    query = "SELECT 1 FROM holders WHERE member_id = ? AND device = ? AND epoch = ?"
    return db.execute(query, (member_id, place.device, place.epoch)).fetchone() is not None


def holders(db: Db, member_id: str) -> list[Row]:
    """Return the present cards that hold a template, those that are there first."""
    return db.execute("SELECT h.device, h.epoch, d.online FROM holders h JOIN devices d ON d.id = h.device AND d.epoch = h.epoch"
                      " WHERE h.member_id = ? AND h.state = 'held' ORDER BY d.online DESC, h.at_ms DESC, h.device", (member_id,)).fetchall()


def is_held(db: Db, member_id: str, place: Place) -> bool:
    """Whether a card of a device holds a member's template."""
    query = "SELECT 1 FROM holders WHERE member_id = ? AND device = ? AND epoch = ? AND state = 'held'"
    return db.execute(query, (member_id, place.device, place.epoch)).fetchone() is not None


def to_erase(db: Db, member_id: str) -> list[Place]:
    """Return every card, also those that were taken out, that may hold a template and was not told to erase it."""
    rows = db.execute("SELECT device, epoch FROM holders WHERE member_id = ? AND state != 'gone' AND erase_ms IS NULL", (member_id,))
    return [Place(r[0], r[1]) for r in rows.fetchall()]


def ask_to_erase(db: Db, member_id: str, place: Place, at_ms: int) -> None:
    """Note that a card was told to erase a member."""
    set_holder(db, member_id, place, "announced", at_ms)
    db.execute("UPDATE holders SET erase_ms = ?, erased_ms = NULL WHERE member_id = ? AND device = ? AND epoch = ?",
               (at_ms, member_id, place.device, place.epoch))


def acknowledge(db: Db, member_id: str, place: Place, cause: str, at_ms: int) -> None:
    """Note that a card said it erased a member, and why; the first word counts."""
    set_holder(db, member_id, place, "gone", at_ms)
    db.execute("UPDATE holders SET erase_ms = coalesce(erase_ms, ?), erased_ms = coalesce(erased_ms, ?), cause = ? WHERE member_id = ? AND"
               " device = ? AND epoch = ?", (at_ms, at_ms, cause, member_id, place.device, place.epoch))


def blank_parcels(db: Db, member_id: str, erasure: bytes) -> None:
    """Put the order to erase in the place of sealed templates of this member that still wait in downboxes: none is delivered any more."""
    db.execute("UPDATE downbox SET kind = 'erasure', body = ? WHERE kind = 'template' AND json_extract(body, '$.member_id') = ?",
               (erasure, member_id))


def save_request(db: Db, request: Request) -> None:
    """Write a request down, in the place of what was known of it."""
    db.execute("INSERT OR REPLACE INTO template_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               (request.member_id, request.place.device, request.place.epoch, request.public_key, request.holder, json.dumps(request.tried),
                request.tries, request.sent_ms))


def request(db: Db, member_id: str, place: Place) -> Request | None:
    """Return the request of a card for a member, None when there is none."""
    row = db.execute("SELECT * FROM template_requests WHERE member_id = ? AND device = ? AND epoch = ?",
                     (member_id, place.device, place.epoch)).fetchone()
    return _request(row) if row else None


def is_wanted(db: Db, member_id: str) -> bool:
    """Whether a device waits for this member's template, or has it but did not say so yet."""
    return db.execute("SELECT 1 FROM template_requests WHERE member_id = ?", (member_id,)).fetchone() is not None


def overdue(db: Db, now_ms: int, patience_ms: int) -> list[Request]:
    """Return the requests whose last holder had its time, which doubles with each try."""
    query = "SELECT * FROM template_requests WHERE sent_ms + (? << min(tries, 10)) <= ? LIMIT 100"
    return [_request(r) for r in db.execute(query, (patience_ms, now_ms))]


def drop_requests(db: Db, member_id: str, place: Place | None = None) -> None:
    """Forget the requests for a member, of one card or of all."""
    if place is None:
        db.execute("DELETE FROM template_requests WHERE member_id = ?", (member_id,))
    else:
        db.execute("DELETE FROM template_requests WHERE member_id = ? AND device = ? AND epoch = ?", (member_id, place.device, place.epoch))


def pin_key(db: Db, place: Place, public_key: str, at_ms: int) -> bool:
    """Remember the key with which a device was first met; False when it is another than that, which counts from now on."""
    row = db.execute("SELECT public_key FROM device_keys WHERE device = ?", (place.device,)).fetchone()
    db.execute("INSERT INTO device_keys VALUES (?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET epoch = excluded.epoch,"
               " public_key = excluded.public_key, at_ms = CASE WHEN public_key = excluded.public_key THEN at_ms ELSE excluded.at_ms END",
               (place.device, place.epoch, public_key, at_ms))
    return row is None or row["public_key"] == public_key


def set_locked(db: Db, member_id: str, locked: bool) -> None:
    """Write down whether a member is locked."""
    db.execute("UPDATE members SET locked = ? WHERE id = ?", (locked, member_id))


def set_lost(db: Db, member_id: str, lost: bool) -> None:
    """Write down whether every device has lost a member's template."""
    db.execute("UPDATE members SET lost = ? WHERE id = ?", (lost, member_id))


def overview(db: Db, limit: int = 200) -> list[Row]:
    """Return members, those whose erasure is not acknowledged everywhere first, then the newest."""
    return db.execute("SELECT m.*, (SELECT count(*) FROM holders h WHERE h.member_id = m.id AND h.erase_ms IS NOT NULL AND"
                      " h.erased_ms IS NULL) open FROM members m ORDER BY open > 0 DESC, max(m.at_ms, coalesce(m.erased_ms, 0)) DESC, m.id"
                      " LIMIT ?", (limit,)).fetchall()


def places(db: Db) -> dict[str, list[Row]]:
    """Return member id -> where the template is or was, with whether that card is the one in use."""
    found: dict[str, list[Row]] = {}
    for row in db.execute("SELECT h.*, d.epoch = h.epoch present, d.online FROM holders h JOIN devices d ON d.id = h.device"
                          " ORDER BY h.member_id, h.device, h.at_ms"):
        found.setdefault(row["member_id"], []).append(row)
    return found


def _request(row: Row) -> Request:
    return Request(row["member_id"], Place(row["device"], row["epoch"]), row["public_key"], row["holder"], tuple(json.loads(row["tried"])),
                   row["tries"], row["sent_ms"])
