"""Keys of the fake services and of a merchant of theirs: RSA pairs made at start, and the two kinds of signature that they speak."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True, slots=True)
class Pair:
    """An RSA key and its public half."""

    key: RSAPrivateKey

    @property
    def private(self) -> str:
        """The key as a PEM text (PKCS#8)."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public(self) -> str:
        """The public half as a PEM text."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, text: str) -> str:
        """Return RSA-SHA256 over UTF-8, base64."""
        return base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    def holds(self, text: str, signature: str) -> bool:
        """Return whether this key made a signature."""
        try:
            self.key.public_key().verify(base64.b64decode(signature), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def pair() -> Pair:
    """Return a new pair of 2048 bits."""
    return Pair(generate_private_key(65537, 2048))


def seal(key: str, nonce: str, text: str, along: str) -> str:
    """Return AES-256-GCM of a text, base64, as WeChat Pay's notifications carry it."""
    return base64.b64encode(AESGCM(key.encode()).encrypt(nonce.encode(), text.encode(), along.encode())).decode()
