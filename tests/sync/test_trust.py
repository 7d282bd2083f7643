"""HQ's key as a device knows it."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.errors import TrustError
from kiosk.sync.trust import verifier


def test_only_what_the_key_signed_holds():
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    verify = verifier(base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode() + "\n")
    assert verify(b"price", key.sign(b"price"))
    for message, signature in [(b"prices", key.sign(b"price")), (b"price", other.sign(b"price")), (b"price", b""), (b"price", bytes(64))]:
        assert not verify(message, signature)


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(bytes(31)).decode(), "é"])
def test_a_key_that_is_none_is_refused(text):
    with pytest.raises(TrustError, match="HQ's public key"):
        verifier(text)
