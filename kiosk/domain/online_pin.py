"""The PIN where the face has not come yet: HQ judges it and cannot read it.

Kiosks share a key that HQ never has; it travels with the templates, sealed. When a member enrols, HQ is given a mark of the phone's digits
and a proof of the PIN, both made under that key. To pay, a kiosk shows the mark and that proof bound to the one payment it is for, so what
went over the wire once is worth nothing again. Without the key, trying all numbers and PINs finds neither.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

TRIES = 5
"""After so many wrong PINs in a row the member is locked, never the kiosk."""
KEYS_MAX = 8
"""A PIN is shown under so many keys at most: one, unless several kiosks enrolled their first members without knowing of each other."""


@dataclass(frozen=True, slots=True)
class PinLodged:
    """What HQ is given to judge a member's PIN by. key_id: which key made mark (of the last 8 digits) and proof (of the PIN), base64."""

    member_id: str
    key_id: str
    mark: str
    proof: str


@dataclass(frozen=True, slots=True)
class PinShown:
    """A number and a PIN as a kiosk shows them to HQ: under which key, the number's mark, and the proof bound to one payment."""

    key_id: str
    mark: str
    bound: str


def bound(proof: str, intent_id: str) -> str:
    """Return a proof bound to one payment: HMAC-SHA-256 of the intent's id under the proof, hexadecimal."""
    return hmac.digest(proof.encode(), intent_id.encode(), "sha256").hex()


def fits(lodged_proof: str, intent_id: str, shown: PinShown) -> bool:
    """Return whether what was shown for a payment is the PIN that was lodged; as fast for any two."""
    return hmac.compare_digest(bound(lodged_proof, intent_id).encode(), shown.bound.encode())


def key_id(key: bytes) -> str:
    """Return what a key is called: the beginning of its SHA-256, hexadecimal."""
    return hashlib.sha256(key).hexdigest()[:16]


def packed(shown: list[PinShown]) -> str:
    """Return what is shown under each key as one word of a payment request."""
    return " ".join(f"{one.key_id}.{one.mark}.{one.bound}" for one in shown[:KEYS_MAX])


def unpacked(text: str) -> list[PinShown]:
    """Return what `packed` wrote; what cannot be read is nothing."""
    parts = [one.split(".") for one in text.split(" ")[:KEYS_MAX]]
    return [PinShown(*part) for part in parts if len(part) == 3]
