"""The chain of the journal: each record's hash covers the record before it, so that a changed or missing record shows."""

from __future__ import annotations

import hashlib

START = bytes(32)
"""What the first record of a journal follows."""


def link(previous_hash: bytes, number: int, kind: str, body: bytes) -> bytes:
    """Return the hash (32 bytes, SHA-256) of record `number` that follows a record with `previous_hash`.

    Lengths are hashed with the fields, so that no two different records give the same bytes.
    """
    name = kind.encode()
    head = b"".join((previous_hash, number.to_bytes(8, "big"), len(name).to_bytes(4, "big"), name, len(body).to_bytes(8, "big")))
    return hashlib.sha256(head + body).digest()
