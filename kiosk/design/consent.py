"""The text that a member agrees to, as kiosk and phone show it. It is about the face alone: loyalty has terms of its own, elsewhere."""

from __future__ import annotations

import hashlib

from kiosk.design.words import say

VERSION = "2026-12"
"""A changed text is a new version: every consent keeps the version, and the SHA-256 of the text that was shown."""
POINTS = ("keep", "where", "erase", "apart")


def lines(language: str) -> tuple[str, ...]:
    """Return the title and the points of the text in a language."""
    return (say("enrol.consent.title", language), *(say(f"enrol.consent.{point}", language) for point in POINTS))


def fingerprint(language: str) -> str:
    """Return the SHA-256 of the text in a language, in hexadecimal."""
    return hashlib.sha256("\n".join(lines(language)).encode()).hexdigest()
