"""The tables of the vault and how they change."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("kiosk.vault")


def m001_first_tables(db: Database) -> None:
    """Make the tables of the first version."""
    db.execute("CREATE TABLE members (member_id TEXT PRIMARY KEY, data_key BLOB NOT NULL, sealed BLOB NOT NULL,"
               " consent_version TEXT NOT NULL, consent_language TEXT NOT NULL, consent_at TEXT NOT NULL) STRICT")
    db.execute("CREATE TABLE digits (mark BLOB NOT NULL, member_id TEXT NOT NULL REFERENCES members, PRIMARY KEY (mark, member_id))"
               " STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX digits_member ON digits (member_id)")


def m002_pin_card_travel(db: Database) -> None:
    """PIN, member card, last use, keys of this device and of its peers, and the marks of erased members."""
    for column in ("private BLOB NOT NULL DEFAULT x''", "card INTEGER NOT NULL DEFAULT 0", "pin_always INTEGER NOT NULL DEFAULT 0",
                   "tries INTEGER NOT NULL DEFAULT 0", "last_used TEXT NOT NULL DEFAULT ''"):
        db.execute(f"ALTER TABLE members ADD COLUMN {column}")
    db.execute("CREATE INDEX members_used ON members (last_used)")
    db.execute("CREATE TABLE own_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE peers (device TEXT PRIMARY KEY, epoch TEXT NOT NULL, key BLOB NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE tombstones (mark BLOB PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID")


def m003_pin_keys(db: Database) -> None:
    """Keys that kiosks share, under which PINs are shown to HQ."""
    db.execute("CREATE TABLE pin_keys (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) STRICT")


migrations()(m001_first_tables)
migrations()(m002_pin_card_travel)
migrations()(m003_pin_keys)
