"""PINs: Argon2id (RFC 9106) hashes, and a hash that nobody's PIN fits, so that asking for nobody takes as long as asking for somebody."""

from __future__ import annotations

from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type, hash_secret_raw

PIN_DIGITS = 4

_PASSES, _KIB = 2, 19 * 1024
_hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_KIB, parallelism=1)
"""19 MiB and two passes: what OWASP's password storage sheet asks for at least, and little enough beside two networks on a Raspberry Pi."""
_NOBODY = _hasher.hash("no pin of four digits")


def hashed(pin: str) -> str:
    """Return the Argon2id hash of a PIN."""
    return _hasher.hash(pin)


def stretched(pin: str, salt: bytes) -> bytes:
    """Return 32 bytes made of a PIN with a salt of 16, by the same slow work, the same bytes each time."""
    return hash_secret_raw(pin.encode(), salt, _PASSES, _KIB, 1, 32, Type.ID)


def fits(pin: str, pin_hash: str) -> bool:
    """Return whether a PIN belongs to a hash; without a hash ("") it does the same work and returns False."""
    try:
        return _hasher.verify(pin_hash or _NOBODY, pin) and bool(pin_hash)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def objection(pin: str, digits: str) -> str:
    """Return why a PIN is too easy, "" when it is not: length, same (1111), row (1234, 4321), phone (an end of the phone number)."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return "length"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps == {0}:
        return "same"
    if steps in ({1}, {9}):
        return "row"
    return "phone" if pin in (digits[-PIN_DIGITS:], digits[:PIN_DIGITS]) else ""
