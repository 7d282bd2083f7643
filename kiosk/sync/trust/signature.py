"""Whose word counts: HQ's Ed25519 key, as a device knows it."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk import wire
from kiosk.errors import TrustError

KEY_BYTES = 32


def public_key(text: str) -> Ed25519PublicKey:
    """Return the key that `text` holds: base64 of its 32 bytes (RFC 8032), white space around it ignored. Raises TrustError."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustError("HQ's public key is no base64 text: copy it anew from HQ's console") from error
    if len(raw) != KEY_BYTES:
        raise TrustError(f"HQ's public key has {len(raw)} bytes, an Ed25519 key has {KEY_BYTES}: copy it anew from HQ's console")
    return Ed25519PublicKey.from_public_bytes(raw)


def verifier(public_key_text: str) -> wire.Verify:
    """Return a function that tells whether HQ's key made a signature over a message."""
    key = public_key(public_key_text)

    def verify(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
