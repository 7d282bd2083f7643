"""The values that the vault keeps, and how they are written inside what is sealed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kiosk import wire
from kiosk.domain.identity import TEMPLATE_NUMBERS
from kiosk.domain.online_pin import PinLodged

TEMPLATE_SHAPE = (TEMPLATE_NUMBERS,)
CARD_PREFIX = "KF1."
"""How the code on a member's card begins: KF1.<member id>.<secret>."""
STROKES_MAX, POINTS_MAX = 40, 600
"""A signature is cut after so many strokes and points: nobody needs more, and it travels in one message."""

Template = npt.NDArray[np.float32]
Stroke = tuple[tuple[int, int], ...]
"""One line that a finger drew: (x, y) in thousandths of the pad's width and height, origin top-left."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a member agreed to: version, language and SHA-256 of the text, when (ISO 8601, UTC), by which signature, at which device.

    adult: that the member said to be of age; nothing else about the age is kept. strokes: the signature that a finger drew.
    device, key, proof: which device saw it, its Ed25519 public key, and its signature over all of this (base64).
    """

    version: str
    language: str
    at: str
    text_sha256: str = ""
    adult: bool = True
    strokes: tuple[Stroke, ...] = ()
    device: str = ""
    key: str = ""
    proof: str = ""

    def statement(self, member_id: str) -> bytes:
        """Return what the device signs: everything but the proof itself; the drawn signature by its hash."""
        drawn = hashlib.sha256(wire.encode_value(self.strokes)).hexdigest()
        return wire.encode_value([member_id, replace(self, strokes=(), proof=""), drawn])


def clipped(strokes: list[Stroke]) -> tuple[Stroke, ...]:
    """Return a signature of at most STROKES_MAX strokes and POINTS_MAX points."""
    kept: list[Stroke] = []
    room = POINTS_MAX
    for stroke in strokes[:STROKES_MAX]:
        if room > 0:
            kept.append(stroke[:room])
            room -= len(stroke)
    return tuple(kept)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A member whose phone number ends in the digits that were typed, or whose card was shown. template: TEMPLATE_SHAPE, float32."""

    member_id: str
    template: Template


@dataclass(frozen=True, slots=True)
class Extras:
    """What may be kept beside a template. pin: an Argon2id hash, "" for none; pin_always: somebody else's face is too near (twins).

    card: the secret of the member's card, b"" where the device's own key opens the template. lodged: what HQ is told to judge the PIN by.
    """

    pin: str = ""
    pin_always: bool = False
    card: bytes = b""
    lodged: PinLodged | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands with the PIN: has one, is asked every time, is locked after five wrong ones."""

    has_pin: bool
    pin_always: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Peer:
    """A device that a template is sealed to: its id, the epoch of its database, and its X25519 public key (32 bytes)."""

    device: str
    epoch: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Private:
    """What is sealed beside the template, under the same key: the digits (to find the member elsewhere), the PIN's hash, the consent."""

    digits: str
    pin: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Parcel:
    """What travels, before it is sealed to the receiving device. Binary parts in base64.

    data_key: plain, or as the member's card wraps it when `card` is true: then the holder cannot open it either, and sends it as it is.
    marks: SHA-256 is of no use for eight digits, so they travel inside `private` and the receiver makes its own marks.
    pin_keys: the keys that kiosks share to show PINs to HQ; see storage.vault.pin_keys.
    """

    member_id: str
    data_key: str
    card: bool
    sealed: str
    private: str
    pin_always: bool
    last_used: str
    consent_version: str
    consent_language: str
    consent_at: str
    pin_keys: tuple[str, ...] = ()
