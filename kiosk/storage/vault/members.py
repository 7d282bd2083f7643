"""The open vault: who is kept, how a template opens, and how everything about a member ends."""

from __future__ import annotations

import base64
import hmac
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from sqlite_utils import Database

from kiosk import wire
from kiosk.domain.online_pin import TRIES
from kiosk.errors import VaultError, WireError
from kiosk.storage.vault import pins
from kiosk.storage.vault.keyring import KeyRing
from kiosk.storage.vault.keys import KEY_BYTES, derived, device_key, private_folder
from kiosk.storage.vault.pin_keys import PinKeys
from kiosk.storage.vault.records import CARD_PREFIX, TEMPLATE_SHAPE, Candidate, Consent, Extras, Parcel, Private, Standing, Template
from kiosk.storage.vault.schema import migrations

DIGITS = 8
SUFFIXES = (4, 6, 8)
_NONCE_BYTES = 12
_INSERT = ("INSERT INTO members (member_id, data_key, sealed, private, consent_version, consent_language, consent_at, card, pin_always,"
           " last_used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")

log = logging.getLogger(__name__)


class Vault:
    """The open vault. Only the service that recognises faces opens it, under a Unix user of its own."""

    def __init__(self, path: Path, db: sqlite3.Connection, key: bytes) -> None:
        """Use `Vault.open`."""
        self._path, self._db = path, db
        self._wrapping_key = derived(key, b"kiosk vault: wrap")
        self._digits_key = derived(key, b"kiosk vault: digits")
        self._tombs_key = derived(key, b"kiosk vault: tombstones")
        self._told: set[str] = set()
        self._shown: dict[str, bytes] = {}
        self.keys = KeyRing(db, self._wrapping_key)
        self.pin_keys = PinKeys(db, self._wrapping_key)

    @classmethod
    def open(cls, path: Path, key_path: Path, key: bytes = b"") -> Vault:
        """Open the vault, or make it; the device key is systemd's credential `vault.key`, else the file, made when missing (mode 0600).

        key: the device key, where it was read before. Raises VaultError when the folder belongs to another user or can be looked into by
        others, and when the key is missing beside a vault that exists, is of the wrong length, or can be read by others.
        """
        private_folder(path.parent)
        key = key or device_key(key_path, may_make=not path.exists(), credentials=os.environ.get("CREDENTIALS_DIRECTORY", ""))
        path.touch(mode=0o600)
        with _named(path):
            db = sqlite3.connect(path, timeout=10, isolation_level=None)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
                db.execute(f"PRAGMA {setting}")
            database = Database(db)
            if migrations.pending(database):
                migrations.apply(database)
        return cls(path, db, key)

    # --- who is kept --------------------------------------------------------------------------------------------------------------

    def enrol(self, member_id: str, digits: str, template: Template, consent: Consent, extras: Extras = Extras()) -> None:
        """Keep a member's template; one who is already there gets the new template, key and digits.

        digits: the last 8 of the phone number. template: float32, finite. With `extras.card` the template opens with the card alone,
        and digits find nobody.
        """
        if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
            raise VaultError(f"{self._path}: the last {DIGITS} digits of the phone number are needed")
        if template.shape != TEMPLATE_SHAPE or template.dtype != np.float32 or not np.isfinite(template).all():
            raise VaultError(f"{self._path}: a template is {TEMPLATE_SHAPE} float32 and finite, not {template.shape} {template.dtype}")
        data_key = AESGCM.generate_key(KEY_BYTES * 8)
        wrapping_key = _card_key(member_id, extras.card) if extras.card else self._wrapping_key
        private = wire.encode_value(Private(digits, extras.pin, consent))
        row = (member_id, aes_key_wrap(wrapping_key, data_key), _sealed(data_key, template.tobytes(), member_id.encode()),
               _sealed(data_key, private, _private_name(member_id)), consent.version, consent.language, consent.at, bool(extras.card),
               extras.pin_always, consent.at[:10])
        self._put(row, "" if extras.card else digits)

    def erase(self, member_id: str, day: str = "") -> bool:
        """Destroy a member's key, template and digits; False when not here. A mark stays, so that what comes late is refused."""
        with self._unit():
            erased = self._delete(member_id)
            self._db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (self._tomb(member_id), day))
        self._shown.pop(member_id, None)
        self._forget_traces()
        return erased

    def is_erased(self, member_id: str) -> bool:
        """Whether this member was erased here and did not enrol again."""
        with _named(self._path):
            return self._db.execute("SELECT 1 FROM tombstones WHERE mark = ?", (self._tomb(member_id),)).fetchone() is not None

    def __contains__(self, member_id: str) -> bool:
        with _named(self._path):
            return self._db.execute("SELECT 1 FROM members WHERE member_id = ?", (member_id,)).fetchone() is not None

    def members(self) -> list[str]:
        """Return the ids of all members, in order."""
        with _named(self._path):
            return [row[0] for row in self._db.execute("SELECT member_id FROM members ORDER BY member_id")]

    def consent(self, member_id: str) -> Consent | None:
        """Return what a member agreed to, None when not here; without the signature while the member's card is not shown."""
        with _named(self._path):
            row = self._db.execute("SELECT consent_version, consent_language, consent_at FROM members WHERE member_id = ?",
                                   (member_id,)).fetchone()
        if row is None:
            return None
        private = self._private(member_id)
        return private.consent if private is not None else Consent(*row)

    # --- who is looked for --------------------------------------------------------------------------------------------------------

    def bucket(self, digits_suffix: str) -> list[Candidate]:
        """Return the members whose number ends in these 4, 6 or 8 digits, in order of their id.

        A row that does not open any more is left out and logged once: it must not shut the others out. Raises VaultError for other than 4,
        6 or 8 digits.
        """
        query = ("SELECT m.member_id, m.data_key, m.sealed FROM digits d JOIN members m USING (member_id)"
                 " WHERE d.mark = ? ORDER BY m.member_id")
        with _named(self._path):
            rows = self._db.execute(query, (self._mark(digits_suffix),)).fetchall()
        return self._candidates(rows)

    def size(self, digits_suffix: str) -> int:
        """Return how many members' numbers end in these 4, 6 or 8 digits."""
        with _named(self._path):
            row = self._db.execute("SELECT count(*) FROM digits WHERE mark = ?", (self._mark(digits_suffix),)).fetchone()
        return int(row[0])

    def by_card(self, code: str) -> list[Candidate]:
        """Return the member whose card was shown, as a bucket of one, or an empty one. The key is kept in memory until the next card."""
        self._shown.clear()
        member_id, _, secret = code.removeprefix(CARD_PREFIX).rpartition(".")
        with _named(self._path):
            row = self._db.execute("SELECT data_key, sealed FROM members WHERE member_id = ? AND card", (member_id,)).fetchone()
        try:
            key = aes_key_unwrap(_card_key(member_id, _unbase64(secret)), row[0] if row else bytes(40))
            template = _read_template(_opened(key, row[1] if row else b"", member_id.encode()))
        except (InvalidUnwrap, InvalidTag, ValueError):
            return []
        self._shown = {member_id: key}
        return [Candidate(member_id, template)]

    def near(self, template: Template, distance: float, after: int = 0, rows: int = 1000) -> tuple[list[str], int]:
        """Return (members whose templates are nearer than `distance`, where to go on), among the next `rows`; 0 = that was the last.

        Members whose key is on their card cannot be compared: nobody but they can open their templates.
        """
        with _named(self._path):
            found = self._db.execute("SELECT rowid, member_id, data_key, sealed FROM members WHERE rowid > ? AND NOT card ORDER BY rowid"
                                     " LIMIT ?", (after, rows)).fetchall()
        candidates = self._candidates([row[1:] for row in found])
        if not candidates:
            return [], found[-1][0] if len(found) == rows else 0
        apart = np.linalg.norm(np.stack([c.template for c in candidates]) - template, axis=1)
        near = [candidate.member_id for candidate, far in zip(candidates, apart, strict=True) if far < distance]
        return near, found[-1][0] if len(found) == rows else 0

    # --- the PIN ------------------------------------------------------------------------------------------------------------------

    def standing(self, member_id: str) -> Standing:
        """Return how a member stands with the PIN; somebody who is not here has none."""
        with _named(self._path):
            row = self._db.execute("SELECT pin_always, tries FROM members WHERE member_id = ?", (member_id,)).fetchone()
        private = self._private(member_id) if row else None
        return Standing(private is not None and bool(private.pin), bool(row and row[0]), bool(row and row[1] >= TRIES))

    def check_pin(self, member_id: str, pin: str) -> str:
        """Return right, wrong or locked. A try counts before it is judged; whoever is asked for, the same work is done."""
        with self._unit():
            self._db.execute("UPDATE members SET tries = tries + 1 WHERE member_id = ? AND tries < ?", (member_id, TRIES + 1))
            row = self._db.execute("SELECT tries FROM members WHERE member_id = ?", (member_id,)).fetchone()
        private = self._private(member_id)
        right = pins.fits(pin, private.pin if private is not None else "")
        if row is None:
            return "wrong"
        if row[0] > TRIES:
            return "locked"
        if right:
            self.lock(member_id, locked=False)
            return "right"
        return "locked" if row[0] == TRIES else "wrong"

    def lock(self, member_id: str, locked: bool) -> None:
        """Lock a member, or let one have five tries again."""
        with self._unit():
            self._db.execute("UPDATE members SET tries = ? WHERE member_id = ?", (TRIES if locked else 0, member_id))

    def ask_pin_always(self, member_id: str) -> None:
        """Have a member give the PIN every time: somebody else's face is too near."""
        with self._unit():
            self._db.execute("UPDATE members SET pin_always = 1 WHERE member_id = ?", (member_id,))

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def used(self, member_id: str, day: str) -> None:
        """Note the day (YYYY-MM-DD, UTC) on which a member paid by face; written once a day."""
        with _named(self._path):
            row = self._db.execute("SELECT last_used FROM members WHERE member_id = ?", (member_id,)).fetchone()
        if row is not None and row[0] < day:
            with self._unit():
                self._db.execute("UPDATE members SET last_used = ? WHERE member_id = ?", (day, member_id))

    def unused_since(self, day: str) -> list[str]:
        """Return the members who did not pay by face since a day (YYYY-MM-DD)."""
        with _named(self._path):
            return [row[0] for row in self._db.execute("SELECT member_id FROM members WHERE last_used < ? ORDER BY member_id", (day,))]

    # --- what goes out ------------------------------------------------------------------------------------------------------------

    def export(self, member_id: str, numbers: bool = False) -> dict[str, Any] | None:
        """Return all that is kept of a member, for that member; None when not here. The template's numbers only when asked for."""
        with _named(self._path):
            row = self._db.execute("SELECT card, pin_always, tries, last_used, data_key, sealed FROM members WHERE member_id = ?",
                                   (member_id,)).fetchone()
        consent = self.consent(member_id)
        if row is None or consent is None:
            return None
        card, always, tries, last_used, data_key, sealed = row
        private = self._private(member_id)
        told: dict[str, Any] = {
            "member_id": member_id, "key_on_card": bool(card), "last_used": last_used, "pin_set": private is not None and bool(private.pin),
            "pin_always": bool(always), "locked": tries >= TRIES, "phone_digits": private.digits if private else "",
            "consent": asdict(consent), "template": f"{TEMPLATE_SHAPE[0]} numbers, sealed with AES-256-GCM; no picture"}
        if told["pin_set"] and not card:
            told["head_office"] = "marks of phone number and PIN, made under a key that head office does not have"
        if numbers:
            template = self._open_row(member_id, data_key, sealed)
            told["template"] = [] if template is None else [float(value) for value in template]
        return told

    def parcel(self, member_id: str) -> Parcel | None:
        """Return all that another device needs to know a member, not sealed yet; None when not here or when it does not open."""
        columns = "data_key, sealed, private, card, pin_always, last_used, consent_version, consent_language, consent_at"
        with _named(self._path):
            row = self._db.execute(f"SELECT {columns} FROM members WHERE member_id = ?", (member_id,)).fetchone()
        if row is None or not row[2]:
            return None
        data_key, sealed, private, card = row[:4]
        if not card:
            try:
                data_key = aes_key_unwrap(self._wrapping_key, data_key)
            except InvalidUnwrap:
                return None
        return Parcel(member_id, _base64(data_key), bool(card), _base64(sealed), _base64(private), bool(row[4]), row[5],
                      row[6], row[7], row[8], self.pin_keys.known())

    def unpack(self, parcel: Parcel) -> bool:
        """Keep a member who came from another device; False when that member was erased here. Raises VaultError when it does not open."""
        if self.is_erased(parcel.member_id):
            return False
        data_key, sealed, private = (_unbase64(part) for part in (parcel.data_key, parcel.sealed, parcel.private))
        digits = ""
        if not parcel.card:
            digits = self._read_private(data_key, private, parcel.member_id).digits
            data_key = aes_key_wrap(self._wrapping_key, data_key)
        self._put((parcel.member_id, data_key, sealed, private, parcel.consent_version, parcel.consent_language, parcel.consent_at,
                   parcel.card, parcel.pin_always, parcel.last_used), digits)
        self.pin_keys.learn(parcel.pin_keys)
        return True

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- inside -------------------------------------------------------------------------------------------------------------------

    def _put(self, row: tuple[object, ...], digits: str) -> None:
        member_id = str(row[0])
        with self._unit():
            self._delete(member_id)
            self._db.execute("DELETE FROM tombstones WHERE mark = ?", (self._tomb(member_id),))
            self._db.execute(_INSERT, row)
            marks = [(self._mark(digits[-n:]), member_id) for n in SUFFIXES] if digits else []
            self._db.executemany("INSERT INTO digits VALUES (?, ?)", marks)
        self._forget_traces()

    def _delete(self, member_id: str) -> bool:
        self._db.execute("DELETE FROM digits WHERE member_id = ?", (member_id,))
        return self._db.execute("DELETE FROM members WHERE member_id = ?", (member_id,)).rowcount > 0

    def _candidates(self, rows: list[tuple[str, bytes, bytes]]) -> list[Candidate]:
        opened = ((member_id, self._open_row(member_id, data_key, sealed)) for member_id, data_key, sealed in rows)
        return [Candidate(member_id, template) for member_id, template in opened if template is not None]

    def _data_key(self, member_id: str, wrapped: bytes) -> bytes:
        return self._shown.get(member_id) or aes_key_unwrap(self._wrapping_key, wrapped)

    def _open_row(self, member_id: str, data_key: bytes, sealed: bytes) -> Template | None:
        try:
            return _read_template(_opened(self._data_key(member_id, data_key), sealed, member_id.encode()))
        except (InvalidUnwrap, InvalidTag, ValueError):
            if member_id not in self._told:
                self._told.add(member_id)
                log.error("%s: the template of %s does not open with this device's key, or was made by another version: have the member"
                          " enrol anew", self._path, member_id)
            return None

    def _private(self, member_id: str) -> Private | None:
        with _named(self._path):
            row = self._db.execute("SELECT data_key, private FROM members WHERE member_id = ?", (member_id,)).fetchone()
        try:
            return self._read_private(self._data_key(member_id, row[0]), row[1], member_id) if row is not None and row[1] else None
        except (InvalidUnwrap, VaultError):
            return None

    def _read_private(self, data_key: bytes, private: bytes, member_id: str) -> Private:
        try:
            value: Private = wire.decode_value(_opened(data_key, private, _private_name(member_id)), Private)
            return value
        except (InvalidTag, ValueError, WireError) as error:
            raise VaultError(f"{self._path}: what is kept beside the template of {member_id} does not open") from error

    def _mark(self, digits_suffix: str) -> bytes:
        if len(digits_suffix) not in SUFFIXES or not (digits_suffix.isascii() and digits_suffix.isdigit()):
            raise VaultError(f"{self._path}: members are found by the last 4, 6 or 8 digits")
        return hmac.digest(self._digits_key, digits_suffix.encode(), "sha256")

    def _tomb(self, member_id: str) -> bytes:
        return hmac.digest(self._tombs_key, member_id.encode(), "sha256")

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


def _sealed(key: bytes, plain: bytes, name: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, name)


def _opened(key: bytes, sealed: bytes, name: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name)


def _read_template(plain: bytes) -> Template:
    """ValueError where it has another number of numbers: another version of Kiosk made it."""
    return np.frombuffer(plain, np.float32).reshape(TEMPLATE_SHAPE)


def _private_name(member_id: str) -> bytes:
    return b"private\0" + member_id.encode()


def _card_key(member_id: str, secret: bytes) -> bytes:
    return derived(secret, b"kiosk member card: " + member_id.encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise VaultError(f"{path}: {error}") from error
