"""Finds what must never lie about: pictures, and embeddings as raw numbers, in base64 or as text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_JPEG = rb"\xff\xd8\xff(?:[\xe0-\xef]..(?:JFIF|Exif|Adobe|ICC_)|\xdb\x00[\x43\x84])"
PICTURES = re.compile(_JPEG + rb"|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
"""Beginnings of JPEG, PNG and WebP. Three bytes of JPEG alone turn up by chance in megabytes of ciphertext, so its first segment counts."""
RUN = 96
"""So many numbers in a row that could be those of an embedding are one; of its first 128, of either sign, some may be cut off by a page."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{400,}={0,2}")
_TEXT = re.compile(rb"(?:-?0\.\d{3,}(?:[eE]-?\d+)?[\s,;\]\[]+){64}")


def found_in(data: bytes) -> list[str]:
    """Return what lies in some bytes: picture, numbers, numbers in base64, numbers as text."""
    found = ["picture"] if PICTURES.search(data) else []
    if has_numbers(data):
        found.append("numbers")
    for match in _BASE64.finditer(data):
        text = match[0].replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        # What stands before it may look like base64 as well: where it begins is not known.
        if any(has_numbers(inner) or PICTURES.search(inner) for inner in (_decoded(text[shift:]) for shift in range(4))):
            found.append("numbers in base64")
    if _TEXT.search(data):
        found.append("numbers as text")
    return found


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[:len(text) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return b""


def has_numbers(data: bytes) -> bool:
    """Whether RUN float32 in a row, at any offset, are of the size of an embedding's: about 1e-5 to 1.5, either sign, none repeated."""
    for order in ("<f4", ">f4"):
        for offset in range(4):
            values = np.frombuffer(data[offset:offset + (len(data) - offset) // 4 * 4], order)
            if len(values) < RUN:
                continue
            with np.errstate(invalid="ignore"):
                size = np.abs(values)
                good = (size > 1e-5) & (size < 1.5)
            edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(np.int8), [0]))))
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                run = values[start:end]
                if len(run) >= RUN and len(np.unique(run)) > RUN // 2 and (run < 0).any() and (run > 0).any():
                    return True
    return False


def leaks(folder: Path, assets: Iterable[Path]) -> dict[str, list[str]]:
    """Return file -> what lies in it, for all files of a folder but those that are product assets by their SHA-256."""
    allowed = {hashlib.sha256(path.read_bytes()).hexdigest() for path in assets if path.is_file()}
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() not in allowed and (what := found_in(data)):
                found[str(path.relative_to(folder))] = what
    return found
