"""Devices, and the downbox of each: what HQ has to tell it, in order, until it says that it holds it."""

from __future__ import annotations

import json

from kiosk.domain.events import DeviceHealth
from kiosk.hq.ledger.store import Db, Row
from kiosk.wire import DeviceState

FIRST_STORE = "store-1"


def add_device(db: Db, device: str, at_ms: int) -> str:
    """Write a device down that was never seen, and return the store it is put into."""
    db.execute("INSERT OR IGNORE INTO devices (id, store, since_ms) VALUES (?, ?, ?)", (device, FIRST_STORE, at_ms))
    return str(db.execute("SELECT store FROM devices WHERE id = ?", (device,)).fetchone()[0])


def assign(db: Db, device: str, store: str, at_ms: int) -> None:
    """Put a device into a store; both are made when they are new. Sales of before stay where they were made."""
    db.execute("INSERT OR IGNORE INTO stores (id, name) VALUES (?, ?)", (store, store))
    add_device(db, device, at_ms)
    db.execute("UPDATE devices SET store = ? WHERE id = ?", (store, device))


def set_state(db: Db, device: str, state: DeviceState, at_ms: int) -> bool:
    """Write a birth or death down; return whether it tells something new. The death of a former session is no news."""
    row = db.execute("SELECT online, session, epoch FROM devices WHERE id = ?", (device,)).fetchone()
    if not state.online and row["session"] not in ("", state.session):
        return False
    if (bool(row["online"]), row["session"], row["epoch"]) == (state.online, state.session, state.epoch):
        return False
    db.execute("UPDATE devices SET online = ?, session = ?, version = ?, epoch = ?, roles = ?,"
               " since_ms = CASE WHEN online = ? THEN since_ms ELSE ? END WHERE id = ?",
               (state.online, state.session, state.version, state.epoch, json.dumps(state.roles), state.online, at_ms, device))
    return True


def let_go(db: Db, device: str, at_ms: int) -> None:
    """Note that the broker listens to a device no more."""
    db.execute("UPDATE devices SET online = 0, since_ms = ? WHERE id = ? AND online", (at_ms, device))


def epoch_of(db: Db, device: str) -> str:
    """Return the epoch of the card that a device was born with last, "" when it never was."""
    row = db.execute("SELECT epoch FROM devices WHERE id = ?", (device,)).fetchone()
    return str(row[0]) if row else ""


def saw(db: Db, seen: dict[str, int]) -> None:
    """Write down when devices last said something: device -> at_ms."""
    db.executemany("UPDATE devices SET last_seen_ms = ? WHERE id = ?", [(at_ms, device) for device, at_ms in seen.items()])


def set_health(db: Db, device: str, health: DeviceHealth) -> None:
    """Write down how a device is."""
    db.execute("UPDATE devices SET version = ?, free_mb = ?, queue = ?, oldest_s = ?, states = ?, dropped_frames = ?, quarantined = ?,"
               " offline_minor = ? WHERE id = ?", (health.version, health.free_mb, json.dumps(health.queue), health.oldest_s,
                                         json.dumps(health.states),
                                 health.dropped_frames, health.quarantined, health.offline_minor, device))


def count_identity(db: Db, device: str, outcome: str, more: int) -> None:
    """Count how faces were judged on a device; what was measured stays in the fact."""
    path = '$."' + outcome.replace('"', "").replace("\\", "")[:40] + '"'
    db.execute("UPDATE devices SET identity = json_set(identity, ?, coalesce(json_extract(identity, ?), 0) + ?) WHERE id = ?",
               (path, path, more, device))


def devices(db: Db) -> list[Row]:
    """Return all devices with their store's name and what lies in their downbox."""
    return db.execute(
        "SELECT d.*, s.name store_name, (SELECT count(*) FROM boxes b JOIN downbox m ON m.box = b.id AND m.seq > b.committed"
        " WHERE b.device = d.id AND b.epoch = d.epoch) down"
        " FROM devices d JOIN stores s ON s.id = d.store ORDER BY d.store, d.id").fetchall()


def box_of(db: Db, device: str, epoch: str) -> Row | None:
    """Return the downbox of one epoch of a device."""
    row: Row | None = db.execute("SELECT * FROM boxes WHERE device = ? AND epoch = ?", (device, epoch)).fetchone()
    return row


def add_box(db: Db, box: str, device: str, epoch: str) -> None:
    """Make the downbox of a new epoch."""
    db.execute("INSERT INTO boxes (id, device, epoch) VALUES (?, ?, ?)", (box, device, epoch))


def put(db: Db, box: str, row: tuple[str, str, bytes, int, int]) -> int:
    """Put (id, kind, body, ttl_s, at_ms) into a downbox and return its number."""
    seq = int(db.execute("UPDATE boxes SET next_seq = next_seq + 1 WHERE id = ? RETURNING next_seq - 1", (box,)).fetchone()[0])
    db.execute("INSERT INTO downbox (box, seq, id, kind, body, ttl_s, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)", (box, seq, *row))
    return seq


def carry(db: Db, box: str, other: str, at_ms: int) -> int:
    """Put what another box of the same device still holds, but for what every box begins with, into this one; return how many those were.

    They keep their ids.
    """
    rows = db.execute("SELECT id, kind, body, ttl_s FROM downbox WHERE box = ? AND seq > (SELECT committed FROM boxes WHERE id = ?)"
                      " AND kind NOT IN ('planogram', 'trust') AND id NOT IN (SELECT id FROM downbox WHERE box = ?) ORDER BY seq",
                      (other, other, box))
    carried = [put(db, box, (row["id"], row["kind"], row["body"], row["ttl_s"], at_ms)) for row in rows.fetchall()]
    return len(carried)


def set_box_planogram(db: Db, box: str, version: int) -> None:
    """Note which planogram went into a downbox last."""
    db.execute("UPDATE boxes SET planogram = ? WHERE id = ?", (version, box))


def set_box_roots(db: Db, box: str, version: int) -> None:
    """Note which word on roots went into a downbox last."""
    db.execute("UPDATE boxes SET roots = ? WHERE id = ?", (version, box))


def commit_down(db: Db, device: str, box: str, seq: int) -> None:
    """Note that a device holds every message up to `seq`; those are no longer needed here."""
    db.execute("UPDATE boxes SET committed = max(committed, min(?, next_seq - 1)) WHERE id = ? AND device = ?", (seq, box, device))
    db.execute("DELETE FROM downbox WHERE box = ? AND seq <= (SELECT committed FROM boxes WHERE id = ?)"
               " AND EXISTS (SELECT 1 FROM boxes WHERE id = ? AND device = ?)", (box, box, box, device))


def pending(db: Db) -> list[Row]:
    """Return what devices have not said to hold, of their present epoch, in order."""
    return db.execute("SELECT b.device, b.epoch, d.online, m.* FROM downbox m JOIN boxes b ON b.id = m.box AND m.seq > b.committed"
                      " JOIN devices d ON d.id = b.device AND d.epoch = b.epoch ORDER BY m.box, m.seq").fetchall()
