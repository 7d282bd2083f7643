"""How a template travels: sealed to one device, so that nobody on the way can open it, HQ included.

An ephemeral X25519 key (RFC 7748) meets the receiving device's public key; HKDF-SHA-256 makes an AES-256-GCM key of what they share. The
associated data names receiver, its epoch and the member: a parcel that is sent elsewhere, to another card or for somebody else does not
open. What this does not prove: HQ introduces the devices' public keys to each other. They are pinned at first use and a change is alarmed,
but an HQ that lies from the start could introduce a key of its own.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.errors import VaultError
from kiosk.storage.vault.records import Peer

_PURPOSE = b"kiosk template travel v1"
_NONCE_BYTES = 12
_KEY_BYTES = 32


def fresh_exchange_key() -> bytes:
    """Return a new X25519 private key, 32 raw bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_of(private: bytes) -> bytes:
    """Return the X25519 public key of a private one, 32 raw bytes each."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def fresh_signing_key() -> bytes:
    """Return a new Ed25519 private key, 32 raw bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signed(private: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Return (public key, signature) of an Ed25519 key over a message."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    return key.public_key().public_bytes_raw(), key.sign(message)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 key made a signature over a message."""
    from cryptography.exceptions import InvalidSignature

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(plain: bytes, member_id: str, receiver: Peer) -> bytes:
    """Return bytes that only the receiver opens: ephemeral public key (32), nonce (12), ciphertext with tag."""
    try:
        theirs = X25519PublicKey.from_public_bytes(receiver.key)
        ephemeral = X25519PrivateKey.generate()
        shared = ephemeral.exchange(theirs)
    except ValueError as error:
        raise VaultError(f"the key of device {receiver.device} is no X25519 key: nothing is sealed to it") from error
    public = ephemeral.public_key().public_bytes_raw()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    cipher = AESGCM(_key(shared, public, receiver.key))
    return public + nonce + cipher.encrypt(nonce, plain, _bound(member_id, receiver))


def unseal(sealed: bytes, member_id: str, receiver: Peer, private: bytes) -> bytes:
    """Return what was sealed for this member to this device. Raises VaultError when it was not, or was changed on the way."""
    public, nonce, body = sealed[:_KEY_BYTES], sealed[_KEY_BYTES:_KEY_BYTES + _NONCE_BYTES], sealed[_KEY_BYTES + _NONCE_BYTES:]
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
        return AESGCM(_key(shared, public, receiver.key)).decrypt(nonce, body, _bound(member_id, receiver))
    except (InvalidTag, ValueError) as error:
        raise VaultError(f"a template that came for member {member_id} was not sealed for this device and epoch: it is dropped") from error


def _key(shared: bytes, ephemeral: bytes, receiver: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE + ephemeral + receiver).derive(shared)


def _bound(member_id: str, receiver: Peer) -> bytes:
    parts = [_PURPOSE, receiver.device.encode(), receiver.epoch.encode(), member_id.encode()]
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
