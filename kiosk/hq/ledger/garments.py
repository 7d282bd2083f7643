"""Garments at HQ: the newest file of each, and how often the whole changed."""

from __future__ import annotations

import hashlib

from kiosk.domain.wardrobe import GarmentFile
from kiosk.hq.ledger.store import Db, Row


def put(db: Db, file: tuple[str, int, str, bytes], at_ms: int, who: str) -> None:
    """Write a garment's file down in the place of the one before: (name, version, kind, its bytes)."""
    name, version, kind, body = file
    db.execute("INSERT OR REPLACE INTO garments VALUES (?, ?, ?, ?, ?, ?, ?)",
               (name, version, kind, body, hashlib.sha256(body).hexdigest(), at_ms, who))
    _changed(db, at_ms, who)


def remove(db: Db, name: str, at_ms: int, who: str) -> bool:
    """Take a garment away; False when there is none of this name."""
    gone = db.execute("DELETE FROM garments WHERE name = ?", (name,)).rowcount > 0
    if gone:
        _changed(db, at_ms, who)
    return gone


def _changed(db: Db, at_ms: int, who: str) -> None:
    db.execute("INSERT INTO garment_lists (at_ms, who) VALUES (?, ?)", (at_ms, who))


def version(db: Db) -> int:
    """Return the version of the list as it stands, 0 before the first garment."""
    row = db.execute("SELECT max(version) FROM garment_lists").fetchone()
    return int(row[0] or 0)


def newest(db: Db, name: str) -> int:
    """Return the highest version that a garment of this name has, 0 when there is none."""
    row = db.execute("SELECT version FROM garments WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def rows(db: Db) -> list[Row]:
    """Return all garments by name: name, version, kind, size, sha256, at_ms, who."""
    return db.execute("SELECT name, version, kind, length(body) AS size, sha256, at_ms, who FROM garments ORDER BY name").fetchall()


def body(db: Db, name: str, number: int) -> bytes | None:
    """Return a garment's file in this version, None when it is not the newest."""
    row = db.execute("SELECT body FROM garments WHERE name = ? AND version = ?", (name, number)).fetchone()
    return bytes(row[0]) if row else None


def listed(db: Db, address: str) -> tuple[GarmentFile, ...]:
    """Return all garments with the address at which devices fetch them."""
    base = address.rstrip("/")
    return tuple(GarmentFile(r["name"], r["version"], r["kind"], r["size"], r["sha256"],
                             f"{base}/manifests/garment/{r['name']}/{r['version']}") for r in rows(db))
