"""The keys that kiosks share and HQ does not have: under them a PIN is shown to HQ where the member's face has not come yet."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from kiosk.domain.online_pin import KEYS_MAX, PinLodged, PinShown, bound, key_id, packed
from kiosk.errors import VaultError
from kiosk.storage.vault.keys import KEY_BYTES
from kiosk.storage.vault.pins import stretched


class PinKeys:
    """This vault's keys for PINs, the first that was known first: what is lodged here is lodged under that one."""

    def __init__(self, db: sqlite3.Connection, wrapping_key: bytes) -> None:
        """db: in autocommit mode; wrapping_key: 32 bytes."""
        self._db, self._wrapping_key = db, wrapping_key

    def known(self) -> tuple[str, ...]:
        """Return all of them, in base64: what goes along, sealed, with a template."""
        return tuple(base64.b64encode(key).decode() for key in self._keys())

    def learn(self, keys: Iterable[str]) -> None:
        """Keep keys that came with a template; what is no key, and more than KEYS_MAX, is left out."""
        for text in keys:
            try:
                key = base64.b64decode(text, validate=True)
            except ValueError:
                continue
            if len(key) == KEY_BYTES and len(self._keys()) < KEYS_MAX:
                self._add(key)

    def lodged(self, member_id: str, digits: str, pin: str) -> PinLodged:
        """Return what HQ is given when a member enrols. digits: the last 8 of the phone number; pin: as it was typed."""
        if not self._keys():
            self._add(secrets.token_bytes(KEY_BYTES))
        key = self._keys()[0]
        return PinLodged(member_id, key_id(key), _mark(key, digits), _proof(key, _stretched(digits, pin)))

    def shown(self, digits: str, pin: str, intent_id: str) -> str:
        """Return what HQ is shown for one payment, under every key that is known here, "" without any; the same work for any number."""
        slow = _stretched(digits, pin)
        return packed([PinShown(key_id(key), _mark(key, digits), bound(_proof(key, slow), intent_id)) for key in self._keys()])

    def _add(self, key: bytes) -> None:
        try:
            wrapped = aes_key_wrap(self._wrapping_key, key)
            self._db.execute("INSERT OR IGNORE INTO pin_keys (id, wrapped) VALUES (?, ?)", (key_id(key), wrapped))
        except sqlite3.Error as error:
            raise VaultError(f"the vault's keys for PINs cannot be written: {error}") from error

    def _keys(self) -> list[bytes]:
        try:
            return [aes_key_unwrap(self._wrapping_key, row[0]) for row in self._db.execute("SELECT wrapped FROM pin_keys ORDER BY number")]
        except InvalidUnwrap as error:
            raise VaultError("the vault's own keys do not open with this device's key: put the right key back") from error
        except sqlite3.Error as error:
            raise VaultError(f"the vault's keys for PINs cannot be read: {error}") from error


def _mark(key: bytes, digits: str) -> str:
    return _text(hmac.digest(key, b"number\0" + digits.encode(), "sha256"))


def _proof(key: bytes, slow: bytes) -> str:
    return _text(hmac.digest(key, b"pin\0" + slow, "sha256"))


def _stretched(digits: str, pin: str) -> bytes:
    """Argon2id of the PIN: whoever steals a kiosk's key and HQ's table still has work to do."""
    return stretched(pin, hashlib.sha256(b"kiosk online pin\0" + digits.encode()).digest()[:16])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
