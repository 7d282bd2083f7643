"""How a device that nobody knows yet asks for its certificate: v1/claim/<digest of its store code>/request, answered on .../answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from kiosk import wire
from kiosk.errors import WireError

REQUESTS = "v1/claim/+/request"
CLAIM_BYTES = 16 * 1024
ISSUED, WAITING, REFUSED = "issued", "waiting", "refused"
_DIGEST = 64


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A device's certificate request (PKCS #10, PEM); its common name is the device's id."""

    device: str
    request: str


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """HQ's word on a claim. key: fingerprint of the public key that it answers; status: issued | waiting | refused, reason: why.

    chain: the certificate and what lies below a root, roots: those that are to be believed (PEM); hq_key: HQ's public signing key (base64).
    voucher: the issuing key's signature over `vouched` (base64): who believes a root knows that hq_key and roots are HQ's.
    """

    key: str
    status: str
    reason: str = ""
    chain: str = ""
    roots: str = ""
    hq_key: str = ""
    voucher: str = ""


def digest(code: str) -> str:
    """Return the SHA-256 of a store code in hexadecimal; dashes, spaces and case do not count."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(b"kiosk claim " + plain.encode()).hexdigest()


def request_topic(code_digest: str) -> str:
    """Return the topic on which a device asks."""
    return f"v1/claim/{code_digest}/request"


def answer_topic(code_digest: str) -> str:
    """Return the topic on which HQ answers."""
    return f"v1/claim/{code_digest}/answer"


def parse_request_topic(topic: str) -> str:
    """Return the digest of a request's topic, or raise WireError."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[:2] != ["v1", "claim"] or parts[3] != "request" or len(parts[2]) != _DIGEST:
        raise WireError(f"{topic[:100]!r} is no topic of a claim")
    return parts[2]


def vouched(device: str, hq_key: str, roots: str) -> bytes:
    """Return the bytes that the voucher signs."""
    return "\0".join(("kiosk claim", device, hq_key, roots)).encode()


def decode_request(payload: bytes) -> ClaimRequest:
    """Return a claim, or raise WireError."""
    asked: ClaimRequest = _read(payload, ClaimRequest)
    return asked


def decode_answer(payload: bytes) -> ClaimAnswer:
    """Return an answer, or raise WireError."""
    answer: ClaimAnswer = _read(payload, ClaimAnswer)
    return answer


def _read(payload: bytes, cls: Any) -> Any:
    if len(payload) > CLAIM_BYTES:
        raise WireError(f"longer than {CLAIM_BYTES} bytes")
    return wire.decode_value(payload, cls)
