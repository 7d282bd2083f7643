"""The keys of this device that lie in the vault, wrapped, and those of its peers, as they were first met."""

from __future__ import annotations

import sqlite3

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from kiosk.errors import VaultError
from kiosk.storage.vault import travel


class KeyRing:
    """Own private keys and peers' public keys."""

    def __init__(self, db: sqlite3.Connection, wrapping_key: bytes) -> None:
        """db: in autocommit mode; wrapping_key: 32 bytes."""
        self._db, self._wrapping_key = db, wrapping_key

    def own(self, name: str) -> bytes:
        """Return this device's private key of a name (exchange: X25519, signing: Ed25519; 32 bytes), made when it is first asked for."""
        fresh = travel.fresh_exchange_key() if name == "exchange" else travel.fresh_signing_key()
        try:
            self._db.execute("INSERT OR IGNORE INTO own_keys VALUES (?, ?)", (name, aes_key_wrap(self._wrapping_key, fresh)))
            (wrapped,) = self._db.execute("SELECT wrapped FROM own_keys WHERE name = ?", (name,)).fetchone()
            return aes_key_unwrap(self._wrapping_key, wrapped)
        except InvalidUnwrap as error:
            raise VaultError("the vault's own keys do not open with this device's key: put the right key back") from error
        except sqlite3.Error as error:
            raise VaultError(f"the vault's keys cannot be read: {error}") from error

    def pin(self, device: str, epoch: str, key: bytes) -> bool:
        """Remember the public key under which a device was first met; False when it is another than that, which is remembered then."""
        try:
            row = self._db.execute("SELECT key FROM peers WHERE device = ?", (device,)).fetchone()
            self._db.execute("INSERT OR REPLACE INTO peers VALUES (?, ?, ?)", (device, epoch, key))
        except sqlite3.Error as error:
            raise VaultError(f"the vault's keys cannot be written: {error}") from error
        return row is None or bytes(row[0]) == key
