"""Face templates: in a file apart, each under a key of its own, found by digits of a phone number that are not written anywhere.

A template is sealed with AES-256-GCM (NIST SP 800-38D) under its member's data key; the data key is wrapped (RFC 3394) by a key that is
derived from the device key. Erasing a member destroys the wrapped data key and the row; what a backup or a worn flash cell may still hold
of the template cannot be opened without it. Members are found by a keyed HMAC of the last 4, 6 or 8 digits.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from sqlite_utils import Database, Migrations

from kiosk.errors import VaultError

TEMPLATE_SHAPE = (128,)
DIGITS = 8
SUFFIXES = (4, 6, 8)
KEY_BYTES = 32
_NONCE_BYTES = 12

Template = npt.NDArray[np.float32]

log = logging.getLogger(__name__)
migrations = Migrations("kiosk.vault")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a member agreed to: version and language of the text, and when (ISO 8601, UTC)."""

    version: str
    language: str
    at: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member whose phone number ends in the digits that were typed. template: (128,) float32."""

    member_id: str
    template: Template


def m001_first_tables(db: Database) -> None:
    """Make the tables of the first version."""
    db.execute("CREATE TABLE members (member_id TEXT PRIMARY KEY, data_key BLOB NOT NULL, sealed BLOB NOT NULL,"
               " consent_version TEXT NOT NULL, consent_language TEXT NOT NULL, consent_at TEXT NOT NULL) STRICT")
    db.execute("CREATE TABLE digits (mark BLOB NOT NULL, member_id TEXT NOT NULL REFERENCES members, PRIMARY KEY (mark, member_id))"
               " STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX digits_member ON digits (member_id)")


migrations()(m001_first_tables)


class Vault:
    """The open vault. Only the service that recognises faces opens it, under a Unix user of its own."""

    def __init__(self, path: Path, db: sqlite3.Connection, device_key: bytes) -> None:
        """Use `Vault.open`."""
        self._path, self._db = path, db
        self._wrapping_key = _derived(device_key, b"kiosk vault: wrap")
        self._digits_key = _derived(device_key, b"kiosk vault: digits")
        self._told: set[str] = set()

    @classmethod
    def open(cls, path: Path, key_path: Path) -> Vault:
        """Open the vault, or make it; the device key is made when missing (mode 0600).

        Raises VaultError when the key is missing beside a vault that has members, is of the wrong length, or can be read by others.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        key = _device_key(key_path, may_make=not path.exists())
        path.touch(mode=0o600)
        with _named(path):
            db = sqlite3.connect(path, timeout=10, isolation_level=None)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
                db.execute(f"PRAGMA {setting}")
            database = Database(db)
            if migrations.pending(database):
                migrations.apply(database)
        return cls(path, db, key)

    def enrol(self, member_id: str, digits: str, template: Template, consent: Consent) -> None:
        """Keep a member's template; one who is already there gets the new template, key and digits.

        digits: the last 8 of the phone number. template: (128,) float32, finite.
        """
        if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
            raise VaultError(f"{self._path}: the last {DIGITS} digits of the phone number are needed")
        if template.shape != TEMPLATE_SHAPE or template.dtype != np.float32 or not np.isfinite(template).all():
            raise VaultError(f"{self._path}: a template is {TEMPLATE_SHAPE} float32 and finite, not {template.shape} {template.dtype}")
        data_key, nonce = AESGCM.generate_key(KEY_BYTES * 8), secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + AESGCM(data_key).encrypt(nonce, template.tobytes(), member_id.encode())
        row = (member_id, aes_key_wrap(self._wrapping_key, data_key), sealed, consent.version, consent.language, consent.at)
        with self._unit():
            self._delete(member_id)
            self._db.execute("INSERT INTO members VALUES (?, ?, ?, ?, ?, ?)", row)
            self._db.executemany("INSERT INTO digits VALUES (?, ?)", [(self._mark(digits[-n:]), member_id) for n in SUFFIXES])
        self._forget_traces()

    def bucket(self, digits_suffix: str) -> list[Candidate]:
        """Return the members whose number ends in these 4, 6 or 8 digits, in order of their id.

        A row that does not open any more is left out and logged once: it must not shut the others out. Raises VaultError for other than 4,
        6 or 8 digits.
        """
        query = ("SELECT m.member_id, m.data_key, m.sealed FROM digits d JOIN members m USING (member_id)"
                 " WHERE d.mark = ? ORDER BY m.member_id")
        with _named(self._path):
            rows = self._db.execute(query, (self._mark(digits_suffix),)).fetchall()
        opened = ((member_id, self._opened(member_id, data_key, sealed)) for member_id, data_key, sealed in rows)
        return [Candidate(member_id, template) for member_id, template in opened if template is not None]

    def size(self, digits_suffix: str) -> int:
        """Return how many members' numbers end in these 4, 6 or 8 digits."""
        with _named(self._path):
            row = self._db.execute("SELECT count(*) FROM digits WHERE mark = ?", (self._mark(digits_suffix),)).fetchone()
        return int(row[0])

    def consent(self, member_id: str) -> Consent | None:
        """Return what a member agreed to, None when not here."""
        with _named(self._path):
            row = self._db.execute("SELECT consent_version, consent_language, consent_at FROM members WHERE member_id = ?",
                                   (member_id,)).fetchone()
        return None if row is None else Consent(*row)

    def erase(self, member_id: str) -> bool:
        """Destroy a member's key, template and digits; False when not here."""
        with self._unit():
            erased = self._delete(member_id)
        self._forget_traces()
        return erased

    def members(self) -> list[str]:
        """Return the ids of all members, in order."""
        with _named(self._path):
            return [row[0] for row in self._db.execute("SELECT member_id FROM members ORDER BY member_id")]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _delete(self, member_id: str) -> bool:
        self._db.execute("DELETE FROM digits WHERE member_id = ?", (member_id,))
        return self._db.execute("DELETE FROM members WHERE member_id = ?", (member_id,)).rowcount > 0

    def _opened(self, member_id: str, data_key: bytes, sealed: bytes) -> Template | None:
        try:
            key = aes_key_unwrap(self._wrapping_key, data_key)
            plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], member_id.encode())
        except (InvalidUnwrap, InvalidTag, ValueError):
            if member_id not in self._told:
                self._told.add(member_id)
                log.error("%s: the template of %s does not open with this device's key: have the member enrol anew", self._path, member_id)
            return None
        return np.frombuffer(plain, np.float32)

    def _mark(self, digits_suffix: str) -> bytes:
        if len(digits_suffix) not in SUFFIXES or not (digits_suffix.isascii() and digits_suffix.isdigit()):
            raise VaultError(f"{self._path}: members are found by the last 4, 6 or 8 digits")
        return hmac.digest(self._digits_key, digits_suffix.encode(), "sha256")

    def _forget_traces(self) -> None:
        """Move the log into the file and empty it: an erased row's former pages lie in neither (secure_delete overwrites them)."""
        with _named(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _unit(self) -> Iterator[None]:
        with _named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _derived(device_key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(device_key, purpose, "sha256")


def _device_key(path: Path, may_make: bool) -> bytes:
    if not path.exists():
        if not may_make:
            raise VaultError(f"the device key {path} is missing: put it back, or remove the vault and have members enrol anew")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"the device key {path} can be read by others: `chmod 600 {path}`")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise VaultError(f"the device key {path} has {len(key)} bytes instead of {KEY_BYTES}: put the right one back")
    return key


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise VaultError(f"{path}: {error}") from error
